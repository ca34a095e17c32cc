import { Fault } from '../faults.ts'
import type { Clock } from './surroundings.ts'

/** Room taken for source bytes that are worked on; free again when everybody who retained it has released it. */
export type Lease = { retain(): void; release(): void }

export type WorkingSet = {
  /**
   * Waits until `bytes` more fit and takes them; first come, first served. More than all counts as all, so that a large
   * source is worked on alone. Fault overloaded when the wait is too long.
   */
  take(bytes: number): Promise<Lease>
  readonly used: number
}

const WAIT_MILLISECONDS = 15_000

type Waiter = { readonly bytes: number; admit(): void }

/** Bounds the bytes of sources held for work under way, so that many large pictures at once wait instead of filling memory. */
export function createWorkingSet(limit: number, clock: Clock): WorkingSet {
  const waiting: Waiter[] = []
  let used = 0

  function free(bytes: number): void {
    used -= bytes
    for (let first = waiting[0]; first && used + first.bytes <= limit; first = waiting[0]) {
      waiting.shift()
      used += first.bytes
      first.admit()
    }
  }

  function lease(bytes: number): Lease {
    let holders = 1
    return {
      retain() {
        holders += 1
      },
      release() {
        holders -= 1
        if (holders === 0) free(bytes)
      },
    }
  }

  return {
    take(wished) {
      const bytes = Math.min(wished, limit)
      if (waiting.length === 0 && used + bytes <= limit) {
        used += bytes
        return Promise.resolve(lease(bytes))
      }
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          bytes,
          admit() {
            cancel()
            resolve(lease(bytes))
          },
        }
        const cancel = clock.after(WAIT_MILLISECONDS, () => {
          waiting.splice(waiting.indexOf(waiter), 1)
          free(0)
          reject(new Fault('overloaded', undefined, { context: { retryAfterSeconds: 5 } }))
        })
        waiting.push(waiter)
      })
    },
    get used() {
      return used
    },
  }
}

import { Fault } from '../faults.ts'

export type GateOptions = {
  /** Works at once. */
  readonly slots: number
  /** How many may wait, and how long (milliseconds). */
  readonly queue: { readonly length: number; readonly waitMs: number }
  /** Works heavier than this never hold the last free slot (when there are two or more). Milliseconds; default 1 000. */
  readonly dear?: number
  /** For tests. */
  readonly clock?: Clock
}
export type Clock = {
  /** Milliseconds that never go backwards. */
  now(): number
  /** Calls `ring` once after `milliseconds`; the returned function calls it off. */
  after(milliseconds: number, ring: () => void): () => void
}

/** A bounded entrance to something scarce: cores, connections. */
export interface Gate {
  /**
   * Waits for a slot, then runs `work`. `weight` is the expected cost in milliseconds of one slot. The lighter goes first, but
   * a heavy work that has waited as many milliseconds longer as it is heavier is their equal, so nothing starves.
   * Fault overloaded (context `retryAfterSeconds`) when the queue is full or the wait too long. A caller whose `signal` aborts
   * leaves the queue; a work that has begun is finished.
   */
  enter<T>(weight: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  readonly load: { readonly running: number; readonly waiting: number }
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>
}

type Waiter = { readonly weight: number; readonly rank: number; admit(): void }

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(milliseconds, ring) {
    const timer = setTimeout(ring, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** A gate with two bounds on patience and a lane that dear works cannot block. */
export function createGate(options: GateOptions): Gate {
  const { slots, queue, dear = 1000, clock = SYSTEM_CLOCK } = options
  const dearSlots = Math.max(1, slots - 1)
  /** Sorted by rank: arrival plus weight. */
  const waiting: Waiter[] = []
  let running = 0
  let runningDear = 0
  let whenIdle: (() => void)[] = []

  const isDear = (weight: number) => weight > dear
  const fits = (weight: number) => running < slots && (!isDear(weight) || runningDear < dearSlots)

  function take(weight: number): void {
    running++
    if (isDear(weight)) runningDear++
  }

  function release(weight: number): void {
    running--
    if (isDear(weight)) runningDear--
    for (let next = waiting.findIndex((waiter) => fits(waiter.weight)); next >= 0; ) {
      const [waiter] = waiting.splice(next, 1)
      if (waiter) {
        take(waiter.weight)
        waiter.admit()
      }
      next = waiting.findIndex((other) => fits(other.weight))
    }
    if (running === 0 && waiting.length === 0) {
      const resolve = whenIdle
      whenIdle = []
      for (const done of resolve) done()
    }
  }

  function overloaded(): Fault {
    const ahead = waiting.reduce((sum, waiter) => sum + waiter.weight, 0) / slots
    const retryAfterSeconds = Math.min(60, Math.max(1, Math.ceil(ahead / 1000)))
    return new Fault('overloaded', undefined, { context: { retryAfterSeconds, waiting: waiting.length } })
  }

  function wait(weight: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        callOff()
        signal?.removeEventListener('abort', abort)
      }
      const leave = (error: unknown) => {
        settle()
        waiting.splice(waiting.indexOf(waiter), 1)
        reject(error)
      }
      const abort = () => leave(signal?.reason)
      const waiter: Waiter = {
        weight,
        rank: clock.now() + weight,
        admit() {
          settle()
          resolve()
        },
      }
      const callOff = clock.after(queue.waitMs, () => leave(overloaded()))
      signal?.addEventListener('abort', abort, { once: true })
      const place = waiting.findIndex((other) => other.rank > waiter.rank)
      waiting.splice(place < 0 ? waiting.length : place, 0, waiter)
    })
  }

  return {
    async enter(weight, work, signal) {
      signal?.throwIfAborted()
      if (fits(weight)) take(weight)
      else if (waiting.length >= queue.length) throw overloaded()
      else await wait(weight, signal)
      try {
        return await work()
      } finally {
        release(weight)
      }
    },
    get load() {
      return { running, waiting: waiting.length }
    },
    idle: () =>
      running === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve)),
  }
}

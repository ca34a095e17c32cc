import type { Files } from '../catalog/files.ts'
import type { Log } from './log.ts'
import { type Settling, settle } from './settle.ts'

/** Records taken at once: few enough that their leases outlast a slow store. */
const BATCH = 16

export type Sweeper = {
  /** Settles everything that nobody holds, whoever left it behind. What cannot be settled now is tried again after its lease. */
  run(): Promise<void>
  close(): Promise<void>
}

/** Takes over what crashed or unreachable processes left unsettled: now, and every `everyMs` from then on. */
export function startSweeper(
  options: Settling & { readonly files: Files; readonly leaseMs: number; readonly everyMs: number; readonly log: Log },
): Sweeper {
  const { files, leaseMs, everyMs, log } = options
  let closed = false
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function sweep(): Promise<void> {
    for (let full = true; full && !closed; ) {
      const taken = await files.takeOver(leaseMs, BATCH)
      for (const held of taken) {
        if (closed) return
        const { handle, place } = held.record
        try {
          // The batch may have taken longer than a lease.
          if (await held.renew(leaseMs)) await settle(held, options)
        } catch (err) {
          log.warn({ err, handle, connection: place.connection }, 'an unfinished upload could not be settled yet')
        }
      }
      full = taken.length === BATCH
    }
  }
  /** After the one that is under way, which may have looked already. */
  async function run(): Promise<void> {
    waiting++
    const mine = last.then(sweep)
    last = mine.catch(() => undefined)
    await mine.finally(() => waiting--)
  }
  const background = () => {
    if (waiting > 0) return
    run().catch((err: unknown) => log.warn({ err }, 'unfinished uploads could not be looked for'))
  }
  const timer = setInterval(background, everyMs)
  timer.unref()
  background()

  return {
    run,
    async close() {
      closed = true
      clearInterval(timer)
      await last
    },
  }
}

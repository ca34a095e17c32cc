import type { HeldFile } from '../catalog/files.ts'
import { Fault } from '../faults.ts'
import type { Log } from './log.ts'

export type Holding = {
  /** Aborts with Fault conflict when somebody else has taken the record over. */
  readonly lost: AbortSignal
  /** Renews no more. */
  end(): void
}

/** Renews the lease of a record three times per lease until it is ended. A database that does not answer is asked again. */
export function keepHolding(held: HeldFile, leaseMs: number, log: Log): Holding {
  const lost = new AbortController()
  const timer = setInterval(() => {
    held.renew(leaseMs).then(
      (mine) => {
        if (!mine) lost.abort(takenOver())
      },
      (err: unknown) => log.warn({ err, handle: held.record.handle }, 'the lease of an upload could not be renewed'),
    )
  }, leaseMs / 3)
  timer.unref()
  return { lost: lost.signal, end: () => clearInterval(timer) }
}

export function takenOver(): Fault {
  return new Fault('conflict', 'the upload took too long without a sign of life and was given up')
}

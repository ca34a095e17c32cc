import { Fault } from '../faults.ts'
import type { Interest } from './flights.ts'
import type { Clock } from './surroundings.ts'

/**
 * One caller's view of work that may be shared: an answer within `milliseconds`, else Fault timed-out (source-timeout while a
 * source is waited for), and at once the reason of `signal` when the caller leaves. The work is not stopped: after a time-out
 * it stays wanted, so that the next request finds it done.
 */
export function patiently<T>(
  start: (interest: Interest) => Promise<T>,
  milliseconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let late = false
    const interest: Interest = { wanted: () => late || signal?.aborted !== true }
    const leave = () => settle(() => reject(signal?.reason))
    const cancel = clock.after(milliseconds, () => {
      late = true
      settle(() => reject(new Fault(interest.reading ? 'source-timeout' : 'timed-out')))
    })
    function settle(answer: () => void): void {
      cancel()
      signal?.removeEventListener('abort', leave)
      answer()
    }
    if (signal?.aborted) return leave()
    signal?.addEventListener('abort', leave, { once: true })
    start(interest).then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}

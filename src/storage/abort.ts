import { Fault } from '../faults.ts'

/**
 * What an aborted call ends with: Fault source-timeout when the signal was a clock, a Fault that was given as the reason,
 * else the reason itself (the caller left; that is no fault of the store). `undefined` while not aborted.
 */
export function abortReason(signal: AbortSignal | undefined): unknown {
  if (signal?.aborted !== true) return undefined
  const reason: unknown = signal.reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new Fault('source-timeout', undefined, { cause: reason })
  }
  return reason
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal)
}

/** The outcome of `work`, or the reason of the abort as soon as it happens; `work` itself goes on unheard. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortReason(signal))
    // Making the promise may itself have led to the abort.
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

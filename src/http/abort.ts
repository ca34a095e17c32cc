/**
 * The outcome of `work`, or the signal's reason as soon as it aborts. Nothing stays behind on the signal: racing every piece of a body
 * against one promise that lasts as long as the body would keep all of them in memory.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** A promise that is resolved from outside. */
export function deferred<T = void>() {
  return Promise.withResolvers<T>()
}

/** Rejects when `signal` is aborted, as a handler that heeds it does. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

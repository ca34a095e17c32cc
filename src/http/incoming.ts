import { Fault, isFault } from '../faults.ts'
import { unlessAborted } from './abort.ts'
import type { Exchange } from './exchange.ts'

/**
 * The request body as it comes in, with back-pressure. Ends in Fault bad-parameter when the client breaks off, at once: also where the
 * dispatcher has answered what came broken, after which Node does not close the request. Who reads no further has to `req.resume()`.
 */
export async function* incoming(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const broken = new AbortController()
  const unwatch = onBreak(exchange, (fault) => broken.abort(fault))
  try {
    yield* pieces(exchange, broken.signal)
  } catch (error) {
    throw isFault(error) ? error : brokenOff(error)
  } finally {
    unwatch()
  }
}

/** The body piece by piece, until `signal` aborts: then its reason is thrown. */
export async function* pieces({ req }: Exchange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = req.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      const step: IteratorResult<Buffer> = await unlessAborted(chunks.next(), signal)
      if (step.done === true) return
      yield step.value
    }
  } finally {
    // Not awaited: it may still wait for a piece that never comes. Whoever throws the rest away needs the request back.
    chunks.return?.().catch(() => undefined)
  }
}

/** Tells when the client has broken off before the body was whole, though never before it returned what ends the watch. */
export function onBreak({ req, res }: Exchange, tell: (fault: Fault) => void): () => void {
  const onClose = () => {
    // A request that was read to its end is closed, too.
    const whole = req.readableEnded || (req.complete && !req.destroyed)
    if (!whole) tell(brokenOff())
  }
  // The error itself says no more than the `close` that follows it; without a listener it would end the process.
  req.on('error', () => undefined)
  req.on('close', onClose)
  // The dispatcher may have answered what came broken; Node then forgets to close the request.
  res.on('close', onClose)
  if (req.destroyed || res.closed) queueMicrotask(onClose)
  return () => {
    req.off('close', onClose)
    res.off('close', onClose)
  }
}

/** Fault bad-parameter. */
export function brokenOff(cause?: unknown): Fault {
  return new Fault('bad-parameter', 'the request body broke off', cause === undefined ? {} : { cause })
}

import { Fault, isFault } from '../faults.ts'
import { unlessAborted } from './abort.ts'
import type { Exchange } from './exchange.ts'

/**
 * The request body as it comes in, with back-pressure. Ends in Fault bad-parameter when the client breaks off, at once: also where the
 * dispatcher has answered what came broken, after which Node does not close the request. Who reads no further has to `req.resume()`.
 */
export async function* incoming({ req, res }: Exchange): AsyncGenerator<Uint8Array> {
  const broken = new AbortController()
  const onClose = () => {
    if (!req.complete) broken.abort(brokenOff())
  }
  // The error itself says no more than the `close` that follows it; without a listener it would end the process.
  req.on('error', () => undefined)
  req.on('close', onClose)
  res.on('close', onClose)
  if (req.destroyed || res.closed) onClose()
  const chunks = req.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      const step: IteratorResult<Buffer> = await unlessAborted(chunks.next(), broken.signal)
      if (step.done === true) return
      yield step.value
    }
  } catch (error) {
    throw isFault(error) ? error : brokenOff(error)
  } finally {
    req.off('close', onClose)
    res.off('close', onClose)
    // Not awaited: it may still wait for a piece that never comes. Whoever throws the rest away needs the request back.
    chunks.return?.().catch(() => undefined)
  }
}

function brokenOff(cause?: unknown): Fault {
  return new Fault('bad-parameter', 'the request body broke off', cause === undefined ? {} : { cause })
}

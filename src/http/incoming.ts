import { Fault } from '../faults.ts'
import type { Exchange } from './exchange.ts'

/**
 * The request body as it comes in, with back-pressure. Ends in Fault bad-parameter when the client breaks off, at once: also where the
 * dispatcher has answered what came broken, after which Node does not close the request. Who reads no further has to `req.resume()`.
 */
export async function* incoming({ req, res }: Exchange): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Buffer> = req.iterator({ destroyOnReturn: false })
  let giveUp: ((reason: Fault) => void) | undefined
  const onClose = () => {
    if (!req.complete) giveUp?.(brokenOff())
  }
  // The error itself says no more than the `close` that follows it; without a listener it would end the process.
  req.on('error', () => undefined)
  req.on('close', onClose)
  res.on('close', onClose)
  try {
    for (;;) {
      if ((req.destroyed || res.closed) && !req.complete) throw brokenOff()
      const step = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        giveUp = reject
        chunks.next().then(resolve, (cause: unknown) => reject(brokenOff(cause)))
      })
      if (step.done === true) return
      yield step.value
    }
  } finally {
    req.off('close', onClose)
    res.off('close', onClose)
  }
}

function brokenOff(cause?: unknown): Fault {
  return new Fault('bad-parameter', 'the request body broke off', cause === undefined ? {} : { cause })
}

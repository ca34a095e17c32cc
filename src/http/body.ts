import { Fault } from '../faults.ts'
import type { Exchange } from './exchange.ts'
import { onBreak } from './incoming.ts'

export type BodyLimits = {
  readonly bytes: number
  /** From now until the last byte; a body that trickles is given up. */
  readonly milliseconds: number
}

/**
 * Reads a whole request body into memory. Throws Fault too-large (also by `Content-Length` before a byte is read),
 * timed-out, and bad-parameter when the client breaks off. After a fault the connection is not used again.
 */
export async function readBody(exchange: Exchange, limits: BodyLimits): Promise<Buffer> {
  const { req, res } = exchange
  const declared = Number(req.headers['content-length'] ?? 0)
  if (declared > limits.bytes) {
    res.shouldKeepAlive = false
    throw new Fault('too-large', undefined, { context: { limit: limits.bytes } })
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const fail = (fault: Fault) => {
      settle()
      res.shouldKeepAlive = false
      // What still comes is thrown away while the answer goes out.
      req.resume()
      reject(fault)
    }
    const timer = setTimeout(() => fail(new Fault('timed-out')), limits.milliseconds)
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limits.bytes) fail(new Fault('too-large', undefined, { context: { limit: limits.bytes } }))
      else chunks.push(chunk)
    }
    const onEnd = () => {
      settle()
      resolve(Buffer.concat(chunks, size))
    }
    const settle = () => {
      clearTimeout(timer)
      req.off('data', onData).off('end', onEnd)
      unwatch()
    }
    req.on('data', onData).on('end', onEnd)
    const unwatch = onBreak(exchange, fail)
  })
}

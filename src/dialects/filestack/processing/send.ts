/** Results as answers (filestack §4.1). */

import type { Delivered } from '../../../delivery/delivery.ts'
import type { Exchange } from '../../../http/exchange.ts'
import { type Sendable, sendStored } from '../../../http/respond.ts'
import { sandboxed } from '../../../http/sandbox.ts'
import { CORS, disposition, headerName, sendJson } from '../answers.ts'
import { answerContent } from '../content.ts'
import { zipped } from './archive.ts'
import type { Order, Work } from './order.ts'
import { deliver, UNTOUCHED } from './picture.ts'
import type { Ready, Result } from './result.ts'

/** 30 days. */
const CACHE_SECONDS = 2_592_000

export async function send(work: Work, { order, job }: Ready, result: Result): Promise<void> {
  const { context, exchange } = work
  switch (result.kind) {
    case 'json':
      return sendJson(exchange, 200, result.value)
    case 'file':
      return answerContent(context, exchange, result.file, {
        attachment: isDownload(order),
        base64: false,
        cacheSeconds: lifetime(order),
      })
    case 'outside': {
      const { located } = result
      return sendDelivered(exchange, order, await deliver(work, job, located, UNTOUCHED), located.name, false)
    }
    case 'picture':
      return sendDelivered(exchange, order, result.delivered, result.name, result.negotiated)
    case 'archive':
      return sendArchive(exchange, order, zipped(result.entries()))
  }
}

function isDownload({ parameters }: Order): boolean {
  return parameters.text('dl') === 'true'
}

function lifetime({ chain, parameters }: Order): number | 'no' {
  return chain.cache ?? (parameters.text('cache') === 'false' ? 'no' : CACHE_SECONDS)
}

function headersFor(order: Order, name: string, negotiated: boolean): readonly string[] {
  const seconds = lifetime(order)
  return [
    'Content-Disposition',
    disposition(isDownload(order) ? 'attachment' : 'inline', name),
    'X-File-Name',
    headerName(name),
    'Cache-Control',
    seconds === 'no' ? 'no-cache' : `public, max-age=${seconds}`,
    ...(negotiated ? ['Vary', 'Accept'] : []),
    ...CORS,
  ]
}

function sendDelivered(
  exchange: Exchange,
  order: Order,
  delivered: Delivered,
  name: string,
  negotiated: boolean,
): Promise<void> | void {
  const { body, size, contentType, contentEncoding, etag, lastModified } = delivered
  const sendable: Sendable = { body, size, contentType, contentEncoding, etag, lastModified }
  return sendStored(exchange, sendable, headersFor(order, name, negotiated))
}

/** Of unknown length: what fails on the way breaks the connection, so that nobody takes a part for the whole. */
async function sendArchive({ req, res }: Exchange, order: Order, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
  const head = sandboxed(['Content-Type', 'application/zip', ...headersFor(order, 'files.zip', false)])
  if (req.method === 'HEAD') {
    res.writeHead(200, [...head])
    return void res.end()
  }
  let next = await chunks.next()
  res.writeHead(200, [...head])
  try {
    while (next.done !== true && !res.destroyed) {
      if (!res.write(next.value)) await drained(res)
      next = await chunks.next()
    }
    res.end()
  } catch {
    res.destroy()
  } finally {
    // The archive's own way to stop is an error.
    await chunks.return(undefined).catch(() => undefined)
  }
}

/** Resolves when the client took what was written, or left. */
function drained(res: Exchange['res']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done)
      resolve()
    }
    res.once('drain', done).once('close', done)
    if (res.destroyed) done()
  })
}

/** Results as answers (filestack §4.1). */

import type { Delivered } from '../../../delivery/delivery.ts'
import { disposition } from '../../../http/disposition.ts'
import type { Exchange } from '../../../http/exchange.ts'
import { type Sendable, sendStored, sendUnsized } from '../../../http/respond.ts'
import { CORS, cacheControl, headerName, sendJson } from '../answers.ts'
import type { App } from '../app.ts'
import { answerContent } from '../content.ts'
import { zipped } from './archive.ts'
import type { Order, Work } from './order.ts'
import { deliver, UNTOUCHED } from './picture.ts'
import type { Ready, Result } from './result.ts'

/** 30 days. */
const CACHE_SECONDS = 2_592_000

export async function send(work: Work, { order, app, job }: Ready, result: Result): Promise<void> {
  const { context, exchange } = work
  switch (result.kind) {
    case 'json':
      return sendJson(exchange, 200, result.value)
    case 'file':
      return answerContent(context, exchange, result.file, {
        attachment: isDownload(order),
        base64: false,
        cacheControl: cacheControl(app, lifetime(order)),
      })
    case 'outside': {
      const { located } = result
      return sendDelivered(exchange, await deliver(work, job, located, UNTOUCHED), headersFor(order, app, located.name))
    }
    case 'picture':
      return sendDelivered(exchange, result.delivered, headersFor(order, app, result.name, result.negotiated))
    case 'archive':
      return sendUnsized(
        exchange,
        ['Content-Type', 'application/zip', ...headersFor(order, app, 'files.zip')],
        zipped(result.entries()),
      )
  }
}

function isDownload({ parameters }: Order): boolean {
  return parameters.text('dl') === 'true'
}

function lifetime({ chain, parameters }: Order): number | 'no' {
  return chain.cache ?? (parameters.text('cache') === 'false' ? 'no' : CACHE_SECONDS)
}

function headersFor(order: Order, app: App, name: string, negotiated = false): readonly string[] {
  return [
    'Content-Disposition',
    disposition(isDownload(order) ? 'attachment' : 'inline', name),
    'X-File-Name',
    headerName(name),
    'Cache-Control',
    cacheControl(app, lifetime(order)),
    ...(negotiated ? ['Vary', 'Accept'] : []),
    ...CORS,
  ]
}

function sendDelivered(exchange: Exchange, delivered: Delivered, headers: readonly string[]): Promise<void> | void {
  const { body, size, contentType, contentEncoding, etag, lastModified } = delivered
  const sendable: Sendable = { body, size, contentType, contentEncoding, etag, lastModified }
  return sendStored(exchange, sendable, headers)
}

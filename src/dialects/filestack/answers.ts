/** What every answer of the dialect has in common: CORS, plain-text errors, JSON (filestack §0.2, §1.4). */
import { createHash } from 'node:crypto'
import { openCors } from '../../http/cors.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { App } from './app.ts'

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const

/** Open to every page: the browser clients send their own headers, and preflight every upload (filestack §0.2). */
export const CORS: readonly string[] = [
  ...openCors({
    methods: METHODS,
    allow: [
      'Content-Type',
      'X-No-Stream',
      'Content-MD5',
      'Filestack-Source',
      'Filestack-Trace-Id',
      'Filestack-Trace-Span',
      'Filestack-Upload-Region',
      'Authorization',
      'Range',
      'If-None-Match',
      'If-Modified-Since',
      'If-Range',
    ],
    expose: ['ETag', 'X-File-Name', 'Content-Disposition', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
  }),
  'Access-Control-Max-Age',
  '21600',
]

const PASSING: readonly string[] = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff']

/** The answer to `OPTIONS`, on every path. */
export function sendPreflight(exchange: Exchange): void {
  sendText(exchange, 204, CORS)
}

export function sendJson(exchange: Exchange, status: number, value: unknown, more: readonly string[] = []): void {
  const type = ['Content-Type', 'application/json; charset=utf-8']
  sendText(exchange, status, [...type, ...PASSING, ...CORS, ...more], JSON.stringify(value))
}

/** Plain text that nobody keeps. */
export function sendPlain(exchange: Exchange, status: number, text: string, more: readonly string[] = []): void {
  const type = ['Content-Type', 'text/plain; charset=utf-8']
  sendText(exchange, status, [...type, ...PASSING, ...CORS, ...more], text)
}

/** An error in the words of filestack §1.4: `[uuid=<16 hex>] <message>`. */
export function sendError(exchange: Exchange, status: number, message: string, more: readonly string[] = []): void {
  sendPlain(exchange, status, `[uuid=${uuidOf(exchange)}] ${message}`, more)
}

/** 16 hex digits that stand in error texts and in the log beside them. */
export function uuidOf({ id }: Exchange): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}

/** `Cache-Control`: what an app shows only to those with a policy is kept by none but them; a cache between would show it to everybody. */
export function cacheControl({ settings }: App, seconds: number | 'no'): string {
  if (seconds === 'no') return 'no-cache'
  return `${settings.security ? 'private' : 'public'}, max-age=${seconds}`
}

/** A file's name as a header can hold it: what is not printable ASCII is percent-encoded. */
export function headerName(name: string): string {
  return name
    .slice(0, NAME_LENGTH)
    .toWellFormed()
    .replace(/[^\x20-\x7e]+/g, (part) => encodeURIComponent(part))
}

const NAME_LENGTH = 1024

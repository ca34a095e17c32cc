import type { Delivered } from '../../delivery/delivery.ts'
import { openCors } from '../../http/cors.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import { mediaType } from '../../plan/media-type.ts'
import type { Refusal } from './faults.ts'
import type { Operation } from './grammar.ts'

/** Recorded on the hosted service (pixboost §10). */
export const CORS = openCors({
  methods: ['GET', 'POST', 'OPTIONS'],
  allow: ['Accept', 'Cache-Control', 'Content-Type', 'If-Modified-Since', 'If-None-Match', 'Range', 'Save-Data'],
  expose: ['Content-Length', 'Content-Range'],
})

/** Headers that a 200 and its 304 share (pixboost §10). */
export function pictureHeaders(cacheSeconds: number, vary: string | undefined): readonly string[] {
  return ['Cache-Control', `public, max-age=${cacheSeconds}`, ...varied(vary), ...CORS]
}

/** One line of plain text that nobody may cache (pixboost §11). */
export function sendRefusal(exchange: Exchange, refusal: Refusal, more: readonly string[] = []): void {
  const { status, text, vary, retryAfterSeconds } = refusal
  const later = retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]
  sendText(exchange, status, [...PLAIN, ...varied(vary), ...later, ...CORS, ...more], `${text}\n`)
}

/** A success that has nothing to show. */
export function sendDone(exchange: Exchange, status: number): void {
  sendText(exchange, status, [...PLAIN, ...CORS])
}

/** `GET /health` (pixboost §1). */
export function sendHealth(exchange: Exchange): void {
  sendText(exchange, 200, PLAIN, 'OK')
}

/** A transparent picture of one pixel in place of the one asked for; the source is not touched (pixboost §8). */
export function sendHidden(exchange: Exchange, vary: string | undefined): void {
  const { req, res } = exchange
  if (res.headersSent || res.destroyed) return
  const head = ['Content-Type', 'image/gif', 'Content-Length', String(EMPTY_PICTURE.length), ...varied(vary), ...CORS]
  res.writeHead(200, head)
  if (req.method === 'HEAD') res.end()
  else res.end(EMPTY_PICTURE)
}

/**
 * The media type of an answer. asis says what the source said; everywhere else the bytes decide, also for those that are
 * handed on untouched, whatever the source called them (pixboost §4, §10, §17).
 */
export function contentType(operation: Operation, delivered: Delivered): string {
  const format = delivered.source.facts?.format
  if (operation === 'asis' || delivered.picture !== undefined || format === undefined) return delivered.contentType
  return mediaType(format)
}

const PLAIN: readonly string[] = ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff']
const EMPTY_PICTURE = Buffer.from('R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==', 'base64')

function varied(vary: string | undefined): readonly string[] {
  return vary === undefined ? [] : ['Vary', vary]
}

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type ByteRange, precondition, selectRange } from './conditional.ts'
import type { Exchange } from './exchange.ts'
import { withoutHeaders } from './headers.ts'
import { sandboxed } from './sandbox.ts'

/** Stored bytes that can be sent whole or in part. Range ends are inclusive. */
export type Sendable = {
  readonly body:
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    | { readonly kind: 'file'; open(range?: ByteRange): AsyncIterable<Uint8Array> }
  readonly size: number
  readonly contentType: string
  readonly contentEncoding?: string | undefined
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
}

/**
 * Answers a GET or HEAD with stored bytes under the sandbox policy: conditional requests, single ranges, back-pressure, a
 * client that leaves. Does nothing when an answer has begun already.
 *
 * Bytes in memory are sent without a promise being made. A file that cannot be opened rejects before anything is sent; one
 * that breaks later cuts the connection, so that no client takes a part for the whole.
 *
 * @param stored the same object for the same bytes spares work
 * @param headers flat name/value list that 200, 206 and 304 share (Vary, Cache-Control, CORS …); the same array spares work
 */
export function sendStored(exchange: Exchange, stored: Sendable, headers: readonly string[]): Promise<void> | void {
  const { req, res } = exchange
  if (res.headersSent || res.destroyed) return
  const verdict = precondition(req.headers, stored)
  if (verdict === 'failed') return end(res, 412, withoutHeaders(headers, CACHING))
  if (verdict === 'not-modified') return end(res, 304, [...headers, ...validators(stored)])
  const range = req.method === 'GET' ? selectRange(req.headers, stored, stored.size) : 'whole'
  if (range === 'unsatisfiable') {
    return end(res, 416, [...withoutHeaders(headers, CACHING), 'Content-Range', `bytes */${stored.size}`])
  }
  if (range === 'whole') return sendPart(exchange, 200, stored, undefined, wholeHead(stored, headers))
  const part = ['Content-Length', String(range.end - range.start + 1)]
  part.push('Content-Range', `bytes ${range.start}-${range.end}/${stored.size}`)
  return sendPart(exchange, 206, stored, range, [...bodyHead(stored, headers), ...part])
}

/**
 * Answers with a short text or with nothing at all. Does nothing when an answer has begun already.
 *
 * @param headers flat name/value list; `Content-Length` is added here
 */
export function sendText(exchange: Exchange, status: number, headers: readonly string[], text = ''): void {
  const { req, res } = exchange
  if (res.headersSent || res.destroyed) return
  const bytes = Buffer.from(text)
  const bodiless = status === 204 || status === 304
  res.writeHead(status, [...headers, ...(bodiless ? [] : ['Content-Length', String(bytes.length)])])
  if (bodiless || req.method === 'HEAD') res.end()
  else res.end(bytes)
}

/** An answer that must not be stored loses what says that it may be. */
const CACHING = new Set(['cache-control'])

// A body in memory is sent many times with the same headers: they are written down once.
const wholeHeads = new WeakMap<Sendable, { readonly headers: readonly string[]; readonly head: string[] }>()

function wholeHead(stored: Sendable, headers: readonly string[]): string[] {
  const before = wholeHeads.get(stored)
  if (before?.headers === headers) return before.head
  const head = [...bodyHead(stored, headers), 'Content-Length', String(stored.size)]
  wholeHeads.set(stored, { headers, head })
  return head
}

/** Headers of 200 and 206. */
function bodyHead(stored: Sendable, headers: readonly string[]): readonly string[] {
  const coding = stored.contentEncoding === undefined ? [] : ['Content-Encoding', stored.contentEncoding]
  const type = ['Content-Type', stored.contentType, 'Accept-Ranges', 'bytes']
  return sandboxed([...headers, ...validators(stored), ...type, ...coding])
}

function validators({ etag, lastModified }: Sendable): readonly string[] {
  return [
    ...(etag === undefined ? [] : ['ETag', etag]),
    ...(lastModified === undefined ? [] : ['Last-Modified', lastModified.toUTCString()]),
  ]
}

function end(res: ServerResponse, status: number, headers: readonly string[]): void {
  res.writeHead(status, status === 304 ? [...headers] : [...headers, 'Content-Length', '0'])
  res.end()
}

function sendPart(
  { req, res }: Exchange,
  status: number,
  { body }: Sendable,
  range: ByteRange | undefined,
  head: string[],
): Promise<void> | void {
  if (req.method === 'HEAD') {
    res.writeHead(status, head)
    res.end()
    return
  }
  if (body.kind === 'bytes') {
    res.writeHead(status, head)
    res.end(range === undefined ? body.bytes : body.bytes.subarray(range.start, range.end + 1))
    return
  }
  return pump(res, status, head, body.open(range))
}

/**
 * Answers GET and HEAD with bytes whose number nobody knows before they end. Rejects while nothing is sent; what fails later breaks
 * the connection, so that nobody takes a part for the whole.
 */
export async function sendUnsized(
  { req, res }: Exchange,
  headers: readonly string[],
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const head = [...sandboxed(headers)]
  if (req.method !== 'HEAD') return pump(res, 200, head, chunks)
  res.writeHead(200, head)
  res.end()
}

async function pump(
  res: ServerResponse,
  status: number,
  head: string[],
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  let next = await iterator.next()
  res.writeHead(status, head)
  try {
    while (next.done !== true && !res.destroyed) {
      if (!res.write(next.value)) await drained(res)
      next = await iterator.next()
    }
    res.end()
  } catch {
    // The head is out: the only honest sign of a missing rest is a broken connection.
    res.destroy()
  } finally {
    // How it ends that it may stop is nobody's concern any more.
    await iterator.return?.().then(undefined, () => undefined)
  }
}

/** Resolves when the client took what was written, or left. */
async function drained(res: ServerResponse): Promise<void> {
  if (res.destroyed) return
  const settled = new AbortController()
  await Promise.race([
    once(res, 'drain', { signal: settled.signal }),
    once(res, 'close', { signal: settled.signal }),
  ]).finally(() => settled.abort())
}

/** The bytes of a stored file as an answer (filestack §1.3). */
import { createHash } from 'node:crypto'
import type { FileRecord } from '../../catalog/files.ts'
import { Fault, isFault } from '../../faults.ts'
import { disposition } from '../../http/disposition.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Sendable, sendStored } from '../../http/respond.ts'
import { discard } from '../../storage/body.ts'
import { CORS, headerName } from './answers.ts'
import { encodeBase64, encodedLength, encodedRange } from './base64.ts'
import type { Context } from './context.ts'

export type Look = {
  /** `Content-Disposition: attachment` instead of inline. */
  readonly attachment: boolean
  /** The content as base64 text. */
  readonly base64: boolean
  /** `Cache-Control`. Default: it is to be asked for every time. */
  readonly cacheControl?: string
}

/**
 * Answers GET and HEAD with a stored file, from the store as it flows: single ranges, ETag, 304, the sandbox headers. The headers are
 * those of the bytes, also while the file is being overwritten. A file whose object is gone rejects before anything is sent: Fault
 * object-missing.
 */
export async function answerContent(
  { uploads }: Pick<Context, 'uploads'>,
  exchange: Exchange,
  file: FileRecord,
  look: Look,
): Promise<void> {
  const { req, signal } = exchange
  if (req.method === 'HEAD' || SELECTING.some((name) => req.headers[name] !== undefined)) {
    try {
      return await send(exchange, file, look, (range) => recorded(uploads, file, range, signal))
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
  const content = await uploads.read(file, undefined, signal)
  try {
    await send(exchange, content.file, look, (range) => cut(content, range))
  } finally {
    await discard(content)
  }
}

/** With one of these perhaps no byte is needed, or a few: they are judged by what was recorded. */
const SELECTING = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const

type Open = (range?: Range) => AsyncIterable<Uint8Array>

async function send(
  exchange: Exchange,
  file: FileRecord,
  { attachment, base64, cacheControl = 'no-cache' }: Look,
  opened: Open,
): Promise<void> {
  const open: Open = (range) => exactly(opened(range), range === undefined ? file.size : lengthOf(range))
  const plain: Sendable = {
    body: { kind: 'file', open },
    size: file.size,
    contentType: file.mimetype,
    etag: etagOf(file, ''),
    lastModified: new Date(file.uploadedMs),
  }
  const encoded = (): Sendable => ({
    ...plain,
    body: { kind: 'file', open: (range) => encodedPart(open, file.size, range) },
    size: encodedLength(file.size),
    contentType: 'text/plain',
    etag: etagOf(file, 'base64'),
  })
  await sendStored(exchange, base64 ? encoded() : plain, [
    'Content-Disposition',
    disposition(attachment ? 'attachment' : 'inline', file.filename),
    'X-File-Name',
    headerName(file.filename),
    'Cache-Control',
    cacheControl,
    ...CORS,
  ])
}

type Range = { readonly start: number; readonly end: number }

/** Changes with every overwrite, and differs between the ways the same bytes are sent. */
function etagOf({ handle, uploadedMs, size, version }: FileRecord, way: string): string {
  const text = [handle, uploadedMs, size, version ?? '', way].join('\n')
  return `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`
}

/** The bytes of a record. Fault conflict, before the first one, where they are others by now. */
async function* recorded(
  uploads: Context['uploads'],
  file: FileRecord,
  range: Range | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const content = await uploads.read(file, range, signal)
  if (etagOf(content.file, '') !== etagOf(file, '')) {
    await discard(content)
    throw new Fault('conflict', 'the file was overwritten')
  }
  yield* content
}

/** A part of what flows by. */
async function* cut(content: AsyncIterable<Uint8Array>, range: Range | undefined): AsyncGenerator<Uint8Array> {
  if (range === undefined) return yield* content
  let at = 0
  for await (const chunk of content) {
    const part = chunk.subarray(Math.max(0, range.start - at), Math.max(0, range.end + 1 - at))
    if (part.length > 0) yield part
    at += chunk.byteLength
    if (at > range.end) return
  }
}

/** What was announced, no byte more or less. */
async function* exactly(chunks: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let seen = 0
  for await (const chunk of chunks) {
    seen += chunk.byteLength
    if (seen > length) break
    yield chunk
  }
  if (seen !== length) throw new Fault('source-unreachable', 'the object is not as long as it was')
}

function lengthOf({ start, end }: Range): number {
  return end - start + 1
}

async function* encodedPart(open: Open, size: number, range: Range | undefined): AsyncGenerator<Uint8Array> {
  if (range === undefined) return yield* encodeBase64(open())
  const bytes = encodedRange(range.start, range.end, size)
  let skip = range.start % 4
  let left = lengthOf(range)
  for await (const chunk of encodeBase64(open(bytes))) {
    const part = chunk.subarray(skip, skip + left)
    skip = Math.max(0, skip - chunk.length)
    left -= part.length
    if (part.length > 0) yield part
  }
}

/** The bytes of a stored file as an answer (filestack §1.3). */
import { createHash } from 'node:crypto'
import type { FileRecord } from '../../catalog/files.ts'
import { Fault, isFault } from '../../faults.ts'
import { disposition } from '../../http/disposition.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Sendable, sendStored } from '../../http/respond.ts'
import { discard } from '../../storage/body.ts'
import type { Content } from '../../uploads/uploads.ts'
import { CORS, headerName } from './answers.ts'
import { encodeBase64, encodedLength, encodedRange } from './base64.ts'
import type { Context } from './context.ts'

export type Look = {
  /** `Content-Disposition: attachment` instead of inline. */
  readonly attachment: boolean
  /** The content as base64 text. */
  readonly base64: boolean
  /** How long anybody may keep it; `no` = ask every time. Default `no`. */
  readonly cacheSeconds?: number | 'no'
}

/**
 * Answers GET and HEAD with a stored file, from the store as it flows: single ranges, ETag, 304, the sandbox headers. A file whose
 * object is gone rejects before anything is sent: Fault object-missing.
 */
export async function answerContent(
  { uploads }: Pick<Context, 'uploads'>,
  exchange: Exchange,
  file: FileRecord,
  look: Look,
): Promise<void> {
  try {
    await send(uploads, exchange, file, look)
  } catch (error) {
    if (!(error instanceof Changed) && !isFault(error, 'conflict')) throw error
    // Overwritten since it was looked up: headers and bytes are to be of the same content.
    const current = error instanceof Changed ? error.file : await uploads.find(file.handle)
    if (current === undefined) throw new Fault('object-missing', undefined, { cause: error })
    await send(uploads, exchange, current, look)
  }
}

class Changed extends Error {
  override readonly name = 'Changed'
  readonly file: FileRecord

  constructor(file: FileRecord) {
    super('the file was overwritten')
    this.file = file
  }
}

async function send(
  uploads: Context['uploads'],
  exchange: Exchange,
  file: FileRecord,
  { attachment, base64, cacheSeconds = 'no' }: Look,
): Promise<void> {
  const open = (range?: Range) => pieces(() => uploads.read(file, range, exchange.signal), file, range)
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
    cacheSeconds === 'no' ? 'no-cache' : `public, max-age=${cacheSeconds}`,
    ...CORS,
  ])
}

type Range = { readonly start: number; readonly end: number }

/** Changes with every overwrite, and differs between the ways the same bytes are sent. */
function etagOf({ handle, uploadedMs, size, version }: FileRecord, way: string): string {
  const text = [handle, uploadedMs, size, version ?? '', way].join('\n')
  return `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`
}

/** The bytes that were announced, exactly as many: throws Changed before the first one where they are others by now. */
async function* pieces(
  read: () => Promise<Content>,
  file: FileRecord,
  range: Range | undefined,
): AsyncGenerator<Uint8Array> {
  const content = await read()
  if (etagOf(content.file, '') !== etagOf(file, '')) {
    await discard(content)
    throw new Changed(content.file)
  }
  const length = range === undefined ? file.size : range.end - range.start + 1
  let seen = 0
  for await (const chunk of content) {
    seen += chunk.byteLength
    if (seen > length) break
    yield chunk
  }
  if (seen !== length) throw new Fault('source-unreachable', 'the object is not as long as it was')
}

async function* encodedPart(
  open: (range?: Range) => AsyncIterable<Uint8Array>,
  size: number,
  range: Range | undefined,
): AsyncGenerator<Uint8Array> {
  if (range === undefined) return yield* encodeBase64(open())
  const bytes = encodedRange(range.start, range.end, size)
  let skip = range.start % 4
  let left = range.end - range.start + 1
  for await (const chunk of encodeBase64(open(bytes))) {
    const part = chunk.subarray(skip, skip + left)
    skip = Math.max(0, skip - chunk.length)
    left -= part.length
    if (part.length > 0) yield part
  }
}

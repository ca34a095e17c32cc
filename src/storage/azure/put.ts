import { Fault } from '../../faults.ts'
import type { PutOptions } from '../object-store.ts'
import { checkHeaders, encodeMetadata } from '../s3/metadata.ts'
import { azureFault } from './faults.ts'
import type { Answer, Ask, Wire } from './request.ts'

/** Bodies up to this many bytes go in one request, larger ones in blocks. */
const SINGLE_BYTES = 16 * 1024 * 1024
const BLOCK_BYTES = 8 * 1024 * 1024
const BLOCKS = 50_000
/** A blob has at most this many tags. */
const TAGS = 10

type Blob = { readonly container: string; readonly key: string }

/**
 * Stores a body (from `outgoing`) as a block blob: in one request up to 16 MB, else in blocks that are joined only when all
 * have come, so the blob appears whole or not at all. Memory stays within 16 MB and a block.
 */
export async function putBlob(
  wire: Wire,
  blob: Blob,
  body: AsyncGenerator<Uint8Array>,
  options: PutOptions,
): Promise<{ readonly version: string | undefined }> {
  const headers = blobHeaders(options)
  const { signal } = options
  const send = async (ask: Omit<Ask, 'method' | 'container' | 'key' | 'signal'>): Promise<Answer> => {
    const sent = await wire.send({ method: 'PUT', ...blob, ...ask, signal })
    if ('refusal' in sent) throw azureFault(sent.refusal, options)
    await sent.answer.body.dump()
    return sent.answer
  }
  try {
    const begin = await readUpTo(body, SINGLE_BYTES + 1, [])
    if (begin.ended) {
      const answer = await send({ headers: { ...headers, 'x-ms-blob-type': 'BlockBlob' }, body: begin.bytes })
      return { version: answer.headers.etag }
    }
    const size = Math.max(BLOCK_BYTES, Math.ceil((options.size ?? 0) / BLOCKS))
    const ids: string[] = []
    for (let rest = begin; ; ) {
      while (rest.bytes.byteLength >= size || (rest.ended && rest.bytes.byteLength > 0)) {
        if (ids.length === BLOCKS) throw new Fault('too-large', `a blob has at most ${BLOCKS} blocks`)
        const id = Buffer.from(String(ids.length).padStart(6, '0')).toString('base64')
        await send({ query: { comp: 'block', blockid: id }, body: rest.bytes.subarray(0, size) })
        ids.push(id)
        rest = { ...rest, bytes: rest.bytes.subarray(size) }
      }
      if (rest.ended) break
      rest = await readUpTo(body, size, [rest.bytes])
    }
    const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`
    const answer = await send({ query: { comp: 'blocklist' }, headers, body: Buffer.from(list) })
    return { version: answer.headers.etag }
  } finally {
    // Not awaited: a body that stalls would hold back the answer.
    body.return(undefined).catch(() => undefined)
  }
}

/** The headers that a blob is written with. Throws Fault store-refused for what Azure has no place for. */
function blobHeaders(options: PutOptions): Record<string, string> {
  checkHeaders(options)
  for (const option of ['acl', 'expires'] as const) {
    if (options[option] !== undefined) {
      throw new Fault('store-refused', undefined, { context: { reason: 'not-implemented', option } })
    }
  }
  const headers: Record<string, string> = {}
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[name] = value
  }
  set('x-ms-blob-content-type', options.contentType)
  set('x-ms-blob-content-encoding', options.contentEncoding)
  set('x-ms-blob-content-language', options.contentLanguage)
  set('x-ms-blob-content-disposition', options.contentDisposition)
  set('x-ms-blob-cache-control', options.cacheControl)
  set('x-ms-access-tier', options.storageClass)
  for (const [name, value] of Object.entries(encodeMetadata(options.metadata ?? {}))) {
    // Azure's names are identifiers of C#.
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
      throw new Fault('bad-parameter', `Azure takes no metadata named "${name}": letters, digits and _ only`, {
        context: { option: 'metadata' },
      })
    }
    headers[`x-ms-meta-${name}`] = value
  }
  set('x-ms-tags', options.tags === undefined ? undefined : encodeTags(options.tags))
  return headers
}

function encodeTags(tags: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(tags)
  if (entries.length > TAGS || entries.some(([name, value]) => !name.isWellFormed() || !value.isWellFormed())) {
    throw new Fault('bad-parameter', `a blob takes at most ${TAGS} tags of valid text`, { context: { option: 'tags' } })
  }
  const text = entries.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  return text === '' ? undefined : text
}

type Piece = { readonly bytes: Uint8Array; readonly ended: boolean }

/** At least `bytes` of the body behind `before`, or all that is left. */
async function readUpTo(
  body: AsyncGenerator<Uint8Array>,
  bytes: number,
  before: readonly Uint8Array[],
): Promise<Piece> {
  const chunks = [...before]
  let size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  let ended = false
  while (size < bytes && !ended) {
    const step = await body.next()
    if (step.done === true) ended = true
    else {
      chunks.push(step.value)
      size += step.value.byteLength
    }
  }
  const [only] = chunks
  return { bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size), ended }
}

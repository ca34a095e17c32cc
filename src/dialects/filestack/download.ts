import { pipeline, Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { Fault, isFault } from '../../faults.ts'
import type { Stores } from '../../storage/stores.ts'
import type { Download } from './context.ts'
import { typeOf } from './names.ts'

/** Downloads through the network guard of the house (`once` of its stores); nothing is held in memory. */
export function createDownload({ once, limit }: { readonly once: Stores['once']; readonly limit: number }): Download {
  return async (url, headers, signal) => {
    const store = once({ provider: 'web', guarded: true, ...(headers && { headers }) })
    const answer = await store.get({ key: url }, { maxBytes: limit, ...(signal && { signal }) })
    if (answer.kind === 'unchanged') throw new Fault('source-refused')
    const { head, body } = answer
    const contentType = typeOf(head.contentType)
    const filename = dispositionName(head.metadata['content-disposition'])
    const coded = head.contentEncoding !== undefined
    return {
      body: coded ? bounded(decoded(body, head.contentEncoding), limit) : body,
      ...(contentType !== undefined && { contentType }),
      ...(filename !== undefined && { filename }),
      ...(!coded && head.size !== undefined && { size: head.size }),
    }
  }
}

const CODINGS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
}

/** Undoes one content coding as it streams. Throws Fault unsupported for an unknown one, image-corrupt while flowing. */
function decoded(body: AsyncIterable<Uint8Array>, coding: string | undefined): AsyncIterable<Uint8Array> {
  const name = coding?.trim().toLowerCase() ?? ''
  const undo = Object.hasOwn(CODINGS, name) ? CODINGS[name]?.() : undefined
  if (undo === undefined) throw new Fault('unsupported', 'unknown content coding')
  // What fails on either side ends the iteration below.
  pipeline(Readable.from(body), undo, () => undefined)
  return translated(undo)
}

async function* translated(undo: Transform): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of undo) yield chunk
  } catch (error) {
    throw isFault(error) ? error : new Fault('image-corrupt', 'the content coding is damaged', { cause: error })
  }
}

async function* bounded(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new Fault('too-large', undefined, { context: { limit } })
    yield chunk
  }
}

/** The name in a `Content-Disposition` (RFC 6266): the extended form counts more than the plain one. */
export function dispositionName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const extended = /(?:^|;)\s*filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;\s]+)/i.exec(header)?.[1]
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended)
    } catch {
      // The plain form may still be readable.
    }
  }
  const [, quoted, bare] = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(header) ?? []
  const name = quoted?.replace(/\\(.)/g, '$1') ?? bare
  // Node reads headers as latin-1; what servers put there beyond ASCII is UTF-8.
  return name === undefined ? undefined : utf8(name)
}

function utf8(latin1: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1
  }
}

import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Delivered, SourceRecord } from './delivery.ts'

/** What is remembered of a source beyond its SourceRecord: what a revalidation and a limit need. */
export type Known = SourceRecord & {
  /** For `If-None-Match`; absent when the store says none. */
  readonly etag?: string
  /** Bytes as stored. */
  readonly bytes: number
  /** The store names no version: the version is a digest of the bytes. */
  readonly hashed: boolean
  /** `Source.identity` at the time: a record of another store is not believed. */
  readonly identity: string
}

/**
 * What stands before the bytes of a cached entry, on disk and in a bucket.
 * - `record`: a source record, no bytes
 * - `original`: the source's bytes as stored
 * - `result`: a computed picture
 * - `pointer`: the plan came out as "the source as it is"; no bytes, see the original
 */
export type EntryHead = {
  readonly kind: 'record' | 'original' | 'result' | 'pointer'
  /** The whole key: an entry found under another key is foreign. */
  readonly key: string
  readonly size: number
  /** Strong, quoted, from the bytes: also the checksum. */
  readonly etag: string
  readonly contentType: string
  readonly contentEncoding?: string
  readonly picture?: Delivered['picture']
  /** Base keys of further sources that went into it. */
  readonly uses: readonly string[]
  readonly record: Known
}

const MAGIC = Buffer.from('TTcache1')
const FIXED = MAGIC.length + 8
/** A head that does not fit is not stored. */
export const HEAD_LIMIT = 65_536

/** The bytes before the body: magic, length and CRC-32 of the JSON, the JSON. Undefined when above HEAD_LIMIT. */
export function writeHead(head: EntryHead): Buffer | undefined {
  const json = Buffer.from(JSON.stringify(head))
  if (FIXED + json.length > HEAD_LIMIT) return undefined
  const fixed = Buffer.alloc(FIXED)
  MAGIC.copy(fixed)
  fixed.writeUInt32BE(json.length, MAGIC.length)
  fixed.writeUInt32BE(crc32(json), MAGIC.length + 4)
  return Buffer.concat([fixed, json])
}

/** Reads what `writeHead` wrote; undefined when it is cut off, damaged or something else. `offset` is where the body begins. */
export function readHead(bytes: Buffer): { readonly head: EntryHead; readonly offset: number } | undefined {
  if (bytes.length < FIXED || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const length = bytes.readUInt32BE(MAGIC.length)
  const offset = FIXED + length
  if (offset > HEAD_LIMIT || bytes.length < offset) return undefined
  const json = bytes.subarray(FIXED, offset)
  if (crc32(json) !== bytes.readUInt32BE(MAGIC.length + 4)) return undefined
  try {
    const head: unknown = JSON.parse(json.toString())
    return isHead(head) ? { head, offset } : undefined
  } catch {
    return undefined
  }
}

/** The CRC vouches for the inner members; this tells our entries from those of another version of this program. */
function isHead(value: unknown): value is EntryHead {
  if (typeof value !== 'object' || value === null) return false
  const head: { [name in keyof EntryHead]?: unknown } = value
  return (
    (head.kind === 'record' || head.kind === 'original' || head.kind === 'result' || head.kind === 'pointer') &&
    typeof head.key === 'string' &&
    Number.isSafeInteger(head.size) &&
    typeof head.etag === 'string' &&
    typeof head.contentType === 'string' &&
    Array.isArray(head.uses) &&
    typeof head.record === 'object' &&
    head.record !== null &&
    'version' in head.record &&
    'source' in head.record
  )
}

/** Bytes hashed between two turns of the event loop: about a millisecond. */
const HASH_AT_ONCE = 1_048_576

/** The strong, quoted entity tag of a body: 144 bits of its SHA-256. Large bodies are hashed piecewise. */
export async function etagOf(body: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < body.length; at += HASH_AT_ONCE) {
    if (at > 0) await setImmediate()
    hash.update(body.subarray(at, at + HASH_AT_ONCE))
  }
  return etagFrom(hash.digest())
}

/** The entity tag for a SHA-256 that was computed while reading. */
export function etagFrom(sha256: Buffer): string {
  return `"${sha256.subarray(0, 18).toString('base64url')}"`
}

/** The entity tag of an entry without bytes. */
export const EMPTY_ETAG = etagFrom(createHash('sha256').digest())

import { createHash } from 'node:crypto'
import { Fault } from '../faults.ts'
import type { SourceRef } from '../plan/plan.ts'
import { discard } from '../storage/body.ts'
import type { ObjectAnswer, ObjectHead } from '../storage/object-store.ts'
import { etagFrom, type Known } from './entry.ts'
import type { Source } from './keys.ts'
import type { Lease, WorkingSet } from './working-set.ts'

export type Read = { readonly known: Known; readonly bytes: Buffer; readonly etag: string; readonly lease: Lease }

/** Room that a source of unannounced size is given. */
const UNKNOWN_BYTES = 8_388_608

/**
 * Reads an object to its end and says what is known of it. Memory is taken as the bytes come, never because a header
 * announces them, and within the room for work under way. Fault too-large above `limit` bytes, source-unreachable when it
 * ends early, overloaded when there is no room for too long.
 */
export async function readObject(
  source: Source,
  answer: Extract<ObjectAnswer, { kind: 'object' }>,
  limit: number,
  now: number,
  room: WorkingSet,
): Promise<Read> {
  const { head, body } = answer
  let lease: Lease
  try {
    if (head.size !== undefined && head.size > limit) throw tooLarge(limit)
    lease = await room.take(head.size ?? Math.min(limit, UNKNOWN_BYTES))
  } catch (error) {
    await discard(body)
    throw error
  }
  try {
    const { bytes, sum } = await collect(head, body, limit)
    return { known: knownFrom(source, head, bytes.length, sum, now), bytes, etag: etagFrom(sum), lease }
  } catch (error) {
    lease.release()
    throw error
  }
}

async function collect(
  head: ObjectHead,
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly sum: Buffer }> {
  const hash = createHash('sha256')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    hash.update(chunk)
    chunks.push(chunk)
  }
  if (head.size !== undefined && head.size !== size) throw new Fault('source-unreachable', 'the object ended early')
  const sum = hash.digest()
  const [only] = chunks
  const bytes =
    chunks.length === 1 && only ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(chunks, size)
  return { bytes, sum }
}

/** Fault too-large for a source of more than `limit` bytes. */
export function tooLarge(limit: number): Fault {
  return new Fault('too-large', `the source is larger than ${limit} bytes`, { context: { limit } })
}

function knownFrom(source: Source, head: ObjectHead, bytes: number, sum: Buffer, now: number): Known {
  return {
    source: source.ref,
    identity: source.identity,
    version: head.version ?? `sha256-${sum.toString('base64url')}`,
    hashed: head.version === undefined,
    etag: head.etag,
    checkedAt: now,
    private: isPrivate(head),
    bytes,
    contentType: head.contentType,
    contentEncoding: head.contentEncoding,
    lastModified: head.lastModified?.getTime(),
  }
}

/** S3 metadata `isprivatefile: true`, or the response header `is-private-file: true` of a web server (imagekit §3, D). */
export function isPrivate(head: ObjectHead): boolean {
  const says = (name: string) => head.metadata[name]?.trim().toLowerCase() === 'true'
  return says('isprivatefile') || says('is-private-file')
}

/** What a web source is asked with: the caller's own headers and the normalised ones that are part of its identity. */
export function askHeaders(ref: SourceRef): Readonly<Record<string, string>> | undefined {
  const own = ref.kind === 'url' ? ref.headers : undefined
  if (!ref.ask) return own
  const { accept, encoding, from } = ref.ask
  return { ...own, accept, 'accept-encoding': encoding, ...(from !== undefined && { 'x-req-from': from }) }
}

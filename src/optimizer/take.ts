import { Fault, isFault } from '../faults.ts'
import { decodeBody } from '../storage/decode.ts'
import type { ObjectStore, StoreConfig } from '../storage/object-store.ts'
import type { Spool, Taken } from './optimizer.ts'

type Taking = {
  readonly once: (config: StoreConfig) => ObjectStore
  readonly spool: Spool
  readonly limit: number
  readonly signal: AbortSignal
}

/**
 * The bytes of what was handed in. URLs are fetched under the network guard, with their content coding undone. Faults of the
 * web store; too-large above `limit` bytes; source-unreachable when the body ends early.
 */
export async function take(taken: Taken, { once, spool, limit, signal }: Taking): Promise<Buffer> {
  if (taken.kind === 'url') {
    return download(taken, once, limit, signal).catch((error: unknown) => {
      throw isFault(error, 'too-large') ? tooLarge(limit) : error
    })
  }
  const bytes = taken.kind === 'bytes' ? taken.bytes : await spool.read(taken.id)
  if (bytes.length > limit) throw tooLarge(limit)
  return bytes
}

async function download(
  { url, headers }: Extract<Taken, { kind: 'url' }>,
  once: Taking['once'],
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const store = once({ provider: 'web', guarded: true, ...(headers && { headers }) })
  const answer = await store.get({ key: url }, { maxBytes: limit, signal })
  if (answer.kind === 'unchanged') throw new Fault('source-refused', 'the server sent no picture')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  const decoded = await decodeBody(Buffer.concat(chunks, size), answer.head.contentEncoding, limit)
  return Buffer.from(decoded.buffer, decoded.byteOffset, decoded.byteLength)
}

function tooLarge(limit: number): Fault {
  return new Fault('too-large', undefined, { context: { reason: 'file-size', limit } })
}

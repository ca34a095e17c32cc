import type { Engine } from '../engine/engine.ts'
import { mediaType } from '../plan/media-type.ts'
import { decodeBody } from '../storage/decode.ts'
import type { Delivered, Delivery } from './delivery.ts'
import { etagOf, type Known } from './entry.ts'
import { type Interest, stillWanted } from './flights.ts'
import type { Current } from './sources.ts'

/** A computed answer, and what must be kept of it. */
export type Computed = {
  readonly delivered: Delivered
  readonly bytes: Buffer
  /** `pointer`: the answer is the source's bytes as they are. */
  readonly kind: 'result' | 'pointer'
  /** The source's record, with the facts learned. */
  readonly known: Known
}

/**
 * Runs the plan on a source that has been read: content coding undone, facts probed and measured where not known yet, then
 * rendered. Work that nobody waits for any more is dropped before each stage; what has begun is finished.
 */
export async function compute(
  engine: Engine,
  delivery: Delivery,
  source: Required<Current>,
  interest: Interest,
  limit: number,
): Promise<Computed> {
  const { plan, offer, project } = delivery
  const bytes = await decoded(source, limit)
  stillWanted(interest)
  const facts = await engine.measure(plan, source.known.facts ?? (await engine.probe(bytes)), bytes, offer)
  const known = facts === source.known.facts ? source.known : { ...source.known, facts }
  stillWanted(interest)
  const rendered = await engine.render({ project, plan, bytes, facts, offer })
  const lastModified = source.original.delivered.lastModified

  if (rendered === 'untouched') {
    // Decoded bytes under their real type: the caller of a transformation did not say which codings it takes.
    const asStored = bytes === source.original.bytes
    const delivered: Delivered = {
      body: { kind: 'bytes', bytes },
      size: bytes.length,
      contentType: mediaType(facts.format),
      etag: asStored ? source.original.delivered.etag : await etagOf(bytes),
      lastModified,
      source: known,
      from: 'computed',
    }
    return { delivered, bytes, kind: asStored ? 'pointer' : 'result', known }
  }
  const { format, width, height, frames } = rendered
  const delivered: Delivered = {
    body: { kind: 'bytes', bytes: rendered.bytes },
    size: rendered.bytes.length,
    contentType: mediaType(format),
    etag: await etagOf(rendered.bytes),
    lastModified,
    source: known,
    picture: { format, width, height, frames },
    from: 'computed',
  }
  return { delivered, bytes: rendered.bytes, kind: 'result', known }
}

/** The source's bytes without their content coding (pixboost §12). The limit holds for what comes out, too. */
export async function decoded(source: Required<Current>, limit: number): Promise<Buffer> {
  const { bytes, delivered } = source.original
  if (delivered.contentEncoding === undefined) return bytes
  const plain = await decodeBody(bytes, delivered.contentEncoding, limit)
  return plain === bytes ? bytes : Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength)
}

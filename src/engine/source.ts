import { Fault } from '../faults.ts'
import type { Facts, Limits, Size } from '../plan/facts.ts'
import type { FrameSelect, OutputFormat } from '../plan/plan.ts'
import { decodeForeign } from './decode.ts'
import type { Decoded } from './decoders/decoder.ts'
import { requirePage } from './decoders/page.ts'
import { needsDecoder, probe } from './probe.ts'
import type { Input } from './run.ts'
import type { Workers } from './workers.ts'

export type FrameRange = { readonly page: number; readonly count: number }

/** Formats that hold several frames. */
export function holdsFrames(format: OutputFormat): boolean {
  return format === 'gif' || format === 'webp'
}

/**
 * The frames of the source that go into the output: all of an animation when the format can hold them, else the first or the
 * one asked for. Fault bad-parameter for a page that the source does not have.
 */
export function selectFrames(select: FrameSelect, facts: Facts, format: OutputFormat): FrameRange {
  switch (select.kind) {
    case 'all':
      return { page: 0, count: holdsFrames(format) ? facts.frames : 1 }
    case 'first':
      return { page: 0, count: 1 }
    case 'page':
      requirePage(select.page, facts.pages?.count ?? facts.frames)
      return { page: select.page - 1, count: 1 }
  }
}

/**
 * The facts of the page that a plan selects: pages of a document differ in size, layers of a Photoshop file have alpha where
 * the composite may not. Fault bad-parameter for a page that the source does not have.
 */
export function pageFacts(select: FrameSelect, facts: Facts): Facts {
  const { pages } = facts
  if (!pages || select.kind !== 'page' || select.page === 1) return facts
  requirePage(select.page, pages.sizes?.length ?? pages.count)
  // What was measured was measured on the first page.
  const { opaque: _, ...rest } = facts
  return { ...rest, ...pages.sizes?.[select.page - 1], alpha: pages.alpha ?? facts.alpha }
}

/**
 * A source made ready for the first pass: as bytes, which sharp decodes as small as possible, or decoded by a decoder of ours.
 * `wish`: sides for a drawing (`vectorSize`), whose first step must scale it to them.
 */
export async function readInput(
  bytes: Uint8Array,
  facts: Facts,
  { page, count }: FrameRange,
  limits: Limits,
  workers: Workers,
  wish?: Size,
): Promise<Input> {
  if (!needsDecoder(facts.format)) return { kind: 'file', bytes, facts, page, count }
  const decoded = await decodeForeign(bytes, facts, page + 1, limits, workers, wish)
  const input = await asInput(decoded, limits)
  if (wish) return input
  const size = input.kind === 'file' ? input.facts : input.frames
  // The steps were resolved for the size that the facts say.
  if (size.width !== facts.width || size.height !== facts.height) {
    throw new Fault('image-corrupt', 'the picture has another size than its header says', {
      context: { format: facts.format, width: size.width, height: size.height },
    })
  }
  return input
}

async function asInput(decoded: Decoded, limits: Limits): Promise<Input> {
  if (decoded.kind === 'pixels') return { kind: 'frames', frames: { ...decoded.raw, frames: 1 } }
  const { bytes, format } = decoded
  const facts = await probe(bytes, limits)
  if (facts.format !== format) throw new Fault('image-corrupt', undefined, { context: { format: facts.format } })
  return { kind: 'file', bytes, facts, page: 0, count: 1 }
}

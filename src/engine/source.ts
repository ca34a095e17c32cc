import { Fault } from '../faults.ts'
import type { Facts, Limits } from '../plan/facts.ts'
import type { FrameSelect, OutputFormat } from '../plan/plan.ts'
import { decodeForeign } from './decode.ts'
import { needsDecoder } from './probe.ts'
import type { Input } from './run.ts'
import type { Workers } from './workers.ts'

export type FrameRange = { readonly page: number; readonly count: number }

/** Formats that hold several frames. */
function holdsFrames(format: OutputFormat): boolean {
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
      if (!Number.isInteger(select.page) || select.page < 1 || select.page > facts.frames) {
        throw new Fault('bad-parameter', 'the picture does not have this page', {
          context: { page: select.page, pages: facts.frames },
        })
      }
      return { page: select.page - 1, count: 1 }
  }
}

/** A source made ready for the first pass: as bytes, which sharp decodes as small as possible, or decoded by a decoder of ours. */
export async function readInput(
  bytes: Uint8Array,
  facts: Facts,
  { page, count }: FrameRange,
  limits: Limits,
  workers: Workers,
): Promise<Input> {
  if (facts.format === 'svg') throw new Fault('unsupported', 'vector pictures are not rendered here')
  if (!needsDecoder(facts.format)) return { kind: 'file', bytes, facts, page, count }
  const raw = await decodeForeign(bytes, facts, limits, workers)
  return { kind: 'frames', frames: { ...raw, frames: 1 } }
}

import type { Engine } from '../engine/engine.ts'
import type { KeepTags } from '../engine/optimise/keep.ts'
import type { Lossy } from '../engine/optimise/lossily.ts'
import type { Optimised } from '../engine/optimise/losslessly.ts'
import type { Optimising } from '../engine/optimising.ts'
import { isFault } from '../faults.ts'
import type { Facts, Limits } from '../plan/facts.ts'
import type { OutputFormat } from '../plan/plan.ts'
import {
  formatOf,
  isWritable,
  keepTags,
  type Make,
  needsPixels,
  type Picture,
  planOf,
  type Source,
  stepsOf,
} from './make.ts'
import type { Compression, Version } from './optimizer.ts'

export type MakingOptions = { readonly engine: Engine & Optimising; readonly limits: Limits }

/**
 * Makes versions with the engine. When no pixel has to change the picture is packed or pressed from its own file and is never
 * larger than the source; else the steps run first.
 */
export function createMaking({ engine, limits }: MakingOptions): Make {
  async function reread(bytes: Uint8Array): Promise<Picture> {
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return { bytes: file, facts: await engine.probe(file) }
  }

  /** Encoded once, without loss or visually lossless; PNG is then packed. */
  async function rendered(project: string, source: Source, version: Version, format: OutputFormat): Promise<Picture> {
    const { bytes, facts, shared } = source
    const plan = planOf(version, facts, format)
    const picture = await engine.render({ project, plan, bytes, facts, offer: [], ...(shared && { shared }) })
    if (picture === 'untouched') return source
    const keep = keepTags(version, facts, format)
    const file = engine.graft({ bytes: picture.bytes, format }, { bytes, format: facts.format }, keep)
    const made = await reread(file)
    if (format !== 'png') return made
    const packed = await engine.pack(made.bytes, made.facts, keep)
    return packed.changed ? reread(packed.bytes) : made
  }

  /** A drawing that cannot be packed stays as it is: it is text, of which nothing was decoded. */
  async function packed(bytes: Buffer, facts: Facts, keep: KeepTags): Promise<Optimised> {
    if (facts.format !== 'svg') return engine.pack(bytes, facts, keep)
    return engine.pack(bytes, facts, keep).catch((error: unknown) => {
      if (isFault(error, 'image-corrupt') || isFault(error, 'unsupported')) return { bytes, changed: false }
      throw error
    })
  }

  return async (project, source, version) => {
    const { bytes, facts, shared } = source
    const { compression, frame } = version
    const format = formatOf(version, facts)
    const keep = keepTags(version, facts, format)
    if (needsPixels(version, facts, limits)) {
      if (!isWritable(format)) return source
      if (compression.kind === 'lossless') return rendered(project, source, version, format)
      const wish = wishOf(compression, version, format, keep)
      const steps = stepsOf(version, format)
      return reread((await engine.pressAfter({ bytes, facts, frame, steps, wish, ...(shared && { shared }) })).bytes)
    }
    const { bytes: made, changed } =
      compression.kind === 'lossless' || !isWritable(format)
        ? await packed(bytes, facts, keep)
        : await engine.press(bytes, facts, wishOf(compression, version, format, keep))
    return changed ? reread(made) : source
  }
}

const AIMS = { medium: 'careful', high: 'balanced', ultra: 'small' } as const

function wishOf(
  { quality, chroma }: Extract<Compression, { kind: 'lossy' }>,
  { colour }: Version,
  format: OutputFormat,
  keep: KeepTags,
): Lossy {
  return {
    format,
    keep,
    chroma,
    unkeptProfile: colour === 'srgb' ? 'srgb' : 'stored',
    ...(typeof quality === 'number' && { quality }),
    ...(typeof quality === 'object' && { aim: AIMS[quality.level] }),
  }
}

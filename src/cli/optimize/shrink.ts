import { Fault } from '../../faults.ts'
import { isWritable } from '../../optimizer/make.ts'
import type { Compression, Kept, Version } from '../../optimizer/optimizer.ts'
import { mediaType } from '../../plan/media-type.ts'
import type { Workshop } from '../ports.ts'

/** How pictures are made smaller. */
export type Manner = {
  /** Loss that the eye does not mind is welcome. */
  readonly lossy: boolean
  /** Dates, copyright and places go too. */
  readonly strip: boolean
}

/** The smaller file; `undefined` when there is none, or the picture is of a format that is left alone. */
export type Shrunk = { readonly bytes: Buffer | undefined; readonly type: string; readonly leftAlone: boolean }

const STRIPPED: readonly Kept[] = ['profile', 'orientation']
const ALL: readonly Kept[] = [...STRIPPED, 'date', 'copyright', 'geotag']
const LOSSLESS: Compression = { kind: 'lossless', forced: 'exact', chroma: '4:4:4' }
const LOSSY: Compression = { kind: 'lossy', quality: 'auto', chroma: '4:2:0' }

/** Makes a picture smaller in its own format, never larger. Faults of the engine; too-large above the configured size. */
export async function shrink(workshop: Workshop, bytes: Buffer, manner: Manner): Promise<Shrunk> {
  if (bytes.length > workshop.sourceBytes) throw new Fault('too-large')
  const facts = await workshop.probe(bytes)
  const type = mediaType(facts.format)
  if (!isWritable(facts.format) && facts.format !== 'svg') return { bytes: undefined, type, leftAlone: true }
  const made = await workshop.make('', { bytes, facts }, versionOf(manner))
  return { bytes: made.bytes.length < bytes.length ? made.bytes : undefined, type, leftAlone: false }
}

/** Nothing changes but the size: no step, the same format, colours as they are stored. */
function versionOf({ lossy, strip }: Manner): Version {
  return {
    id: 'smaller',
    frame: { kind: 'all' },
    steps: [],
    format: 'source',
    compression: lossy ? LOSSY : LOSSLESS,
    keep: strip ? STRIPPED : ALL,
    colour: 'as-stored',
    background: { r: 255, g: 255, b: 255, alpha: 1 },
    name: { text: '', keepExtension: true },
    into: { kind: 'publish' },
  }
}

import type { Facts, Limits } from '../plan/facts.ts'
import type { Output, OutputFormat, Plan, Quality, SourceFormat, Step } from '../plan/plan.ts'
import { resolve } from '../plan/resolve.ts'
import type { Compression, Version } from './optimizer.ts'

/** A picture as it is stored in a file. */
export type Picture = { readonly bytes: Buffer; readonly facts: Facts }

/** Makes one version of a picture. */
export type Make = (project: string, source: Picture, version: Version) => Promise<Picture>

/** Visually lossless: what a forced encode gets when the caller wants no loss (kraken §5). */
const VISUALLY_LOSSLESS: Quality = { kind: 'fixed', value: 92 }

/** The format that a version is written in. `source` keeps the source's where it can be written. */
export function formatOf(version: Version, facts: Facts): SourceFormat {
  if (version.format !== 'source') return version.format
  return isWritable(facts.format) || facts.format === 'svg' ? facts.format : facts.alpha ? 'png' : 'jpeg'
}

/** Whether pixels change: by a step that does something to this picture, or by another format. */
export function needsPixels(version: Version, facts: Facts, limits: Limits): boolean {
  if (formatOf(version, facts) !== facts.format) return true
  if (facts.format === 'svg') return false
  if (version.frame.kind !== 'all' && facts.frames > 1) return true
  const { steps, pause } = resolve(version.steps, facts, limits)
  return pause !== undefined || steps.length > 0
}

export function isWritable(format: SourceFormat): format is OutputFormat {
  return format === 'jpeg' || format === 'png' || format === 'webp' || format === 'avif' || format === 'gif'
}

/** The plan of a version whose pixels change. */
export function planOf(version: Version, format: OutputFormat): Plan {
  return { frame: version.frame, steps: stepsOf(version, format), output: outputOf(version, format) }
}

/** JPEG has no transparency: the caller's background shows through. */
function stepsOf({ steps, background }: Version, format: OutputFormat): readonly Step[] {
  return format === 'jpeg' ? [...steps, { kind: 'flatten', colour: { ...background, alpha: 1 } }] : steps
}

function outputOf({ compression, keep, colour }: Version, format: OutputFormat): Output {
  const profile = keep.includes('profile')
    ? ({ kind: 'keep', formats: ['jpeg', 'png', 'webp', 'avif'] } as const)
    : ({ kind: colour === 'srgb' ? 'convert' : 'discard' } as const)
  const exact = compression.kind === 'lossless' && (format === 'gif' || compression.forced === 'exact')
  return {
    kind: 'encode',
    choose: { kind: 'fixed', format },
    quality: qualityOf(compression),
    lossless: exact,
    progressive: format === 'jpeg',
    chroma: compression.chroma,
    palette: compression.kind === 'lossy' && format === 'png',
    metadata: { profile, exif: false, xmp: false },
    ifLarger: 'keep',
    vector: 'rasterise',
  }
}

function qualityOf(compression: Compression): Quality {
  if (compression.kind === 'lossless') return VISUALLY_LOSSLESS
  const { quality } = compression
  return { kind: 'fixed', value: typeof quality === 'number' ? quality : 80 }
}

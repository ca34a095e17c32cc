import type { KeepTags } from '../engine/optimise/keep.ts'
import type { SharedPixels } from '../engine/shared.ts'
import type { Facts, Limits } from '../plan/facts.ts'
import type { Output, OutputFormat, Plan, Quality, SourceFormat, Step } from '../plan/plan.ts'
import { resolve } from '../plan/resolve.ts'
import type { Kept, Version } from './optimizer.ts'

/** A picture as it is stored in a file. */
export type Picture = { readonly bytes: Buffer; readonly facts: Facts }

/** A picture of which several versions are made. */
export type Source = Picture & { readonly shared?: SharedPixels }

/** Makes one version of a picture. */
export type Make = (project: string, source: Source, version: Version) => Promise<Picture>

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

/** The plan of a version whose pixels change without being pressed. */
export function planOf(version: Version, facts: Facts, format: OutputFormat): Plan {
  return { frame: version.frame, steps: stepsOf(version, format), output: outputOf(version, facts, format) }
}

/** JPEG has no transparency: the caller's background shows through. */
export function stepsOf({ steps, background }: Version, format: OutputFormat): readonly Step[] {
  return format === 'jpeg' ? [...steps, { kind: 'flatten', colour: { ...background, alpha: 1 } }] : steps
}

/** What stays of the metadata. An orientation that is kept says 1 once the pixels are turned (kraken §6). */
export function keepTags({ keep, steps }: Version, facts: Facts, format: SourceFormat): KeepTags {
  const has = (tag: Kept) => keep.includes(tag)
  const turned = steps.some((step) => step.kind === 'orient')
  return {
    profile: has('profile') && (format === facts.format || isGrafted(facts, format)),
    date: has('date'),
    copyright: has('copyright'),
    geotag: has('geotag'),
    orientation: !has('orientation') ? 'drop' : turned ? 'upright' : 'keep',
  }
}

/** Whether a profile can be put beside the values of an encode: those of CMYK are converted, and grey ones may become colour. */
function isGrafted({ profile, space }: Facts, format: SourceFormat): boolean {
  return profile && space === 'rgb' && (format === 'jpeg' || format === 'png' || format === 'webp')
}

function outputOf({ compression, keep, colour }: Version, facts: Facts, format: OutputFormat): Output {
  const wanted = keep.includes('profile')
  const stored = wanted ? isGrafted(facts, format) : colour === 'as-stored'
  const exact = compression.kind === 'lossless' && (format === 'gif' || compression.forced === 'exact')
  return {
    kind: 'encode',
    choose: { kind: 'fixed', format },
    quality: VISUALLY_LOSSLESS,
    lossless: exact,
    progressive: format === 'jpeg',
    chroma: compression.chroma,
    palette: false,
    metadata: { profile: { kind: stored ? 'discard' : 'convert' }, exif: false, xmp: false },
    ifLarger: 'keep',
    vector: 'rasterise',
  }
}

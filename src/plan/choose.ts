import { Fault } from '../faults.ts'
import { evaluate, sizeVariables } from './expression.ts'
import type { Facts, Offer } from './facts.ts'
import { clamp, nearest } from './geometry.ts'
import type { Choose, Output, OutputFormat, Quality, SourceFormat, Substitute, Unless } from './plan.ts'

/** Quality taken for a JPEG whose quantisation tables tell nothing (pixboost §8). */
const UNTOLD_JPEG_QUALITY = 92
const UNTOLD_DENSITY = 72
/** Formats store it in 16 bits. */
const MOST_DENSITY = 65_535

/** What the choice looks at. */
type ChoiceFacts = Pick<
  Facts,
  | 'format'
  | 'width'
  | 'height'
  | 'frames'
  | 'alpha'
  | 'space'
  | 'profile'
  | 'quality'
  | 'density'
  | 'illustration'
  | 'opaque'
>

/**
 * The format that is written: fixed, the source's own (or its substitute), or the first candidate the offer holds and nothing
 * forbids. `untouched` when the source's bytes are handed on. An illustration fact that is not there counts as photograph: ask
 * `needsIllustration` first. Fault bad-parameter for an area that cannot be evaluated.
 */
export function choose(output: Output, facts: ChoiceFacts, offer: Offer): OutputFormat | 'untouched' {
  if (output.kind === 'untouched') return 'untouched'
  if (facts.format === 'svg' && output.vector === 'untouched') return 'untouched'
  return chosen(output.choose, facts, offer)
}

/** Encoder quality 1…100 for a chosen format; formats without a row of their own get 100, which lossless encoders ignore. */
export function quality(output: Output, format: OutputFormat, facts: ChoiceFacts): number {
  if (output.kind === 'untouched') return 100
  return clamp(Math.round(wanted(output.quality, format, facts)), 1, 100)
}

/** Whether the pixels are stored exactly. JPEG never is, PNG always unless it is reduced to a palette. */
export function isLossless(output: Output, format: OutputFormat, facts: ChoiceFacts): boolean {
  if (output.kind === 'untouched') return true
  if (format === 'jpeg') return false
  if (format === 'png') return !output.palette
  return output.lossless === 'illustration' ? isIllustration(facts) : output.lossless
}

/** Whether the format or the losslessness hangs on the illustration fact and that is not measured yet. */
export function needsIllustration(output: Output, facts: ChoiceFacts, offer: Offer): boolean {
  if (facts.format !== 'png' || facts.illustration !== undefined) return false
  const outcome = (illustration: boolean) => {
    const assumed = { ...facts, illustration }
    const format = choose(output, assumed, offer)
    return `${format} ${format === 'untouched' || isLossless(output, format, assumed)}`
  }
  return outcome(true) !== outcome(false)
}

/** Whether the format hangs on the opacity of a picture with an alpha channel, and that is not measured yet. */
export function needsOpacity(output: Output, facts: ChoiceFacts, offer: Offer): boolean {
  if (!facts.alpha || facts.opaque !== undefined || facts.format === 'svg') return false
  const outcome = (opaque: boolean) => choose(output, { ...facts, opaque }, offer)
  return outcome(true) !== outcome(false)
}

/** Dots per inch to be written into the file, 1…65,535; Fault bad-parameter when what was asked for is not among them. */
export function writtenDensity(output: Output, facts: ChoiceFacts): number | undefined {
  if (output.kind === 'untouched' || output.density === undefined) return undefined
  const value = nearest(
    evaluate(output.density, { ...sizeVariables(facts, facts), density: facts.density ?? UNTOLD_DENSITY }),
  )
  if (value >= 1 && value <= MOST_DENSITY) return value
  throw new Fault('bad-parameter', `a density must be 1…${MOST_DENSITY} dots per inch`, { context: { density: value } })
}

/** Whether the source's profile and pixel values stay. CMYK and exotic spaces always become sRGB without one (pixboost §10). */
export function keptProfile(output: Output, format: OutputFormat, facts: ChoiceFacts): boolean {
  if (output.kind === 'untouched') return facts.profile
  const { profile } = output.metadata
  const space = facts.space === 'rgb' || facts.space === 'grey'
  return facts.profile && space && profile.kind === 'keep' && profile.formats.includes(format)
}

function chosen(wish: Choose, facts: ChoiceFacts, offer: Offer): OutputFormat {
  switch (wish.kind) {
    case 'fixed':
      return wish.format
    case 'as-source':
      return ownFormat(facts.format, wish.substitute, facts)
    case 'negotiated': {
      const candidate = wish.candidates.find(
        ({ format, unless }) => offered(format, offer) && !unless.some((reason) => forbids(reason, facts)),
      )
      return candidate?.format ?? chosen(wish.otherwise, facts, offer)
    }
  }
}

/** Every client takes the classic formats; only the newer ones must be offered. */
function offered(format: OutputFormat, offer: Offer): boolean {
  return (format !== 'webp' && format !== 'avif') || offer.includes(format)
}

function ownFormat(format: SourceFormat, substitute: Substitute, facts: ChoiceFacts): OutputFormat {
  switch (format) {
    case 'jpeg':
    case 'png':
    case 'webp':
    case 'avif':
    case 'gif':
      return format
    case 'tiff':
    case 'bmp':
    case 'svg':
    case 'heic':
    case 'jxl':
    case 'ico':
    case 'pdf':
    case 'psd':
      return substitute === 'png' || facts.alpha ? 'png' : 'jpeg'
  }
}

function forbids(reason: Unless, facts: ChoiceFacts): boolean {
  const area = (expression: Parameters<typeof evaluate>[0]) =>
    evaluate(expression, { ...sizeVariables(facts, facts), density: facts.density ?? UNTOLD_DENSITY })
  switch (reason.kind) {
    case 'source-format':
      return reason.formats.includes(facts.format)
    case 'illustration':
      return isIllustration(facts)
    case 'area':
      return area(reason.area) >= reason.atLeast
    case 'area-zero':
      return area(reason.area) <= 0
    case 'source-side':
      return Math.max(facts.width, facts.height) >= reason.atLeast
    case 'animated':
      return facts.frames > 1
    case 'alpha':
      return facts.alpha
    case 'transparent':
      return isTransparent(facts)
  }
}

/** An alpha channel that was not looked at counts as used. */
function isTransparent(facts: ChoiceFacts): boolean {
  return facts.alpha && facts.opaque !== true
}

/** Only PNG sources are told apart; every other picture counts as a photograph (pixboost §9). */
function isIllustration(facts: ChoiceFacts): boolean {
  return facts.format === 'png' && facts.illustration === true
}

function wanted(wish: Quality, format: OutputFormat, facts: ChoiceFacts): number {
  if (wish.kind === 'fixed') return wish.value
  const table = wish.tables[format]
  if (!table) return 100
  const own = sourceQuality(facts)
  if (own === undefined) return table.unknown - wish.less
  const row = table.rows.find(({ above }) => above < own)
  if (!row) return table.unknown - wish.less
  return (row.quality === 'source' ? own : row.quality) - wish.less
}

function sourceQuality(facts: ChoiceFacts): number | undefined {
  if (facts.format === 'jpeg') return facts.quality ?? UNTOLD_JPEG_QUALITY
  return facts.format === 'png' ? 100 : undefined
}

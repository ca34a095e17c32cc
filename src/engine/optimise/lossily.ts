import type { Facts } from '../../plan/facts.ts'
import type { Workers } from '../workers.ts'
import { decodeFrames } from './frames.ts'
import type { KeepTags } from './keep.ts'
import { losslessly } from './losslessly.ts'
import type { LossyFormat } from './lossy/encoders.ts'
import { withKept } from './metadata/metadata.ts'
import { type Squeeze, squeeze } from './squeeze.ts'

export type Lossy = Omit<Squeeze, 'delays' | 'loop' | 'gif'> & {
  readonly keep: KeepTags
  /** Turn the pixels as the orientation says; the tag is then not needed. */
  readonly upright?: boolean
  /** Values of a profile that is not kept: as they are (kraken §6), or converted to sRGB (compressor §5.1). Default `srgb`. */
  readonly unkeptProfile?: 'stored' | 'srgb'
}

export type Pressed = {
  readonly bytes: Uint8Array
  /** False when the source's own bytes are the answer. */
  readonly changed: boolean
  /** What was chosen, on the encoder's scale; absent when the answer was not encoded anew. */
  readonly quality?: number
  /** How alike source and answer are, 0…1; absent when it was not measured. */
  readonly similarity?: number
}

/**
 * The picture with as much loss as the eye does not mind (`squeeze`), in `wish.format`. In its own format it is never larger than
 * the source, nor than what `losslessly` makes of it. Of an animation all frames stay when the format holds them, else the first.
 *
 * Fault image-corrupt when the source is damaged or cut off; too-large when the format cannot hold it or would take too long.
 */
export async function lossily(bytes: Uint8Array, facts: Facts, wish: Lossy, workers: Workers): Promise<Pressed> {
  const { format } = wish
  const frames = holdsFrames(format) ? facts.frames : 1
  const turns = facts.orientation !== 1 && (wish.upright === true || needsTurning(format, wish.keep))
  const keepsProfile = wish.keep.profile && facts.profile && holdsProfile(format, facts)
  const colours = keepsProfile ? 'stored' : (wish.unkeptProfile ?? 'srgb')
  const picture = await decodeFrames(bytes, { ...facts, frames }, { colours, upright: turns })
  const timing = frames > 1 ? { delays: facts.delays ?? [], loop: facts.loop ?? 0 } : {}
  const drawn = facts.format === 'gif' && !turns ? { gif: bytes } : {}
  const { bytes: encoded, ...measured } = await squeeze(picture, { ...wish, ...timing, ...drawn }, workers)
  const keep: KeepTags = {
    ...wish.keep,
    profile: keepsProfile,
    orientation: turns && wish.keep.orientation === 'keep' ? 'upright' : wish.keep.orientation,
  }
  const source = { bytes, format: facts.format }
  const result = withKept({ bytes: encoded, format }, source, keep)
  if (format !== facts.format || frames !== facts.frames || turns) return { bytes: result, changed: true, ...measured }
  if (result.length < bytes.length * CLEARLY_LESS) return { bytes: result, changed: true, ...measured }
  const exact = await losslessly(bytes, facts, wish.keep, workers)
  return result.length < exact.bytes.length ? { bytes: result, changed: true, ...measured } : exact
}

/** Packing anew without loss hardly ever saves more than a third; when the loss saved that much, it is not tried. */
const CLEARLY_LESS = 0.65

function holdsFrames(format: LossyFormat): boolean {
  return format === 'gif' || format === 'webp'
}

/** Formats whose files get no EXIF here: orientation is never lost silently, so their pixels are turned. */
function needsTurning(format: LossyFormat, { orientation }: KeepTags): boolean {
  return orientation === 'keep' && (format === 'avif' || format === 'gif')
}

/** A grey profile fits formats that hold grey pictures only; CMYK is always converted. */
function holdsProfile(format: LossyFormat, { space }: Facts): boolean {
  if (space === 'rgb') return format === 'jpeg' || format === 'png' || format === 'webp'
  return space === 'grey' && (format === 'jpeg' || format === 'png')
}

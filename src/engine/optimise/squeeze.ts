import { losslessCompressPng } from '@napi-rs/image'
import type { Frames } from '../animation.ts'
import { estimateCost } from '../cost.ts'
import type { Workers } from '../workers.ts'
import { decodeFrames } from './frames.ts'
import { type Aim, rangeOf, targetOf } from './lossy/aims.ts'
import { encodeLossily, type LossyFormat, type Manner } from './lossy/encoders.ts'
import { gifEncoder } from './lossy/gif.ts'
import { searchQuality } from './lossy/search.ts'
import { groundsFor, likeness, likenessOf } from './similarity.ts'

export type Squeeze = Manner & {
  readonly format: LossyFormat
  /** Default `balanced`. */
  readonly aim?: Aim
  /** Similarity to reach instead of the aim's, 0…1. */
  readonly target?: number
  /** 1…100, the encoder's own scale: no search. Not used by PNG and GIF. */
  readonly quality?: number
  /** The same picture as a GIF, of which a GIF takes its colours. */
  readonly gif?: Uint8Array
}

export type Squeezed = { readonly bytes: Uint8Array; readonly quality: number; readonly similarity?: number }

/** Encodes of one picture at most, and milliseconds of a core that they may take together; large pictures get fewer. */
const MOST_ATTEMPTS = 4
const BUDGET_MS = 4_000
/** Palettes and deblocking take long, GIFs keep their colours; this is measured, as the factors in `cost.ts`. */
const FACTORS: Readonly<Record<LossyFormat, number>> = { png: 2, gif: 0.6, jpeg: 1, webp: 2.5, avif: 1 }

/**
 * Pixels as a file of the fewest bytes that still look like them: several qualities are tried against `likeness`. No metadata is
 * written. PNG is always a palette of at most 256 colours with full alpha.
 */
export async function squeeze(picture: Frames, wish: Squeeze, workers: Workers): Promise<Squeezed> {
  const { format, quality, aim = 'balanced', target = targetOf(aim) } = wish
  if (quality !== undefined && format !== 'png' && format !== 'gif') {
    return { bytes: await encodeLossily(picture, format, quality, wish), quality }
  }
  const grounds = format === 'jpeg' ? 'white' : groundsFor(picture)
  const reference = await likenessOf(picture, grounds)
  const gif = format === 'gif' ? await gifEncoder(picture, wish.gif, wish, workers) : undefined
  const found = await searchQuality({
    range: rangeOf(aim, format),
    target,
    attempts: attemptsFor(picture, format) - (gif && !wish.gif ? 1 : 0),
    async encode(tried) {
      const bytes = await (gif ? gif(tried) : encodeLossily(picture, format, tried, wish))
      const shown = await decodeFrames(bytes, { frames: picture.frames, space: 'rgb' }, AS_STORED)
      return { bytes, quality: tried, similarity: await likeness(reference, await likenessOf(shown, grounds), workers) }
    },
  })
  return { ...found, bytes: await polished(found.bytes, format) }
}

const AS_STORED = { colours: 'stored', upright: false } as const

/** At least one, at most four. */
function attemptsFor({ width, height, frames }: Frames, format: LossyFormat): number {
  const pixels = width * height
  const output = { format, pixels, frames }
  const milliseconds = estimateCost({ source: { format, pixels, frames }, output })
  return Math.max(1, Math.min(MOST_ATTEMPTS, Math.floor(BUDGET_MS / (FACTORS[format] * milliseconds))))
}

/** Rows as they are (PNG filter type 0): trying the others on a palette takes three times as long and gains nothing. */
const PALETTE_FILTERS = [0]

/** Palettes are packed anew without loss; what cannot be improved stays. */
async function polished(bytes: Uint8Array, format: LossyFormat): Promise<Uint8Array> {
  if (format !== 'png') return bytes
  const packed = await losslessCompressPng(bytes, { strip: true, filter: PALETTE_FILTERS })
  return packed.length < bytes.length ? packed : bytes
}

import type { LossyFormat } from './encoders.ts'
import type { Range } from './search.ts'

/**
 * How far a picture may be pressed: the similarity to reach (see `ssim.ts`) and, for each encoder, the qualities within which it is
 * sought. The ranges hold where the measure is blind: grain, which no quality keeps, would ask for 100, and flat pages for 30.
 *
 * `balanced` gives painted photographs of a million pixels mozjpeg qualities of 66…78, and small ones 76…84.
 */
export type Aim = 'careful' | 'balanced' | 'small'

type Aims = { readonly target: number; readonly ranges: Readonly<Record<LossyFormat, Range>> }

const AIMS: Readonly<Record<Aim, Aims>> = {
  careful: {
    target: 0.982,
    ranges: {
      jpeg: { low: 70, high: 90, start: 82 },
      webp: { low: 72, high: 92, start: 84 },
      avif: { low: 56, high: 82, start: 66 },
      png: { low: 70, high: 95, start: 80 },
      gif: { low: 76, high: 96, start: 86 },
    },
  },
  balanced: {
    target: 0.975,
    ranges: {
      jpeg: { low: 62, high: 85, start: 76 },
      webp: { low: 60, high: 88, start: 77 },
      avif: { low: 46, high: 76, start: 58 },
      png: { low: 50, high: 85, start: 70 },
      gif: { low: 64, high: 94, start: 80 },
    },
  },
  small: {
    target: 0.955,
    ranges: {
      jpeg: { low: 45, high: 75, start: 62 },
      webp: { low: 45, high: 80, start: 66 },
      avif: { low: 34, high: 66, start: 46 },
      png: { low: 35, high: 70, start: 50 },
      gif: { low: 40, high: 90, start: 68 },
    },
  },
}

/** The similarity that an aim asks for. */
export function targetOf(aim: Aim): number {
  return AIMS[aim].target
}

/** The qualities within which an aim is sought, on the encoder's own scale. */
export function rangeOf(aim: Aim, format: LossyFormat): Range {
  return AIMS[aim].ranges[format]
}

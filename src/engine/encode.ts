import type { Sharp } from 'sharp'
import { Fault } from '../faults.ts'
import type { Size } from '../plan/facts.ts'
import type { OutputFormat } from '../plan/plan.ts'

/** Everything an encoder is told. */
export type Encoding = {
  readonly format: OutputFormat
  /** 1…100, the encoder's own scale. */
  readonly quality: number
  readonly lossless: boolean
  readonly progressive: boolean
  readonly chroma: '4:2:0' | '4:4:4'
  readonly palette: boolean
  /** Most colours of a GIF's frame; default 256. */
  readonly colours?: number
  /** libaom's effort, 0…9; see `cost.ts`. */
  readonly avifEffort: number
  /** Milliseconds per frame and loops (0 = for ever); animations only. */
  readonly delays?: readonly number[]
  readonly loop?: number
}

/** Longest side that the format can hold. */
const LONGEST_SIDE: Readonly<Record<OutputFormat, number>> = {
  jpeg: 65_535,
  png: 2_147_483_647,
  webp: 16_383,
  avif: 16_384,
  gif: 65_535,
}

/**
 * libwebp method 4 instead of pixboost's 6 (§8): measured on a photograph, 6 saves 0.3…3 % of bytes at the same fidelity
 * for half as much time again; sharp chroma (`smartSubsample`) gains 0.2 dB for three times the time.
 */
const WEBP_EFFORT = 4
/** Palettes are searched moderately: sharp's default, 7, takes 2.3 times as long for 2 dB and 7 % of bytes on photographs. */
const GIF_EFFORT = 4
const MOST_TIMING = 65_535
/** Small PNGs get zlib's best effort (pixboost §8: deflate 9); above this area it takes seconds per megapixel for 3 %. */
const THOROUGH_PNG_PIXELS = 65_536

/** Whether the format can hold a picture of this size. */
export function fits(format: OutputFormat, { width, height }: Size): boolean {
  return width <= LONGEST_SIDE[format] && height <= LONGEST_SIDE[format]
}

/** Fault too-large when the format cannot hold a picture of this size. */
export function assertFits(format: OutputFormat, { width, height }: Size): void {
  const limit = LONGEST_SIDE[format]
  if (!fits(format, { width, height })) {
    throw new Fault('too-large', `a ${format} side cannot exceed ${limit} pixels`, {
      context: { format, width, height },
    })
  }
}

/**
 * Ends a pipeline with its encoder.
 *
 * JPEG is mozjpeg's, but without sharp's `mozjpeg: true`, which forces progressive scans where pixboost §10 promises
 * baseline: trellis quantisation, overshoot deringing and the table of N. Robidoux (3). That table keeps libjpeg's quality
 * scale: on a photograph at q 50…92 it gives the same PSNR over all channels within 0.3 dB of the standard table (luma 1 dB
 * less, chroma more) in 20…30 % fewer bytes, and more PSNR for the same bytes; so "q itself" (§8) stays q.
 */
export function encodeWith(picture: Sharp, size: Size, encoding: Encoding): Sharp {
  const { quality, lossless, chroma } = encoding
  const timing = timingOf(encoding)
  switch (encoding.format) {
    case 'jpeg':
      return picture.jpeg({
        quality,
        progressive: encoding.progressive,
        chromaSubsampling: chroma,
        trellisQuantisation: true,
        overshootDeringing: true,
        quantisationTable: 3,
        optimiseCoding: true,
        optimiseScans: encoding.progressive,
      })
    case 'png':
      return encoding.palette
        ? picture.png({ palette: true, quality, compressionLevel: 9, progressive: encoding.progressive })
        : picture.png({
            compressionLevel: size.width * size.height <= THOROUGH_PNG_PIXELS ? 9 : 7,
            adaptiveFiltering: true,
            progressive: encoding.progressive,
          })
    case 'webp':
      return picture.webp({ quality, lossless, effort: WEBP_EFFORT, ...timing })
    case 'avif':
      return picture.avif({
        quality,
        lossless,
        effort: encoding.avifEffort,
        chromaSubsampling: lossless ? '4:4:4' : chroma,
        bitdepth: 8,
      })
    case 'gif':
      return picture.gif({ effort: GIF_EFFORT, colours: encoding.colours ?? 256, ...timing })
  }
}

/** sharp refuses more than 65,535 milliseconds or loops, and an empty list. */
function timingOf({ delays = [], loop }: Encoding): { delay?: number[]; loop?: number } {
  const held = (value: number) => Math.min(MOST_TIMING, Math.max(0, Math.round(value)))
  return {
    ...(delays.length > 0 && { delay: delays.map(held) }),
    ...(loop !== undefined && { loop: held(loop) }),
  }
}

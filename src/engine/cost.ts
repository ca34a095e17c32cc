import { Fault } from '../faults.ts'
import type { OutputFormat, SourceFormat } from '../plan/plan.ts'

/** Work to be estimated. Pixels are of one frame. */
export type Work = {
  readonly source: { readonly format: SourceFormat; readonly pixels: number; readonly frames: number }
  /** Largest picture on the way (`Resolution.largest`); absent = the output. */
  readonly largest?: number
  readonly output: {
    readonly format: OutputFormat
    readonly pixels: number
    readonly frames: number
    /** Of the encoder; AVIF 0…9 (default 1), WebP 0…6 (default 4). */
    readonly effort?: number
    readonly lossless?: boolean
  }
}

/**
 * Milliseconds of one core that a picture is expected to take: decoding, moving pixels, encoding. The factors (ms per million
 * pixels) were measured on one ordinary server core; they weigh works against each other and need not be exact elsewhere.
 */
export function estimateCost({ source, largest, output }: Work): number {
  const moved = Math.max(largest ?? 0, output.pixels) * output.frames
  return (
    DECODE[source.format] * millions(source.pixels * source.frames) +
    MOVE * millions(moved) +
    encodeFactor(output) * millions(output.pixels * output.frames)
  )
}

/**
 * The effort for an AVIF of so many pixels (over all frames). 1 is this server's setting; above 16 million pixels 0, and above
 * 32 million the encoder would hold a core for too long: Fault too-large when the caller named AVIF (`explicit`), `undefined`
 * (take another format) when it was negotiated.
 */
export function avifEffort(pixels: number, explicit: boolean): 0 | 1 | undefined {
  if (pixels <= 16_000_000) return 1
  if (pixels <= 32_000_000) return 0
  if (!explicit) return undefined
  throw new Fault('too-large', 'the picture has too many pixels for AVIF', {
    context: { format: 'avif', pixels, limit: 32_000_000 },
  })
}

const millions = (pixels: number) => pixels / 1_000_000

/** Resizing, colour conversion, copying. */
const MOVE = 20
/** Formats that sharp cannot read are set to what their decoders are known for. */

const DECODE: Readonly<Record<SourceFormat, number>> = {
  jpeg: 16,
  png: 27,
  webp: 56,
  avif: 140,
  gif: 17,
  tiff: 30,
  bmp: 30,
  svg: 100,
  heic: 200,
  jxl: 100,
  ico: 30,
  pdf: 200,
  psd: 30,
}

/** AVIF by effort 0…4, known ones; between and above, the next dearer. */
const AVIF_ENCODE = [270, 790, 1100, 11_400, 11_400]
const AVIF_DEAREST = 30_000

function encodeFactor({ format, effort, lossless = false }: Work['output']): number {
  switch (format) {
    case 'jpeg':
      // With trellis quantisation, which every JPEG of this server gets.
      return 255
    case 'webp':
      // Lossless depends on the content more than any other: flat drawings 50, photographs 2200.
      if (lossless) return 1000
      return (effort ?? 4) > 4 ? 650 : 260
    case 'png':
      return 300
    case 'gif':
      return 1300
    case 'avif':
      return AVIF_ENCODE[effort ?? 1] ?? AVIF_DEAREST
  }
}

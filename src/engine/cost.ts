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
    /** AVIF only, 0…9. */
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

const DECODE: Readonly<Record<SourceFormat, number>> = {
  jpeg: 10,
  png: 15,
  webp: 15,
  avif: 40,
  gif: 10,
  tiff: 10,
  bmp: 15,
  svg: 100,
  heic: 150,
  jxl: 100,
  ico: 15,
  pdf: 200,
  psd: 30,
}

/** AVIF by effort 0…4, known ones; between and above, the next dearer. */
const AVIF_ENCODE = [270, 790, 1100, 11_400, 11_400]
const AVIF_DEAREST = 30_000

function encodeFactor({ format, effort = 1, lossless = false }: Work['output']): number {
  switch (format) {
    case 'jpeg':
      // With trellis quantisation, which every JPEG of this server gets.
      return 255
    case 'webp':
      return lossless ? 900 : 260
    case 'png':
      return 300
    case 'gif':
      return 250
    case 'avif':
      return AVIF_ENCODE[effort] ?? AVIF_DEAREST
  }
}

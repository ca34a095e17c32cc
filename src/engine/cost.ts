import { Fault } from '../faults.ts'
import type { Size } from '../plan/facts.ts'
import type { Area, Drawing, OutputFormat, SourceFormat } from '../plan/plan.ts'
import type { ResolvedStep } from '../plan/resolved.ts'

/** Work to be estimated. Pixels are of one frame. */
export type Work = {
  readonly source: { readonly format: SourceFormat; readonly pixels: number; readonly frames: number }
  /** Pictures that become further frames. */
  readonly further?: readonly { readonly format: SourceFormat; readonly pixels: number }[]
  /** Largest picture on the way (`Resolution.largest`); absent = the output. */
  readonly largest?: number
  /** Arithmetic on pixels; `size` is that of one frame. */
  readonly drawings?: readonly { readonly drawing: Drawing<number>; readonly size: Size; readonly frames: number }[]
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
export function estimateCost({ source, further = [], largest, drawings = [], output }: Work): number {
  const moved = Math.max(largest ?? 0, output.pixels) * output.frames
  return (
    DECODE[source.format] * millions(source.pixels * source.frames) +
    sum(further.map(({ format, pixels }) => (DECODE[format] + MOVE) * millions(pixels))) +
    MOVE * millions(moved) +
    sum(drawings.map(({ drawing, size, frames }) => drawFactor(drawing, size) * millions(areaOf(size) * frames))) +
    encodeFactor(output) * millions(output.pixels * output.frames)
  )
}

/** Milliseconds of one core that a single work may be expected to take. */
const AFFORDABLE = 180_000

/**
 * Refuses work that would hold a core for minutes: what is begun cannot be stopped. Every step is taken to move every pixel of the
 * largest picture, which few chains do. Fault too-large.
 *
 * @param estimate of `estimateCost`
 * @param largest pixels of the largest picture on the way, of one frame
 */
export function assertAffordable(
  estimate: number,
  steps: readonly ResolvedStep[],
  largest: number,
  frames: number,
): void {
  const moved = sum(steps.map(({ kind }) => (kind === 'effect' ? EFFECT : MOVE))) * millions(largest * frames)
  if (estimate + moved > AFFORDABLE) throw new Fault('too-large', 'the request asks for too much work on the picture')
}

/** What is drawn on a picture of so many `frames`, for `estimateCost`. */
export function drawingsOf(steps: readonly ResolvedStep[], frames: number): NonNullable<Work['drawings']> {
  let count = frames
  return steps.flatMap((step) => {
    if (step.kind === 'animate') count = 1 + step.frames.length
    if (step.kind !== 'draw') return []
    return [{ drawing: step.drawing, size: step.size, frames: count }]
  })
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

const sum = (parts: readonly number[]) => parts.reduce((all, one) => all + one, 0)
const areaOf = ({ width, height }: Size) => width * height
const millions = (pixels: number) => pixels / 1_000_000

/** Resizing, colour conversion, copying. */
const MOVE = 20
/** Blurs and the like. */
const EFFECT = 40
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

/** Milliseconds per million pixels of the whole picture, its way to a worker thread and back included. */
function drawFactor(drawing: Drawing<number>, size: Size): number {
  switch (drawing.name) {
    case 'torn-edges':
    case 'replace-colour':
    case 'gradient':
    case 'vignette':
      return 50
    case 'sepia':
    case 'two-level':
    case 'pixelate':
    case 'colorize':
      return 80
    case 'perspective':
      return 180
    case 'arc':
      return 250
    case 'oil-paint':
      return 300
    case 'unsharp':
      return 60 + blurFactor(drawing.sigma, 4)
    case 'shadow':
      // Its blur runs at full size, whatever its width.
      return 60 + BLUR * drawing.blur
    case 'areas': {
      const { areas, softness, effect } = drawing
      const own = blurFactor(softness, 1) + (effect.name === 'blur' ? blurFactor(effect.sigma, 4) : 40)
      return (
        60 + areas.length + own * shareOf(areas, 3 * (softness + (effect.name === 'blur' ? effect.sigma : 0)), size)
      )
    }
  }
}

/** The part of a picture that areas take, with so much room around them. */
function shareOf(areas: readonly Area<number>[], room: number, size: Size): number {
  const taken = areas.map(({ width, height }) =>
    areaOf({ width: Math.min(size.width, width + 2 * room), height: Math.min(size.height, height + 2 * room) }),
  )
  return Math.min(1, sum(taken) / areaOf(size))
}

/** Per channel and pixel of sigma. */
const BLUR = 18
const WIDE_BLUR = { from: 5, factor: 40 }

/** A wide blur runs on a smaller copy. */
function blurFactor(sigma: number, channels: number): number {
  return channels * (sigma < WIDE_BLUR.from ? BLUR * sigma : WIDE_BLUR.factor)
}

import type { Pass, Stage } from './passes.ts'
import type { Raw } from './raw.ts'

/** Equal pictures one below the other in one piece of memory; `height` is that of one frame. */
export type Frames = Raw & { readonly frames: number }

/**
 * Whether a stage may run on the whole strip of frames at once: it moves pixels within their frame or changes each by
 * itself. sharp cuts and extends strips frame by frame. It scales the strip as one picture, though, so that neighbouring
 * frames bleed into each other's edge rows; it turns, blurs and composites the strip as one too. Stretching the contrast of
 * the whole strip is meant: by itself each frame would get its own, and the animation would flicker.
 */
export function isSteady(stage: Stage): boolean {
  if (stage.kind !== 'pass') return false
  const { resize, turn, blur, sharpen, overlays } = stage
  if (resize ?? blur ?? sharpen ?? overlays) return false
  return turn === undefined || turn.angle === 0
}

/** A pass as the part that must run frame by frame and, when there is one, the part for the strip after it. */
export function splitPass(pass: Pass): readonly [Pass, Pass?] {
  const { normalise, greyscale, negate, ...apart } = pass
  if (!normalise) return [pass]
  const { leaving } = pass
  const after = { normalise, ...(greyscale && { greyscale }), ...(negate && { negate }) }
  return [apart, { kind: 'pass', entering: leaving, ...after, leaving }]
}

/** Each frame of a strip as a picture of its own, over the same memory. */
export function splitFrames(strip: Frames): readonly Frames[] {
  const { data, width, height, channels, frames } = strip
  const length = width * height * channels
  return Array.from({ length: frames }, (_, i) => ({
    data: data.subarray(i * length, (i + 1) * length),
    width,
    height,
    channels,
    frames: 1,
  }))
}

/** Frames of one size and channel count as a strip. */
export function joinFrames(pictures: readonly Frames[]): Frames {
  const [first] = pictures
  if (first === undefined) throw new RangeError('a strip has at least one frame')
  const { width, height, channels } = first
  return { data: Buffer.concat(pictures.map((one) => one.data)), width, height, channels, frames: pictures.length }
}

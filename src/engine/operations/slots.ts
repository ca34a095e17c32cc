import type { OverlayOptions, Sharp } from 'sharp'
import type { Colour } from '../../plan/plan.ts'
import type { Pass } from '../passes.ts'

/**
 * Says the slots of a pass to sharp; `overlays` are those of the pass, made ready.
 *
 * The calls stand in the order of `SLOTS`, because sharp derives some of its meaning from the order of calls after all:
 * `extract` means "before scaling" until `resize` was called, and a turn called before `resize` would be done first, at full
 * size and without shrink-on-load.
 */
export function applySlots(picture: Sharp, pass: Pass, overlays: OverlayOptions[]): void {
  if (pass.window) picture.extract({ ...pass.window })
  if (pass.flatten) picture.flatten({ background: sharpColour(pass.flatten) })
  if (pass.resize) picture.resize({ ...pass.resize, fit: 'fill', kernel: 'lanczos3' })
  if (pass.turn) picture.flop(pass.turn.flop).rotate(pass.turn.angle)
  if (pass.crop) picture.extract({ ...pass.crop })
  if (pass.extend) {
    const { top, right, bottom, left, colour } = pass.extend
    picture.extend({ top, right, bottom, left, background: sharpColour(colour), extendWith: 'background' })
  }
  if (pass.blur !== undefined) picture.blur(gaussian(pass.blur))
  if (pass.modulate) picture.modulate({ ...pass.modulate })
  if (pass.sharpen !== undefined) picture.sharpen({ sigma: pass.sharpen })
  if (overlays.length > 0) picture.composite(overlays)
  if (pass.normalise) picture.normalise()
  // `greyscale` is the colour space the pipeline ends in, see `run.ts`: sharp's own operation of that name comes before scaling.
  if (pass.negate) picture.negate({ alpha: false })
}

/** sharp cuts a Gaussian off at a fifth of its height, which makes the blur up to a quarter narrower than asked for. */
export function gaussian(sigma: number): { sigma: number; minAmplitude: number } {
  return { sigma, minAmplitude: 0.01 }
}

/** Our colour as sharp takes it. */
export function sharpColour({ r, g, b, alpha }: Colour): { r: number; g: number; b: number; alpha: number } {
  return { r, g, b, alpha }
}

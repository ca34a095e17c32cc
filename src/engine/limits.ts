import { Fault } from '../faults.ts'
import type { Facts, Limits } from '../plan/facts.ts'

/** Fault too-large when a picture has more frames, or more pixels over all frames, than the limits allow. */
export function checkInput(
  picture: Pick<Facts, 'format' | 'width' | 'height' | 'frames'>,
  limits: Pick<Limits, 'inputPixels' | 'frames'>,
): void {
  const { format, width, height, frames } = picture
  const context = { format, width, height, frames }
  if (frames > limits.frames) {
    throw new Fault('too-large', 'the animation has too many frames', { context: { ...context, limit: limits.frames } })
  }
  if (width * height * frames > limits.inputPixels) {
    throw new Fault('too-large', 'the picture has too many pixels', {
      context: { ...context, limit: limits.inputPixels },
    })
  }
}

import type { OverlayOptions } from 'sharp'
import type { Size } from '../../plan/facts.ts'

/** Multiplies the picture's alpha by `factor` (0…1): it is kept only as far as an even veil of that alpha covers it. */
export function fade(factor: number, { width, height }: Size): OverlayOptions {
  const alpha = Math.min(1, Math.max(0, factor))
  return {
    input: { create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha } } },
    blend: 'dest-in',
    left: 0,
    top: 0,
  }
}

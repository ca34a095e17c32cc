import type { OverlayOptions } from 'sharp'
import type { Frames } from '../animation.ts'

/** A layer's finished picture (8-bit sRGB, one frame, no larger than the base) and where its corner lies on the base. */
export type LaidLayer = { readonly picture: Frames; readonly left: number; readonly top: number }
type Blend = 'over' | 'multiply' | 'keep-under' | 'punch-out'

/** Our blends in the words of Porter and Duff, as libvips speaks them. */
const BLENDS: Readonly<Record<Blend, OverlayOptions['blend']>> = {
  over: 'over',
  multiply: 'multiply',
  'keep-under': 'dest-in',
  'punch-out': 'dest-out',
}

/** A layer as sharp composites it. */
export function layerOverlay({ picture, left, top }: LaidLayer, blend: Blend): OverlayOptions {
  const { data, width, height } = picture
  const channels = picture.channels === 1 ? 1 : picture.channels === 2 ? 2 : picture.channels === 3 ? 3 : 4
  return {
    input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels },
    left,
    top,
    blend: BLENDS[blend],
  }
}

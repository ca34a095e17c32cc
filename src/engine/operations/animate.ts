import { type Frames, splitFrames } from '../animation.ts'
import type { LaidLayer } from './layer.ts'
import { toRgba } from './rgba.ts'

/**
 * An animation of the picture's first frame and further ones, each laid on an empty canvas of its size; RGBA. They are made one
 * after the other, so that only one of them is in memory beside the animation.
 */
export async function animate(picture: Frames, further: readonly (() => Promise<LaidLayer>)[]): Promise<Frames> {
  const { width, height } = picture
  const [first = picture] = splitFrames(picture)
  const length = 4 * width * height
  const data = Buffer.alloc(length * (1 + further.length))
  data.set((await toRgba(first)).data)
  for (const [at, make] of further.entries()) {
    const { picture: own, left, top } = await make()
    const rgba = await toRgba(own)
    const row = 4 * own.width
    const corner = length * (1 + at) + 4 * (top * width + left)
    for (let y = 0; y < own.height; y++) data.set(rgba.data.subarray(y * row, (y + 1) * row), corner + 4 * y * width)
  }
  return { data, width, height, channels: 4, frames: 1 + further.length }
}

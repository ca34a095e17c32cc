import type { OverlayOptions } from 'sharp'
import type { Size } from '../../plan/facts.ts'
import { type Shape, traceShape } from '../drawing/shape.ts'
import { blurredCover, LEAST_BLUR } from './blur.ts'

/** Keeps what lies inside the shape; its outline is blurred by `softness` (sigma, pixels), as if it went on beyond the picture. */
export async function mask(shape: Shape, softness: number, size: Size): Promise<OverlayOptions> {
  const { width, height } = size
  const hard = { data: maskPixels(shape, size), width, height, channels: 2 }
  const { data, channels } = softness < LEAST_BLUR ? hard : await blurredCover(hard, size, softness)
  const input = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { input, raw: { width, height, channels: channels === 2 ? 2 : 4 }, blend: 'dest-in', left: 0, top: 0 }
}

/** White with the shape as alpha. Spans are filled, so that even a large mask takes the main thread a moment only. */
function maskPixels(shape: Shape, { width, height }: Size): Buffer {
  const data = Buffer.alloc(width * height * 2)
  traceShape(
    shape,
    { width, height },
    { left: 0, top: 0, width, height },
    {
      span: (y, from, to) => data.fill(255, 2 * (y * width + from), 2 * (y * width + to)),
      edge(x, y, part) {
        data[2 * (y * width + x)] = 255
        data[2 * (y * width + x) + 1] = Math.round(255 * part)
      },
    },
  )
  return data
}

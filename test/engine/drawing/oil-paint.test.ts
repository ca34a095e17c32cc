import { describe, expect, it } from 'vitest'
import { oilPaint } from '../../../src/engine/drawing/oil-paint.ts'
import { type Pixels, paint, pixel, random } from '../../support/pictures.ts'

const asPixels = (picture: ReturnType<typeof oilPaint>): Pixels => ({ ...picture, data: Buffer.from(picture.data) })

/** The definition, said without any haste. */
function slowly({ data, width, height }: Pixels, x: number, y: number, radius: number): readonly number[] {
  const sums = Array.from({ length: 20 }, () => [0, 0, 0, 0])
  for (let v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++) {
    for (let u = Math.max(0, x - radius); u <= Math.min(width - 1, x + radius); u++) {
      const [r = 0, g = 0, b = 0, alpha = 0] = data.subarray(4 * (v * width + u))
      const sum = sums[Math.floor(((2126 * r + 7152 * g + 722 * b) / 10_000 / 256) * 20)] ?? []
      for (const [i, value] of [1, r, g, b].entries()) sum[i] = (sum[i] ?? 0) + alpha * value
    }
  }
  const [weight = 0, ...colour] = sums.reduce((best, one) => ((one[0] ?? 0) > (best[0] ?? 0) ? one : best))
  const [r = 0, g = 0, b = 0, alpha = 0] = data.subarray(4 * (y * width + x))
  return weight === 0 ? [r, g, b, alpha] : [...colour.map((sum) => Math.round(sum / weight)), alpha]
}

describe('an oil painting', () => {
  it.each([1, 2, 7, 40])('of radius %i is the mean of the most frequent brightness around each pixel', (radius) => {
    const next = random(5)
    // Wider than a strip; soft shapes with noise, in parts transparent.
    const picture = paint(300, 40, (x, y) => {
      const tone = 128 + 100 * Math.sin(x / 9) * Math.cos(y / 7) + 40 * next()
      return [tone, 255 - tone, 60 + 30 * next(), x % 50 < 5 ? 0 : 255 - 2 * y]
    })
    const painted = asPixels(oilPaint(picture, radius))
    for (let i = 0; i < 400; i++) {
      const x = Math.floor(300 * next())
      const y = Math.floor(40 * next())
      expect(pixel(painted, x, y)).toEqual(slowly(picture, x, y, radius))
    }
  })

  it('loses specks and keeps edges', () => {
    const picture = paint(40, 20, (x, y) => (x === 10 && y === 10 ? [255, 0, 0, 255] : [x < 20 ? 30 : 220, 0, 0, 255]))
    const painted = asPixels(oilPaint(picture, 3))
    expect(pixel(painted, 10, 10)).toEqual([30, 0, 0, 255])
    expect(pixel(painted, 19, 5)).toEqual([30, 0, 0, 255])
    expect(pixel(painted, 20, 5)).toEqual([220, 0, 0, 255])
  })

  it('leaves what is transparent as it is', () => {
    const picture = paint(5, 5, () => [9, 8, 7, 0])
    expect(pixel(asPixels(oilPaint(picture, 2)), 2, 2)).toEqual([9, 8, 7, 0])
  })
})

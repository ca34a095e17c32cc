import { describe, expect, it } from 'vitest'
import { gradientBlock, shade } from '../../../src/engine/drawing/shade.ts'
import type { Gradient } from '../../../src/plan/plan.ts'
import { paint, pixel } from '../../support/pictures.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const WHITE = { r: 255, g: 255, b: 255, alpha: 1 }
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }
const gradient = (changes: Partial<Gradient<number>>): Gradient<number> => ({
  angle: 180,
  from: BLACK,
  to: WHITE,
  reach: 100,
  reachIsPart: false,
  ...changes,
})
const block = (changes: Partial<Gradient<number>>, width = 20, height = 100) => {
  const raw = gradientBlock(gradient(changes), { width, height })
  return { ...raw, data: Buffer.from(raw.data) }
}

describe('a gradient block', () => {
  it.each([
    [180, [10, 0], [10, 99]],
    [0, [10, 99], [10, 0]],
    [90, [0, 10], [19, 10]],
    [270, [19, 10], [0, 10]],
  ] as const)('towards %i° ends where that points', (angle, [fromX, fromY], [toX, toY]) => {
    const picture = block({ angle, reach: angle % 180 === 0 ? 100 : 20 })
    const [start = 0] = pixel(picture, fromX, fromY)
    const [end = 0] = pixel(picture, toX, toY)
    expect(start).toBeLessThanOrEqual(7)
    expect(end).toBeGreaterThanOrEqual(248)
  })

  it('grows evenly', () => {
    const picture = block({})
    for (const y of [0, 20, 49, 73, 99]) {
      const [value = 0] = pixel(picture, 3, y)
      expect(Math.abs(value - (255 * (y + 0.5)) / 100)).toBeLessThanOrEqual(1)
    }
  })

  it('is pure from its reach on', () => {
    const picture = block({ reach: 40 })
    expect(pixel(picture, 0, 41)).toEqual([255, 255, 255, 255])
    expect(Math.abs((pixel(picture, 0, 20)[0] ?? 0) - (255 * 20.5) / 40)).toBeLessThanOrEqual(1)
    expect(pixel(block({ reach: 0 }), 0, 0)).toEqual([255, 255, 255, 255])
  })

  it('runs from corner to corner at odd angles', () => {
    const way = (20 + 20) * Math.SQRT1_2
    const picture = block({ angle: 135, reach: way }, 20, 20)
    expect(pixel(picture, 0, 0)[0]).toBeLessThan(10)
    expect(pixel(picture, 19, 19)[0]).toBeGreaterThan(245)
    expect(Math.abs((pixel(picture, 19, 0)[0] ?? 0) - 127.5)).toBeLessThanOrEqual(1)
  })

  it('keeps its colour while it fades out', () => {
    const picture = block({ from: WHITE, to: CLEAR })
    expect(pixel(picture, 0, 50).slice(0, 3)).toEqual([255, 255, 255])
    expect(Math.abs((pixel(picture, 0, 50)[3] ?? 0) - 126)).toBeLessThanOrEqual(1)
    expect(pixel(block({ from: CLEAR, to: CLEAR }), 0, 50)).toEqual([0, 0, 0, 0])
  })
})

describe('a gradient over a picture', () => {
  it('mixes by its own alpha and leaves the picture’s alpha', () => {
    const picture = paint(1, 100, (_, y) => [100, 50, 200, y < 50 ? 255 : 80])
    shade(picture, gradient({ from: WHITE, to: CLEAR }))
    for (const y of [10, 30, 70]) {
      const veil = 1 - (y + 0.5) / 100
      const [r = 0, g = 0, b = 0, alpha] = pixel(picture, 0, y)
      expect(Math.abs(r - (255 * veil + 100 * (1 - veil)))).toBeLessThanOrEqual(1)
      expect(Math.abs(g - (255 * veil + 50 * (1 - veil)))).toBeLessThanOrEqual(1)
      expect(Math.abs(b - (255 * veil + 200 * (1 - veil)))).toBeLessThanOrEqual(1)
      expect(alpha).toBe(y < 50 ? 255 : 80)
    }
  })
})

import { describe, expect, it } from 'vitest'
import type { Paint } from '../../src/plan/plan.ts'
import { BLACK, encode, near, type Pixels, paint, pixel, raw, WHITE } from '../support/pictures.ts'
import { fixed, place, startEngine } from './rendering.ts'

const { show } = startEngine()

async function padded(picture: Pixels, width: number, height: number, surround: Paint): Promise<Pixels> {
  const { pixels } = await show(await encode(picture), {
    steps: [place('inside', width, height, { surround })],
    output: fixed('png'),
  })
  return pixels
}

/** Where a row of rising values crosses a part of the full range, in pixels from its beginning. */
function crossing(values: readonly number[], part: number): number {
  const level = 255 * part
  const after = values.findIndex((value) => value >= level)
  const [low = 0, high = 255] = [values[after - 1], values[after]]
  return after - 0.5 + (level - low) / Math.max(1, high - low)
}

/** Middle and standard deviation of a blurred edge: a Gaussian passes 15.87 % and 84.13 % one deviation beside its middle. */
function edgeOf(values: readonly number[]) {
  const from = crossing(values, 0.1587)
  const to = crossing(values, 0.8413)
  return { middle: (from + to) / 2, sigma: (to - from) / 2 }
}

describe('a blurred ground (imagekit §4.7)', () => {
  /** Black beside white, twice as wide as high: on a square canvas it covers at double size and its edge stays in the middle. */
  const edge = paint(200, 100, (x) => (x < 100 ? BLACK : WHITE))
  const blurred = (sigma: number | 'auto', brightness = 0): Paint => ({ kind: 'blurred', sigma, brightness })

  it.each([
    [3, 3],
    [10, 10],
    [25, 25],
    // 2 % of the shorter side.
    ['auto', 4],
  ] as const)('of %s is a Gaussian of so many pixels of the canvas', async (asked, sigma) => {
    const result = await padded(edge, 200, 200, blurred(asked))
    for (const y of [5, 190]) {
      const seen = edgeOf(Array.from({ length: 200 }, (_, x) => pixel(result, x, y)[0] ?? 0))
      expect(seen.sigma / sigma).toBeGreaterThan(0.93)
      expect(seen.sigma / sigma).toBeLessThan(1.07)
      expect(Math.abs(seen.middle - 100)).toBeLessThan(0.2 * sigma + 0.5)
    }
  })

  it('takes the shorter side of the canvas for auto', async () => {
    const wide = paint(100, 100, (_, y) => (y < 50 ? BLACK : WHITE))
    const result = await padded(wide, 800, 600, blurred('auto'))
    // The square covers at 800×800; its edge is in the middle of the canvas. 2 % of 600 are 12.
    const seen = edgeOf(Array.from({ length: 600 }, (_, y) => pixel(result, 20, y)[0] ?? 0))
    expect(seen.sigma).toBeGreaterThan(11)
    expect(seen.sigma).toBeLessThan(13)
    expect(Math.abs(seen.middle - 300)).toBeLessThan(4)
  })

  it('shows the middle of the picture that covers the canvas', async () => {
    const bars = paint(300, 100, (x) => [x < 100 ? 255 : 0, x >= 100 && x < 200 ? 255 : 0, x >= 200 ? 255 : 0])
    const result = await padded(bars, 100, 100, blurred(1))
    for (const x of [3, 50, 96]) expect(near(pixel(result, x, 5), [0, 255, 0], 3)).toBe(true)
  })

  it.each([
    [30, [130, 90, 255]],
    [-70, [30, 0, 180]],
  ])('made lighter by %i, on every channel, stays as it is in front', async (brightness, ground) => {
    const colour = [100, 60, 250]
    const result = await padded(raw.solid(60, 30, colour), 60, 60, blurred('auto', brightness))
    expect(near(pixel(result, 5, 5), ground, 1)).toBe(true)
    expect(near(pixel(result, 5, 55), ground, 1)).toBe(true)
    expect(near(pixel(result, 30, 30), colour, 1)).toBe(true)
  })

  it('is opaque behind a transparent picture', async () => {
    const result = await padded(raw.logo(60, 30), 60, 60, blurred('auto'))
    for (const [x, y] of [
      [0, 0],
      [30, 30],
      [2, 20],
    ] as const)
      expect(pixel(result, x, y)[3] ?? 255).toBe(255)
  })
})

describe('grounds of dominant colours (imagekit §4.7)', () => {
  const flag = paint(120, 60, (x) => (x < 70 ? [200, 30, 30] : x < 105 ? [20, 40, 220] : [250, 250, 250]))

  it('are the colour that covers most', async () => {
    const result = await padded(flag, 120, 120, { kind: 'dominant' })
    expect(near(pixel(result, 60, 5), [200, 30, 30], 12)).toBe(true)
  })

  it('run from the most frequent colour to the next', async () => {
    const result = await padded(flag, 120, 240, { kind: 'gradient', stops: { dominant: 2 }, angle: 180 })
    expect(near(pixel(result, 60, 1), [200, 30, 30], 12)).toBe(true)
    expect(near(pixel(result, 60, 238), [20, 40, 220], 12)).toBe(true)
  })

  it('run through four colours', async () => {
    const four = paint(120, 60, (x) =>
      x < 50 ? [220, 20, 20] : x < 85 ? [20, 20, 220] : x < 107 ? [20, 200, 20] : [240, 240, 20],
    )
    const result = await padded(four, 120, 300, { kind: 'gradient', stops: { dominant: 4 }, angle: 180 })
    expect(near(pixel(result, 60, 1), [220, 20, 20], 14)).toBe(true)
    expect(near(pixel(result, 60, 100), [20, 20, 220], 14)).toBe(true)
    expect(near(pixel(result, 60, 199), [20, 200, 20], 14)).toBe(true)
    expect(near(pixel(result, 60, 298), [240, 240, 20], 14)).toBe(true)
  })
})

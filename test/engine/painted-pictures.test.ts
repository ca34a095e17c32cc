import { describe, expect, it } from 'vitest'
import type { Area, Drawing, Mask, Step } from '../../src/plan/plan.ts'
import * as pictures from '../support/pictures.ts'
import { decode, encode, type Pixels, paint, pixel, RED, raw, WHITE } from '../support/pictures.ts'
import { fixed, place, startEngine } from './rendering.ts'

const { show, render } = startEngine()
const roomy = startEngine({ limits: { inputPixels: 1e8, outputPixels: 1e8, frames: 5 } })
const PNG = fixed('png')
const draw = (drawing: Drawing): Step => ({ kind: 'draw', drawing })
async function drawn(picture: Pixels, ...steps: readonly Step[]): Promise<Pixels> {
  return (await show(await encode(picture), { steps, output: PNG })).pixels
}
/** A column of black pixels every 4 pixels: any blur or block of it is seen. */
const stripes = paint(120, 80, (x) => (x % 4 === 0 ? [0, 0, 0] : [255, 255, 255]))
const areas = (list: readonly Area[], more: Partial<Extract<Drawing, { readonly name: 'areas' }>> = {}): Step =>
  draw({ name: 'areas', areas: list, shape: 'rect', softness: 0, effect: { name: 'blur', sigma: 8 }, ...more })

describe('drawings that keep opaque pictures opaque', () => {
  it.each<[string, Drawing, readonly number[]]>([
    ['sepia', { name: 'sepia', strength: 1 }, [119, 106, 82]],
    ['two levels', { name: 'two-level', threshold: 0.5 }, [0, 0, 0]],
    ['a mosaic', { name: 'pixelate', size: 8 }, RED],
    ['an oil painting', { name: 'oil-paint', radius: 3 }, RED],
  ])('%s', async (_, drawing, expected) => {
    const picture = await drawn(raw.solid(24, 16, RED), draw(drawing))
    expect(picture).toMatchObject({ width: 24, height: 16, channels: 3 })
    expect(pixel(picture, 20, 3)).toEqual(expected)
  })

  it('and grey ones are coloured by sepia, and stay grey with two levels', async () => {
    const grey = raw.solid(10, 10, [120])
    const [r = 0, g = 0, b = 0] = pixel(await drawn(grey, draw({ name: 'sepia', strength: 1 })), 5, 5)
    expect([r, g, b]).toEqual([162, 144, 112])
    expect(pixel(await drawn(grey, draw({ name: 'two-level', threshold: 0.4 })), 5, 5)).toEqual([255, 255, 255])
  })

  it('keep the alpha of others', async () => {
    const picture = raw.solid(12, 12, [...RED, 128])
    for (const drawing of [
      { name: 'two-level', threshold: 0.5 },
      { name: 'oil-paint', radius: 2 },
      { name: 'pixelate', size: 5 },
    ] as const) {
      expect(pixel(await drawn(picture, draw(drawing)), 6, 6)[3]).toBe(128)
    }
  })

  it('an oil painting beyond 32 megapixels is refused before any work', async () => {
    const steps = [place('stretch', 8001, 4000), draw({ name: 'oil-paint', radius: 2 })]
    await expect(roomy.render(await pictures.solid(8, 4), { steps })).rejects.toMatchObject({ code: 'too-large' })
  })
})

describe('areas', () => {
  it('show their effect, and nothing beside them changes', async () => {
    const seen = await drawn(stripes, areas([{ x: 20, y: 10, width: 40, height: 30 }]))
    expect(seen).toMatchObject({ width: 120, height: 80, channels: 3 })
    for (let y = 0; y < 80; y++) {
      for (let x = 0; x < 120; x++) {
        if (x >= 20 && x < 60 && y >= 10 && y < 40) expect(Math.abs((pixel(seen, x, y)[0] ?? 0) - 191)).toBeLessThan(12)
        else expect(pixel(seen, x, y)).toEqual(pixel(stripes, x, y))
      }
    }
  })

  it.each([
    ['blurred', { effect: { name: 'blur', sigma: 3 }, softness: 1.5 }],
    ['ovals', { effect: { name: 'blur', sigma: 2 }, shape: 'oval' }],
    ['blocks', { effect: { name: 'pixelate', size: 16 } }],
    ['soft blocks', { effect: { name: 'pixelate', size: 7 }, softness: 2 }],
  ] as const)('are the same together as one after the other when they lie apart: %s', async (_, more) => {
    const picture = raw.photo(160, 120)
    const list = [
      { x: 2, y: 3, width: 20, height: 14 },
      { x: 120, y: 90, width: 60, height: 20 },
      { x: 10, y: 80, width: 9, height: 30 },
    ]
    const together = await drawn(picture, areas(list, more))
    const singly = await drawn(picture, ...list.map((area) => areas([area], more)))
    expect(together.data.equals(singly.data)).toBe(true)
  })

  it('that meet in a block show the same block', async () => {
    const picture = raw.photo(64, 64)
    const effect = { name: 'pixelate', size: 32 } as const
    const two = [
      { x: 2, y: 2, width: 5, height: 5 },
      { x: 20, y: 20, width: 20, height: 5 },
    ]
    const seen = await drawn(picture, areas(two, { effect }))
    const whole = await drawn(picture, draw(effect))
    for (const [x, y] of [
      [3, 3],
      [22, 22],
      [39, 24],
    ] as const) {
      expect(pixel(seen, x, y)).toEqual(pixel(whole, x, y))
    }
  })

  it('take from around them: a blur at their edge knows what lies beyond', async () => {
    const half = paint(60, 20, (x) => (x < 30 ? [0, 0, 0] : [200, 200, 200]))
    const seen = await drawn(half, areas([{ x: 0, y: 0, width: 30, height: 20 }]))
    expect(pixel(seen, 29, 10)[0]).toBeGreaterThan(80)
    expect(pixel(seen, 30, 10)).toEqual([200, 200, 200])
  })

  it('are mosaics on the grid of the picture', async () => {
    const effect = { name: 'pixelate', size: 8 } as const
    const seen = await drawn(stripes, areas([{ x: 20, y: 10, width: 40, height: 30 }], { effect }))
    expect(pixel(seen, 24, 20)).toEqual([191, 191, 191])
    expect(pixel(seen, 16, 20)).toEqual([0, 0, 0])
    expect(pixel(seen, 60, 20)).toEqual([0, 0, 0])
  })

  it('may be ovals', async () => {
    const effect = { name: 'pixelate', size: 80 } as const
    const list = [{ x: 10, y: 10, width: 60, height: 40 }]
    const seen = await drawn(raw.gradient(120, 80), areas(list, { effect, shape: 'oval' }))
    const middle = pixel(seen, 40, 30)
    expect(pixel(seen, 12, 30)).toEqual(middle)
    expect(pixel(seen, 40, 11)).toEqual(middle)
    for (const [x, y] of [
      [12, 12],
      [67, 47],
    ] as const) {
      expect(pixel(seen, x, y)).toEqual(pixel(raw.gradient(120, 80), x, y))
    }
  })

  it('have soft edges: half of the effect on the outline, none farther away', async () => {
    const flat = paint(120, 80, (x) => (x < 60 ? [0, 0, 0] : [200, 200, 200]))
    const effect = { name: 'pixelate', size: 120 } as const
    const seen = await drawn(flat, areas([{ x: 20, y: 20, width: 80, height: 40 }], { effect, softness: 4 }))
    const black = (x: number) => pixel(seen, x, 40)[0] ?? 0
    expect(Math.abs((black(19) + black(20)) / 2 - 50)).toBeLessThanOrEqual(2)
    expect(Math.abs(black(40) - 100)).toBeLessThanOrEqual(1)
    expect(black(5)).toBe(0)
    for (let x = 6; x < 40; x++) expect(black(x)).toBeGreaterThanOrEqual(black(x - 1))
  })

  it('go on beyond the picture: its edge is not softened', async () => {
    const effect = { name: 'pixelate', size: 120 } as const
    const flat = paint(120, 80, (x) => (x < 60 ? [0, 0, 0] : [200, 200, 200]))
    const seen = await drawn(flat, areas([{ x: -30, y: -5, width: 80, height: 500 }], { effect, softness: 5 }))
    expect(pixel(seen, 0, 0)).toEqual([100, 100, 100])
    expect(pixel(seen, 10, 79)).toEqual([100, 100, 100])
  })

  it('of a picture with alpha mix its alpha too', async () => {
    const disc = raw.logo(80, 80)
    const effect = { name: 'blur', sigma: 6 } as const
    const seen = await drawn(disc, areas([{ x: 0, y: 0, width: 40, height: 80 }], { effect }))
    expect(pixel(seen, 4, 40)[3]).toBeLessThan(230)
    // No dark fringe: transparent pixels have no colour.
    expect(pixel(seen, 4, 40)[0]).toBeGreaterThan(200)
    expect(pixel(seen, 75, 40)).toEqual(pixel(disc, 75, 40))
  })
})

describe('drawings that open an opaque picture', () => {
  it('a vignette', async () => {
    const seen = await drawn(raw.solid(100, 60, RED), draw({ name: 'vignette', strength: 1, falloff: 'gaussian' }))
    expect(pixel(seen, 50, 30)).toEqual([...RED, 255])
    expect(pixel(seen, 0, 0)[3]).toBe(0)
  })

  it('torn edges', async () => {
    const seen = await drawn(raw.solid(100, 60, RED), draw({ name: 'torn-edges', least: 3, most: 8 }))
    expect(pixel(seen, 50, 30)).toEqual([...RED, 255])
    expect(pixel(seen, 1, 30)[3]).toBe(0)
  })

  it('are white behind in a format without transparency', async () => {
    const bytes = await pictures.solid(100, 60, RED)
    const steps = [draw({ name: 'vignette', strength: 1, falloff: 'linear' })]
    const { pixels } = await show(bytes, { steps, output: fixed('jpeg') })
    expect(pictures.near(pixel(pixels, 1, 1), WHITE, 6)).toBe(true)
  })
})

describe('a soft mask', () => {
  const mask = (radius: Mask['radius'], softness: number): Step => ({ kind: 'mask', radius, softness })
  const alphaOf = (picture: Pixels) => (x: number, y: number) => pixel(picture, x, y)[3] ?? 0

  it('is half open on its outline, and wider the softer it is', async () => {
    const widths: number[] = []
    for (const softness of [0, 2, 9]) {
      const alpha = alphaOf(await drawn(raw.solid(200, 200, RED), mask('ellipse', softness)))
      expect(alpha(100, 100)).toBe(255)
      // The ellipse crosses the diagonal 100 / √2 from the middle.
      expect(Math.abs(alpha(29, 29) - 127)).toBeLessThan(softness === 0 ? 128 : 26)
      let between = 0
      for (let at = 0; at < 100; at++) if (alpha(at, at) > 12 && alpha(at, at) < 243) between++
      widths.push(between)
    }
    expect(widths[0]).toBeLessThanOrEqual(2)
    expect(widths[1]).toBeGreaterThanOrEqual(3)
    expect(widths[2]).toBeGreaterThan(3 * (widths[1] ?? 0))
  })

  it('leaves straight sides alone', async () => {
    const picture = await drawn(raw.solid(80, 60, RED), mask([20, 20, 20, 20], 3))
    const alpha = alphaOf(picture)
    expect([alpha(40, 0), alpha(40, 59), alpha(0, 30), alpha(79, 30)]).toEqual([255, 255, 255, 255])
    expect(alpha(0, 0)).toBeLessThan(10)
    expect(pixel(picture, 40, 30)).toEqual([...RED, 255])
  })

  it('multiplies the alpha of the picture, in every frame', async () => {
    const half = await drawn(raw.solid(60, 60, [...RED, 100]), mask('ellipse', 1))
    expect(pixel(half, 30, 30)).toEqual([...RED, 100])
    const rendered = await render(await pictures.animated('webp'), { steps: [mask('ellipse', 2)] })
    if (rendered === 'untouched') throw new Error('not rendered')
    const strip = await decode(rendered.bytes, { pages: -1 })
    for (let frame = 0; frame < 3; frame++) {
      expect(pixel(strip, 0, 32 * frame)[3]).toBeLessThan(30)
      expect(pixel(strip, 20, 32 * frame + 16)[3]).toBe(255)
    }
  })
})

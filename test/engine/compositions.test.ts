/** Steps that follow each other: what each leaves is what the next one finds, to the pixel. */
import { describe, expect, it } from 'vitest'
import type { Colour, Expression, Layer, Step } from '../../src/plan/plan.ts'
import * as pictures from '../support/pictures.ts'
import {
  ANIMATION,
  BLUE,
  decode,
  encode,
  GREEN,
  near,
  type Pixels,
  paint,
  pixel,
  RED,
  raw,
  WHITE,
  YELLOW,
} from '../support/pictures.ts'
import { fixed, startEngine } from './rendering.ts'

const { show, render } = startEngine()
const rgb = (r: number, g: number, b: number, alpha = 1): Colour => ({ r, g, b, alpha })
const SNOW = rgb(255, 250, 250)
const plus = (get: 'width' | 'height', right: number): Expression => ({ op: 'add', left: { get }, right })
async function made(picture: Pixels, ...steps: readonly Step[]): Promise<Pixels> {
  return (await show(await encode(picture), { steps, output: fixed('png') })).pixels
}
const canvas = (width: Expression, height: Expression, x: 0 | 0.5 | 1, y: 0 | 0.5 | 1, colour?: Colour): Step => ({
  kind: 'place',
  box: { width, height },
  mode: 'canvas',
  enlarge: true,
  focus: { kind: 'anchor', x, y },
  ...(colour && { surround: { kind: 'solid', colour } }),
})

describe('a polaroid: a border, then a canvas that is longer at the bottom', () => {
  const FRAME: readonly Step[] = [
    { kind: 'border', width: 6, colour: SNOW },
    canvas(plus('width', 0), plus('height', 18), 0.5, 0, SNOW),
  ]

  it('has the picture untouched in a frame that is wider below', async () => {
    const picture = raw.quadrants(40, 30)
    const framed = await made(picture, ...FRAME)
    expect(framed).toMatchObject({ width: 52, height: 60, channels: 3 })
    for (let y = 0; y < 60; y++) {
      for (let x = 0; x < 52; x++) {
        const inside = x >= 6 && x < 46 && y >= 6 && y < 36
        expect(pixel(framed, x, y)).toEqual(inside ? pixel(picture, x - 6, y - 6) : [255, 250, 250])
      }
    }
  })

  it('turned, lies on its background', async () => {
    const turned = await made(raw.quadrants(40, 30), ...FRAME, {
      kind: 'rotate',
      degrees: 45,
      background: rgb(0, 90, 0),
    })
    // (52 + 60) · cos 45° on both sides.
    expect(turned).toMatchObject({ width: 79, height: 79, channels: 3 })
    expect(pixel(turned, 0, 0)).toEqual([0, 90, 0])
    expect(pixel(turned, 78, 78)).toEqual([0, 90, 0])
    // The middle of the frame lies 15 above the middle of its wide bottom's inner edge.
    const at = (x: number, y: number) =>
      pixel(turned, Math.floor(39.5 + (x - y) * Math.SQRT1_2), Math.floor(39.5 + (x + y) * Math.SQRT1_2))
    expect(near(at(0, 20), [255, 250, 250], 2)).toBe(true)
    expect(near(at(-12, -16), RED, 2)).toBe(true)
    expect(near(at(12, 0), YELLOW, 2)).toBe(true)
  })

  it('turned without a background is transparent there', async () => {
    const turned = await made(raw.quadrants(40, 30), ...FRAME, { kind: 'rotate', degrees: 10 })
    expect(pixel(turned, 0, 0)[3]).toBe(0)
    const { width, height } = turned
    expect(pixel(turned, width >> 1, height >> 1)[3]).toBe(255)
  })
})

describe('a layer larger than what it is laid on', () => {
  const corners: Layer['picture'] = { kind: 'solid', colour: rgb(...BLUE), box: { width: 10, height: 8 } }
  /** YELLOW with a BLUE corner, 60×50. */
  const sheet = (at: Layer['at']): Layer => ({
    kind: 'layer',
    picture: { kind: 'solid', colour: rgb(...YELLOW), box: { width: 60, height: 50 } },
    steps: [{ kind: 'layer', picture: corners, steps: [], at: { kind: 'anchor', x: 1, y: 1 }, blend: 'over' }],
    at,
    blend: 'over',
  })
  const base = raw.solid(40, 30, RED)

  it.each([
    ['bottom right shows its own bottom right', 1, BLUE],
    ['middle shows neither end', 0.5, YELLOW],
    ['top left shows its top left', 0, YELLOW],
  ] as const)('at the %s', async (_, part, last) => {
    const laid = await made(base, sheet({ kind: 'anchor', x: part, y: part }))
    expect(laid).toMatchObject({ width: 40, height: 30, channels: 3 })
    expect(pixel(laid, 39, 29)).toEqual([...last])
    expect(pixel(laid, 30, 22)).toEqual([...last])
    expect(pixel(laid, 29, 21)).toEqual([...YELLOW])
    expect(pixel(laid, 0, 0)).toEqual([...YELLOW])
  })

  it('at an offset is clipped at the edges', async () => {
    const edge = { fromEnd: false, of: 'edge' } as const
    const laid = await made(base, sheet({ kind: 'offset', x: { ...edge, value: -15 }, y: { ...edge, value: -20 } }))
    // Its corner begins at 50 − 15, 42 − 20.
    expect(pixel(laid, 35, 22)).toEqual([...BLUE])
    expect(pixel(laid, 34, 22)).toEqual([...YELLOW])
    expect(pixel(laid, 35, 21)).toEqual([...YELLOW])
  })
})

describe('a window cut at native scale', () => {
  const cut = (x: number, y: number, width: number, height: number): Step => ({
    kind: 'place',
    box: { width, height },
    mode: 'native',
    enlarge: true,
    focus: { kind: 'corner', x, y },
  })

  it.each([
    ['inside', cut(10, 5, 8, 6), 8, 6, 10, 5],
    ['partly beyond the right and the bottom', cut(30, 20, 100, 100), 10, 10, 30, 20],
    ['partly beyond the left and the top', cut(-10, -4, 30, 20), 20, 16, 0, 0],
    ['larger than the picture', cut(0, 0, 99_999, 99_999), 40, 30, 0, 0],
  ])('%s', async (_, step, width, height, left, top) => {
    const picture = raw.gradient(40, 30)
    const seen = await made(picture, step)
    expect(seen).toMatchObject({ width, height })
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) expect(pixel(seen, x, y)).toEqual(pixel(picture, left + x, top + y))
    }
  })

  it.each([
    ['right', cut(40, 0, 10, 10)],
    ['below', cut(0, 30, 10, 10)],
    ['left', cut(-10, 0, 10, 10)],
    ['above', cut(0, -10, 10, 10)],
    ['far away', cut(100_000, 100_000, 10, 10)],
  ])('wholly outside, %s, is refused', async (_, step) => {
    await expect(render(await pictures.gradient(40, 30), { steps: [step] })).rejects.toMatchObject({
      code: 'bad-parameter',
    })
  })
})

describe('flattening', () => {
  it('after a mask fills what was cut away', async () => {
    const mask: Step = { kind: 'mask', radius: 'ellipse', softness: 0 }
    const seen = await made(raw.solid(40, 30, RED), mask, { kind: 'flatten', colour: rgb(0, 0, 255) })
    expect(seen).toMatchObject({ width: 40, height: 30, channels: 3 })
    expect(pixel(seen, 0, 0)).toEqual([0, 0, 255])
    expect(pixel(seen, 20, 15)).toEqual([...RED])
  })

  it('after a soft mask mixes with the picture along the outline', async () => {
    const mask: Step = { kind: 'mask', radius: [15, 15, 15, 15], softness: 2 }
    const seen = await made(raw.solid(40, 40, WHITE), mask, { kind: 'flatten', colour: rgb(0, 0, 0) })
    expect(seen.channels).toBe(3)
    // The corner's circle crosses the diagonal 15 · (1 − 1/√2) = 4.4 from the corner.
    expect(pixel(seen, 1, 1)[0]).toBeLessThan(30)
    expect(near(pixel(seen, 4, 4), [128, 128, 128], 45)).toBe(true)
    expect(pixel(seen, 20, 20)).toEqual([...WHITE])
  })

  it('below a shadow keeps the shadow', async () => {
    const steps: readonly Step[] = [
      canvas(plus('width', 20), plus('height', 20), 0.5, 0.5),
      { kind: 'draw', drawing: { name: 'shadow', blur: 0, strength: 50, x: 4, y: 6, colour: rgb(0, 0, 200) } },
      { kind: 'flatten', colour: rgb(255, 255, 255) },
    ]
    const seen = await made(raw.solid(30, 20, RED), ...steps)
    expect(seen).toMatchObject({ width: 50, height: 40, channels: 3 })
    expect(pixel(seen, 10, 10)).toEqual([...RED])
    expect(pixel(seen, 39, 29)).toEqual([...RED])
    expect(near(pixel(seen, 43, 35), [128, 128, 228], 1)).toBe(true)
    expect(pixel(seen, 44, 35)).toEqual([255, 255, 255])
    expect(pixel(seen, 13, 33)).toEqual([255, 255, 255])
  })
})

describe('a drawing after a placement, on an animation', () => {
  it('runs frame by frame on what was placed', async () => {
    const steps: readonly Step[] = [
      { kind: 'place', box: { width: 20, height: 16 }, mode: 'stretch', enlarge: true, focus: { kind: 'attention' } },
      { kind: 'draw', drawing: { name: 'pixelate', size: 16 } },
    ]
    const rendered = await render(await pictures.animated('webp'), { steps, output: fixed('webp', { lossless: true }) })
    if (rendered === 'untouched') throw new Error('not rendered')
    expect(rendered).toMatchObject({ width: 20, height: 16, frames: 3 })
    const strip = await decode(rendered.bytes, { pages: -1 })
    const mark = pictures.WHITE
    for (const [frame, colour] of ANIMATION.slice(0, 3).entries()) {
      // The second block is free of the mark; in the first one the mark has 16 of 256 pixels.
      expect(near(pixel(strip, 18, 16 * frame + 3), colour, 2)).toBe(true)
      const mixed = colour.map((value, i) => value + ((mark[i] ?? 0) - value) / 16)
      expect(near(pixel(strip, 3, 16 * frame + 3), mixed, 4)).toBe(true)
    }
  })

  it('tears every frame alike', async () => {
    const steps: readonly Step[] = [{ kind: 'draw', drawing: { name: 'torn-edges', least: 2, most: 6 } }]
    const rendered = await render(await pictures.animated('gif'), { steps })
    if (rendered === 'untouched') throw new Error('not rendered')
    const strip = await decode(rendered.bytes, { pages: -1 })
    const alpha = (frame: number) =>
      Array.from({ length: 32 * 40 }, (_, i) => pixel(strip, i % 40, 32 * frame + Math.floor(i / 40))[3])
    expect(alpha(1)).toEqual(alpha(0))
    expect(alpha(2)).toEqual(alpha(0))
    expect(new Set(alpha(0))).toEqual(new Set([0, 255]))
    expect(near(pixel(strip, 20, 48), GREEN, 4)).toBe(true)
  })
})

it('a mosaic of a picture is one of its placed size, not of its source', async () => {
  const seen = await made(
    paint(80, 80, (x) => (x < 40 ? [0, 0, 0] : [200, 200, 200])),
    {
      kind: 'place',
      box: { width: 20, height: 20 },
      mode: 'native',
      enlarge: true,
      focus: { kind: 'anchor', x: 0.5, y: 0 },
    },
    { kind: 'draw', drawing: { name: 'pixelate', size: 20 } },
  )
  expect(pixel(seen, 0, 0)).toEqual([100, 100, 100])
  expect(pixel(seen, 19, 19)).toEqual([100, 100, 100])
})

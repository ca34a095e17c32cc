import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Frames } from '../../src/engine/animation.ts'
import { lower } from '../../src/engine/lower.ts'
import type { LaidLayer } from '../../src/engine/operations/layer.ts'
import { type Bench, type Input, runToFrames } from '../../src/engine/run.ts'
import type { Facts, Size } from '../../src/plan/facts.ts'
import type { Paint } from '../../src/plan/plan.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'
import * as pictures from '../support/pictures.ts'
import { BLUE, GREEN, meanDifference, near, type Pixels, paint, pixel, RED, raw, YELLOW } from '../support/pictures.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const NOTHING = { r: 0, g: 0, b: 0, alpha: 0 }
const OPAQUE_RED = { r: 224, g: 32, b: 32, alpha: 1 }

function bench(layer?: LaidLayer): Bench {
  return {
    inputPixels: 1e8,
    profile: 'convert',
    layer: () => (layer ? Promise.resolve(layer) : Promise.reject(new Error('no layer'))),
    easel: {
      draw: () => Promise.reject(new Error('no drawings')),
      cover: () => Promise.reject(new Error('no drawings')),
    },
  }
}

const asInput = (picture: Pixels): Input => ({ kind: 'frames', frames: { ...picture, frames: 1 } })
const asPixels = (frames: Frames): Pixels => ({ ...frames, data: Buffer.from(frames.data) })

async function run(picture: Pixels, steps: readonly ResolvedStep[], layer?: LaidLayer): Promise<Pixels> {
  return asPixels(await runToFrames(asInput(picture), lower(steps, picture), bench(layer)))
}
type PlainEffect = Extract<ResolvedStep, { readonly kind: 'effect' }>['effect']
const effect = (one: PlainEffect): ResolvedStep => ({ kind: 'effect', effect: one })

/** Colours in the middle of the four quarters, row by row. */
function quarters(picture: Pixels): readonly (readonly number[])[] {
  const { width, height } = picture
  const at = (x: number, y: number) => pixel(picture, Math.floor(width * x), Math.floor(height * y)).slice(0, 3)
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]
}

async function fileInput(bytes: Buffer, size: Size): Promise<Input> {
  const facts: Facts = {
    format: 'jpeg',
    ...size,
    frames: 1,
    orientation: 1,
    alpha: false,
    depth: 8,
    space: 'rgb',
    profile: false,
    bytes: bytes.length,
  }
  return { kind: 'file', bytes, facts, page: 0, count: 1 }
}

describe('a large JPEG made small is read small', () => {
  const SIZE = { width: 4000, height: 3000 }
  // Stripes finer than an eighth: decoding at an eighth averages them differently than scaling them down does.
  const stripes = sharp({ create: { ...SIZE, channels: 3, background: '#808080' } })
    .composite([
      {
        input: Buffer.from([255, 255, 255, 0, 0, 0, 40, 90, 200]),
        raw: { width: 3, height: 1, channels: 3 },
        tile: true,
      },
    ])
    .jpeg({ quality: 95 })
    .toBuffer()

  it.each([
    ['resize', [{ kind: 'place', scale: { width: 200, height: 150 } }]],
    [
      'orient and resize',
      [
        { kind: 'orient', orientation: 6 },
        { kind: 'place', scale: { width: 150, height: 200 } },
      ],
    ],
  ] satisfies readonly [string, readonly ResolvedStep[]][])('%s', async (_, steps) => {
    const bytes = await stripes
    const result = asPixels(await runToFrames(await fileInput(bytes, SIZE), lower(steps, SIZE), bench()))
    const small = await sharp(bytes).resize(200, 150, { fit: 'fill' }).raw().toBuffer()
    const decoded = await sharp(bytes).raw().toBuffer()
    const large = await sharp(decoded, { raw: { ...SIZE, channels: 3 } })
      .resize(200, 150, { fit: 'fill' })
      .raw()
      .toBuffer()
    const stored = (data: Buffer): Pixels => ({ data, width: 200, height: 150, channels: 3 })
    const turned = steps.length > 1 ? (one: Pixels) => raw.stored(one, 8) : (one: Pixels) => one
    expect(meanDifference(result, turned(stored(small)))).toBe(0)
    expect(meanDifference(result, turned(stored(large)))).toBeGreaterThan(0)
  })
})

describe('turns', () => {
  const picture = raw.quadrants(40, 30)

  it.each([2, 3, 4, 5, 6, 7, 8])('orientation %i is undone, exactly', async (orientation) => {
    const upright = await run(raw.stored(picture, orientation), [{ kind: 'orient', orientation }])
    expect(upright).toMatchObject({ width: 40, height: 30 })
    expect(meanDifference(upright, picture)).toBe(0)
  })

  it('a quarter turn is clockwise', async () => {
    const turned = await run(picture, [
      { kind: 'rotate', degrees: 90, background: BLACK, size: { width: 30, height: 40 } },
    ])
    expect(quarters(turned)).toEqual([BLUE, RED, YELLOW, GREEN])
  })

  it('mirrors swap left and right, or top and bottom', async () => {
    expect(quarters(await run(picture, [{ kind: 'mirror', axis: 'horizontal' }]))).toEqual([GREEN, RED, YELLOW, BLUE])
    expect(quarters(await run(picture, [{ kind: 'mirror', axis: 'vertical' }]))).toEqual([BLUE, YELLOW, RED, GREEN])
  })

  it('an odd turn is clockwise, exactly of the planned size, and its corners are the background', async () => {
    const steps = (background: typeof BLACK): ResolvedStep[] => [
      { kind: 'rotate', degrees: 20, background, size: { width: 49, height: 43 } },
    ]
    const turned = await run(picture, steps(BLACK))
    expect(turned).toMatchObject({ width: 49, height: 43, channels: 3 })
    expect(pixel(turned, 0, 0)).toEqual([0, 0, 0])
    // The middle of the upper edge, 15 above the centre, moves to the right.
    expect(near(pixel(turned, 24 + 4, 21 - 10), GREEN)).toBe(true)
    const onNothing = await run(picture, steps(NOTHING))
    expect(onNothing.channels).toBe(4)
    expect(pixel(onNothing, 0, 0)).toEqual([0, 0, 0, 0])
    // No dark fringe: wherever something shows, it shows in the picture's own colours.
    for (let y = 0; y < 43; y++) {
      for (let x = 0; x < 49; x++) {
        const [r = 0, g = 0, b = 0, alpha = 0] = pixel(onNothing, x, y)
        if (alpha > 16) expect(Math.max(r, g, b)).toBeGreaterThan(100)
      }
    }
  })
})

describe('borders and canvases', () => {
  it('a border surrounds the picture', async () => {
    const picture = raw.quadrants(20, 10)
    const framed = await run(picture, [{ kind: 'border', width: 3, colour: BLACK }])
    const expected = raw.bordered(picture, [3, 3, 3, 3], [0, 0, 0])
    expect(meanDifference(framed, expected)).toBe(0)
  })

  it('a transparent border gives the picture an alpha channel', async () => {
    const framed = await run(raw.quadrants(20, 10), [{ kind: 'border', width: 3, colour: NOTHING }])
    expect(framed.channels).toBe(4)
    expect(pixel(framed, 0, 0)).toEqual([0, 0, 0, 0])
    expect(pixel(framed, 4, 4)).toEqual([...RED, 255])
  })

  it.each<[string, Paint, (x: number, y: number) => readonly number[]]>([
    ['the dominant colour', { kind: 'dominant' }, () => RED],
    [
      'a gradient from top to bottom',
      { kind: 'gradient', stops: [BLACK, { r: 255, g: 255, b: 255, alpha: 1 }], angle: 180 },
      (_, y) => [
        Math.round((255 * (y + 0.5)) / 60),
        Math.round((255 * (y + 0.5)) / 60),
        Math.round((255 * (y + 0.5)) / 60),
      ],
    ],
  ])('a canvas is painted with %s', async (_, surround, at) => {
    // Three quarters red, and a band of blue that the cut leaves out.
    const picture = paint(40, 20, (x) => (x < 30 ? RED : BLUE))
    const placed = await run(picture, [
      {
        kind: 'place',
        scale: { width: 40, height: 20 },
        crop: { left: 10, top: 0, width: 30, height: 20 },
        canvas: { left: 5, top: 20, width: 40, height: 60, paint: surround },
      },
    ])
    expect(placed).toMatchObject({ width: 40, height: 60, channels: 3 })
    for (const [x, y] of [
      [1, 1],
      [39, 3],
      [2, 58],
      [38, 30],
    ] as const) {
      expect(near(pixel(placed, x, y), at(x, y), 4)).toBe(true)
    }
    expect(pixel(placed, 5, 20)).toEqual(RED)
    expect(pixel(placed, 34, 39)).toEqual(BLUE)
  })

  it('a canvas is painted with the blurred picture, lighter when asked', async () => {
    const place = (brightness: number): ResolvedStep => ({
      kind: 'place',
      scale: { width: 40, height: 20 },
      canvas: { left: 0, top: 20, width: 40, height: 60, paint: { kind: 'blurred', sigma: 2, brightness } },
    })
    const picture = paint(40, 20, (_, y) => (y < 10 ? [100, 0, 0] : [0, 0, 100]))
    const placed = await run(picture, [place(0)])
    expect(near(pixel(placed, 20, 2), [100, 0, 0], 6)).toBe(true)
    expect(near(pixel(placed, 20, 57), [0, 0, 100], 6)).toBe(true)
    const lighter = await run(picture, [place(50)])
    expect(near(pixel(lighter, 20, 2), [150, 50, 50], 6)).toBe(true)
    expect(pixel(lighter, 20, 22)).toEqual([100, 0, 0])
  })
})

describe('masks', () => {
  it('round corners by their own radius, clockwise from top-left', async () => {
    const masked = await run(raw.solid(40, 30), [{ kind: 'mask', radius: [10, 0, 4, 0], softness: 0 }])
    const alpha = (x: number, y: number) => pixel(masked, x, y)[3]
    expect([alpha(0, 0), alpha(39, 0), alpha(39, 29), alpha(0, 29)]).toEqual([0, 255, 0, 255])
    expect(alpha(10, 0)).toBe(255)
    expect(alpha(1, 1)).toBe(0)
    expect(alpha(4, 4)).toBe(255)
    expect(pixel(masked, 20, 15)).toEqual([...RED, 255])
  })

  it.each<[string, Size]>([
    ['wide', { width: 60, height: 20 }],
    ['tall', { width: 21, height: 61 }],
  ])('cut the inscribed ellipse out, %s', async (_, { width, height }) => {
    const masked = await run(raw.solid(width, height), [{ kind: 'mask', radius: 'ellipse', softness: 0 }])
    let area = 0
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const alpha = pixel(masked, x, y)[3] ?? 0
        const distance = Math.hypot((x + 0.5 - width / 2) / (width / 2), (y + 0.5 - height / 2) / (height / 2))
        if (distance < 0.9) expect(alpha).toBe(255)
        if (distance > 1.15) expect(alpha).toBe(0)
        area += alpha / 255
      }
    }
    expect(area / ((Math.PI * width * height) / 4)).toBeCloseTo(1, 2)
  })

  it('keep what was transparent transparent', async () => {
    const half = await run(raw.solid(20, 20, [...RED, 128]), [{ kind: 'mask', radius: 'ellipse', softness: 0 }])
    expect(pixel(half, 10, 10)[3]).toBe(128)
    expect(pixel(half, 0, 0)[3]).toBe(0)
  })
})

describe('effects', () => {
  const grey = (value: number) => raw.solid(8, 8, [value, value, value])

  it('negate turns colours round and leaves alpha', async () => {
    const result = await run(raw.solid(8, 8, [10, 20, 30, 200]), [effect({ name: 'negate' })])
    expect(pixel(result, 3, 3)).toEqual([245, 235, 225, 200])
  })

  it('greyscale gives one channel, or keeps alpha beside three equal ones', async () => {
    const opaque = await run(raw.solid(8, 8, RED), [effect({ name: 'greyscale' })])
    expect(opaque.channels).toBe(1)
    const faded = await run(raw.solid(8, 8, [...RED, 77]), [effect({ name: 'greyscale' })])
    const [r, g, b, alpha] = pixel(faded, 3, 3)
    expect([g, b, alpha]).toEqual([r, r, 77])
    expect(r).toBe(pixel(opaque, 3, 3)[0])
  })

  it('opacity multiplies alpha', async () => {
    const opaque = await run(raw.solid(8, 8, RED), [effect({ name: 'opacity', factor: 0.4 })])
    expect(near(pixel(opaque, 3, 3), [...RED, 102], 1)).toBe(true)
    const faded = await run(raw.solid(8, 8, [...RED, 100]), [effect({ name: 'opacity', factor: 0.5 })])
    expect(near(pixel(faded, 3, 3), [...RED, 50], 1)).toBe(true)
  })

  it('modulate changes brightness', async () => {
    const [value = 0] = pixel(
      await run(grey(100), [effect({ name: 'modulate', brightness: 1.5, saturation: 1, hue: 0 })]),
      3,
      3,
    )
    expect(value).toBeGreaterThan(130)
  })

  it('normalise stretches to black and white', async () => {
    const soft = paint(32, 32, (x) => [100 + x, 100 + x, 100 + x])
    const hard = await run(soft, [effect({ name: 'normalise' })])
    expect(pixel(hard, 0, 16)[0]).toBeLessThan(16)
    expect(pixel(hard, 31, 16)[0]).toBeGreaterThan(239)
  })

  // The normal distribution at sigma + 0.5 pixels from the edge, where the middle of the pixel is.
  it.each([
    [1, 0.933],
    [4, 0.87],
    [30, 0.846],
  ])('a blur of sigma %i spreads an edge like a Gaussian', async (sigma, reached) => {
    const edge = paint(400, 16, (x) => (x < 200 ? [0, 0, 0] : [255, 255, 255]))
    const soft = await run(edge, [effect({ name: 'blur', sigma })])
    expect(soft).toMatchObject({ width: 400, height: 16 })
    expect(near(pixel(soft, 200 + sigma, 8), [reached * 255], 6)).toBe(true)
    expect(near(pixel(soft, 199 - sigma, 8), [(1 - reached) * 255], 6)).toBe(true)
  })

  it('sharpen steepens an edge', async () => {
    const edge = paint(40, 16, (x) => Array<number>(3).fill(Math.max(60, Math.min(190, 60 + 20 * (x - 16)))))
    const sharp = await run(edge, [effect({ name: 'sharpen', sigma: 2 })])
    expect(pixel(sharp, 16, 8)[0]).toBeLessThan(60)
  })

  it('flatten shows the ground through', async () => {
    const flat = await run(raw.solid(8, 8, [255, 255, 255, 128]), [{ kind: 'flatten', colour: BLACK }])
    expect(flat.channels).toBe(3)
    expect(near(pixel(flat, 3, 3), [128, 128, 128], 1)).toBe(true)
  })
})

describe('layers', () => {
  const base = raw.solid(20, 20, [200, 100, 50])
  const laid = (colour: readonly number[]): LaidLayer => ({
    picture: { ...raw.solid(6, 6, colour), frames: 1 },
    left: 4,
    top: 8,
  })
  const layer = (blend: 'over' | 'multiply' | 'keep-under' | 'punch-out'): ResolvedStep => ({
    kind: 'layer',
    picture: { kind: 'solid', colour: OPAQUE_RED, box: {} },
    steps: [],
    at: { kind: 'anchor', x: 0, y: 0 },
    blend,
    base: { width: 20, height: 20 },
  })

  it('lie over the picture, which stays opaque', async () => {
    const result = await run(base, [layer('over')], laid([0, 0, 0, 128]))
    expect(result.channels).toBe(3)
    expect(near(pixel(result, 4, 8), [100, 50, 25], 1)).toBe(true)
    expect(pixel(result, 3, 8)).toEqual([200, 100, 50])
    expect(pixel(result, 10, 8)).toEqual([200, 100, 50])
  })

  it('multiply it', async () => {
    const result = await run(base, [layer('multiply')], laid([128, 255, 0]))
    expect(near(pixel(result, 5, 9), [100, 100, 0], 1)).toBe(true)
    expect(pixel(result, 15, 9)).toEqual([200, 100, 50])
  })

  it('keep only what lies under them, or punch it out', async () => {
    const kept = await run(base, [layer('keep-under')], laid([0, 0, 0, 255]))
    expect(pixel(kept, 5, 9)).toEqual([200, 100, 50, 255])
    expect(pixel(kept, 15, 9)[3]).toBe(0)
    const punched = await run(base, [layer('punch-out')], laid([0, 0, 0, 255]))
    expect(pixel(punched, 5, 9)[3]).toBe(0)
    expect(pixel(punched, 15, 9)).toEqual([200, 100, 50, 255])
  })
})

describe('transparency and scaling', () => {
  it('colours hidden under transparency do not bleed out', async () => {
    const picture = paint(40, 40, (x) => (x < 20 ? [...RED, 255] : [0, 255, 0, 0]))
    const small = await run(picture, [{ kind: 'place', scale: { width: 10, height: 10 } }])
    for (let x = 0; x < 10; x++) {
      const [r = 0, g = 0, , alpha = 0] = pixel(small, x, 5)
      if (alpha > 8) expect(r).toBeGreaterThan(g)
    }
  })

  it('a vanished picture is one transparent pixel, also when it is scaled', async () => {
    const nothing = await run(raw.solid(30, 20), [
      { kind: 'vanish' },
      { kind: 'place', scale: { width: 50, height: 50 } },
    ])
    expect(nothing).toMatchObject({ width: 50, height: 50, channels: 4 })
    expect(nothing.data.every((value) => value === 0)).toBe(true)
  })
})

it('grey pictures travel in one channel', async () => {
  const grey = await run(
    await pictures.decode(await pictures.greyJpeg(40, 30)).then(({ data }) => {
      const one = paint(40, 30, (x, y) => [data[3 * (40 * y + x)] ?? 0])
      return one
    }),
    [
      { kind: 'place', scale: { width: 20, height: 15 } },
      { kind: 'place', scale: { width: 10, height: 7 } },
    ],
  )
  expect(grey.channels).toBe(1)
})

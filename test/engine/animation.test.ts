import { describe, expect, it } from 'vitest'
import { type Frames, isSteady, joinFrames, splitFrames } from '../../src/engine/animation.ts'
import { lower } from '../../src/engine/lower.ts'
import { type Bench, runToFrames } from '../../src/engine/run.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'
import { BLUE, GREEN, near, type Pixels, paint, pixel, RED, type Rgb, raw, WHITE } from '../support/pictures.ts'

const COLOURS: readonly Rgb[] = [RED, GREEN, BLUE]
/** Three frames of one colour each, a white mark in their left top corner. */
const FRAMES = COLOURS.map((colour) => paint(40, 32, (x, y) => (x < 8 && y < 8 ? WHITE : colour)))
const STRIP: Frames = joinFrames(FRAMES.map((frame) => ({ ...frame, frames: 1 })))
const BENCH: Bench = {
  inputPixels: 1e6,
  profile: 'convert',
  layer: () => Promise.reject(new Error('no layers')),
  easel: {
    draw: () => Promise.reject(new Error('no drawings')),
    cover: () => Promise.reject(new Error('no drawings')),
  },
}
type PlainEffect = Extract<ResolvedStep, { readonly kind: 'effect' }>['effect']
const effect = (one: PlainEffect): ResolvedStep => ({ kind: 'effect', effect: one })
const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }

const run = (steps: readonly ResolvedStep[], strip: Frames = STRIP) =>
  runToFrames({ kind: 'frames', frames: strip }, lower(steps, strip), BENCH)
const single = async (steps: readonly ResolvedStep[]) =>
  Promise.all(FRAMES.map((frame) => run(steps, { ...frame, frames: 1 })))

describe('every step gives each frame what it gives the frame as a picture of its own', () => {
  it.each<[string, readonly ResolvedStep[]]>([
    ['scale down', [{ kind: 'place', scale: { width: 10, height: 8 } }]],
    ['scale up', [{ kind: 'place', scale: { width: 60, height: 50 } }]],
    [
      'scale and cut',
      [{ kind: 'place', scale: { width: 20, height: 16 }, crop: { left: 2, top: 3, width: 9, height: 9 } }],
    ],
    ['cut', [{ kind: 'extract', region: { left: 4, top: 5, width: 20, height: 20 } }]],
    ['border', [{ kind: 'border', width: 3, colour: BLACK }]],
    ['mirror left-right', [{ kind: 'mirror', axis: 'horizontal' }]],
    ['mirror top-bottom', [{ kind: 'mirror', axis: 'vertical' }]],
    ['quarter turn', [{ kind: 'rotate', degrees: 90, background: BLACK, size: { width: 32, height: 40 } }]],
    ['odd turn', [{ kind: 'rotate', degrees: 10, background: BLACK, size: { width: 46, height: 40 } }]],
    ['blur', [effect({ name: 'blur', sigma: 3 })]],
    ['sharpen', [effect({ name: 'sharpen', sigma: 2 })]],
    ['negate', [effect({ name: 'negate' })]],
    ['greyscale', [effect({ name: 'greyscale' })]],
    ['mask', [{ kind: 'mask', radius: 'ellipse', softness: 0 }]],
    [
      'blurred surround',
      [
        {
          kind: 'place',
          scale: { width: 20, height: 16 },
          canvas: { left: 0, top: 4, width: 20, height: 24, paint: { kind: 'blurred', sigma: 'auto', brightness: 0 } },
        },
      ],
    ],
  ])('%s', async (_, steps) => {
    const strip = await run(steps)
    expect(strip.frames).toBe(3)
    const alone = await single(steps)
    for (const [i, frame] of splitFrames(strip).entries()) {
      expect({ ...frame, data: undefined }).toEqual({ ...alone[i], data: undefined })
      expect(Buffer.compare(frame.data, alone[i]?.data ?? Buffer.alloc(0))).toBe(0)
    }
  })
})

it('frames keep their order and their edges: no row of a frame shows its neighbours', async () => {
  const strip = await run([{ kind: 'place', scale: { width: 20, height: 16 } }])
  for (const [i, frame] of splitFrames(strip).entries()) {
    const colour = COLOURS[i] ?? WHITE
    const picture: Pixels = { ...frame, data: Buffer.from(frame.data) }
    expect(pixel(picture, 15, 0)).toEqual(colour)
    expect(pixel(picture, 15, 15)).toEqual(colour)
    expect(near(pixel(picture, 1, 1), WHITE)).toBe(true)
  }
})

it('contrast is stretched over the whole animation, so that it does not flicker', async () => {
  const dark = raw.solid(16, 16, [60, 60, 60])
  const light = raw.solid(16, 16, [180, 180, 180])
  const strip = joinFrames([dark, light].map((frame) => ({ ...frame, frames: 1 })))
  const steps: readonly ResolvedStep[] = [
    { kind: 'place', scale: { width: 8, height: 8 } },
    effect({ name: 'normalise' }),
  ]
  const [first, second] = splitFrames(await run(steps, strip))
  expect(first?.data[0]).toBeLessThan(5)
  expect(second?.data[0]).toBeGreaterThan(250)
})

describe('only what stays inside a frame runs on the whole strip', () => {
  const steady = (steps: readonly ResolvedStep[]) => lower(steps, { width: 40, height: 32 }).every(isSteady)

  it('cuts, margins, left-right mirrors and pointwise colour', () => {
    expect(steady([{ kind: 'extract', region: { left: 1, top: 1, width: 9, height: 9 } }])).toBe(true)
    expect(steady([{ kind: 'border', width: 1, colour: BLACK }])).toBe(true)
    expect(steady([{ kind: 'mirror', axis: 'horizontal' }, effect({ name: 'negate' })])).toBe(true)
  })

  it('not scales, turns, blurs and masks', () => {
    expect(steady([{ kind: 'place', scale: { width: 20, height: 16 } }])).toBe(false)
    expect(steady([{ kind: 'mirror', axis: 'vertical' }])).toBe(false)
    expect(steady([effect({ name: 'blur', sigma: 1 })])).toBe(false)
    expect(steady([{ kind: 'mask', radius: 'ellipse', softness: 0 }])).toBe(false)
  })
})

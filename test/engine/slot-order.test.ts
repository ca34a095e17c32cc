import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Frames } from '../../src/engine/animation.ts'
import { lower } from '../../src/engine/lower.ts'
import { SLOTS, type Slot } from '../../src/engine/passes.ts'
import type { Raw } from '../../src/engine/raw.ts'
import { type Bench, runToFrames } from '../../src/engine/run.ts'
import type { Region, Size } from '../../src/plan/facts.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'
import { type Pixels, paint } from '../support/pictures.ts'

/**
 * sharp runs its operations in an order of its own, whatever the order of the calls. Here every two operations are asked for
 * in both orders, and the result is compared with two runs of sharp that do one operation each, where no order can go wrong.
 */
type Operation = {
  readonly step: (size: Size) => ResolvedStep
  /** The same with sharp alone, without anything of the engine. */
  readonly alone: (picture: Sharp, size: Size) => Sharp
}

const FRAME = { r: 250, g: 60, b: 20, alpha: 1 }
const VEIL = { r: 20, g: 200, b: 60, alpha: 0.75 }
const GROUND = { r: 10, g: 20, b: 240, alpha: 1 }

const window = ({ width, height }: Size): Region => ({
  left: Math.floor(width / 8),
  top: Math.floor(height / 6),
  width: Math.floor((width * 5) / 8),
  height: Math.floor((height * 2) / 3),
})
const smaller = ({ width, height }: Size): Size => ({ width: Math.ceil(width * 0.6), height: Math.ceil(height * 0.8) })
type PlainEffect = Extract<ResolvedStep, { readonly kind: 'effect' }>['effect']
const effect = (one: PlainEffect) => (): ResolvedStep => ({ kind: 'effect', effect: one })

const OPERATIONS: Readonly<Record<Slot, Operation>> = {
  window: {
    step: (size) => ({ kind: 'extract', region: window(size) }),
    alone: (picture, size) => picture.extract(window(size)),
  },
  flatten: {
    step: () => ({ kind: 'flatten', colour: GROUND }),
    alone: (picture) => picture.flatten({ background: GROUND }),
  },
  resize: {
    step: (size) => ({ kind: 'place', scale: smaller(size) }),
    alone: (picture, size) => picture.resize({ ...smaller(size), fit: 'fill' }),
  },
  turn: {
    step: ({ width, height }) => ({
      kind: 'rotate',
      degrees: 90,
      background: FRAME,
      size: { width: height, height: width },
    }),
    alone: (picture) => picture.rotate(90),
  },
  crop: {
    step: ({ width, height }) => ({
      kind: 'extract',
      region: { left: 0, top: 2, width: width - 3, height: height - 4 },
    }),
    alone: (picture, { width, height }) => picture.extract({ left: 0, top: 2, width: width - 3, height: height - 4 }),
  },
  extend: {
    step: ({ width, height }) => ({
      kind: 'place',
      scale: { width, height },
      canvas: { left: 3, top: 2, width: width + 4, height: height + 6, paint: { kind: 'solid', colour: VEIL } },
    }),
    alone: (picture) => picture.extend({ left: 3, right: 1, top: 2, bottom: 4, background: VEIL }),
  },
  blur: {
    step: effect({ name: 'blur', sigma: 1.5 }),
    alone: (picture) => picture.blur({ sigma: 1.5, minAmplitude: 0.01 }),
  },
  modulate: {
    step: effect({ name: 'modulate', brightness: 0.8, saturation: 0.5, hue: 40 }),
    alone: (picture) => picture.modulate({ brightness: 0.8, saturation: 0.5, hue: 40 }),
  },
  sharpen: { step: effect({ name: 'sharpen', sigma: 1.2 }), alone: (picture) => picture.sharpen({ sigma: 1.2 }) },
  overlays: {
    step: effect({ name: 'opacity', factor: 0.5 }),
    alone: (picture, size) =>
      picture.composite([
        { input: { create: { ...size, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } }, blend: 'dest-in' },
      ]),
  },
  normalise: { step: effect({ name: 'normalise' }), alone: (picture) => picture.normalise() },
  greyscale: { step: effect({ name: 'greyscale' }), alone: (picture) => picture.modulate({ saturation: 0 }) },
  negate: { step: effect({ name: 'negate' }), alone: (picture) => picture.negate({ alpha: false }) },
}

/** Blotches of strong colours on a slope, more transparent to the right; nothing in it is symmetrical. */
const PICTURE = paint(48, 36, (x, y) => {
  const blotch = (Math.floor(x / 5) * 7 + Math.floor(y / 4) * 11) % 5
  return [30 + 40 * blotch + x, 210 - 4 * y - 20 * blotch, (x * y * (blotch + 1)) % 200, 255 - 4 * x]
})
const BENCH: Bench = {
  inputPixels: 1e6,
  profile: 'convert',
  layer: () => Promise.reject(new Error('no layers here')),
  easel: {
    draw: () => Promise.reject(new Error('no drawings here')),
    cover: () => Promise.reject(new Error('no drawings here')),
  },
}

/** In sharp's order, but not in one pass: it would modulate colours weighted with alpha. */
const APART: ReadonlySet<string> = new Set(['resize modulate', 'blur modulate', 'modulate sharpen'])
/** Mean difference that rounding to 8 bits between two runs of sharp makes. */
const ROUNDING = 1

async function alone(operation: Operation, picture: Pixels): Promise<Pixels> {
  const { width, height, channels } = picture
  if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels`)
  const from = sharp(picture.data, { raw: { width, height, channels } })
  const { data, info } = await operation.alone(from, { width, height }).raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

async function asPlanned(first: Operation, second: Operation): Promise<{ frames: Frames; passes: number }> {
  const between = await alone(first, PICTURE)
  const steps = [first.step(PICTURE), second.step(between)]
  const stages = lower(steps, PICTURE)
  const frames = await runToFrames({ kind: 'frames', frames: { ...PICTURE, frames: 1 } }, stages, BENCH)
  return { frames, passes: stages.length }
}

/** Mean difference of what the eye sees: colours weighted with alpha, and alpha. Pictures of other sizes differ by 255. */
function difference(a: Raw, b: Raw): number {
  if (a.width !== b.width || a.height !== b.height) return 255
  let sum = 0
  const seen = (one: Raw, i: number, c: number) => {
    const at = (k: number) => one.data[i * one.channels + k] ?? 0
    const alpha = one.channels === 4 ? at(3) : one.channels === 2 ? at(1) : 255
    if (c === 3) return alpha
    return (at(one.channels < 3 ? 0 : c) * alpha) / 255
  }
  for (let i = 0; i < a.width * a.height; i++)
    for (let c = 0; c < 4; c++) sum += Math.abs(seen(a, i, c) - seen(b, i, c))
  return sum / (4 * a.width * a.height)
}

const PAIRS = SLOTS.flatMap((first, i) => SLOTS.slice(i + 1).map((second) => [first, second] as const))

describe.each(PAIRS)('%s and %s', (earlier, later) => {
  const [a, b] = [OPERATIONS[earlier], OPERATIONS[later]]

  it('in this order have the right pixels, in one pass', async () => {
    const expected = await alone(b, await alone(a, PICTURE))
    const { frames, passes } = await asPlanned(a, b)
    expect(passes).toBe(APART.has(`${earlier} ${later}`) ? 2 : 1)
    expect(difference(frames, expected)).toBeLessThan(ROUNDING)
  })

  it(`in the other order have the right pixels too`, async () => {
    const expected = await alone(a, await alone(b, PICTURE))
    const { frames } = await asPlanned(b, a)
    expect(difference(frames, expected)).toBeLessThan(ROUNDING)
  })
})

it('most of these orders can be told apart by their pixels, so that a wrong one would be seen', async () => {
  let seen = 0
  for (const [earlier, later] of PAIRS) {
    const [a, b] = [OPERATIONS[earlier], OPERATIONS[later]]
    const one = await alone(b, await alone(a, PICTURE))
    const other = await alone(a, await alone(b, PICTURE))
    if (difference(one, other) > ROUNDING) seen++
  }
  expect(seen).toBeGreaterThan(PAIRS.length / 2)
})

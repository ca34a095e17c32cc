import { describe, expect, it } from 'vitest'
import { alphaAfter, greyAfter, mayKeepProfile } from '../../src/engine/colour.ts'
import { lower } from '../../src/engine/lower.ts'
import type { Facts } from '../../src/plan/facts.ts'
import type { Colour, OutputFormat, Paint } from '../../src/plan/plan.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'

const SIZE = { width: 40, height: 30 }
const WHITE: Colour = { r: 255, g: 255, b: 255, alpha: 1 }
const MIDDLE: Colour = { r: 128, g: 128, b: 128, alpha: 1 }
const RED: Colour = { r: 255, g: 0, b: 0, alpha: 1 }
const NOTHING: Colour = { r: 0, g: 0, b: 0, alpha: 0 }

const border = (colour: Colour): ResolvedStep => ({ kind: 'border', width: 2, colour })
type PlainEffect = Extract<ResolvedStep, { readonly kind: 'effect' }>['effect']
const effect = (one: PlainEffect): ResolvedStep => ({ kind: 'effect', effect: one })
const layer = (blend: 'over' | 'multiply' | 'keep-under' | 'punch-out'): ResolvedStep => ({
  kind: 'layer',
  picture: { kind: 'solid', colour: RED, box: {} },
  steps: [],
  at: { kind: 'anchor', x: 0, y: 0 },
  blend,
  base: SIZE,
})
const canvas = (paint: Paint): ResolvedStep => ({
  kind: 'place',
  scale: SIZE,
  canvas: { left: 0, top: 5, width: 40, height: 40, paint },
})
const tilt = (background: Colour): ResolvedStep => ({
  kind: 'rotate',
  degrees: 10,
  background,
  size: { width: 45, height: 37 },
})
const flatten = (colour: Colour): ResolvedStep => ({ kind: 'flatten', colour })
const resize: ResolvedStep = { kind: 'place', scale: { width: 20, height: 15 } }

describe('transparency', () => {
  const alpha = (before: boolean, ...steps: ResolvedStep[]) => alphaAfter(lower(steps, SIZE), before)

  it.each<[string, ResolvedStep]>([
    ['a see-through border', border(NOTHING)],
    ['a tilt on nothing', tilt(NOTHING)],
    ['a mask', { kind: 'mask', radius: 'ellipse', softness: 0 }],
    ['opacity', effect({ name: 'opacity', factor: 0.5 })],
    ['a layer that cuts away', layer('punch-out')],
    ['vanishing', { kind: 'vanish' }],
    ['a surround with a see-through end', canvas({ kind: 'gradient', stops: [RED, NOTHING], angle: 0 })],
  ])('comes with %s', (_, step) => {
    expect(alpha(false, step)).toBe(true)
  })

  it.each<[string, ResolvedStep]>([
    ['an opaque border', border(RED)],
    ['an opaque tilt', tilt(RED)],
    ['a layer on top', layer('over')],
    ['a scale', resize],
    ['a blurred surround', canvas({ kind: 'blurred', sigma: 'auto', brightness: 0 })],
  ])('does not come with %s', (_, step) => {
    expect(alpha(false, step)).toBe(false)
    expect(alpha(true, step)).toBe(true)
  })

  it('goes with flattening, whatever was before', () => {
    expect(alpha(true, { kind: 'mask', radius: 'ellipse', softness: 0 }, flatten(RED))).toBe(false)
  })
})

describe('a grey picture', () => {
  const grey = (before: boolean, ...steps: ResolvedStep[]) => greyAfter(lower(steps, SIZE), before)

  it('stays grey through geometry and grey colours', () => {
    expect(
      grey(true, resize, border(MIDDLE), flatten(WHITE), tilt(NOTHING), {
        kind: 'mask',
        radius: 'ellipse',
        softness: 0,
      }),
    ).toBe(true)
  })

  it.each([border(RED), tilt(RED), flatten(RED), layer('over'), canvas({ kind: 'solid', colour: RED })])(
    'is coloured by %j',
    (step) => {
      expect(grey(true, step)).toBe(false)
    },
  )

  it('is what the greyscale effect makes', () => {
    expect(grey(false, border(RED), effect({ name: 'greyscale' }))).toBe(true)
    expect(grey(false, effect({ name: 'greyscale' }), border(RED))).toBe(false)
  })
})

describe('the profile of the source may stay', () => {
  const rgb: Facts = {
    format: 'jpeg',
    ...SIZE,
    frames: 1,
    orientation: 1,
    alpha: false,
    depth: 8,
    space: 'rgb',
    profile: true,
    bytes: 1,
  }
  const keeps = (steps: readonly ResolvedStep[], facts = rgb, format: OutputFormat = 'webp') =>
    mayKeepProfile(lower(steps, SIZE), facts, format)

  it('through one pass of geometry, with black, white or transparent margins', () => {
    expect(keeps([])).toBe(true)
    expect(keeps([{ kind: 'orient', orientation: 6 }, resize, border(WHITE)])).toBe(true)
    expect(keeps([resize, border(NOTHING)])).toBe(true)
  })

  it.each<[string, readonly ResolvedStep[]]>([
    ['sRGB colours', [border(MIDDLE)]],
    ['layers', [layer('over')]],
    ['colour effects', [effect({ name: 'modulate', brightness: 1, saturation: 2, hue: 0 })]],
    ['a second pass', [resize, { kind: 'place', scale: { width: 10, height: 10 } }]],
    ['a pass that is none of sharp’s', [tilt(NOTHING)]],
  ])('not with %s', (_, steps) => {
    expect(keeps(steps)).toBe(false)
  })

  it('not on CMYK, and a grey one only in formats that hold grey pictures', () => {
    expect(keeps([], { ...rgb, space: 'cmyk' })).toBe(false)
    expect(keeps([], { ...rgb, space: 'grey' }, 'webp')).toBe(false)
    expect(keeps([], { ...rgb, space: 'grey' }, 'jpeg')).toBe(true)
  })
})

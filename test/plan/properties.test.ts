import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { digest } from '../../src/plan/digest.ts'
import type { Limits, Region, Size } from '../../src/plan/facts.ts'
import { placeLayer } from '../../src/plan/layers.ts'
import { normalForm } from '../../src/plan/normal-form.ts'
import { type PlaceWish, place, placedSize } from '../../src/plan/place.ts'
import type { Condition, Expression, Focus, Placement, SourceRef, Step, Variable } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import type { Measured, Resolution, ResolvedStep } from '../../src/plan/resolved.ts'
import { facts, plan } from './samples.ts'

// ── arbitrary plans ──────────────────────────────────────────────────────────────────────────────────────────────────

const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 }))
const size: fc.Arbitrary<Size> = fc.record({ width: side, height: side })
const part = fc.constantFrom<(0 | 0.5 | 1)[]>(0, 0.5, 1)

const variable = fc.constantFrom<Variable[]>(
  'initialWidth',
  'initialHeight',
  'initialRatio',
  'width',
  'height',
  'ratio',
  'density',
)
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: -20, max: 3000 }),
    fc.double({ min: -3, max: 900, noNaN: true }),
    variable.map((get) => ({ get })),
    fc.record({
      op: fc.constantFrom('add', 'sub', 'mul', 'div', 'mod', 'pow', 'min', 'max'),
      left: tie('expression'),
      right: tie('expression'),
    }),
    fc.record({ op: fc.constantFrom('trunc', 'ceil'), of: tie('expression') }),
  ),
}))
const length = fc.oneof({ weight: 3, arbitrary: side }, { weight: 1, arbitrary: expression })

const focus: fc.Arbitrary<Focus> = fc.oneof(
  fc.record({ kind: fc.constant('anchor'), x: part, y: part }),
  fc.record({ kind: fc.constant('corner'), x: length, y: length }),
  fc.record({ kind: fc.constant('centre'), x: length, y: length }),
  fc.record({ kind: fc.constant('area'), x: length, y: length, width: length, height: length }),
  fc.constant({ kind: 'attention' } as const),
)
const colour = fc.record({ r: fc.nat(255), g: fc.nat(255), b: fc.nat(255), alpha: fc.constantFrom(0, 0.5, 1) })
const condition: fc.Arbitrary<Condition> = fc.record({
  left: expression,
  is: fc.constantFrom('eq', 'ne', 'gt', 'gte', 'lt', 'lte'),
  right: expression,
})
const mode = fc.constantFrom<PlaceWish['mode'][]>('cover', 'inside', 'outside', 'stretch', 'native', 'canvas')

const drawing = fc.oneof(
  fc.record({ name: fc.constant('arc'), degrees: fc.constantFrom(-200, -30, 0, 5, 90, 180, 360) }),
  fc.record({
    name: fc.constant('gradient'),
    angle: fc.constantFrom(0, 45, 180, 360, 400),
    from: colour,
    to: colour,
    reach: length,
    reachIsPart: fc.boolean(),
  }),
  fc.record({
    name: fc.constant('perspective'),
    corners: fc.tuple(length, length, length, length, length, length, length, length),
  }),
  fc.record({ name: fc.constant('colorize'), colour, intensity: fc.constantFrom(0, 40, 100) }),
  fc.record(
    {
      name: fc.constant('shadow'),
      blur: fc.constantFrom(0, 5),
      strength: fc.constantFrom(0, 30),
      x: length,
      y: length,
      colour,
      mostPixels: fc.constantFrom(10_000, 2_000_000),
    },
    { requiredKeys: ['name', 'blur', 'strength', 'x', 'y', 'colour'] },
  ),
  fc.record({ name: fc.constant('sepia'), strength: fc.constantFrom(0, 0.8) }),
  fc.record({ name: fc.constant('two-level'), threshold: fc.constantFrom(0, 0.5) }),
  fc.record({ name: fc.constant('pixelate'), size: fc.constantFrom(0, 1.4, 1.5, 20) }),
  fc.record({ name: fc.constant('oil-paint'), radius: fc.constantFrom(0, 0.4, 0.5, 9) }),
  fc.record({
    name: fc.constant('areas'),
    areas: fc.array(fc.record({ x: length, y: length, width: length, height: length }), { maxLength: 3 }),
    shape: fc.constantFrom('rect', 'oval'),
    softness: fc.constantFrom(0, 3),
    effect: fc.oneof(
      fc.record({ name: fc.constant('blur'), sigma: fc.constantFrom(0, 4) }),
      fc.record({ name: fc.constant('pixelate'), size: fc.constantFrom(1, 1.5, 8) }),
    ),
  }),
  fc.record({
    name: fc.constant('vignette'),
    strength: fc.constantFrom(0, 0.2),
    falloff: fc.constantFrom('gaussian', 'linear'),
  }),
  fc.record({ name: fc.constant('torn-edges'), least: fc.constantFrom(0, 3), most: fc.constantFrom(0, 10) }),
)
const softness = fc.constantFrom(0, 0.3, 4)
const SOURCES: readonly SourceRef[] = [
  { kind: 'object', connection: 'pictures', key: 'a.png' },
  { kind: 'url', url: 'https://example.com/b.gif' },
]
const { steps } = fc.letrec<{ step: Step; steps: readonly Step[] }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({ kind: 'orient' } as const),
    fc.constant({ kind: 'trim', rule: { kind: 'exact' } } as const),
    fc.record(
      {
        kind: fc.constant('place'),
        box: fc.record(
          { width: length, height: length, ratio: length, scale: fc.constantFrom(0.5, 1, 2) },
          { requiredKeys: [] },
        ),
        mode,
        enlarge: fc.boolean(),
        focus,
        surround: fc.record({ kind: fc.constant('solid'), colour }),
      },
      { requiredKeys: ['kind', 'box', 'mode', 'enlarge', 'focus'] },
    ),
    fc.record({ kind: fc.constant('rotate'), degrees: fc.constantFrom(-90, 0, 12.5, 90, 180, 360) }),
    fc.record({ kind: fc.constant('mirror'), axis: fc.constantFrom('horizontal', 'vertical') }),
    fc.record({ kind: fc.constant('border'), width: length, colour }),
    fc.record({ kind: fc.constant('mask'), radius: fc.tuple(length, length, length, length), softness }),
    fc.record({ kind: fc.constant('mask'), radius: fc.constant('ellipse'), softness }),
    fc.record({ kind: fc.constant('draw'), drawing }),
    fc.record({
      kind: fc.constant('animate'),
      frames: fc.array(fc.record({ source: fc.constantFrom(...SOURCES), steps: tie('steps') }), { maxLength: 3 }),
      delay: fc.constantFrom(0, 1000),
      loop: fc.constantFrom(0, 3),
    }),
    fc.record({
      kind: fc.constant('branch'),
      cases: fc.array(fc.record({ when: condition, steps: tie('steps') }), { maxLength: 2 }),
      otherwise: tie('steps'),
    }),
  ),
  steps: fc.array(tie('step'), { maxLength: 4 }),
}))

const limits: Limits = { inputPixels: 1e8, outputPixels: 4e7, frames: 500 }

/** Resolves to the end; every measurement is answered by a part of the picture chosen from `numbers`. */
function resolveWhole(chain: readonly Step[], picture: Size, orientation: number, numbers: readonly number[]) {
  const found: { step: ResolvedStep; before: Size }[] = []
  let before = picture
  let resolution: Resolution = resolve(chain, facts({ ...picture, orientation }), limits)
  for (let round = 0; ; round++) {
    for (const step of resolution.steps) {
      found.push({ step, before })
      before = after(step, before)
    }
    expect(before).toEqual(resolution.size)
    if (!resolution.pause) return { found, size: resolution.size }
    resolution = resolution.pause.resume(answer(resolution.size, numbers[round % numbers.length] ?? 1))
  }
}

function answer({ width, height }: Size, number: number): Measured {
  if (number % 7 === 0) return { kind: 'nothing' }
  const left = number % width
  const top = number % height
  return { kind: 'region', region: { left, top, width: width - left, height: height - top } }
}

/** What a resolved step makes of a size, told from the step alone. */
function after(step: ResolvedStep, before: Size): Size {
  const of = ({ width, height }: Size) => ({ width, height })
  switch (step.kind) {
    case 'orient':
      return step.orientation >= 5 ? { width: before.height, height: before.width } : before
    case 'extract':
      return of(step.region)
    case 'vanish':
      return { width: 1, height: 1 }
    case 'place':
      return of(step.canvas ?? step.crop ?? step.scale)
    case 'rotate':
    case 'draw':
      return step.size
    case 'border':
      return { width: before.width + 2 * step.width, height: before.height + 2 * step.width }
    default:
      return before
  }
}

function lies(region: Region, within: Size): boolean {
  return (
    region.left >= 0 &&
    region.top >= 0 &&
    region.left + region.width <= within.width &&
    region.top + region.height <= within.height
  )
}

function everyNumber(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyNumber) : []
}

/** The outcome as data: the resolved steps, or the code of the Fault. Anything else thrown fails the test. */
function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (isFault(error)) return error.code
    throw error
  }
}

const numbers = fc.array(fc.nat(4000), { minLength: 1, maxLength: 4 })
const orientation = fc.integer({ min: 1, max: 8 })

// ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────

describe('any plan on any picture', () => {
  test('resolves to whole numbers inside of the picture and the limits, or is a Fault', () => {
    fc.assert(
      fc.property(steps, size, orientation, numbers, (chain, picture, turned, answers) => {
        outcome(() => {
          for (const { step, before } of resolveWhole(chain, picture, turned, answers).found) {
            const { width, height } = after(step, before)
            expect(width).toBeGreaterThanOrEqual(1)
            expect(height).toBeGreaterThanOrEqual(1)
            if (step.kind === 'extract') expect(lies(step.region, before)).toBe(true)
            if (step.kind === 'place') {
              expect(everyNumber({ ...step, canvas: { ...step.canvas, paint: 0 } }).every(Number.isInteger)).toBe(true)
              expect(step.scale.width * step.scale.height).toBeLessThanOrEqual(limits.outputPixels)
              if (step.crop) expect(lies(step.crop, step.scale)).toBe(true)
              const standing = step.crop ?? step.scale
              if (step.canvas) {
                const { left, top, ...canvas } = step.canvas
                expect(lies({ left, top, width: standing.width, height: standing.height }, canvas)).toBe(true)
              }
            }
            if (step.kind === 'draw' && (step.drawing.name === 'shadow' || step.drawing.name === 'areas')) {
              const drawing = { ...step.drawing, colour: 0, softness: 0, effect: 0 }
              expect(everyNumber(drawing).every(Number.isInteger)).toBe(true)
            }
            if (step.kind === 'animate') {
              expect(before.width * before.height * (1 + step.frames.length)).toBeLessThanOrEqual(limits.outputPixels)
            }
            if (step.kind === 'mask' || step.kind === 'border') {
              const { kind: _, ...rest } = step
              expect(everyNumber({ ...rest, colour: 0, softness: 0 }).every(Number.isInteger)).toBe(true)
            }
          }
        })
      }),
      { numRuns: 3000 },
    )
  })

  test('its normal form does the same and is its own normal form', () => {
    fc.assert(
      fc.property(steps, size, orientation, numbers, (chain, picture, turned, answers) => {
        const tidy = normalForm(plan(chain))
        expect(normalForm(tidy)).toEqual(tidy)
        const sizeOf = (list: readonly Step[]) => outcome(() => resolveWhole(list, picture, turned, answers).size)
        const whole = sizeOf(chain)
        // What a caller got wrong may lie in a part that cannot matter.
        if (typeof whole === 'object') expect(sizeOf(tidy.steps)).toEqual(whole)
      }),
      { numRuns: 3000 },
    )
  })

  test('has a digest that neither the order of members nor a JSON round trip changes', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, turned(member)]),
      )
    }
    fc.assert(
      fc.property(steps, (chain) => {
        const original = plan(chain)
        // The round trip is of the same shape by construction; the compiler cannot see that.
        const again = JSON.parse(JSON.stringify(turned(original))) as typeof original
        expect(digest(again)).toBe(digest(original))
      }),
    )
  })
})

describe('a placement', () => {
  const boxed = fc.record({ picture: size, box: size, enlarge: fc.boolean(), x: part, y: part })
  const placing = (
    mode: PlaceWish['mode'],
    { box, enlarge, x, y }: { box: Size; enlarge: boolean; x: 0 | 0.5 | 1; y: 0 | 0.5 | 1 },
    padded = false,
  ) => ({ mode, box, enlarge, focus: { kind: 'anchor', x, y }, padded }) satisfies PlaceWish
  const check = (predicate: (wish: Parameters<typeof placing>[1] & { picture: Size }) => void) =>
    fc.assert(fc.property(boxed, predicate), { numRuns: 2000 })
  const off = (one: number, exact: number) => Math.abs(one - exact)

  test('that covers is exactly the box, and never distorts by more than rounding', () => {
    check((wish) => {
      const placed = place(placing('cover', { ...wish, enlarge: true }), wish.picture)
      expect(placedSize(placed)).toEqual(wish.box)
      const k = Math.max(wish.box.width / wish.picture.width, wish.box.height / wish.picture.height)
      expect(off(placed.scale.width, Math.max(1, k * wish.picture.width))).toBeLessThanOrEqual(0.500001)
      expect(off(placed.scale.height, Math.max(1, k * wish.picture.height))).toBeLessThanOrEqual(0.500001)
    })
  })

  test('that covers without enlarging keeps the ratio within the picture and the box', () => {
    check((wish) => {
      const placed = place(placing('cover', { ...wish, enlarge: false }), wish.picture)
      const { width, height } = placedSize(placed)
      expect(width).toBeLessThanOrEqual(Math.min(wish.box.width, wish.picture.width))
      expect(height).toBeLessThanOrEqual(Math.min(wish.box.height, wish.picture.height))
      expect(placed.scale.width).toBeLessThanOrEqual(wish.picture.width)
      const k = Math.min(1, wish.picture.width / wish.box.width, wish.picture.height / wish.box.height)
      expect(off(width, Math.max(1, k * wish.box.width))).toBeLessThanOrEqual(0.500001)
      expect(off(height, Math.max(1, k * wish.box.height))).toBeLessThanOrEqual(0.500001)
    })
  })

  test('inside fits, with one side exact unless it may not grow', () => {
    check((wish) => {
      const { width, height } = placedSize(place(placing('inside', wish), wish.picture))
      expect(width).toBeLessThanOrEqual(wish.box.width)
      expect(height).toBeLessThanOrEqual(wish.box.height)
      const grows = wish.box.width > wish.picture.width && wish.box.height > wish.picture.height
      if (grows && !wish.enlarge) expect({ width, height }).toEqual(wish.picture)
      else expect(width === wish.box.width || height === wish.box.height).toBe(true)
    })
  })

  test('inside with a surround and canvas are exactly the box', () => {
    check((wish) => {
      expect(placedSize(place(placing('inside', wish, true), wish.picture))).toEqual(wish.box)
      expect(placedSize(place(placing('canvas', wish, true), wish.picture))).toEqual(wish.box)
    })
  })

  test('outside reaches both sides, one of them exactly', () => {
    check((wish) => {
      const { width, height } = placedSize(place(placing('outside', { ...wish, enlarge: true }), wish.picture))
      expect(width).toBeGreaterThanOrEqual(wish.box.width)
      expect(height).toBeGreaterThanOrEqual(wish.box.height)
      expect(width === wish.box.width || height === wish.box.height).toBe(true)
    })
  })

  test('native cuts and never scales', () => {
    check((wish) => {
      const placed = place(placing('native', wish), wish.picture)
      expect(placed.scale).toEqual(wish.picture)
      expect(placedSize(placed)).toEqual({
        width: Math.min(wish.box.width, wish.picture.width),
        height: Math.min(wish.box.height, wish.picture.height),
      })
    })
  })

  test('never enlarges when it must not', () => {
    fc.assert(
      fc.property(boxed, mode, (wish, of) => {
        const { scale } = place(placing(of, { ...wish, enlarge: false }), wish.picture)
        expect(scale.width).toBeLessThanOrEqual(wish.picture.width)
        expect(scale.height).toBeLessThanOrEqual(wish.picture.height)
      }),
    )
  })

  test('an area that fits into the window stays inside of it', () => {
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 1, noNaN: true }), (picture, box, where) => {
        const area = { width: 1, height: 1, x: where * (picture.width - 1), y: where * (picture.height - 1) }
        const wish: PlaceWish = { mode: 'native', box, enlarge: true, focus: { kind: 'area', ...area }, padded: false }
        const crop = place(wish, picture).crop ?? { left: 0, top: 0, ...picture }
        expect(crop.left).toBeLessThanOrEqual(area.x + 1)
        expect(crop.left + crop.width).toBeGreaterThanOrEqual(area.x)
        expect(crop.top).toBeLessThanOrEqual(area.y + 1)
        expect(crop.top + crop.height).toBeGreaterThanOrEqual(area.y)
      }),
    )
  })
})

test('a layer always lies inside of its base', () => {
  const offset = fc.record(
    {
      value: fc.integer({ min: -6000, max: 6000 }),
      fromEnd: fc.boolean(),
      of: fc.constantFrom('edge', 'centre'),
      from: part,
    },
    { requiredKeys: ['value', 'fromEnd', 'of'] },
  )
  const at: fc.Arbitrary<Placement> = fc.oneof(
    fc.record({ kind: fc.constant('anchor'), x: part, y: part }),
    fc.record({ kind: fc.constant('offset'), x: offset, y: offset }, { requiredKeys: ['kind'] }),
  )
  fc.assert(
    fc.property(at, size, size, (placement, layer, base) => {
      const { left, top, crop } = placeLayer(placement, layer, base)
      const shown = crop ?? { left: 0, top: 0, ...layer }
      expect(lies(shown, layer)).toBe(true)
      expect(lies({ left, top, width: shown.width, height: shown.height }, base)).toBe(true)
      expect([left, top].every(Number.isInteger)).toBe(true)
    }),
  )
})

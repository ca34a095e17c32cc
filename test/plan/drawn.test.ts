import { describe, expect, it } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { drawnSize } from '../../src/plan/drawn.ts'
import { normalForm } from '../../src/plan/normal-form.ts'
import type { Area, Drawing, Gradient, Step } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { asText, facts, LIMITS, only, placing, plan, sides } from './samples.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }
const draw = (drawing: Drawing): Step => ({ kind: 'draw', drawing })
const gradient = (changes: Partial<Gradient>): Step =>
  draw({ name: 'gradient', angle: 180, from: BLACK, to: CLEAR, reach: 1, reachIsPart: true, ...changes })
const AREA = { x: 10, y: 20, width: 30, height: 40 }
const areas = (changes: Partial<Extract<Drawing, { readonly name: 'areas' }>>, list: readonly Area[] = [AREA]): Step =>
  draw({ name: 'areas', areas: list, shape: 'rect', softness: 0, effect: { name: 'blur', sigma: 4 }, ...changes })
const resolved = (step: Step, width = 300, height = 200) => only(resolve([step], facts({ width, height }), LIMITS))
const refusal = (step: Step, width = 300, height = 200): string => {
  try {
    resolve([step], facts({ width, height }), LIMITS)
  } catch (error) {
    return isFault(error) ? error.code : String(error)
  }
  return 'none'
}

describe('a gradient’s reach in pixels (imagekit §4.6)', () => {
  it.each([
    ['a part of the way down', { reach: 0.5, reachIsPart: true }, 100],
    ['a part of the way across', { reach: 0.5, reachIsPart: true, angle: 90 }, 150],
    ['a part of the way to the corner', { reach: 1, reachIsPart: true, angle: 135 }, 500 * Math.SQRT1_2],
    ['pixels', { reach: 40, reachIsPart: false }, 40],
    ['arithmetic', { reach: { op: 'div', left: { get: 'width' }, right: 2 }, reachIsPart: false } as const, 150],
    ['nothing below 0', { reach: -4, reachIsPart: false }, 0],
  ])('is %s', (_, changes, expected) => {
    const step = resolved(gradient(changes))
    const reach = step.kind === 'draw' && step.drawing.name === 'gradient' ? step.drawing.reach : Number.NaN
    expect(reach).toBeCloseTo(expected)
  })
})

describe('sizes after a drawing', () => {
  it.each<[string, Drawing<number>, string, string]>([
    ['a tint', { name: 'colorize', colour: BLACK, intensity: 50 }, '300x200', '300x200'],
    ['a perspective', { name: 'perspective', corners: [10, 10, 290, 0, 400, 200, 0, 250] }, '300x200', '300x200'],
    // Radius of the middle row: 314/π = 99.95; outer 119.95, and half a circle is as high as its radius.
    ['half a turn', { name: 'arc', degrees: 180 }, '314x40', '240x120'],
    ['half a turn the other way', { name: 'arc', degrees: -180 }, '314x40', '240x120'],
    // A whole ring: twice the outer radius 314/2π + 20 = 69.97.
    ['a ring', { name: 'arc', degrees: 360 }, '314x40', '140x140'],
    // Three quarters of a turn, radius 628/4.712 = 133.3: outer 143.3, the ends 143.3 · cos 45° = 101.3 below the centre.
    ['three quarters', { name: 'arc', degrees: 270 }, '628x20', '287x245'],
    ['hardly an arc', { name: 'arc', degrees: 0.1 }, '300x200', '300x200'],
  ])('%s of %s', (_, drawing, from, to) => {
    expect(asText(drawnSize(drawing, sides(from)))).toBe(to)
  })

  it('go on into the steps that follow', () => {
    const steps: Step[] = [draw({ name: 'arc', degrees: 180 }), placing('inside', { width: 120 })]
    expect(asText(resolve(steps, facts({ width: 314, height: 40 }), LIMITS).size)).toBe('120x60')
  })

  it('are bounded: a tall picture bent to a ring would be huge', () => {
    expect(refusal(draw({ name: 'arc', degrees: 360 }), 100, 20_000)).toBe('too-large')
  })
})

describe('lengths of a drawing', () => {
  const third = { op: 'div', left: { get: 'width' }, right: 3 } as const

  it('are whole pixels of the picture that enters it', () => {
    const shadow = draw({ name: 'shadow', blur: 1, strength: 50, x: third, y: -2.5, colour: BLACK })
    expect(resolved(shadow, 200, 100)).toMatchObject({ drawing: { x: 67, y: -2 } })
    const step = areas({}, [{ x: third, y: 0.5, width: third, height: 3.2 }])
    expect(resolved(step, 200, 100)).toMatchObject({ drawing: { areas: [{ x: 67, y: 1, width: 67, height: 3 }] } })
  })

  it('areas that stick out stay whole, areas beside the picture are gone', () => {
    const out = { x: 290, y: -10, width: 30, height: 40 }
    const beside = [
      { x: 300, y: 0, width: 5, height: 5 },
      { x: -5, y: 0, width: 5, height: 5 },
      { x: 5, y: 5, width: 0, height: 5 },
      { x: 5, y: 5, width: 5, height: -5 },
    ]
    expect(resolved(areas({}, [...beside, out]))).toMatchObject({ drawing: { areas: [out] } })
    expect(resolve([areas({}, beside)], facts({ width: 300, height: 200 }), LIMITS).steps).toEqual([])
  })
})

describe('what cannot be drawn', () => {
  it.each([
    ['crossed corners', [0, 0, 100, 100, 100, 0, 0, 100]],
    ['a corner pushed in', [0, 0, 100, 0, 20, 20, 0, 100]],
    ['corners in a line', [0, 0, 50, 0, 100, 0, 150, 0]],
    ['corners beyond all bounds', [0, 0, 2e6, 0, 2e6, 100, 0, 100]],
  ] as const)('%s', (_, corners) => {
    expect(refusal(draw({ name: 'perspective', corners }))).toBe('bad-parameter')
  })

  it('an oil painting of more than 32 million pixels', () => {
    const painting = draw({ name: 'oil-paint', radius: 2 })
    expect(refusal(painting, 8001, 4000)).toBe('too-large')
    expect(refusal(painting, 8000, 4000)).toBe('none')
  })

  it('a shadow on a picture above its limit, also one that nobody would see', () => {
    const shadow = (strength: number) =>
      draw({ name: 'shadow', blur: 5, strength, x: 2, y: 2, colour: BLACK, mostPixels: 2_000_000 })
    expect(refusal(shadow(30), 2000, 1001)).toBe('bad-parameter')
    expect(refusal(shadow(0), 2000, 1001)).toBe('bad-parameter')
    expect(refusal(shadow(30), 2000, 1000)).toBe('none')
  })
})

describe('drawings in normal form', () => {
  it('that change nothing are gone', () => {
    const steps = [
      draw({ name: 'unsharp', radius: 2, sigma: 0, amount: 1, threshold: 0 }),
      draw({ name: 'unsharp', radius: 2, sigma: 2, amount: 0, threshold: 0 }),
      draw({ name: 'shadow', blur: 5, strength: 0, x: 0, y: 0, colour: BLACK }),
      draw({ name: 'colorize', colour: BLACK, intensity: 0 }),
      draw({ name: 'arc', degrees: 0 }),
      draw({ name: 'sepia', strength: 0 }),
      draw({ name: 'pixelate', size: 1.4 }),
      draw({ name: 'oil-paint', radius: 0.4 }),
      areas({}, []),
      areas({ effect: { name: 'blur', sigma: 0 } }),
      areas({ effect: { name: 'pixelate', size: 1 } }),
      draw({ name: 'vignette', strength: 0, falloff: 'linear' }),
      draw({ name: 'torn-edges', least: 0, most: 0 }),
      gradient({ from: CLEAR, to: CLEAR }),
    ]
    expect(normalForm(plan(steps)).steps).toEqual([])
    expect(resolve(steps, facts(), LIMITS).steps).toEqual([])
  })

  it('have their arithmetic done', () => {
    const half = { op: 'div', left: 100, right: 2 } as const
    expect(normalForm(plan([gradient({ reach: half, angle: 540 })])).steps).toEqual([gradient({ reach: 50 })])
    const corners = [0, 0, half, 0, half, half, 0, half] as const
    expect(normalForm(plan([draw({ name: 'perspective', corners })])).steps).toEqual([
      draw({ name: 'perspective', corners: [0, 0, 50, 0, 50, 50, 0, 50] }),
    ])
    const shadow = draw({ name: 'shadow', blur: 1, strength: 50, x: half, y: half, colour: BLACK })
    expect(normalForm(plan([shadow])).steps).toMatchObject([{ drawing: { x: 50, y: 50 } }])
    expect(normalForm(plan([areas({}, [{ ...AREA, width: half }])])).steps).toEqual([
      areas({}, [{ ...AREA, width: 50 }]),
    ])
  })

  it('have whole blocks and strokes', () => {
    expect(normalForm(plan([draw({ name: 'pixelate', size: 4.4 })])).steps).toEqual([
      draw({ name: 'pixelate', size: 4 }),
    ])
    expect(normalForm(plan([draw({ name: 'oil-paint', radius: 2.5 })])).steps).toEqual([
      draw({ name: 'oil-paint', radius: 3 }),
    ])
  })
})

describe('a displacement', () => {
  const map = (x: number, y: number): Step => ({
    kind: 'layer',
    picture: { kind: 'solid', colour: BLACK, box: {} },
    steps: [],
    at: { kind: 'anchor', x: 0, y: 0 },
    blend: { kind: 'displace', x: { op: 'mul', left: { get: 'width' }, right: x }, y },
  })

  it('is told in pixels', () => {
    expect(resolved(map(0.1, 7))).toMatchObject({ kind: 'displace', x: 30, y: 7, map: { base: sides('300x200') } })
  })

  it('by nothing is no step', () => {
    expect(resolve([map(0, 0)], facts(), LIMITS).steps).toEqual([])
  })
})

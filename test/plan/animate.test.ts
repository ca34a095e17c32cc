import { describe, expect, it } from 'vitest'
import { foresee } from '../../src/plan/foresee.ts'
import { normalForm } from '../../src/plan/normal-form.ts'
import type { Animate, Drawing, Expression, Layer, SourceRef, Step } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { sourcesOf } from '../../src/plan/sources.ts'
import { animates, still } from '../../src/plan/still.ts'
import { transparencyOf } from '../../src/plan/transparency.ts'
import { facts, LIMITS, placing, plan, sides } from './samples.ts'

const at = (key: string): SourceRef => ({ kind: 'object', connection: 'pictures', key })
const animate = (...keys: readonly string[]): Animate => ({
  kind: 'animate',
  frames: keys.map((key) => ({ source: at(key), steps: [] })),
  delay: 100,
  loop: 2,
})
const layer = (key: string, ...steps: readonly Step[]): Layer => ({
  kind: 'layer',
  picture: { kind: 'source', source: at(key) },
  steps,
  at: { kind: 'anchor', x: 0, y: 0 },
  blend: 'over',
})
const when = { left: { get: 'width' }, is: 'gt', right: 100 } as const
const TRIM: Step = { kind: 'trim', rule: { kind: 'exact' } }
const FLOP: Step = { kind: 'mirror', axis: 'horizontal' }
const run = (steps: readonly Step[], limits = LIMITS) => resolve(steps, facts({ width: 300, height: 200 }), limits)

describe('an animating step', () => {
  it('has its further frames as layers on the picture at that point', () => {
    const resolution = run([placing('inside', { width: 150 }), animate('b', 'c'), FLOP])
    expect(resolution.animation).toEqual({ frames: 3, delay: 100, loop: 2 })
    expect(resolution.size).toEqual(sides('150x100'))
    expect(resolution.steps.map(({ kind }) => kind)).toEqual(['place', 'animate', 'mirror'])
    expect(resolution.steps[1]).toMatchObject({
      frames: [
        { picture: { source: at('b') }, at: { kind: 'anchor', x: 0.5, y: 0.5 }, base: sides('150x100') },
        { picture: { source: at('c') }, base: sides('150x100') },
      ],
    })
  })

  it('is remembered beyond a measurement', () => {
    const resume = run([animate('b'), TRIM]).pause?.resume
    expect(resume?.({ kind: 'nothing' })).toMatchObject({ animation: { frames: 2 }, size: sides('1x1') })
    expect(run([TRIM, animate('b')]).animation).toBeUndefined()
  })

  it.each<[string, readonly Step[], object]>([
    ['frames', [animate('b', 'c', 'd')], { frames: 3 }],
    ['pixels of all frames', [animate('b', 'c')], { outputPixels: 179_999 }],
    [
      'pixels of all frames after a later scale',
      [animate('b'), placing('stretch', { width: 400, height: 200 })],
      { outputPixels: 159_999 },
    ],
  ])('is bounded: %s', (_, steps, bound) => {
    expect(() => run(steps, { ...LIMITS, ...bound })).toThrow(expect.objectContaining({ code: 'too-large' }))
  })

  it('counts the pixels of one frame before it', () => {
    const steps = [placing('stretch', { width: 400, height: 400 }), placing('stretch', { width: 4, height: 4 })]
    expect(run([...steps, animate('b', 'c')], { ...LIMITS, outputPixels: 160_000 }).animation?.frames).toBe(3)
  })

  it('can leave holes in any picture', () => {
    expect(transparencyOf([animate('b')])).toBe('open')
  })
})

it('its sources are found, and those in the steps of its frames', () => {
  const nested: Step = { ...animate('b'), frames: [{ source: at('b'), steps: [layer('c')] }] }
  const branch: Step = { kind: 'branch', cases: [{ when, steps: [animate('d')] }], otherwise: [] }
  expect(sourcesOf(plan([nested, branch, layer('b')]))).toEqual([at('b'), at('c'), at('d')])
})

describe('normal form', () => {
  it('keeps the order of frames, and tidies their steps', () => {
    const idle: Animate = { ...animate('b'), frames: [{ source: at('b'), steps: [FLOP, FLOP] }] }
    expect(normalForm(plan([idle])).steps).toEqual([animate('b')])
    expect(normalForm(plan([animate('c', 'b')])).steps).toEqual([animate('c', 'b')])
  })

  it('has none in layers and in frames, where nothing can move', () => {
    const branch: Step = { kind: 'branch', cases: [{ when, steps: [animate('x')] }], otherwise: [] }
    const inFrame: Animate = { ...animate('b'), frames: [{ source: at('b'), steps: [animate('x'), branch] }] }
    expect(normalForm(plan([inFrame, layer('c', animate('x'))])).steps).toEqual([animate('b'), layer('c')])
  })
})

describe('an output of one picture', () => {
  it('leaves animating steps out, in branches too', () => {
    const branch = (steps: readonly Step[]): Step => ({ kind: 'branch', cases: [{ when, steps }], otherwise: steps })
    expect(still([FLOP, animate('b'), branch([animate('c'), FLOP])])).toEqual([FLOP, branch([FLOP])])
  })

  it('is told apart from what is animated for certain', () => {
    expect(animates([FLOP, animate('b')])).toBe(true)
    expect(animates([{ kind: 'branch', cases: [{ when, steps: [animate('b')] }], otherwise: [] }])).toBe(false)
  })
})

describe('what may be expected behind a measurement', () => {
  const sepia: Drawing = { name: 'sepia', strength: 1 }
  const draw: Step = { kind: 'draw', drawing: sepia }

  it('is what happens when nothing is trimmed away', () => {
    const attentive = placing('cover', { width: 100, height: 100 }, { focus: { kind: 'attention' } })
    const seen = foresee(run([FLOP, TRIM, attentive, draw, animate('b')]))
    expect(seen.steps.map(({ kind }) => kind)).toEqual(['mirror', 'place', 'draw', 'animate'])
    expect(seen).toMatchObject({ size: sides('100x100'), largest: 60_000, animation: { frames: 2 } })
    expect(seen).not.toHaveProperty('pause')
  })

  it('ends before what would be refused then', () => {
    // Below 0 unless 100 pixels are trimmed away.
    const width: Expression = { op: 'sub', left: 200, right: { get: 'width' } }
    const steps: readonly Step[] = [draw, TRIM, { kind: 'border', width, colour: { r: 0, g: 0, b: 0, alpha: 1 } }]
    expect(foresee(run(steps)).steps.map(({ kind }) => kind)).toEqual(['draw'])
  })
})

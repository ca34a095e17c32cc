import { describe, expect, it } from 'vitest'
import { leavingSize, lower } from '../../src/engine/lower.ts'
import type { Pass } from '../../src/engine/passes.ts'
import type { Colour } from '../../src/plan/plan.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'

const BLACK: Colour = { r: 0, g: 0, b: 0, alpha: 1 }
const STORED = { width: 400, height: 300 }
type PlainEffect = Extract<ResolvedStep, { readonly kind: 'effect' }>['effect']
const effect = (one: PlainEffect): ResolvedStep => ({ kind: 'effect', effect: one })
const mirror: ResolvedStep = { kind: 'mirror', axis: 'horizontal' }
const scale = (width: number, height: number): ResolvedStep => ({ kind: 'place', scale: { width, height } })

function onePass(steps: readonly ResolvedStep[], entering = STORED): Pass {
  const stages = lower(steps, entering)
  expect(stages).toHaveLength(1)
  const [pass] = stages
  if (pass?.kind !== 'pass') throw new Error(`a ${pass?.kind} instead of a pass`)
  return pass
}

describe('the common plans are one pass that begins with the scale, so that shrink-on-load works', () => {
  it('resize', () => {
    const pass = onePass([scale(200, 150)])
    expect(pass).toEqual({
      kind: 'pass',
      entering: STORED,
      resize: { width: 200, height: 150 },
      leaving: { width: 200, height: 150 },
    })
  })

  it('orient and resize: the scale is asked for in stored sides, the turn comes after', () => {
    const pass = onePass([{ kind: 'orient', orientation: 6 }, scale(150, 200)])
    expect(pass.resize).toEqual({ width: 200, height: 150 })
    expect(pass.turn).toEqual({ flop: false, angle: 90 })
    expect(pass.window).toBeUndefined()
    expect(pass.leaving).toEqual({ width: 150, height: 200 })
  })

  it('orient, resize, crop, pad', () => {
    const canvas = { left: 5, top: 5, width: 110, height: 110, paint: { kind: 'solid', colour: BLACK } } as const
    const crop = { left: 20, top: 50, width: 100, height: 100 }
    const pass = onePass([
      { kind: 'orient', orientation: 8 },
      { kind: 'place', scale: { width: 150, height: 200 }, crop, canvas },
    ])
    expect(pass.window).toBeUndefined()
    expect(pass.crop).toEqual(crop)
    expect(pass.extend).toEqual({ left: 5, top: 5, right: 5, bottom: 5, colour: BLACK })
  })

  it('mirror after resize and crop: the crop moves to the mirrored place', () => {
    const crop = { left: 20, top: 0, width: 100, height: 150 }
    const pass = onePass([{ kind: 'place', scale: { width: 200, height: 150 }, crop }, mirror])
    expect(pass.turn).toEqual({ flop: true, angle: 0 })
    expect(pass.crop).toEqual({ left: 80, top: 0, width: 100, height: 150 })
  })

  it('flatten after resize', () => {
    expect(onePass([scale(200, 150), { kind: 'flatten', colour: BLACK }]).flatten).toEqual(BLACK)
  })

  it('effects after geometry, in the order of sharp', () => {
    const pass = onePass([
      scale(200, 150),
      effect({ name: 'blur', sigma: 2 }),
      effect({ name: 'sharpen', sigma: 1 }),
      effect({ name: 'negate' }),
    ])
    expect(pass).toMatchObject({ blur: 2, sharpen: 1, negate: true })
  })
})

describe('geometry joins where the rewriting is exact', () => {
  it('turns melt into one, and two opposite ones into nothing', () => {
    expect(lower([mirror, mirror], STORED)).toEqual([])
    expect(onePass([mirror, { kind: 'mirror', axis: 'vertical' }]).turn).toEqual({ flop: false, angle: 180 })
  })

  it('a cut before the scale stays before it, in stored coordinates', () => {
    const region = { left: 10, top: 20, width: 100, height: 50 }
    const pass = onePass([{ kind: 'orient', orientation: 3 }, { kind: 'extract', region }, scale(50, 25)])
    expect(pass.window).toEqual({ left: 290, top: 230, width: 100, height: 50 })
    expect(pass.resize).toEqual({ width: 50, height: 25 })
  })

  it('cuts of cuts are one cut', () => {
    const pass = onePass([
      { kind: 'extract', region: { left: 10, top: 20, width: 100, height: 50 } },
      { kind: 'extract', region: { left: 1, top: 2, width: 10, height: 5 } },
    ])
    expect(pass.window).toEqual({ left: 11, top: 22, width: 10, height: 5 })
  })

  it('margins turn with the picture', () => {
    const canvas = {
      left: 1,
      top: 2,
      width: 400 + 1 + 3,
      height: 300 + 2 + 4,
      paint: { kind: 'solid', colour: BLACK },
    } as const
    const pass = onePass([
      { kind: 'place', scale: STORED, canvas },
      { kind: 'rotate', degrees: 90, background: BLACK, size: { width: 306, height: 404 } },
    ])
    // Turned clockwise, the left margin is the top one.
    expect(pass.extend).toEqual({ top: 1, right: 2, bottom: 3, left: 4, colour: BLACK })
    expect(pass.leaving).toEqual({ width: 306, height: 404 })
  })

  it('a scale to the size it has, a cut of everything and an empty margin are nothing', () => {
    const whole = { left: 0, top: 0, ...STORED }
    const canvas = { ...whole, paint: { kind: 'solid', colour: BLACK } } as const
    expect(lower([{ kind: 'place', scale: STORED, crop: whole, canvas }], STORED)).toEqual([])
  })
})

describe('what sharp would do in another order becomes another pass', () => {
  it.each<[string, readonly ResolvedStep[]]>([
    ['two scales', [scale(200, 150), scale(100, 100)]],
    [
      'a cut of a cut after a margin',
      [
        { kind: 'border', width: 3, colour: BLACK },
        { kind: 'extract', region: { left: 1, top: 1, width: 9, height: 9 } },
      ],
    ],
    ['a scale after a margin', [{ kind: 'border', width: 3, colour: BLACK }, scale(20, 10)]],
    [
      'a scale after a cut of a scale',
      [
        { kind: 'place', scale: { width: 200, height: 150 }, crop: { left: 0, top: 0, width: 100, height: 150 } },
        scale(10, 15),
      ],
    ],
    ['a scale after greyscale', [effect({ name: 'greyscale' }), scale(20, 10)]],
    ['a turn after a blur', [effect({ name: 'blur', sigma: 1 }), mirror]],
    ['blur after sharpen', [effect({ name: 'sharpen', sigma: 1 }), effect({ name: 'blur', sigma: 1 })]],
    ['a mask after greyscale', [effect({ name: 'greyscale' }), { kind: 'mask', radius: 'ellipse', softness: 0 }]],
    ['modulation after a scale', [scale(20, 10), effect({ name: 'modulate', brightness: 1, saturation: 2, hue: 0 })]],
    [
      'flatten after a margin',
      [
        { kind: 'border', width: 1, colour: { ...BLACK, alpha: 0 } },
        { kind: 'flatten', colour: BLACK },
      ],
    ],
    ['normalise after negate', [effect({ name: 'negate' }), effect({ name: 'normalise' })]],
    ['the same effect twice', [effect({ name: 'negate' }), effect({ name: 'negate' })]],
  ])('%s', (_, steps) => {
    expect(lower(steps, STORED)).toHaveLength(2)
  })

  it('masks and layers in a row are laid in one pass', () => {
    expect(
      onePass([{ kind: 'mask', radius: 'ellipse', softness: 0 }, effect({ name: 'opacity', factor: 0.5 })]).overlays,
    ).toHaveLength(2)
  })

  it('a wide blur runs on a small copy, which is scaled back', () => {
    const stages = lower([effect({ name: 'blur', sigma: 60 })], STORED)
    expect(stages).toHaveLength(2)
    expect(stages[0]).toMatchObject({ resize: { width: 40, height: 30 }, blur: 6 })
    expect(leavingSize(stages, STORED)).toEqual(STORED)
  })
})

describe('what sharp cannot do in a pipeline stands alone', () => {
  it('odd angles', () => {
    const stages = lower(
      [scale(200, 150), { kind: 'rotate', degrees: 30, background: BLACK, size: { width: 248, height: 230 } }, mirror],
      STORED,
    )
    expect(stages.map((stage) => stage.kind)).toEqual(['pass', 'tilt', 'pass'])
    expect(leavingSize(stages, STORED)).toEqual({ width: 248, height: 230 })
  })

  it('a painted surround, with the picture as it enters', () => {
    const canvas = { left: 0, top: 25, width: 200, height: 200, paint: { kind: 'dominant' } } as const
    const stages = lower([mirror, { kind: 'place', scale: { width: 200, height: 150 }, canvas }], STORED)
    expect(stages.map((stage) => stage.kind)).toEqual(['pass', 'surround'])
    expect(leavingSize(stages, STORED)).toEqual({ width: 200, height: 200 })
  })

  it('a vanished picture forgets all that was done to it', () => {
    const stages = lower([mirror, effect({ name: 'blur', sigma: 1 }), { kind: 'vanish' }, scale(50, 50)], STORED)
    expect(stages.map((stage) => stage.kind)).toEqual(['vanish', 'pass'])
    expect(leavingSize(stages, STORED)).toEqual({ width: 50, height: 50 })
  })
})

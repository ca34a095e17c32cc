import { describe, expect, test } from 'vitest'
import type { Region, Size } from '../../src/plan/facts.ts'
import type { Expression, Step } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import type { Measured, Resolution } from '../../src/plan/resolved.ts'
import { asText, facts, LIMITS, only, placing, sides } from './samples.ts'

const ORIENT: Step = { kind: 'orient' }
const TRIM: Step = { kind: 'trim', rule: { kind: 'exact' } }
const RED = { r: 255, g: 0, b: 0, alpha: 1 }

function run(steps: readonly Step[], picture: string, changes: Parameters<typeof facts>[0] = {}) {
  return resolve(steps, facts({ ...sides(picture), ...changes }), LIMITS)
}

function resume(resolution: Resolution, measured: Measured): Resolution {
  if (!resolution.pause) throw new Error('nothing to measure')
  return resolution.pause.resume(measured)
}

const region = (left: number, top: number, size: Size): Measured => ({ kind: 'region', region: { left, top, ...size } })

describe('resolving steps', () => {
  test('scales to whole numbers', () => {
    const resolution = run([placing('inside', { width: 200 })], '510x340')
    expect(resolution).toEqual({
      steps: [{ kind: 'place', scale: sides('200x133') }],
      size: sides('200x133'),
      largest: 510 * 340,
    })
  })

  test('each step finds the size the one before it left', () => {
    const half = (side: 'width' | 'height'): Expression => ({ op: 'div', left: { get: side }, right: 2 })
    const resolution = run(
      [
        placing('inside', { width: half('width') }),
        placing('native', { width: half('width'), height: half('height') }),
      ],
      '800x600',
    )
    expect(resolution.steps).toEqual([
      { kind: 'place', scale: sides('400x300') },
      { kind: 'extract', region: { left: 100, top: 75, ...sides('200x150') } },
    ])
    expect(resolution.size).toEqual(sides('200x150'))
  })

  test('initial sizes stay those of the source, upright when it is oriented', () => {
    const asInitial = placing('stretch', { width: { get: 'initialWidth' }, height: { get: 'initialHeight' } })
    expect(run([placing('inside', { width: 10 }), asInitial], '800x600').size).toEqual(sides('800x600'))
    const turned = run([ORIENT, placing('inside', { width: 10 }), asInitial], '800x600', { orientation: 6 })
    expect(turned.size).toEqual(sides('600x800'))
    expect(run([asInitial], '800x600', { orientation: 6 }).size).toEqual(sides('800x600'))
  })

  test.each([
    ['no EXIF turn', ORIENT, { orientation: 1 }],
    ['an orientation that does not exist', ORIENT, { orientation: 9 }],
    ['the size it has', placing('stretch', { width: 800, height: 600 }), {}],
    ['not enlarging', placing('inside', { width: 900 }, { enlarge: false }), {}],
    ['cutting all of it out', placing('native', { width: 900, height: 600 }), {}],
    ['an empty box', placing('cover', {}), {}],
    ['a full turn', { kind: 'rotate', degrees: -720 }, {}],
    ['a border of no width', { kind: 'border', width: 0.4, colour: RED }, {}],
    ['corners of no radius', { kind: 'mask', radius: [0, 0, 0, 0], softness: 0 }, {}],
    ['full opacity', { kind: 'effect', effect: { name: 'opacity', factor: 1 } }, {}],
    ['a blur of nothing', { kind: 'effect', effect: { name: 'blur', sigma: 0 } }, {}],
    [
      'a modulation by one',
      { kind: 'effect', effect: { name: 'modulate', brightness: 1, saturation: 1, hue: 360 } },
      {},
    ],
    ['a branch not taken', { kind: 'branch', cases: [], otherwise: [] }, {}],
  ] satisfies [string, Step, object][])('%s is no step', (_, step, changes) => {
    expect(run([step], '800x600', changes)).toEqual({ steps: [], size: sides('800x600'), largest: 480_000 })
  })

  test('a turn by quarters swaps the sides, another grows the canvas', () => {
    expect(run([{ kind: 'rotate', degrees: 90 }], '300x200').size).toEqual(sides('200x300'))
    expect(run([{ kind: 'rotate', degrees: -180 }], '300x200').steps).toEqual([
      { kind: 'rotate', degrees: 180, background: { r: 0, g: 0, b: 0, alpha: 0 }, size: sides('300x200') },
    ])
    // 300·cos 30° + 200·sin 30° = 359.8, 300·sin 30° + 200·cos 30° = 323.2
    expect(run([{ kind: 'rotate', degrees: 30, background: RED }], '300x200').size).toEqual(sides('360x323'))
  })

  test('a border grows both sides by twice its width (imagekit §4.5)', () => {
    const border: Step = { kind: 'border', width: { op: 'div', left: { get: 'width' }, right: 10 }, colour: RED }
    const resolution = run([placing('inside', { width: 100 }), border], '400x400')
    expect(resolution.size).toEqual(sides('120x120'))
    expect(resolution.steps[1]).toEqual({ kind: 'border', width: 10, colour: RED })
    expect(() => run([{ kind: 'border', width: -1, colour: RED }], '9x9')).toThrow(
      expect.objectContaining({ code: 'bad-parameter' }),
    )
  })

  test('radii are capped at half the shorter side', () => {
    const mask: Step = { kind: 'mask', radius: [10, 999, { get: 'height' }, -5], softness: 2.5 }
    expect(only(run([mask], '300x201'))).toEqual({ kind: 'mask', radius: [10, 100, 100, 0], softness: 2.5 })
    expect(only(run([{ kind: 'mask', radius: 'ellipse', softness: 0 }], '300x201'))).toEqual({
      kind: 'mask',
      radius: 'ellipse',
      softness: 0,
    })
  })

  test('paints keep numbers only', () => {
    const surround = {
      kind: 'gradient',
      stops: [RED],
      angle: 0,
      reach: { op: 'div', left: { get: 'width' }, right: 4 },
    } as const
    const step = only(run([placing('inside', { width: 50, height: 50 }, { surround })], '100x200'))
    expect(step).toEqual({
      kind: 'place',
      scale: sides('25x50'),
      canvas: { left: 12, top: 0, ...sides('50x50'), paint: { kind: 'gradient', stops: [RED], angle: 0, reach: 25 } },
    })
  })

  test('a canvas without a surround is transparent', () => {
    const step = only(run([placing('canvas', { width: 120, height: 50 })], '100x100'))
    expect(step).toEqual({
      kind: 'place',
      scale: sides('100x100'),
      crop: { left: 0, top: 25, ...sides('100x50') },
      canvas: {
        left: 10,
        top: 0,
        ...sides('120x50'),
        paint: { kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 0 } },
      },
    })
  })

  test('a layer keeps its own steps and learns the picture it is laid on', () => {
    const layer: Step = {
      kind: 'layer',
      picture: { kind: 'source', source: { kind: 'object', connection: 'local', key: 'logo.png' } },
      steps: [TRIM],
      at: { kind: 'anchor', x: 1, y: 1 },
      blend: 'over',
    }
    expect(run([placing('inside', { width: 100 }), layer], '800x600').steps[1]).toEqual({
      ...layer,
      base: sides('100x75'),
    })
  })
})

describe('a branch', () => {
  const branch: Step = {
    kind: 'branch',
    cases: [
      { when: { left: { get: 'width' }, is: 'gt', right: 1000 }, steps: [placing('inside', { width: 1000 })] },
      {
        when: { left: { get: 'width' }, is: 'gt', right: 500 },
        steps: [placing('inside', { width: 500 }), { kind: 'mirror', axis: 'vertical' }],
      },
    ],
    otherwise: [placing('inside', { width: 10 })],
  }
  test.each([
    ['2000x2000', '1000x1000'],
    ['800x800', '500x500'],
    ['500x500', '10x10'],
  ])('%s → %s', (picture, result) => {
    expect(asText(run([branch], picture).size)).toBe(result)
  })

  test('compares the size at its point of the chain, and the chain goes on after it', () => {
    const resolution = run(
      [placing('inside', { width: 600 }), branch, { kind: 'mirror', axis: 'horizontal' }],
      '2000x2000',
    )
    expect(resolution.steps.map(({ kind }) => kind)).toEqual(['place', 'place', 'mirror', 'mirror'])
  })

  test('without a true case and otherwise nothing happens', () => {
    const never: Step = { ...branch, otherwise: [] }
    expect(run([never], '100x100').steps).toEqual([])
  })
})

describe('limits', () => {
  const tooLarge = (width: number, height: number) =>
    expect.objectContaining({ code: 'too-large', context: expect.objectContaining({ width, height }) })

  test('a result above the pixel limit is refused', () => {
    expect(() => run([placing('inside', { width: 20_000 })], '100x100')).toThrow(tooLarge(20_000, 20_000))
  })

  test('so is one on the way to a small result', () => {
    const steps = [placing('inside', { width: 20_000 }), placing('inside', { width: 10 })]
    expect(() => run(steps, '100x100')).toThrow(tooLarge(20_000, 20_000))
  })

  test('frames count', () => {
    const steps = [placing('inside', { width: 1000 })]
    expect(run(steps, '100x100', { frames: 100 }).size).toEqual(sides('1000x1000'))
    expect(() => run(steps, '100x100', { frames: 101 })).toThrow(tooLarge(1000, 1000))
  })

  test('a side of 65535 is the most', () => {
    expect(run([placing('stretch', { width: 65_535, height: 1 })], '100x100').size).toEqual(sides('65535x1'))
    expect(() => run([placing('stretch', { width: 65_536, height: 1 })], '100x100')).toThrow(tooLarge(65_536, 1))
  })

  test('canvas, border and turn are bounded too', () => {
    const border: Step = { kind: 'border', width: 5000, colour: RED }
    expect(() => run([border], '100x100')).toThrow(tooLarge(10_100, 10_100))
    expect(() => run([placing('canvas', { width: 1e5, height: 1 })], '100x100')).toThrow(tooLarge(1e5, 1))
    expect(() => run([{ kind: 'rotate', degrees: 45 }], '9000x9000')).toThrow(tooLarge(12_728, 12_728))
  })

  test('the source itself may be larger when less goes out', () => {
    const resolution = run([ORIENT, placing('inside', { width: 100 })], '20000x10000', { orientation: 3 })
    expect(resolution.size).toEqual(sides('100x50'))
    expect(run([placing('canvas', { width: 100, height: 20_000 })], '20000x10000').size).toEqual(sides('100x20000'))
    expect(() => run([], '20000x10000')).toThrow(tooLarge(20_000, 10_000))
  })

  test('a very long picture covers a box without being huge in between', () => {
    const resolution = run([placing('cover', { width: 1000, height: 1000 })], '1000x1')
    expect(resolution.steps).toEqual([
      { kind: 'extract', region: { left: 499, top: 0, width: 1, height: 1 } },
      { kind: 'place', scale: sides('1000x1000') },
    ])
    expect(resolution.size).toEqual(sides('1000x1000'))
    const tall = run(
      [placing('cover', { width: 9000, height: 10 }, { focus: { kind: 'anchor', x: 0, y: 1 } })],
      '10x60000',
    )
    expect(tall.steps[0]).toEqual({ kind: 'extract', region: { left: 0, top: 59_999, width: 10, height: 1 } })
    expect(tall.size).toEqual(sides('9000x10'))
  })
})

describe('measuring', () => {
  test('a trim is asked for and the rest is resolved with its answer', () => {
    const first = run([TRIM, ORIENT, placing('inside', { width: 300 })], '340x99')
    expect(first).toMatchObject({ steps: [], size: sides('340x99') })
    expect(first.pause?.measure).toEqual({ kind: 'trim', rule: { kind: 'exact' } })
    // pixboost §6: 340×99 with a border → 307×66, → 300×64 with resize 300
    const rest = resume(first, region(16, 16, sides('307x66')))
    expect(rest).toEqual({
      steps: [
        { kind: 'extract', region: { left: 16, top: 16, ...sides('307x66') } },
        { kind: 'place', scale: sides('300x64') },
      ],
      size: sides('300x64'),
      largest: 307 * 66,
    })
  })

  test('orienting after a trim turns the measured size', () => {
    const first = run([TRIM, ORIENT, placing('inside', { width: 100 })], '340x99', { orientation: 8 })
    const rest = resume(first, region(10, 0, sides('300x50')))
    expect(rest.steps.map(({ kind }) => kind)).toEqual(['extract', 'orient', 'place'])
    expect(rest.size).toEqual(sides('100x600'))
  })

  test('orienting before a trim happens once', () => {
    const first = run([ORIENT, TRIM, ORIENT], '340x99', { orientation: 8 })
    expect(first.steps).toEqual([{ kind: 'orient', orientation: 8 }])
    expect(resume(first, region(0, 0, sides('99x300')))).toMatchObject({
      size: sides('99x300'),
      steps: [{ kind: 'extract' }],
    })
  })

  test('a picture of one colour becomes one pixel and goes on (pixboost §6)', () => {
    const rest = resume(run([TRIM, placing('inside', { width: 50 })], '340x99'), { kind: 'nothing' })
    expect(rest.steps).toEqual([{ kind: 'vanish' }, { kind: 'place', scale: sides('50x50') }])
  })

  test.each<[string, Region, object[]]>([
    ['nothing to cut', { left: 0, top: 0, width: 340, height: 99 }, []],
    [
      'a region that leaves the picture is cut to it',
      { left: 300, top: -5, width: 99, height: 99 },
      [{ kind: 'extract', region: { left: 300, top: 0, width: 40, height: 94 } }],
    ],
  ])('%s', (_, measured, steps) => {
    expect(resume(run([TRIM], '340x99'), { kind: 'region', region: measured }).steps).toEqual(steps)
  })

  test('can be answered twice with different pictures', () => {
    const first = run([TRIM], '100x100')
    expect(resume(first, region(0, 0, sides('10x10'))).size).toEqual(sides('10x10'))
    expect(resume(first, region(5, 5, sides('20x20'))).size).toEqual(sides('20x20'))
  })

  const attentive = placing('cover', { width: 300, height: 300 }, { focus: { kind: 'attention' } })

  test('attention is asked for when something must be cut', () => {
    const first = run([attentive], '1600x900')
    expect(first.pause?.measure).toEqual({ kind: 'attention', scale: sides('533x300'), window: sides('300x300') })
    expect(resume(first, region(200, 0, sides('300x300'))).steps).toEqual([
      { kind: 'place', scale: sides('533x300'), crop: { left: 200, top: 0, ...sides('300x300') } },
    ])
    expect(resume(first, { kind: 'nothing' }).steps).toEqual([
      { kind: 'place', scale: sides('533x300'), crop: { left: 116, top: 0, ...sides('300x300') } },
    ])
  })

  test('attention is not asked for when nothing is cut', () => {
    expect(run([attentive], '900x900').pause).toBeUndefined()
    expect(run([{ ...attentive, mode: 'inside', surround: { kind: 'dominant' } }], '1600x900').pause).toBeUndefined()
  })

  test('a size above the limits is refused before anything is measured', () => {
    const huge = placing('cover', { width: 20_000, height: 20_000 }, { focus: { kind: 'attention' } })
    expect(() => run([huge], '1600x900')).toThrow(expect.objectContaining({ code: 'too-large' }))
  })
})

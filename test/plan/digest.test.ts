import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/plan/canonical.ts'
import { digest } from '../../src/plan/digest.ts'
import { normalForm } from '../../src/plan/normal-form.ts'
import type { Expression, Layer, Output, Plan, SourceRef, Step } from '../../src/plan/plan.ts'
import { pixboostOutput, placing, plan, STORED_AREA } from './samples.ts'

const RED = { r: 255, g: 0, b: 0, alpha: 1 }
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }
const FLOP: Step = { kind: 'mirror', axis: 'horizontal' }
const turn = (degrees: number): Step => ({ kind: 'rotate', degrees })
const ORIENT: Step = { kind: 'orient' }
const add = (left: Expression, right: Expression): Expression => ({ op: 'add', left, right })
const logo: SourceRef = { kind: 'object', connection: 'local', key: 'logo.png' }

function layer(changes: Partial<Layer> = {}): Layer {
  return {
    kind: 'layer',
    picture: { kind: 'source', source: logo },
    steps: [],
    at: { kind: 'anchor', x: 0.5, y: 0.5 },
    blend: 'over',
    ...changes,
  }
}
const wide = { left: { get: 'width' }, is: 'gt', right: 100 } as const

describe('steps with the same meaning have the same digest', () => {
  test.each<[string, readonly Step[], readonly Step[]]>([
    ['mirrored twice', [FLOP, FLOP], []],
    ['what cancels inside of what cancels', [FLOP, turn(90), turn(270), FLOP], []],
    ['quarter turns in a row', [turn(90), turn(90), turn(-270)], [turn(270)]],
    ['a full turn', [turn(360)], []],
    ['a turn the other way', [turn(-90)], [turn(270)]],
    ['a background that does not show', [{ kind: 'rotate', degrees: 90, background: RED }], [turn(90)]],
    ['the default background', [{ kind: 'rotate', degrees: 45, background: CLEAR }], [turn(45)]],
    ['oriented twice', [ORIENT, FLOP, ORIENT], [ORIENT, FLOP]],
    ['an empty box', [placing('cover', {})], []],
    ['a scale of 1', [placing('inside', { width: 10, scale: 1 })], [placing('inside', { width: 10 })]],
    ['arithmetic of numbers', [placing('inside', { width: add(4, add(3, 3)) })], [placing('inside', { width: 10 })]],
    [
      'a ratio beside both sides',
      [placing('cover', { width: 9, height: 8, ratio: 3 })],
      [placing('cover', { width: 9, height: 8 })],
    ],
    ['modes that are one with a single side', [placing('cover', { width: 9 })], [placing('outside', { width: 9 })]],
    [
      'a focus where nothing is cut',
      [placing('stretch', { width: 9, height: 9 }, { focus: { kind: 'attention' } })],
      [placing('stretch', { width: 9, height: 9 })],
    ],
    [
      'a surround where nothing is filled',
      [placing('cover', { width: 9, height: 9 }, { surround: { kind: 'dominant' } })],
      [placing('cover', { width: 9, height: 9 })],
    ],
    [
      'the default surround of a canvas',
      [placing('canvas', { width: 9 }, { surround: { kind: 'solid', colour: CLEAR } })],
      [placing('canvas', { width: 9 })],
    ],
    [
      'enlarging where nothing is scaled',
      [placing('native', { width: 9 }, { enlarge: false })],
      [placing('native', { width: 9 })],
    ],
    ['a border of no width', [{ kind: 'border', width: 0, colour: RED }], []],
    ['corners of no radius', [{ kind: 'mask', radius: [0, 0, 0, 0], softness: 0 }], []],
    ['idle effects', [{ kind: 'effect', effect: { name: 'opacity', factor: 1 } }], []],
    ['a branch without steps', [{ kind: 'branch', cases: [{ when: wide, steps: [FLOP, FLOP] }], otherwise: [] }], []],
    [
      'a last case that does nothing',
      [
        {
          kind: 'branch',
          cases: [
            { when: wide, steps: [FLOP] },
            { when: wide, steps: [] },
          ],
          otherwise: [],
        },
      ],
      [{ kind: 'branch', cases: [{ when: wide, steps: [FLOP] }], otherwise: [] }],
    ],
    ['a layer without offsets', [layer({ at: { kind: 'offset' } })], [layer()]],
    ['idle steps of a layer', [layer({ steps: [FLOP, FLOP] })], [layer()]],
    [
      'host lists in another order',
      [layer({ picture: { kind: 'source', source: { kind: 'url', url: 'http://a/b', hosts: ['x', 'y', 'x'] } } })],
      [
        layer({
          picture: { kind: 'source', source: { kind: 'url', url: 'http://a/b', hosts: ['y', 'x'], headers: {} } },
        }),
      ],
    ],
  ])('%s', (_, one, other) => {
    expect(digest(plan(one))).toBe(digest(plan(other)))
    expect(canonicalJson(normalForm(plan(one)))).toBe(canonicalJson(normalForm(plan(other))))
  })
})

describe('steps with another meaning have another digest', () => {
  test.each<[string, readonly Step[], readonly Step[]]>([
    ['order', [FLOP, turn(90)], [turn(90), FLOP]],
    ['axis', [FLOP], [{ kind: 'mirror', axis: 'vertical' }]],
    ['size', [placing('inside', { width: 10 })], [placing('inside', { width: 11 })]],
    ['side', [placing('inside', { width: 10 })], [placing('inside', { height: 10 })]],
    ['enlarging', [placing('inside', { width: 10 })], [placing('inside', { width: 10 }, { enlarge: false })]],
    [
      'focus',
      [placing('cover', { width: 9, height: 9 })],
      [placing('cover', { width: 9, height: 9 }, { focus: { kind: 'attention' } })],
    ],
    [
      'trimming before or after orienting',
      [ORIENT, { kind: 'trim', rule: { kind: 'exact' } }],
      [{ kind: 'trim', rule: { kind: 'exact' } }, ORIENT],
    ],
    [
      'softness',
      [{ kind: 'mask', radius: 'ellipse', softness: 0 }],
      [{ kind: 'mask', radius: 'ellipse', softness: 0.3 }],
    ],
    ['a turn that shows its background', [{ kind: 'rotate', degrees: 45, background: RED }], [turn(45)]],
    ['odd turns are not one turn', [turn(30), turn(30)], [turn(60)]],
    [
      'a layer of another source',
      [layer()],
      [layer({ picture: { kind: 'source', source: { ...logo, key: 'other.png' } } })],
    ],
    [
      'a condition before a case that acts',
      [{ kind: 'branch', cases: [{ when: wide, steps: [] }], otherwise: [FLOP] }],
      [FLOP],
    ],
  ])('%s', (_, one, other) => {
    expect(digest(plan(one))).not.toBe(digest(plan(other)))
  })
})

describe('outputs', () => {
  const base = pixboostOutput(STORED_AREA)
  const encode = (changes: Partial<Extract<Output, { kind: 'encode' }>>): Plan => {
    if (base.kind !== 'encode') throw new Error('pixboost encodes')
    return plan([], { ...base, ...changes })
  }

  test('reasons and profile formats have no order', () => {
    const reasons = (formats: readonly ('gif' | 'png')[], turned: boolean): Plan => {
      const unless = [{ kind: 'source-format', formats }, { kind: 'alpha' }] as const
      const candidates = [{ format: 'avif', unless: turned ? [...unless].reverse() : unless }] as const
      return encode({ choose: { kind: 'negotiated', candidates, otherwise: { kind: 'fixed', format: 'png' } } })
    }
    expect(digest(reasons(['gif', 'png'], false))).toBe(digest(reasons(['png', 'gif', 'png'], true)))
    const keeping = (formats: readonly ('jpeg' | 'webp')[]) =>
      encode({ metadata: { profile: { kind: 'keep', formats }, exif: false, xmp: false } })
    expect(digest(keeping(['jpeg', 'webp']))).toBe(digest(keeping(['webp', 'jpeg'])))
  })

  test('candidates have one', () => {
    const choosing = (...formats: readonly ('webp' | 'avif')[]) =>
      encode({
        choose: {
          kind: 'negotiated',
          candidates: formats.map((format) => ({ format, unless: [] })),
          otherwise: { kind: 'fixed', format: 'png' },
        },
      })
    expect(digest(choosing('webp', 'avif'))).not.toBe(digest(choosing('avif', 'webp')))
    expect(digest(choosing())).toBe(digest(encode({ choose: { kind: 'fixed', format: 'png' } })))
  })

  test('quality, level and frames matter', () => {
    expect(digest(plan([], pixboostOutput(STORED_AREA, 10)))).not.toBe(digest(plan([])))
    expect(digest({ ...plan([]), frame: { kind: 'first' } })).not.toBe(digest(plan([])))
  })

  test('untouched bytes know no steps', () => {
    expect(digest(plan([FLOP], { kind: 'untouched' }))).toBe(digest(plan([], { kind: 'untouched' })))
  })
})

describe('the text under the digest', () => {
  test('is 128 bits in hex', () => {
    expect(digest(plan([]))).toMatch(/^[0-9a-f]{32}$/)
  })

  test('sorts members and leaves undefined ones out', () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x"}]}')
    expect(canonicalJson(-0)).toBe('0')
  })

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [() => 1], [1n], [undefined]])('refuses %s', (value) => {
    expect(() => canonicalJson({ value: [value] })).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })

  test('a plan nested without end is a bad parameter, not a crash', () => {
    let expression: Expression = { get: 'width' }
    for (let level = 0; level < 50_000; level++) expression = add(expression, 1)
    expect(() => digest(plan([placing('inside', { width: expression })]))).toThrow(
      expect.objectContaining({ code: 'bad-parameter' }),
    )
    let steps: readonly Step[] = [FLOP]
    for (let level = 0; level < 50_000; level++) steps = [layer({ steps })]
    expect(() => digest(plan(steps))).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

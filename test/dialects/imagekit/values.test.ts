import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  colour,
  condition,
  decimal,
  expression,
  integer,
  ratio,
  toNumber,
  variablesOf,
} from '../../../src/dialects/imagekit/values.ts'
import { isFault } from '../../../src/faults.ts'
import { evaluate } from '../../../src/plan/expression.ts'

const bad = expect.objectContaining({ code: 'bad-parameter' })
const SIZES = {
  initialWidth: 600,
  initialHeight: 400,
  initialRatio: 1.5,
  width: 300,
  height: 200,
  ratio: 1.5,
  baseWidth: 1000,
  baseHeight: 500,
  baseRatio: 2,
  density: 72,
}

describe('numbers', () => {
  it.each([
    ['300', 300],
    ['0.4', 0.4],
    ['N35', -35],
    ['N0', -0],
  ])('%s', (text, value) => expect(toNumber(text)).toBe(value))
  it.each(['', '-5', '+5', '1e3', '0x10', '1.', '.5', 'N', '5N', ' 5', '12345678901'])('%s is none', (text) =>
    expect(toNumber(text)).toBeUndefined(),
  )
  it('refuses what is out of range, by name', () => {
    expect(() => integer('q', '101', 1, 100)).toThrow(/q takes a whole number from 1 to 100, not '101'/)
    expect(() => integer('q', '5.5', 1, 100)).toThrow(bad)
    expect(() => decimal('dpr', null, 0.1, 5)).toThrow(bad)
  })
})

describe('colours (§4.7)', () => {
  it.each([
    ['FFAABB', { r: 255, g: 170, b: 187, alpha: 1 }],
    ['ffaabb', { r: 255, g: 170, b: 187, alpha: 1 }],
    ['FFFFFF80', { r: 255, g: 255, b: 255, alpha: 0.8 }],
    ['00000000', { r: 0, g: 0, b: 0, alpha: 0 }],
    ['rebeccapurple', { r: 102, g: 51, b: 153, alpha: 1 }],
  ])('%s', (text, value) => expect(colour('bg', text)).toEqual(value))
  it.each(['', 'FFF', 'FFFFFF8A', 'GGGGGG', 'Red', '#FFFFFF', 'constructor', null])('refuses %s', (text) =>
    expect(() => colour('bg', text)).toThrow(bad),
  )
})

describe('expressions (§5.1)', () => {
  it.each([
    ['iw', 600],
    ['iw_div_2', 300],
    ['bw_sub_20', 980],
    ['2_pow_3_mul_2', 64],
    ['10_sub_2_mul_3', 4],
    ['10_sub_4_sub_3', 3],
    ['7_add_3_mod_4', 2],
    ['100_div_5_div_2', 10],
    ['iw_mul_ih_div_cw', 800],
    ['iar', 1.5],
  ])('%s = %d', (text, value) => expect(evaluate(expression('w', text), SIZES)).toBe(value))
  it.each(['', '_', 'iw_', 'iw_plus_2', 'xw_add_1', 'iw_add', 'iw_add_N5', 'iw__div_2'])('refuses %s', (text) => {
    expect(() => expression('w', text)).toThrow(bad)
  })
  it('knows the variables it reads', () =>
    expect(variablesOf(expression('w', 'bw_sub_iw_mul_2'))).toEqual(['baseWidth', 'initialWidth']))
})

describe('conditions (§5.2)', () => {
  it('binds and before or', () => {
    expect(condition('w_gt_300_and_ar_lt_4-3_or_ih_eq_5')).toEqual({
      any: [
        {
          all: [
            { left: { get: 'width' }, is: 'gt', right: 300 },
            { left: { get: 'ratio' }, is: 'lt', right: 4 / 3 },
          ],
        },
        { left: { get: 'initialHeight' }, is: 'eq', right: 5 },
      ],
    })
  })
  it.each(['', 'w', 'w_gt', 'w_over_5', 'x_gt_5', 'w_gt_5_and', 'w_gt_5_6'])('refuses %s', (text) =>
    expect(() => condition(text)).toThrow(bad),
  )
})

it.each([
  ['4-3', 4 / 3],
  ['4_3', 4 / 3],
  ['1.5', 1.5],
  ['4-0', undefined],
  ['4-3-2', undefined],
  ['a', undefined],
])('the ratio %s', (text, value) => {
  expect(ratio(text)).toBe(value)
})

it('any text ends in a value or a Fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const read of [() => colour('bg', text), () => expression('w', text), () => condition(text)]) {
        try {
          read()
        } catch (error) {
          if (!isFault(error, 'bad-parameter')) throw error
        }
      }
    }),
  )
})

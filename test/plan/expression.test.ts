import { describe, expect, test } from 'vitest'
import { evaluate, holds, sizeVariables } from '../../src/plan/expression.ts'
import type { Condition, Expression } from '../../src/plan/plan.ts'

const at = sizeVariables({ width: 400, height: 200 }, { width: 100, height: 50 }, { width: 30, height: 20 })
const get = (name: Extract<Expression, { get: unknown }>['get']): Expression => ({ get: name })

describe('an expression', () => {
  test.each<[string, Expression, number]>([
    ['a number is itself', 12.5, 12.5],
    ['the source is known', get('initialWidth'), 400],
    ['its ratio too', get('initialRatio'), 2],
    ['the picture entering the step', get('height'), 50],
    ['the picture below a layer', get('baseRatio'), 1.5],
    ['add', { op: 'add', left: get('width'), right: 1 }, 101],
    ['sub', { op: 'sub', left: get('width'), right: 101 }, -1],
    ['mul', { op: 'mul', left: get('initialWidth'), right: 0.4 }, 160],
    ['div', { op: 'div', left: get('width'), right: 8 }, 12.5],
    ['mod', { op: 'mod', left: 17, right: 5 }, 2],
    // imagekit §5.1: 2_pow_3_mul_2 is 2^(3·2)
    ['pow', { op: 'pow', left: 2, right: { op: 'mul', left: 3, right: 2 } }, 64],
    ['min', { op: 'min', left: get('width'), right: get('height') }, 50],
    ['max', { op: 'max', left: get('width'), right: get('height') }, 100],
    ['trunc', { op: 'trunc', of: 133.9 }, 133],
    ['ceil', { op: 'ceil', of: 133.1 }, 134],
  ])('%s', (_, expression, value) => {
    expect(evaluate(expression, at)).toBe(value)
  })

  test.each<[string, Expression]>([
    ['division by zero', { op: 'div', left: 1, right: { op: 'sub', left: 2, right: 2 } }],
    ['remainder of a division by zero', { op: 'mod', left: 1, right: 0 }],
    ['more than a number can hold', { op: 'pow', left: 10, right: 400 }],
    ['a root of a negative number', { op: 'pow', left: -1, right: 0.5 }],
    ['a number that is none', Number.NaN],
    ['a variable that has no value here', get('density')],
  ])('%s is a bad parameter', (_, expression) => {
    expect(() => evaluate(expression, at)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })

  test('a picture with nothing below it knows no base', () => {
    const size = { width: 1, height: 1 }
    expect(() => evaluate(get('baseWidth'), sizeVariables(size, size))).toThrow(
      expect.objectContaining({ code: 'bad-parameter', context: { variable: 'baseWidth' } }),
    )
  })

  test('may be 200 levels deep and no deeper', () => {
    const nested = (levels: number) => {
      let expression: Expression = 1
      for (let level = 0; level < levels; level++) expression = { op: 'add', left: expression, right: 1 }
      return expression
    }
    expect(evaluate(nested(200), at)).toBe(201)
    expect(() => evaluate(nested(201), at)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
    expect(() => evaluate(nested(100_000), at)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

describe('a condition', () => {
  const width = (is: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte', right: number): Condition => ({
    left: get('width'),
    is,
    right,
  })
  test.each<[Condition, boolean]>([
    [width('eq', 100), true],
    [width('eq', 99), false],
    [width('ne', 99), true],
    [width('gt', 100), false],
    [width('gte', 100), true],
    [width('lt', 100), false],
    [width('lte', 100), true],
    [{ all: [width('gt', 1), width('gt', 100)] }, false],
    [{ all: [] }, true],
    [{ any: [width('gt', 100), width('gt', 1)] }, true],
    [{ any: [] }, false],
    [{ any: [{ all: [width('gt', 1), width('lt', 1)] }, width('eq', 100)] }, true],
  ])('%j is %s', (condition, truth) => {
    expect(holds(condition, at)).toBe(truth)
  })

  test('compares ratios of whole numbers exactly', () => {
    const size = { width: 1600, height: 1200 }
    const ratio: Condition = { left: get('ratio'), is: 'eq', right: 4 / 3 }
    expect(holds(ratio, sizeVariables(size, size))).toBe(true)
  })

  test('nested too deep is a bad parameter', () => {
    let condition: Condition = width('eq', 1)
    for (let level = 0; level < 100_000; level++) condition = { all: [condition] }
    expect(() => holds(condition, at)).toThrow(expect.objectContaining({ code: 'bad-parameter' }))
  })
})

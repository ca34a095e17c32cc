/** The small languages inside parameter values (imagekit §4.7, §5): numbers, colours, expressions, conditions. */
import { Fault } from '../../faults.ts'
import { hexColour, namedColour } from '../../plan/css-colour.ts'
import type { Colour, Condition, Expression, Variable } from '../../plan/plan.ts'

/** A fault that names the parameter and says what it takes. */
export function refused(parameter: string, received: string | null, expected: string): Fault {
  return new Fault('bad-parameter', `${parameter} takes ${expected}, not '${(received ?? '').slice(0, 80)}'`, {
    context: { parameter },
  })
}

/** A number as URLs carry it: `300`, `0.4`, or `N35` for −35; undefined for anything else. */
export function toNumber(text: string): number | undefined {
  const match = /^(N?)(\d{1,9}(?:\.\d{1,9})?)$/.exec(text)
  if (match === null) return undefined
  return match[1] === 'N' ? -Number(match[2]) : Number(match[2])
}

/** A whole number from `min` to `max`. */
export function integer(parameter: string, text: string | null, min: number, max: number): number {
  const value = toNumber(text ?? '')
  if (value === undefined || !Number.isInteger(value) || value < min || value > max) {
    throw refused(parameter, text, `a whole number from ${min} to ${max}`)
  }
  return value
}

/** A decimal number from `min` to `max`. */
export function decimal(parameter: string, text: string | null, min: number, max: number): number {
  const value = toNumber(text ?? '')
  if (value === undefined || value < min || value > max)
    throw refused(parameter, text, `a number from ${min} to ${max}`)
  return value
}

/** `true` or `false`; the bare flag counts as true. */
export function flag(parameter: string, text: string | null): boolean {
  if (text === null || text === 'true') return true
  if (text === 'false') return false
  throw refused(parameter, text, 'true or false')
}

/** One of a list of words. */
export function word<W extends string>(parameter: string, text: string | null, words: readonly W[]): W {
  const found = words.find((candidate) => candidate === text)
  if (found === undefined) throw refused(parameter, text, `one of ${words.join(', ')}`)
  return found
}

/** `RRGGBB`, `RRGGBBAA` with AA as decimal per cent 00…99, or a lower-case CSS name (imagekit §4.7). */
export function colour(parameter: string, text: string | null): Colour {
  const [, digits, percent = '100'] = /^([0-9a-f]{6})([0-9]{2})?$/i.exec(text ?? '') ?? []
  const opaque = digits === undefined ? undefined : hexColour(digits)
  const found = opaque === undefined ? namedColour(text ?? '') : { ...opaque, alpha: Number(percent) / 100 }
  if (found !== undefined) return found
  throw refused(parameter, text, 'a colour: RRGGBB, RRGGBBAA (AA decimal) or a CSS name')
}

const VARIABLES: Readonly<Record<string, Variable>> = {
  iw: 'initialWidth',
  ih: 'initialHeight',
  iar: 'initialRatio',
  cw: 'width',
  ch: 'height',
  car: 'ratio',
  bw: 'baseWidth',
  bh: 'baseHeight',
  bar: 'baseRatio',
  idn: 'density',
}

/** Operators bind in this order, each group left to right: not the order taught in school (imagekit §5.1). */
const BINDING = [['mul', 'div'], ['add', 'sub'], ['mod'], ['pow']] as const
type Operator = (typeof BINDING)[number][number]
const OPERATORS: ReadonlySet<string> = new Set(BINDING.flat())

/** Whether the text is arithmetic or a variable rather than a plain number. */
export function isExpression(text: string): boolean {
  return /[a-z]/.test(text)
}

/**
 * `iw_div_2`, `bw_sub_20`, `cw`, `300`: arithmetic over picture sizes. At most 100 operands.
 * @throws Fault bad-parameter naming the parameter
 */
export function expression(parameter: string, text: string | null): Expression {
  const words = (text ?? '').split('_')
  if (words.length > 199) throw refused(parameter, text, 'an expression of at most 100 operands')
  const operands = words.filter((_, i) => i % 2 === 0).map((item) => operand(parameter, item, text))
  const operators = words.filter((_, i) => i % 2 === 1).map((item) => operator(parameter, item, text))
  if (operands.length !== operators.length + 1) throw refused(parameter, text, 'operands joined by operators')
  const [result] = BINDING.reduce<Sum>((sum, group) => join(sum, group), [operands, operators])[0]
  if (result === undefined) throw refused(parameter, text, 'an expression')
  return result
}

type Sum = readonly [operands: readonly Expression[], operators: readonly Operator[]]

function join([operands, operators]: Sum, group: readonly Operator[]): Sum {
  const joined: Expression[] = operands.slice(0, 1)
  const rest: Operator[] = []
  operators.forEach((op, i) => {
    const right = operands[i + 1] ?? 0
    const left = group.includes(op) ? joined.pop() : undefined
    if (left === undefined) {
      joined.push(right)
      rest.push(op)
    } else {
      joined.push({ op, left, right })
    }
  })
  return [joined, rest]
}

function operand(parameter: string, item: string, text: string | null): Expression {
  const get = VARIABLES[item]
  if (get !== undefined) return { get }
  const value = toNumber(item)
  if (value === undefined || value < 0)
    throw refused(parameter, text, `variables (${Object.keys(VARIABLES).join(', ')}) and positive numbers`)
  return value
}

function operator(parameter: string, item: string, text: string | null): Operator {
  if (OPERATORS.has(item)) return item as Operator
  throw refused(parameter, text, `the operators ${[...OPERATORS].join(', ')}`)
}

/** The variables that an expression reads. */
export function variablesOf(value: Expression): readonly Variable[] {
  if (typeof value === 'number') return []
  if ('get' in value) return [value.get]
  if ('of' in value) return variablesOf(value.of)
  return [...variablesOf(value.left), ...variablesOf(value.right)]
}

const PROPERTIES: Readonly<Record<string, Expression>> = {
  w: { get: 'width' },
  h: { get: 'height' },
  ar: { get: 'ratio' },
  iw: { get: 'initialWidth' },
  ih: { get: 'initialHeight' },
  iar: { get: 'initialRatio' },
}
const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const

/** `w_gt_300_and_ar_lt_4-3_or_h_eq_5`: `and` binds tighter than `or` (imagekit §5.2). */
export function condition(text: string): Condition {
  const alternatives = text.split('_or_').map((part) => all(part.split('_and_').map(comparison)))
  return alternatives.length === 1 && alternatives[0] !== undefined ? alternatives[0] : { any: alternatives }
}

function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 && conditions[0] !== undefined ? conditions[0] : { all: conditions }
}

function comparison(text: string): Condition {
  const [property = '', is = '', value = '', ...rest] = text.split('_')
  const left = PROPERTIES[property]
  const comparator = COMPARISONS.find((name) => name === is)
  const right = ratio(value)
  if (left === undefined || comparator === undefined || right === undefined || rest.length > 0) {
    throw refused('if', text, 'a property (w h ar iw ih iar), a comparison (eq ne gt gte lt lte) and a number')
  }
  return { left, is: comparator, right }
}

/** `1.5`, `4-3` or `4_3` as a number; undefined otherwise. */
export function ratio(text: string): number | undefined {
  const parts = text.split(/[-_]/)
  const [above, below] = parts.map(toNumber)
  if (above === undefined || parts.length > 2) return undefined
  if (parts.length === 1) return above
  return below === undefined || below <= 0 ? undefined : above / below
}

const ARITHMETIC_KEYS: ReadonlySet<string> = new Set(
  'w h ar dpr x y xc yc b lx ly lxc lyc pa fs lh e-gradient'.split(' '),
)
const ARITHMETIC = /(?:^|[_N-])(?:[icb](?:w|h|ar)|idn|add|sub|mul|div|mod|pow)(?:_|$)/

/** Whether the value of a parameter is an expression, judged by its text. */
export function hasExpression(key: string, text: string | null): boolean {
  return text !== null && ARITHMETIC_KEYS.has(key) && ARITHMETIC.test(text)
}

import { Fault } from '../faults.ts'
import type { Size } from './facts.ts'
import { deeper } from './limits.ts'
import type { Condition, Expression, Variable } from './plan.ts'

/** What the variables stand for at one point of the chain. Those of a base exist inside of layers only. */
export type Variables = Readonly<Partial<Record<Variable, number>>>

/** The value of an expression. Fault bad-parameter: variable without a value here, division by zero, result not finite, nested too deep. */
export function evaluate(expression: Expression, variables: Variables): number {
  return compute(expression, variables, 0)
}

/** Whether a condition is true. `all` of nothing is true, `any` of nothing is not. Faults as `evaluate`. */
export function holds(condition: Condition, variables: Variables): boolean {
  return truthOf(condition, variables, 0)
}

/** Does the arithmetic that holds no variable. What would fail is left for `resolve` to refuse. */
export function fold(expression: Expression, depth = 0): Expression {
  if (typeof expression === 'number') return expression + 0
  const below = deeper(depth)
  if ('get' in expression) return expression
  if ('of' in expression) return computed({ op: expression.op, of: fold(expression.of, below) })
  const { op, left, right } = expression
  return computed({ op, left: fold(left, below), right: fold(right, below) })
}

/** The nine size variables of one point of the chain; `base*` only when there is a picture below. */
export function sizeVariables(initial: Size, current: Size, base?: Size): Variables {
  return {
    initialWidth: initial.width,
    initialHeight: initial.height,
    initialRatio: initial.width / initial.height,
    width: current.width,
    height: current.height,
    ratio: current.width / current.height,
    ...(base && { baseWidth: base.width, baseHeight: base.height, baseRatio: base.width / base.height }),
  }
}

function computed(expression: Exclude<Expression, number>): Expression {
  const parts =
    'of' in expression ? [expression.of] : 'get' in expression ? [undefined] : [expression.left, expression.right]
  if (!parts.every((part) => typeof part === 'number')) return expression
  try {
    return evaluate(expression, {}) + 0
  } catch {
    return expression
  }
}

function compute(expression: Expression, variables: Variables, depth: number): number {
  if (typeof expression === 'number') return finite(expression)
  const below = deeper(depth)
  if ('get' in expression) {
    const value = variables[expression.get]
    if (value === undefined) {
      throw new Fault('bad-parameter', `${expression.get} has no value here`, { context: { variable: expression.get } })
    }
    return finite(value)
  }
  if ('of' in expression) {
    const value = compute(expression.of, variables, below)
    return expression.op === 'trunc' ? Math.trunc(value) : Math.ceil(value)
  }
  const left = compute(expression.left, variables, below)
  const right = compute(expression.right, variables, below)
  return finite(calculate(expression.op, left, right))
}

type Operation = Extract<Expression, { readonly left: Expression }>['op']

function calculate(operation: Operation, left: number, right: number): number {
  switch (operation) {
    case 'add':
      return left + right
    case 'sub':
      return left - right
    case 'mul':
      return left * right
    case 'div':
    case 'mod':
      if (right === 0) throw new Fault('bad-parameter', 'an expression divides by zero')
      return operation === 'div' ? left / right : left % right
    case 'pow':
      return left ** right
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
  }
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Fault('bad-parameter', 'an expression has no finite value')
  return value
}

function truthOf(condition: Condition, variables: Variables, depth: number): boolean {
  const below = deeper(depth)
  if ('all' in condition) return condition.all.every((part) => truthOf(part, variables, below))
  if ('any' in condition) return condition.any.some((part) => truthOf(part, variables, below))
  const left = evaluate(condition.left, variables)
  const right = evaluate(condition.right, variables)
  switch (condition.is) {
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    case 'gt':
      return left > right
    case 'gte':
      return left >= right
    case 'lt':
      return left < right
    case 'lte':
      return left <= right
  }
}

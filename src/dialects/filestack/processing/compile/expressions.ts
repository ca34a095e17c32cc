/** Arithmetic over picture sizes, short to write. */
import type { Expression, Variable } from '../../../../plan/plan.ts'

export const WIDTH: Expression = get('width')
export const HEIGHT: Expression = get('height')

export function get(variable: Variable): Expression {
  return { get: variable }
}

export function sum(left: Expression, right: Expression): Expression {
  return { op: 'add', left, right }
}

export function product(left: Expression, right: Expression): Expression {
  return { op: 'mul', left, right }
}

export function least(left: Expression, right: Expression): Expression {
  return { op: 'min', left, right }
}

export function most(left: Expression, right: Expression): Expression {
  return { op: 'max', left, right }
}

export function whole(of: Expression): Expression {
  return { op: 'ceil', of }
}

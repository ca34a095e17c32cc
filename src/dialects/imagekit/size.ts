/** w, h, ar, dpr, c, cm, fo and the coordinates of one step → where the picture goes (imagekit §4.1 to §4.3). */
import type { Branch, Colour, Condition, Expression, Focus, Paint, Place, Step, Variable } from '../../plan/plan.ts'
import { isIgnoredSide, LARGEST_SIDE } from './readings.ts'
import { anchorOf, type Side, type Values } from './vocabulary.ts'

/** What dpr may make of a side (imagekit §4.1). */
const DPR_SIDES = { least: 1, most: 5000 }
const BLACK: Colour = { r: 0, g: 0, b: 0, alpha: 1 }
const MIDDLE: Focus = { kind: 'anchor', x: 0.5, y: 0.5 }

/**
 * The steps that bring the picture to its size; none when neither side is asked for. `first`: this is the first step of its
 * chain, where `cw` and parts mean the picture as it came, whatever was trimmed before.
 */
export function sizeSteps(values: Values, first: boolean): readonly Step[] {
  const length = (side: Side | undefined, axis: 'width' | 'height') =>
    side === undefined || isIgnoredSide(side) ? undefined : lengthOf(side, axis, first)
  return guarded(length(values.width, 'width'), (width) =>
    guarded(length(values.height, 'height'), (height) => placed(values, first, width, height)),
  )
}

/** Lengths of the picture that enters the ImageKit step. */
export function entering(expression: Expression, first: boolean): Expression {
  return first ? replaced(expression, AS_IT_CAME) : expression
}

/** A product, worked out when both factors are known. */
export function times(left: Expression, right: Expression): Expression {
  return typeof left === 'number' && typeof right === 'number' ? left * right : { op: 'mul', left, right }
}

const AS_IT_CAME: Readonly<Partial<Record<Variable, Variable>>> = {
  width: 'initialWidth',
  height: 'initialHeight',
  ratio: 'initialRatio',
}

function replaced(expression: Expression, by: typeof AS_IT_CAME): Expression {
  if (typeof expression === 'number') return expression
  if ('get' in expression) return { get: by[expression.get] ?? expression.get }
  if ('of' in expression) return { ...expression, of: replaced(expression.of, by) }
  return { ...expression, left: replaced(expression.left, by), right: replaced(expression.right, by) }
}

function lengthOf(side: Side, axis: 'width' | 'height', first: boolean): Expression | undefined {
  switch (side.kind) {
    case 'auto':
      return undefined
    case 'length':
      return entering(side.length, first)
    case 'part':
      return times(side.of, entering({ get: axis }, first))
  }
}

/** A side above the largest is not looked at; an expression is known only when the picture is. */
function guarded(
  side: Expression | undefined,
  steps: (side: Expression | undefined) => readonly Step[],
): readonly Step[] {
  if (side === undefined || typeof side === 'number') return steps(side)
  const tooLarge: Condition = { left: side, is: 'gt', right: LARGEST_SIDE }
  return [either(tooLarge, steps(undefined), steps(side))]
}

function either(when: Condition, steps: readonly Step[], otherwise: readonly Step[]): Branch {
  return { kind: 'branch', cases: [{ when, steps }], otherwise }
}

type Sides = { readonly width?: Expression; readonly height?: Expression; readonly ratio?: Expression }

function placed(
  values: Values,
  first: boolean,
  width: Expression | undefined,
  height: Expression | undefined,
): readonly Step[] {
  if (width === undefined && height === undefined) return []
  const both = width !== undefined && height !== undefined
  const ratio = values.ratio === undefined || both ? undefined : entering(values.ratio, first)
  const sides: Sides = {
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(ratio !== undefined && { ratio }),
  }
  const plain = place(values, sides, undefined, first)
  if (values.dpr === undefined || values.dpr === 'auto' || values.dpr === 1) return [plain]
  const dpr = entering(values.dpr, first)
  const scaled = place(values, sides, dpr, first)
  const results = scaledSides(sides, dpr)
  const [wide, high] = results
  if (typeof wide === 'number' && typeof high === 'number')
    return inDprRange(wide) && inDprRange(high) ? [scaled] : [plain]
  const inRange = results.flatMap((left): Condition[] => [
    { left, is: 'gte', right: DPR_SIDES.least },
    { left, is: 'lte', right: DPR_SIDES.most },
  ])
  return [either({ all: inRange }, [scaled], [plain])]
}

function inDprRange(side: number): boolean {
  return side >= DPR_SIDES.least && side <= DPR_SIDES.most
}

/** Both sides after dpr; one that is not given follows the ratio. */
function scaledSides(sides: Sides, dpr: Expression): readonly [Expression, Expression] {
  const { width, height } = completed(sides)
  return [times(width, dpr), times(height, dpr)]
}

function completed({ width, height, ratio = { get: 'ratio' } }: Sides): {
  readonly width: Expression
  readonly height: Expression
} {
  if (width !== undefined) return { width, height: height ?? quotient(width, ratio) }
  const given = height ?? { get: 'height' }
  return { width: times(given, ratio), height: given }
}

function quotient(left: Expression, right: Expression): Expression {
  return typeof left === 'number' && typeof right === 'number' && right !== 0
    ? left / right
    : { op: 'div', left, right }
}

function place(values: Values, sides: Sides, scale: Expression | undefined, first: boolean): Place {
  const box = { ...sides, ...(scale !== undefined && { scale }) }
  const { crop, cropMode } = values
  const whole = (sides.width !== undefined && sides.height !== undefined) || sides.ratio !== undefined
  if (!whole) {
    // One side: the other follows, nothing is cut, and only these two never enlarge (imagekit §4.2).
    const enlarge = cropMode !== undefined || (crop !== 'at_max' && crop !== 'maintain_ratio_no_enlarge')
    return { kind: 'place', box, mode: 'inside', enlarge, focus: MIDDLE }
  }
  const focus = focusOf(values)
  switch (cropMode) {
    case 'extract':
      return { kind: 'place', box, mode: 'native', enlarge: true, focus: windowOf(values, first) ?? focus }
    case 'pad_resize':
    case 'pad_resize_no_enlarge': {
      const enlarge = cropMode === 'pad_resize'
      return { kind: 'place', box, mode: 'inside', enlarge, focus: standing(focus), surround: surroundOf(values, true) }
    }
    case 'pad_extract':
      return { kind: 'place', box, mode: 'canvas', enlarge: true, focus, surround: surroundOf(values, false) }
    case 'pad_extract_no_shrink': {
      const { width, height } = completed(sides)
      const least = { width: times(width, scale ?? 1), height: times(height, scale ?? 1) }
      const grown = {
        width: { op: 'max', left: least.width, right: { get: 'width' } },
        height: { op: 'max', left: least.height, right: { get: 'height' } },
      } as const
      const surround = surroundOf(values, false)
      return { kind: 'place', box: grown, mode: 'canvas', enlarge: true, focus: standing(focus), surround }
    }
  }
  switch (crop) {
    case 'force':
      return { kind: 'place', box, mode: 'stretch', enlarge: true, focus: MIDDLE }
    case 'at_max':
    case 'at_max_enlarge':
      return { kind: 'place', box, mode: 'inside', enlarge: crop === 'at_max_enlarge', focus: MIDDLE }
    case 'at_least':
      return { kind: 'place', box, mode: 'outside', enlarge: true, focus: MIDDLE }
    case 'maintain_ratio_no_enlarge':
      return { kind: 'place', box, mode: 'cover', enlarge: false, focus }
    case 'maintain_ratio':
    case undefined:
      return { kind: 'place', box, mode: 'cover', enlarge: true, focus }
  }
}

/** Stored coordinates and named things have no meaning here yet: the middle (imagekit §4.3). */
function focusOf({ focus }: Values): Focus {
  if (focus === undefined || focus === 'custom' || focus === 'object') return MIDDLE
  return focus === 'auto' ? { kind: 'attention' } : { kind: 'anchor', ...anchorOf(focus) }
}

/** Where a whole picture stands on its canvas: nothing is cut, so there is nothing to look for. */
function standing(focus: Focus): Focus {
  return focus.kind === 'anchor' ? focus : MIDDLE
}

/** xc, yc count more than x, y. An axis without: the middle of the picture, or its beginning. */
function windowOf({ x, y, xc, yc }: Values, first: boolean): Focus | undefined {
  const half = (get: 'width' | 'height'): Expression => ({ op: 'div', left: { get }, right: 2 })
  if (xc !== undefined || yc !== undefined) {
    const [cx, cy] = [xc ?? half('width'), yc ?? half('height')]
    return { kind: 'centre', x: entering(cx, first), y: entering(cy, first) }
  }
  if (x === undefined && y === undefined) return undefined
  return { kind: 'corner', x: entering(x ?? 0, first), y: entering(y ?? 0, first) }
}

/** Black unless said otherwise; a blurred ground exists for pad_resize only (imagekit §4.7). */
function surroundOf({ background }: Values, blurs: boolean): Paint {
  if (background === undefined || (background.kind === 'blurred' && !blurs)) return { kind: 'solid', colour: BLACK }
  return background
}

/** What one step of the chain does to the picture, in the order of imagekit §3. */
import type { Colour, Effect, Expression, Step } from '../../plan/plan.ts'
import { entering, sizeSteps } from './size.ts'
import type { Values } from './vocabulary.ts'

/** Where a step stands. */
export type Standing = {
  /** The first of its chain: the picture is as it came. */
  readonly first: boolean
  /** What is written cannot be transparent. */
  readonly opaque: boolean
}

/** Most pixels under a shadow (imagekit §12). */
const SHADOW_PIXELS = 2_000_000
const BLACK: Colour = { r: 0, g: 0, b: 0, alpha: 1 }
/** Sigma of `e-sharpen` without a number. */
const USUAL_SHARPNESS = 1

/**
 * The parameters of one step as plan steps: rotate-auto, trim, size, flip, rotate, colours and sharpness, blur, border,
 * radius, shadow and gradient, opacity, ground. Layers follow behind, whoever calls adds them.
 */
export function transformSteps(values: Values, standing: Standing): readonly Step[] {
  const { background, trim } = values
  const ground = background?.kind === 'solid' ? background.colour : undefined
  const fills = ground !== undefined && (ground.alpha === 1 || values.opacity !== undefined || standing.opaque)
  const solid = fills ? { ...ground, alpha: 1 } : undefined
  const late = opensHoles(values)
  return [
    ...(values.rotate === 'auto' ? [{ kind: 'orient' } as const] : []),
    ...(trim === undefined || trim === false ? [] : [similar(trim)]),
    // The same pixels as flattening at the end, and one pass less: a padded picture is filled before it stands on its canvas.
    ...(solid !== undefined && !late ? [{ kind: 'flatten', colour: solid } as const] : []),
    ...sizeSteps(values, standing.first),
    ...flipSteps(values),
    ...rotateSteps(values, solid ?? (standing.opaque ? BLACK : undefined)),
    ...effectSteps(values, standing.first),
    ...opacitySteps(values),
    ...(solid !== undefined && late ? [{ kind: 'flatten', colour: solid } as const] : []),
  ]
}

/** Edges within so many shades of the corner go (imagekit §4.5). */
export function similar(tolerance: number): Step {
  return { kind: 'trim', rule: { kind: 'similar', tolerance } }
}

export function flipSteps({ flip }: Values): readonly Step[] {
  return [
    ...(flip?.horizontal ? [{ kind: 'mirror', axis: 'horizontal' } as const] : []),
    ...(flip?.vertical ? [{ kind: 'mirror', axis: 'vertical' } as const] : []),
  ]
}

export function rotateSteps({ rotate }: Values, background: Colour | undefined): readonly Step[] {
  if (rotate === undefined || rotate === 'auto' || rotate % 360 === 0) return []
  return [{ kind: 'rotate', degrees: rotate, ...(background !== undefined && { background }) }]
}

export function radiusSteps({ radius }: Values): readonly Step[] {
  if (radius === undefined) return []
  if (radius === 'max') return [{ kind: 'mask', radius: 'ellipse', softness: 0 }]
  return radius.every((one) => one === 0) ? [] : [{ kind: 'mask', radius, softness: 0 }]
}

/** Whether something after the size may make parts of the picture transparent. */
function opensHoles({ radius, opacity, distort }: Values): boolean {
  return radius !== undefined || opacity !== undefined || distort !== undefined
}

function effectSteps(values: Values, first: boolean): readonly Step[] {
  const { replace, greyscale, contrast, sharpen, unsharp, colorize, distort, blur, border, shadow, gradient } = values
  const steps: Step[] = []
  if (distort?.kind === 'arc') steps.push({ kind: 'draw', drawing: { name: 'arc', degrees: distort.degrees } })
  if (distort?.kind === 'perspective') {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = distort.corners
    steps.push({ kind: 'draw', drawing: { name: 'perspective', corners: [a, b, c, d, e, f, g, h] } })
  }
  if (replace) steps.push({ kind: 'draw', drawing: { name: 'replace-colour', ...replace } })
  if (greyscale) steps.push(effect({ name: 'greyscale' }))
  if (contrast) steps.push(effect({ name: 'normalise' }))
  if (colorize) steps.push({ kind: 'draw', drawing: { name: 'colorize', ...colorize } })
  if (sharpen !== undefined) steps.push(effect({ name: 'sharpen', sigma: sharpnessOf(sharpen) }))
  if (unsharp) steps.push({ kind: 'draw', drawing: { name: 'unsharp', ...unsharp } })
  if (blur !== undefined) steps.push(effect({ name: 'blur', sigma: blur }))
  if (border) steps.push({ kind: 'border', width: entering(border.width, first), colour: border.colour })
  steps.push(...radiusSteps(values))
  if (shadow) {
    const { blur, strength } = shadow
    const [x, y] = [partOf('width', shadow.x), partOf('height', shadow.y)]
    const drawing = { name: 'shadow', blur, strength, x, y, colour: BLACK, mostPixels: SHADOW_PIXELS } as const
    steps.push({ kind: 'draw', drawing })
  }
  if (gradient) {
    steps.push({ kind: 'draw', drawing: { name: 'gradient', ...gradient, reach: entering(gradient.reach, first) } })
  }
  return steps
}

/** Percents of a side of the picture, in pixels. */
function partOf(side: 'width' | 'height', percent: number): Expression {
  return { op: 'div', left: { op: 'mul', left: { get: side }, right: percent }, right: 100 }
}

function effect(one: Effect['effect']): Step {
  return { kind: 'effect', effect: one }
}

/** The wire has strengths, an unsharp mask has a sigma: half the strength beyond 1. */
function sharpnessOf(strength: number | 'auto'): number {
  if (strength === 'auto') return USUAL_SHARPNESS
  return strength === 0 ? 0 : USUAL_SHARPNESS + strength / 2
}

function opacitySteps({ opacity }: Values): readonly Step[] {
  return opacity === undefined || opacity === 100 ? [] : [effect({ name: 'opacity', factor: opacity / 100 })]
}

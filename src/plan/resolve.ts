import { Fault } from '../faults.ts'
import { drawnSize, isIdleDrawing, numericDrawing } from './drawn.ts'
import { isIdle } from './effects.ts'
import { evaluate, holds, sizeVariables, type Variables } from './expression.ts'
import type { Facts, Limits, Point, Region, Size } from './facts.ts'
import { clamp, intersect, nearest, normalDegrees, orientedSize, pixelsOf, rotatedSize, sameSize } from './geometry.ts'
import { requireWithinLimits, withinLimits } from './limits.ts'
import { needsFocus, type Placed, type PlaceWish, place, placedSize } from './place.ts'
import type {
  Animate,
  Border,
  Branch,
  Colour,
  Drawing,
  Expression,
  Focus,
  Layer,
  Mask,
  Paint,
  Place,
  Step,
} from './plan.ts'
import type { LayerStep, Measured, Resolution, ResolvedStep } from './resolved.ts'

/** What `resolve` needs to know of a picture. `frames`: how many of them will be worked on. */
type ResolvableFacts = Pick<Facts, 'width' | 'height' | 'frames' | 'orientation' | 'density'>

/**
 * Walks the steps with the current size: evaluates lengths, takes branches, leaves out what changes nothing, and checks every
 * size × frames against `limits.outputPixels` and every side against 1…65535. Stops at the first step that only pixels can
 * decide (see `Resolution.pause`). `facts` are those of the source as stored; set `frames` to 1 when only one will be written,
 * and leave animating steps out then (`still`).
 *
 * Fault too-large (context width, height, or frames) for a size or an animation above a limit; Fault bad-parameter for lengths
 * that cannot be used.
 */
export function resolve(steps: readonly Step[], facts: ResolvableFacts, limits: Limits): Resolution {
  return resolveFrom(steps, facts, limits)
}

/** `resolve` with a picture below; `base` gives the `base*` variables their values. Callers outside of plan/ want `resolveLayer`. */
export function resolveFrom(steps: readonly Step[], facts: ResolvableFacts, limits: Limits, base?: Size): Resolution {
  const stored = { width: facts.width, height: facts.height }
  const upright = steps.some((step) => step.kind === 'orient')
  const chain: Chain = {
    initial: upright ? orientedSize(stored, facts.orientation) : stored,
    base,
    density: facts.density ?? 72,
    frames: facts.frames,
    limits,
  }
  return walk(queue(steps, undefined), { size: stored, orientation: facts.orientation }, chain)
}

/** What stays the same along the chain; an animating step begins another. */
type Chain = {
  readonly initial: Size
  readonly base: Size | undefined
  readonly density: number
  readonly frames: number
  readonly limits: Limits
  readonly animation?: NonNullable<Resolution['animation']>
}
/** What a step finds: the size of one frame, and the EXIF orientation not yet applied. */
type Picture = { readonly size: Size; readonly orientation: number }
/** The steps still to come; a list, since branches put theirs in front. */
type Todo = { readonly step: Step; readonly next: Todo } | undefined
/** What a step becomes: a finished step (or none, when it changes nothing) and the size after it, or a question to the pixels. */
type Outcome =
  | {
      readonly kind: 'done'
      readonly steps: readonly ResolvedStep[]
      readonly size: Size
      readonly animation?: NonNullable<Resolution['animation']>
    }
  | { readonly kind: 'pause'; readonly measure: Measurement }
type Measurement = {
  readonly measure: NonNullable<Resolution['pause']>['measure']
  readonly answer: (measured: Measured) => { readonly steps: readonly ResolvedStep[]; readonly size: Size }
}

const TRANSPARENT: Colour = { r: 0, g: 0, b: 0, alpha: 0 }

function queue(steps: readonly Step[], next: Todo): Todo {
  return steps.reduceRight<Todo>((rest, step) => ({ step, next: rest }), next)
}

function walk(start: Todo, picture: Picture, begun: Chain, before: readonly ResolvedStep[] = []): Resolution {
  let chain = begun
  const steps = [...before]
  let { size, orientation } = picture
  let largest = Math.max(pixelsOf(size), ...before.map(pixelsOnTheWay))
  let todo = start
  while (todo) {
    const { step, next }: NonNullable<Todo> = todo
    todo = next
    const variables = variablesAt(size, chain)
    if (step.kind === 'branch') {
      todo = queue(taken(step, variables), next)
      continue
    }
    const outcome = step.kind === 'orient' ? orient(size, orientation) : resolveStep(step, size, variables, chain)
    if (step.kind === 'orient') orientation = 1
    if (outcome.kind === 'pause') {
      const { measure, answer } = outcome.measure
      const resume = (measured: Measured) => {
        const rest = answer(measured)
        return walk(next, { size: rest.size, orientation }, chain, rest.steps)
      }
      return { steps, size, largest, ...animationOf(chain), pause: { measure, resume } }
    }
    if (outcome.animation) chain = { ...chain, frames: outcome.animation.frames, animation: outcome.animation }
    steps.push(...outcome.steps)
    size = outcome.size
    largest = Math.max(largest, pixelsOf(size), ...outcome.steps.map(pixelsOnTheWay))
  }
  requireWithinLimits(size, chain.frames, chain.limits.outputPixels)
  return { steps, size, largest, ...animationOf(chain) }
}

function animationOf({ animation }: Chain): Pick<Resolution, 'animation'> {
  return animation ? { animation } : {}
}

/** The scaled picture may be larger than what is cut out of it. */
function pixelsOnTheWay(step: ResolvedStep): number {
  return step.kind === 'place' ? pixelsOf(step.scale) : 0
}

function variablesAt(size: Size, chain: Chain): Variables {
  return { ...sizeVariables(chain.initial, size, chain.base), density: chain.density }
}

function taken(branch: Branch, variables: Variables): readonly Step[] {
  return branch.cases.find((one) => holds(one.when, variables))?.steps ?? branch.otherwise
}

function resolveStep(
  step: Exclude<Step, { readonly kind: 'orient' | 'branch' }>,
  size: Size,
  variables: Variables,
  chain: Chain,
): Outcome {
  switch (step.kind) {
    case 'trim':
      return ask({ kind: 'trim', rule: step.rule }, (measured) => keepMeasured(measured, size))
    case 'place':
      return resolvePlace(step, size, variables, chain)
    case 'rotate': {
      const degrees = normalDegrees(step.degrees)
      if (degrees === 0) return done([], size)
      const turned = checked(rotatedSize(size, degrees), chain)
      const background = step.background ?? TRANSPARENT
      return done([{ kind: 'rotate', degrees, background, size: turned }], turned)
    }
    case 'mirror':
    case 'flatten':
      return done([step], size)
    case 'effect':
      return done(isIdle(step) ? [] : [step], size)
    case 'draw':
      return draw(step.drawing, size, variables, chain)
    case 'border':
      return border(step, size, variables, chain)
    case 'mask':
      return mask(step, size, variables)
    case 'layer':
      return layer(step, size, variables)
    case 'animate':
      return animate(step, size, chain)
  }
}

function done(steps: readonly ResolvedStep[], size: Size): Outcome {
  return { kind: 'done', steps, size }
}

function ask(measure: Measurement['measure'], answer: Measurement['answer']): Outcome {
  return { kind: 'pause', measure: { measure, answer } }
}

function checked(size: Size, chain: Chain): Size {
  requireWithinLimits(size, chain.frames, chain.limits.outputPixels)
  return size
}

function orient(size: Size, orientation: number): Outcome {
  if (orientation < 2 || orientation > 8) return done([], size)
  return done([{ kind: 'orient', orientation }], orientedSize(size, orientation))
}

function keepMeasured(measured: Measured, size: Size) {
  if (measured.kind === 'nothing') {
    return { steps: [{ kind: 'vanish' } as const], size: { width: 1, height: 1 } }
  }
  const region = intersect(measured.region, size)
  if (!region || sameSize(region, size)) return { steps: [], size }
  return { steps: [{ kind: 'extract', region } as const], size: { width: region.width, height: region.height } }
}

function resolvePlace(step: Place, size: Size, variables: Variables, chain: Chain): Outcome {
  const number = (length: Expression | undefined) => (length === undefined ? undefined : evaluate(length, variables))
  const { box } = step
  const wish: PlaceWish = {
    box: { width: number(box.width), height: number(box.height), ratio: number(box.ratio), scale: number(box.scale) },
    mode: step.mode,
    enlarge: step.enlarge,
    focus: needsFocus(step) ? numericFocus(step.focus, variables) : { kind: 'anchor', x: 0.5, y: 0.5 },
    padded: step.surround !== undefined,
  }
  const paint = () => numericPaint(step.surround ?? { kind: 'solid', colour: TRANSPARENT }, variables)
  const placed = place(wish, size)
  const finish = (spot?: Point) => finishPlace(spot ? place(wish, size, spot) : placed, size, paint, chain)
  const { crop } = placed
  if (wish.focus.kind !== 'attention' || !crop || !fits(placed.scale, chain)) {
    const { steps, size: after } = finish()
    return done(steps, after)
  }
  // Sizes do not depend on where the window lies: refuse before anything is measured.
  finish()
  const window = { width: crop.width, height: crop.height }
  return ask({ kind: 'attention', scale: placed.scale, window }, (measured) =>
    finish(measured.kind === 'region' ? { x: measured.region.left, y: measured.region.top } : undefined),
  )
}

function fits(size: Size, chain: Chain): boolean {
  return withinLimits(size, chain.frames, chain.limits.outputPixels)
}

function finishPlace(placed: Placed, size: Size, paint: () => Paint, chain: Chain) {
  const after = checked(placedSize(placed), chain)
  const { scale, crop, canvas } = placed
  if (!canvas && sameSize(scale, size)) {
    return { steps: crop ? [{ kind: 'extract', region: crop } as const] : [], size: after }
  }
  if (crop && !sameSize(scale, size) && !fits(scale, chain)) return { steps: cutFirst(scale, crop, size), size: after }
  const step: ResolvedStep = {
    kind: 'place',
    scale,
    ...(crop && { crop }),
    ...(canvas && { canvas: { ...canvas, paint: paint() } }),
  }
  return { steps: [step], size: after }
}

/**
 * A very long picture that has to cover a box would be huge before the surplus is cut: cut first, to the nearest whole pixels
 * of the unscaled picture, then scale what is left to the window.
 */
function cutFirst(scale: Size, crop: Region, size: Size): readonly ResolvedStep[] {
  const axis = (start: number, length: number, from: number, to: number) => {
    const kept = clamp(nearest((length * from) / to), 1, from)
    return [clamp(Math.floor((start * from) / to), 0, from - kept), kept] as const
  }
  const [left, width] = axis(crop.left, crop.width, size.width, scale.width)
  const [top, height] = axis(crop.top, crop.height, size.height, scale.height)
  return [
    { kind: 'extract', region: { left, top, width, height } },
    { kind: 'place', scale: { width: crop.width, height: crop.height } },
  ]
}

function numericFocus(focus: Focus, variables: Variables): Focus<number> {
  switch (focus.kind) {
    case 'anchor':
    case 'attention':
      return focus
    case 'corner':
    case 'centre':
      return { kind: focus.kind, x: nearest(evaluate(focus.x, variables)), y: nearest(evaluate(focus.y, variables)) }
    case 'area':
      return {
        kind: 'area',
        x: evaluate(focus.x, variables),
        y: evaluate(focus.y, variables),
        width: evaluate(focus.width, variables),
        height: evaluate(focus.height, variables),
      }
  }
}

function numericPaint(paint: Paint, variables: Variables): Paint {
  if (paint.kind !== 'gradient' || paint.reach === undefined) return paint
  return { ...paint, reach: evaluate(paint.reach, variables) }
}

function draw(wanted: Drawing, size: Size, variables: Variables, chain: Chain): Outcome {
  if (isIdleDrawing(wanted)) return done([], size)
  const drawing = numericDrawing(wanted, size, variables)
  if (isIdleDrawing(drawing)) return done([], size)
  const after = checked(drawnSize(drawing, size), chain)
  return done([{ kind: 'draw', drawing, size: after }], after)
}

function layer({ kind, picture, steps, at, blend }: Layer, size: Size, variables: Variables): Outcome {
  if (typeof blend === 'string') return done([{ kind, picture, steps, at, blend, base: size }], size)
  const x = evaluate(blend.x, variables)
  const y = evaluate(blend.y, variables)
  if (x === 0 && y === 0) return done([], size)
  const map: LayerStep = { kind, picture, steps, at, blend: 'over', base: size }
  return done([{ kind: 'displace', map, x, y }], size)
}

/** Layers and further frames are single pictures: nothing in them moves. */
function animate({ frames, delay, loop }: Animate, size: Size, chain: Chain): Outcome {
  if (chain.base) return done([], size)
  const count = 1 + frames.length
  const { limits } = chain
  if (count > limits.frames) {
    throw new Fault('too-large', 'the animation would have too many frames', {
      context: { frames: count, limit: limits.frames },
    })
  }
  requireWithinLimits(size, count, limits.outputPixels)
  const further = frames.map(
    ({ source, steps }): LayerStep => ({
      kind: 'layer',
      picture: { kind: 'source', source },
      steps,
      at: { kind: 'anchor', x: 0.5, y: 0.5 },
      blend: 'over',
      base: size,
    }),
  )
  const step: ResolvedStep = { kind: 'animate', frames: further }
  return { kind: 'done', steps: [step], size, animation: { frames: count, delay, loop } }
}

function border(step: Border, size: Size, variables: Variables, chain: Chain): Outcome {
  const width = nearest(evaluate(step.width, variables))
  if (width < 0) throw new Fault('bad-parameter', 'a border cannot have a negative width', { context: { width } })
  if (width === 0) return done([], size)
  const grown = checked({ width: size.width + 2 * width, height: size.height + 2 * width }, chain)
  return done([{ kind: 'border', width, colour: step.colour }], grown)
}

/** Radii are capped at half the shorter side (imagekit §4.5). */
function mask(step: Mask, size: Size, variables: Variables): Outcome {
  const { softness } = step
  if (step.radius === 'ellipse') return done([{ kind: 'mask', radius: 'ellipse', softness }], size)
  const most = Math.floor(Math.min(size.width, size.height) / 2)
  const radius = (length: Expression) => clamp(nearest(evaluate(length, variables)), 0, most)
  const [a, b, c, d] = step.radius
  const radii = [radius(a), radius(b), radius(c), radius(d)] as const
  return done(radii.every((one) => one === 0) ? [] : [{ kind: 'mask', radius: radii, softness }], size)
}

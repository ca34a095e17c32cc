import { canonicalJson } from './canonical.ts'
import { isIdle } from './effects.ts'
import { fold } from './expression.ts'
import { nearest, normalDegrees } from './geometry.ts'
import { deeper } from './limits.ts'
import { tidyDraw, tidyGradient } from './normal-drawing.ts'
import { tidyOutput } from './normal-output.ts'
import { needsFocus } from './place.ts'
import type {
  Animate,
  Blend,
  Border,
  Box,
  Branch,
  Condition,
  Effect,
  Expression,
  Focus,
  Layer,
  LayerPicture,
  Mask,
  Offset,
  Paint,
  Place,
  Placement,
  Plan,
  Rotate,
  SourceRef,
  Step,
} from './plan.ts'

/**
 * The same meaning in the fewest words: steps that change nothing whatever the source is are gone, arithmetic of plain numbers is
 * done, members that cannot matter are absent or have one value, lists without an order are sorted. Every picture comes out as
 * with `plan` itself. Fault bad-parameter: nested more than MAX_DEPTH levels deep.
 */
export function normalForm(plan: Plan): Plan {
  const output = tidyOutput(plan.output)
  return { frame: plan.frame, steps: output.kind === 'untouched' ? [] : tidySteps(plan.steps, WHOLE), output }
}

const MIDDLE: Focus = { kind: 'anchor', x: 0.5, y: 0.5 }
const TRANSPARENT = canonicalJson({ kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 0 } } satisfies Paint)

/**
 * `upright`: an orient step has certainly run before, further ones find nothing to do; `still`: a layer or a frame, in which
 * nothing can be animated.
 */
type Chain = { readonly depth: number; readonly upright: boolean; readonly still: boolean }
const WHOLE: Chain = { depth: 0, upright: false, still: false }
const ownChain = (depth: number): Chain => ({ depth, upright: false, still: true })

function tidySteps(steps: readonly Step[], { depth, still, ...before }: Chain): readonly Step[] {
  const below = deeper(depth)
  const kept: Step[] = []
  let { upright } = before
  for (const step of steps) {
    if (step.kind === 'orient' && upright) continue
    if (step.kind === 'orient') upright = true
    const tidy = tidyStep(step, { depth: below, upright, still })
    if (tidy) append(kept, tidy)
  }
  return kept
}

/** Adds a step, or takes the last one away when both together change nothing; quarter turns in a row are one turn. */
function append(kept: Step[], step: Step): void {
  const last = kept.at(-1)
  if (step.kind === 'mirror' && last?.kind === 'mirror' && step.axis === last.axis) {
    kept.pop()
  } else if (step.kind === 'rotate' && last?.kind === 'rotate' && isQuarter(step) && isQuarter(last)) {
    kept.pop()
    const degrees = normalDegrees(step.degrees + last.degrees)
    if (degrees !== 0) kept.push({ kind: 'rotate', degrees })
  } else {
    kept.push(step)
  }
}

function isQuarter(rotate: Rotate): boolean {
  return rotate.degrees % 90 === 0
}

function tidyStep(step: Step, chain: Chain): Step | undefined {
  switch (step.kind) {
    case 'orient':
    case 'trim':
    case 'mirror':
    case 'flatten':
      return step
    case 'place':
      return tidyPlace(step)
    case 'rotate':
      return tidyRotate(step)
    case 'effect':
      return tidyEffect(step)
    case 'draw':
      return tidyDraw(step)
    case 'border':
      return tidyBorder(step)
    case 'mask':
      return tidyMask(step)
    case 'layer':
      return tidyLayer(step, chain.depth)
    case 'animate':
      return chain.still ? undefined : tidyAnimate(step, chain.depth)
    case 'branch':
      return tidyBranch(step, chain)
  }
}

function tidyPlace(step: Place): Place | undefined {
  const box = tidyBox(step.box)
  const { width, height, ratio, scale } = box
  const sides = [width, height].filter((one) => one !== undefined).length
  if (sides === 0 && scale === undefined) return undefined
  if (step.mode === 'native' || step.mode === 'canvas') {
    const surround = step.mode === 'canvas' ? tidySurround(step) : undefined
    return { kind: 'place', box, mode: step.mode, enlarge: true, focus: tidyFocus(step.focus), surround }
  }
  // With one side only there is nothing to cut and nothing to fill: all these modes are the same.
  if (sides === 1 && ratio === undefined) {
    return { kind: 'place', box, mode: 'inside', enlarge: step.enlarge, focus: MIDDLE }
  }
  const surround = step.mode === 'inside' && step.surround ? tidyPaint(step.surround) : undefined
  const focus = needsFocus(step) ? tidyFocus(step.focus) : MIDDLE
  const anchored = step.mode === 'cover' || focus.kind === 'anchor' ? focus : MIDDLE
  return { kind: 'place', box, mode: step.mode, enlarge: step.enlarge, focus: anchored, surround }
}

/** A ratio beside both sides or beside none says nothing, as does a scale of 1. */
function tidyBox(box: Box<Expression>): Box<Expression> {
  const width = box.width === undefined ? undefined : fold(box.width)
  const height = box.height === undefined ? undefined : fold(box.height)
  const scale = box.scale === undefined ? undefined : fold(box.scale)
  const oneSided = (width === undefined) !== (height === undefined)
  const ratio = oneSided && box.ratio !== undefined ? fold(box.ratio) : undefined
  return { width, height, ratio, scale: scale === 1 ? undefined : scale }
}

function tidySurround(step: Place): Paint | undefined {
  const paint = step.surround && tidyPaint(step.surround)
  return canonicalJson(paint ?? null) === TRANSPARENT ? undefined : paint
}

function tidyPaint(paint: Paint): Paint {
  if (paint.kind !== 'gradient' || paint.reach === undefined) return paint
  return { ...paint, reach: fold(paint.reach) }
}

function tidyFocus(focus: Focus): Focus {
  switch (focus.kind) {
    case 'anchor':
    case 'attention':
      return focus
    case 'corner':
    case 'centre':
      return { ...focus, x: fold(focus.x), y: fold(focus.y) }
    case 'area': {
      const { x, y, width, height } = focus
      return { kind: 'area', x: fold(x), y: fold(y), width: fold(width), height: fold(height) }
    }
  }
}

function tidyRotate(step: Rotate): Rotate | undefined {
  const degrees = normalDegrees(step.degrees)
  if (degrees === 0) return undefined
  const { background } = step
  // Quarter turns leave no corners; transparent corners are what comes without a background.
  const plain =
    degrees % 90 === 0 || (background && canonicalJson({ kind: 'solid', colour: background }) === TRANSPARENT)
  return { kind: 'rotate', degrees, background: plain ? undefined : background }
}

function tidyEffect(step: Effect): Effect | undefined {
  if (isIdle(step)) return undefined
  if (step.effect.name !== 'modulate') return step
  return { kind: 'effect', effect: { ...step.effect, hue: normalDegrees(step.effect.hue) } }
}

function tidyBorder(step: Border): Border | undefined {
  const width = fold(step.width)
  return typeof width === 'number' && nearest(width) === 0 ? undefined : { ...step, width }
}

function tidyMask(step: Mask): Mask | undefined {
  const softness = Math.max(0, step.softness)
  if (step.radius === 'ellipse') return { kind: 'mask', radius: 'ellipse', softness }
  const [a, b, c, d] = step.radius
  const radius = [fold(a), fold(b), fold(c), fold(d)] as const
  return radius.every((one) => typeof one === 'number' && nearest(one) <= 0)
    ? undefined
    : { kind: 'mask', radius, softness }
}

function tidyLayer(step: Layer, depth: number): Layer {
  return {
    kind: 'layer',
    picture: tidyPicture(step.picture),
    steps: tidySteps(step.steps, ownChain(depth)),
    at: tidyPlacement(step.at),
    blend: tidyBlend(step.blend),
  }
}

function tidyAnimate({ frames, delay, loop }: Animate, depth: number): Animate {
  const further = frames.map(({ source, steps }) => ({
    source: tidySource(source),
    steps: tidySteps(steps, ownChain(depth)),
  }))
  return { kind: 'animate', frames: further, delay, loop }
}

function tidyBlend(blend: Blend): Blend {
  return typeof blend === 'string' ? blend : { kind: 'displace', x: fold(blend.x), y: fold(blend.y) }
}

function tidyPicture(picture: LayerPicture): LayerPicture {
  switch (picture.kind) {
    case 'source':
      return { kind: 'source', source: tidySource(picture.source) }
    case 'solid':
      return { ...picture, box: tidyBox(picture.box) }
    case 'gradient':
      return { kind: 'gradient', box: tidyBox(picture.box), ...tidyGradient(picture) }
    case 'text':
      return tidyText(picture)
  }
}

function tidyText(picture: Extract<LayerPicture, { readonly kind: 'text' }>): LayerPicture {
  const { font, width, lineHeight } = picture
  const [top, right, bottom, left] = picture.padding
  const [a, b, c, d] = picture.radius === 'ellipse' ? [0, 0, 0, 0] : picture.radius
  return {
    ...picture,
    font: 'file' in font ? { file: tidySource(font.file) } : font,
    size: fold(picture.size),
    width: width === undefined ? undefined : fold(width),
    lineHeight: lineHeight === undefined ? undefined : fold(lineHeight),
    padding: [fold(top), fold(right), fold(bottom), fold(left)],
    radius: picture.radius === 'ellipse' ? 'ellipse' : [fold(a), fold(b), fold(c), fold(d)],
  }
}

/** Host lists stay: a result made under another list must not be taken for this one. */
function tidySource(source: SourceRef): SourceRef {
  if (source.kind === 'object') return source
  const { hosts, headers } = source
  return {
    ...source,
    hosts: hosts && [...new Set(hosts)].sort(),
    headers: headers && Object.keys(headers).length > 0 ? headers : undefined,
  }
}

function tidyPlacement(at: Placement): Placement {
  if (at.kind === 'anchor') return at
  if (!at.x && !at.y) return { kind: 'anchor', x: 0.5, y: 0.5 }
  return { kind: 'offset', x: at.x && tidyOffset(at.x), y: at.y && tidyOffset(at.y) }
}

function tidyOffset(offset: Offset): Offset {
  const { fromEnd, of, from } = offset
  return { value: fold(offset.value), fromEnd, of, from: fromEnd || from === 0 ? undefined : from }
}

function tidyBranch(step: Branch, chain: Chain): Branch | undefined {
  const otherwise = tidySteps(step.otherwise, chain)
  const cases = step.cases.map((one) => ({
    when: tidyCondition(one.when, chain.depth),
    steps: tidySteps(one.steps, chain),
  }))
  // A last case that does nothing before nothing needs no question.
  while (otherwise.length === 0 && cases.at(-1)?.steps.length === 0) cases.pop()
  return cases.length === 0 && otherwise.length === 0 ? undefined : { kind: 'branch', cases, otherwise }
}

function tidyCondition(condition: Condition, depth: number): Condition {
  const below = deeper(depth)
  if ('all' in condition) return { all: condition.all.map((part) => tidyCondition(part, below)) }
  if ('any' in condition) return { any: condition.any.map((part) => tidyCondition(part, below)) }
  return { left: fold(condition.left), is: condition.is, right: fold(condition.right) }
}

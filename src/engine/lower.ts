import type { Region, Size } from '../plan/facts.ts'
import type { Colour, Effect } from '../plan/plan.ts'
import type { ResolvedStep } from '../plan/resolved.ts'
import { type Extend, isFree, type Overlay, type Pass, type Slot, type Stage } from './passes.ts'
import {
  compose,
  inverse,
  isUpright,
  MIRRORS,
  rightAngle,
  type Turn,
  turnOf,
  turnRegion,
  turnSize,
  UPRIGHT,
} from './turn.ts'

/** From this sigma on a blur runs on a smaller copy: a Gaussian costs its width per pixel, and nothing finer survives it. */
const WIDE_BLUR = 12
/** sharp refuses smaller sigmas; they change nothing that 8 bits could hold. */
const LEAST_BLUR = 0.3
const SHARPEN_RANGE = { least: 0.000001, most: 10 }

/**
 * Turns resolved steps into the fewest runs of sharp that keep their meaning. A step joins the open pass only when its slot
 * comes after every slot in use. Beyond that, only exact rewritings are made: turns slide past cuts and canvases, a scale
 * slides before a turn (sides swapped), so that "upright, scale, cut" stays one pass with shrink-on-load.
 *
 * @param entering size of one frame before the first step
 * @returns no stage when nothing is to be done
 */
export function lower(steps: readonly ResolvedStep[], entering: Size): readonly Stage[] {
  const done: Stage[] = []
  let open = begin(entering)
  const close = () => {
    if (!isIdle(open)) done.push(open)
    open = begin(open.leaving)
  }
  const apply = (change: (pass: Pass) => Pass | undefined) => {
    const joined = change(open)
    if (joined !== undefined) {
      open = joined
      return
    }
    close()
    open = change(open) ?? open
  }
  const alone = (stage: Stage) => {
    close()
    done.push(stage)
    open = begin(stage.leaving)
  }

  for (const step of steps) {
    switch (step.kind) {
      case 'orient':
        apply((pass) => turned(pass, turnOf(step.orientation)))
        break
      case 'mirror':
        apply((pass) => turned(pass, MIRRORS[step.axis]))
        break
      case 'rotate':
        if (step.degrees % 90 === 0) apply((pass) => turned(pass, rightAngle(step.degrees)))
        else alone({ kind: 'tilt', degrees: step.degrees, background: step.background, leaving: sizeOf(step.size) })
        break
      case 'extract':
        apply((pass) => cut(pass, step.region))
        break
      case 'vanish':
        // Nothing of what was done before can be seen any more.
        done.length = 0
        open = begin({ width: 1, height: 1 })
        done.push({ kind: 'vanish', leaving: { width: 1, height: 1 } })
        break
      case 'place': {
        const canvas = step.canvas
        if (canvas !== undefined && canvas.paint.kind !== 'solid') {
          alone({
            kind: 'surround',
            scale: step.scale,
            ...(step.crop && { crop: step.crop }),
            canvas: regionOf(canvas),
            paint: canvas.paint,
            leaving: sizeOf(canvas),
          })
          break
        }
        apply((pass) => scaled(pass, step.scale))
        const crop = step.crop
        if (crop !== undefined) apply((pass) => cut(pass, crop))
        if (canvas?.paint.kind === 'solid') {
          const colour = canvas.paint.colour
          apply((pass) => extended(pass, canvas, colour))
        }
        break
      }
      case 'border': {
        const { width, colour } = step
        apply((pass) => {
          const { leaving } = pass
          const around = {
            left: width,
            top: width,
            width: leaving.width + 2 * width,
            height: leaving.height + 2 * width,
          }
          return extended(pass, around, colour)
        })
        break
      }
      case 'flatten':
        apply((pass) => flattened(pass, step.colour))
        break
      case 'mask':
      case 'layer':
        apply((pass) => overlaid(pass, step))
        break
      case 'draw':
        alone({ kind: 'draw', drawing: step.drawing, leaving: sizeOf(step.size) })
        break
      case 'displace':
        alone({ kind: 'displace', map: step.map, x: step.x, y: step.y, leaving: open.leaving })
        break
      case 'animate':
        alone({ kind: 'animate', frames: step.frames, leaving: open.leaving })
        break
      case 'effect':
        affect(step.effect, open.leaving, apply, close)
        break
    }
  }
  close()
  return done
}

/** Size of a picture of size `entering` after the stages. */
export function leavingSize(stages: readonly Stage[], entering: Size): Size {
  return stages.at(-1)?.leaving ?? entering
}

/** Frames of a picture of `entering` frames after the stages. */
export function leavingFrames(stages: readonly Stage[], entering: number): number {
  const made = stages.findLast((stage) => stage.kind === 'animate')
  return made ? 1 + made.frames.length : entering
}

function affect(
  effect: Effect['effect'],
  size: Size,
  apply: (change: (pass: Pass) => Pass | undefined) => void,
  close: () => void,
): void {
  switch (effect.name) {
    case 'greyscale':
      apply((pass) => filled(pass, 'greyscale', { greyscale: true }))
      break
    case 'negate':
      apply((pass) => filled(pass, 'negate', { negate: true }))
      break
    case 'normalise':
      apply((pass) => filled(pass, 'normalise', { normalise: true }))
      break
    case 'blur': {
      if (effect.sigma < LEAST_BLUR) break
      if (effect.sigma < WIDE_BLUR) {
        apply((pass) => filled(pass, 'blur', { blur: effect.sigma }))
        break
      }
      const shrink = (2 * effect.sigma) / WIDE_BLUR
      const small = {
        width: Math.max(1, Math.round(size.width / shrink)),
        height: Math.max(1, Math.round(size.height / shrink)),
      }
      apply((pass) => scaled(pass, small))
      apply((pass) => filled(pass, 'blur', { blur: effect.sigma / shrink }))
      close()
      apply((pass) => scaled(pass, size))
      break
    }
    case 'sharpen': {
      const sigma = Math.min(SHARPEN_RANGE.most, Math.max(SHARPEN_RANGE.least, effect.sigma))
      apply((pass) => (pass.modulate ? undefined : filled(pass, 'sharpen', { sharpen: sigma })))
      break
    }
    case 'modulate': {
      const modulate = {
        brightness: Math.max(0, effect.brightness),
        saturation: Math.max(0, effect.saturation),
        hue: Math.round(effect.hue),
      }
      apply((pass) => (filters(pass) ? undefined : filled(pass, 'modulate', { modulate })))
      break
    }
    case 'opacity':
      apply((pass) => overlaid(pass, { kind: 'fade', factor: effect.factor }))
      break
  }
}

/**
 * Whether sharp weights the colours with alpha in this pass, for all slots from the scale to sharpening. Brightness and hue
 * are not proportional to weighted colours, so modulation keeps away from such passes.
 */
function filters(pass: Pass): boolean {
  return pass.resize !== undefined || pass.blur !== undefined || pass.sharpen !== undefined
}

function begin(entering: Size): Pass {
  return { kind: 'pass', entering: sizeOf(entering), leaving: sizeOf(entering) }
}

function isIdle(pass: Pass): boolean {
  return isFree(pass, 'window')
}

/** Fills a slot that nothing can slide past. */
function filled(pass: Pass, slot: Slot, value: Partial<Pass>): Pass | undefined {
  return isFree(pass, slot) ? { ...pass, ...value } : undefined
}

/** On a solid ground the sum of weighted pixels is the same before and after a scale, so flattening slides before geometry. */
function flattened(pass: Pass, colour: Colour): Pass | undefined {
  if (pass.flatten !== undefined || !isFree(pass, 'extend')) return undefined
  return { ...pass, flatten: colour }
}

function overlaid(pass: Pass, overlay: Overlay): Pass | undefined {
  return isFree(pass, 'normalise') ? { ...pass, overlays: [...(pass.overlays ?? []), overlay] } : undefined
}

/** Turns the result of cutting and extending by turning first and moving the cut and the margins along. */
function turned(pass: Pass, turn: Turn): Pass | undefined {
  if (isUpright(turn)) return pass
  if (!isFree(pass, 'blur')) return undefined
  const { crop, extend, turn: before = UPRIGHT, ...rest } = pass
  const after = compose(before, turn)
  return {
    ...rest,
    ...(!isUpright(after) && { turn: after }),
    ...(crop && { crop: turnRegion(turn, crop, turnSize(before, baseSize(pass))) }),
    ...(extend && { extend: turnExtend(turn, extend) }),
    leaving: turnSize(turn, pass.leaving),
  }
}

function scaled(pass: Pass, size: Size): Pass | undefined {
  if (size.width === pass.leaving.width && size.height === pass.leaving.height) return pass
  if (pass.resize !== undefined || !isFree(pass, 'crop')) return undefined
  return { ...pass, resize: turnSize(pass.turn ?? UPRIGHT, size), leaving: sizeOf(size) }
}

/** Cuts after scaling; without a scale the cut is mapped to stored coordinates, where it can still be followed by one. */
function cut(pass: Pass, region: Region): Pass | undefined {
  const { leaving } = pass
  if (region.left === 0 && region.top === 0 && region.width === leaving.width && region.height === leaving.height) {
    return pass
  }
  if (!isFree(pass, 'extend')) return undefined
  if (pass.resize === undefined) {
    // Flattening does not mind whether the cut comes first.
    const stored = turnRegion(inverse(pass.turn ?? UPRIGHT), region, leaving)
    return { ...pass, window: within(pass.window, stored), leaving: sizeOf(region) }
  }
  return { ...pass, crop: within(pass.crop, region), leaving: sizeOf(region) }
}

function extended(pass: Pass, canvas: Region, colour: Colour): Pass | undefined {
  const { leaving } = pass
  const right = canvas.width - canvas.left - leaving.width
  const bottom = canvas.height - canvas.top - leaving.height
  if (canvas.left === 0 && canvas.top === 0 && right === 0 && bottom === 0) return pass
  if (!isFree(pass, 'extend')) return undefined
  return { ...pass, extend: { left: canvas.left, top: canvas.top, right, bottom, colour }, leaving: sizeOf(canvas) }
}

/** `region`, given in coordinates of `outer`, in the coordinates `outer` is given in. */
function within(outer: Region | undefined, region: Region): Region {
  return { ...region, left: region.left + (outer?.left ?? 0), top: region.top + (outer?.top ?? 0) }
}

/** The picture that the turn slot receives. */
function baseSize(pass: Pass): Size {
  return pass.resize ?? pass.window ?? pass.entering
}

function turnExtend(turn: Turn, { top, right, bottom, left, colour }: Extend): Extend {
  // A picture of one pixel on a canvas of the margins' size shows where each margin goes.
  const canvas = { width: left + 1 + right, height: top + 1 + bottom }
  const moved = turnRegion(turn, { left, top, width: 1, height: 1 }, canvas)
  const size = turnSize(turn, canvas)
  return {
    left: moved.left,
    top: moved.top,
    right: size.width - moved.left - 1,
    bottom: size.height - moved.top - 1,
    colour,
  }
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height })
const regionOf = ({ left, top, width, height }: Region): Region => ({ left, top, width, height })

/** What each task does to a picture, as steps of a Plan (filestack §4.3). */
import type { Colour, Drawing, Effect, Expression, Place, SourceRef, Step } from '../../../../plan/plan.ts'
import type { One } from '../source-text.ts'
import type { ImageTask, TaskNamed } from '../tasks/image-tasks.ts'
import { TRANSPARENT } from '../tasks/kinds.ts'
import { animateSteps } from './animate.ts'
import { collageSteps } from './collage.ts'
import { HEIGHT, least, most, product, sum, WIDTH, whole } from './expressions.ts'

/** What a request's references stand for. */
export type Materials = {
  /** Where a picture lies that a task names. */
  readonly picture: (reference: One) => SourceRef
  /** The sources after the first, for an animation. */
  readonly others: readonly SourceRef[]
}

/** Steps of one task; those that say only how the file is written have none. `before`: what has been done already. */
export function stepsOf(task: ImageTask, before: readonly Step[], materials: Materials): readonly Step[] {
  switch (task.task) {
    case 'resize':
      return [resize(task)]
    case 'crop':
      return [crop(task)]
    case 'rotate':
      return typeof task.degrees === 'number' ? turn(task.degrees, task.background) : []
    case 'flip':
      return [{ kind: 'mirror', axis: 'vertical' }]
    case 'flop':
      return [{ kind: 'mirror', axis: 'horizontal' }]
    case 'monochrome':
      return [effect({ name: 'greyscale' })]
    case 'negative':
      return [effect({ name: 'negate' })]
    case 'blur':
      return task.amount === 0 ? [] : [effect({ name: 'blur', sigma: task.amount })]
    case 'sharpen':
      return task.amount === 0 ? [] : [effect({ name: 'sharpen', sigma: task.amount / SHARPNESS_PER_SIGMA })]
    case 'modulate':
      return [modulate(task)]
    case 'sepia':
    case 'blackwhite':
    case 'pixelate':
    case 'oil_paint':
    case 'partial_blur':
    case 'partial_pixelate':
      return [{ kind: 'draw', drawing: drawing(task) }]
    case 'rounded_corners':
      return [roundedCorners(task), ...ground(task.background)]
    case 'circle':
      return [{ kind: 'mask', radius: 'ellipse', softness: 0 }, ...ground(task.background)]
    case 'vignette':
      return [vignette(task), ...ground(task.background)]
    case 'torn_edges':
      return [tornEdges(task), ...ground(task.background)]
    case 'polaroid':
      return [...frameOf(task.colour), ...turn(task.degrees, task.background)]
    case 'shadow':
      return [...shadow(task), ...ground(task.background)]
    case 'border':
      return [...ground(task.background), { kind: 'border', width: task.width, colour: task.colour }]
    case 'watermark':
      return task.size === 0 ? [] : [watermark(task, materials.picture(task.file))]
    case 'collage':
      return collageSteps(task, task.files.map(materials.picture))
    case 'animate':
      return animateSteps(task, before, materials.others)
    case 'upscale':
      return task.doubles ? [{ ...SCALING, box: { scale: 2 }, mode: 'stretch' }] : []
    case 'output':
    case 'quality':
    case 'compress':
    case 'pjpg':
    case 'auto_image':
    case 'no_metadata':
      return []
  }
}

/** sharp takes sigmas up to 10, the wire amounts up to 20. */
const SHARPNESS_PER_SIGMA = 2

export const SCALING = { kind: 'place', enlarge: true, focus: { kind: 'anchor', x: 0.5, y: 0.5 } } as const

function effect(one: Effect['effect']): Step {
  return { kind: 'effect', effect: one }
}

/** Lays what has become transparent on a colour; nothing for a transparent one. */
export function ground(colour: Colour): readonly Step[] {
  return colour.alpha === 0 ? [] : [{ kind: 'flatten', colour: { ...colour, alpha: 1 } }]
}

function resize({ width, height, fit, align }: TaskNamed<'resize'>): Place {
  const box = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) }
  const mode = ({ clip: 'inside', max: 'inside', scale: 'stretch', crop: 'cover' } as const)[fit]
  return { kind: 'place', box, mode, enlarge: fit !== 'max', focus: { kind: 'anchor', ...align } }
}

/** What lies outside of the picture is dropped; a rectangle beside it is the engine's bad-parameter. */
function crop({ dim: { x, y, width, height } }: TaskNamed<'crop'>): Place {
  return { kind: 'place', box: { width, height }, mode: 'native', enlarge: false, focus: { kind: 'corner', x, y } }
}

function turn(degrees: number, background: Colour): readonly Step[] {
  return degrees === 0 ? [] : [{ kind: 'rotate', degrees, background }]
}

function modulate({ brightness, saturation, hue }: TaskNamed<'modulate'>): Step {
  return effect({ name: 'modulate', brightness: brightness / 100, saturation: saturation / 100, hue })
}

type Drawn = 'sepia' | 'blackwhite' | 'pixelate' | 'oil_paint' | 'partial_blur' | 'partial_pixelate'

function drawing(task: TaskNamed<Drawn>): Drawing {
  switch (task.task) {
    case 'sepia':
      return { name: 'sepia', strength: task.tone / 100 }
    case 'blackwhite':
      return { name: 'two-level', threshold: task.threshold / 100 }
    case 'pixelate':
      return { name: 'pixelate', size: task.amount }
    case 'oil_paint':
      return { name: 'oil-paint', radius: task.amount }
    case 'partial_blur':
    case 'partial_pixelate': {
      const { areas, shape, softness, amount } = task
      const effects = {
        partial_blur: { name: 'blur', sigma: amount },
        partial_pixelate: { name: 'pixelate', size: amount },
      } as const
      return { name: 'areas', areas, shape, softness, effect: effects[task.task] }
    }
  }
}

function roundedCorners({ radius, softness }: TaskNamed<'rounded_corners'>): Step {
  // The engine takes half the shorter side for what is more.
  const length: Expression = radius === 'max' ? least(WIDTH, HEIGHT) : radius
  return { kind: 'mask', radius: [length, length, length, length], softness }
}

function vignette({ amount, mode }: TaskNamed<'vignette'>): Step {
  return { kind: 'draw', drawing: { name: 'vignette', strength: amount / 100, falloff: mode } }
}

function tornEdges({ spread: [one, other] }: TaskNamed<'torn_edges'>): Step {
  return {
    kind: 'draw',
    drawing: { name: 'torn-edges', least: Math.min(one, other), most: Math.max(one, other) },
  }
}

/** A polaroid's white: a twentieth of the shorter side around the picture, four times as much below. */
const FRAME_PART = 0.05
const FRAME_BELOW = 4

function frameOf(colour: Colour): readonly Step[] {
  const side = most(1, whole(product(least(WIDTH, HEIGHT), FRAME_PART)))
  return [
    {
      kind: 'place',
      box: { width: sum(WIDTH, product(side, 2)), height: sum(HEIGHT, product(side, 1 + FRAME_BELOW)) },
      mode: 'canvas',
      enlarge: false,
      focus: { kind: 'corner', x: product(side, -1), y: product(side, -1) },
      surround: { kind: 'solid', colour },
    },
  ]
}

/** Where a blur of this sigma ends. */
const SPREAD = 3

/** The canvas grows by what of the shadow lies beside the picture. */
function shadow({ blur, opacity, vector: [x, y], colour }: TaskNamed<'shadow'>): readonly Step[] {
  const spread = Math.ceil(SPREAD * blur)
  const left = Math.max(0, spread - x)
  const top = Math.max(0, spread - y)
  const right = Math.max(0, spread + x)
  const bottom = Math.max(0, spread + y)
  return [
    {
      kind: 'place',
      box: { width: sum(WIDTH, left + right), height: sum(HEIGHT, top + bottom) },
      mode: 'canvas',
      enlarge: false,
      focus: { kind: 'corner', x: -left, y: -top },
      surround: { kind: 'solid', colour: TRANSPARENT },
    },
    { kind: 'draw', drawing: { name: 'shadow', blur, strength: opacity, x, y, colour } },
  ]
}

function watermark({ size, position }: TaskNamed<'watermark'>, source: SourceRef): Step {
  return {
    kind: 'layer',
    picture: { kind: 'source', source },
    steps: [{ kind: 'orient' }, { ...SCALING, box: { scale: size / 100 }, mode: 'stretch' }],
    at: { kind: 'anchor', ...position },
    blend: 'over',
  }
}

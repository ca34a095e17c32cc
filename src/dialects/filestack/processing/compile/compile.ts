/** Image tasks → a Plan (filestack §4.3). Pure: where pictures lie is asked of the caller. */
import type { OutputFormat, Plan, Step } from '../../../../plan/plan.ts'
import type { One } from '../source-text.ts'
import type { ImageTask } from '../tasks/image-tasks.ts'
import { outputOf, type Wish, withTask } from './output.ts'
import { type Materials, stepsOf } from './steps.ts'

export type Compiled = {
  readonly plan: Plan
  /** The format hangs on `Accept`. */
  readonly negotiated: boolean
  /** Sources of other formats are handed on as they are. */
  readonly only?: readonly OutputFormat[]
}

/**
 * Tasks run from left to right on the upright picture: EXIF orientation is applied first, unless `rotate=exif:false` asks for the
 * pixels as stored. Without image tasks there is nothing to compile. Faults as `Materials` throws, bad-parameter for a collage
 * without room.
 */
export function compile(tasks: readonly ImageTask[], materials: Materials): Compiled {
  const asStored = tasks.some((task) => task.task === 'rotate' && task.exif === false)
  let steps: readonly Step[] = asStored ? [] : [{ kind: 'orient' }]
  const untouched = steps.length
  // An orientation in kept metadata would turn the pixels after all.
  let wish: Wish = asStored ? { strip: true } : {}
  for (const task of tasks) {
    steps = [...steps, ...stepsOf(task, steps, materials)]
    wish = withTask(wish, task)
  }
  const pixels = asStored || steps.length > untouched || tasks.some((task) => task.task === 'rotate')
  const opaque = grounded(steps, wish)
  return {
    plan: {
      frame: wish.page === undefined ? { kind: 'all' } : { kind: 'page', page: wish.page },
      steps: opaque,
      output: outputOf(wish, steps, pixels),
    },
    negotiated: wish.format === 'auto',
    ...(tasks.every(({ task }) => task === 'quality') && { only: ['jpeg', 'webp'] as const }),
  }
}

/** Pictures that tasks lay beside or upon the first. */
export function referencesOf(tasks: readonly ImageTask[]): readonly One[] {
  return tasks.flatMap((task): readonly One[] => {
    if (task.task === 'watermark') return task.size === 0 ? [] : [task.file]
    return task.task === 'collage' ? task.files : []
  })
}

/** A format without transparency gets the picture on a colour. */
function grounded(steps: readonly Step[], { format, background }: Wish): readonly Step[] {
  if (format !== 'jpeg' || background === undefined || background.alpha === 0) return steps
  return [...steps, { kind: 'flatten', colour: { ...background, alpha: 1 } }]
}

/** Several pictures one after the other (filestack §4.3 animate). */
import type { Place, SourceRef, Step } from '../../../../plan/plan.ts'
import type { TaskNamed } from '../tasks/image-tasks.ts'
import { get } from './expressions.ts'

/**
 * What was done before is done to every picture. Those that have other sides than the first are fitted into its box.
 * `before` are the steps of the first picture up to here, `others` the further sources.
 */
export function animateSteps(
  task: TaskNamed<'animate'>,
  before: readonly Step[],
  others: readonly SourceRef[],
): readonly Step[] {
  const sized = placing(task)
  const fitted: Place = {
    kind: 'place',
    box: { width: get('baseWidth'), height: get('baseHeight') },
    mode: 'inside',
    enlarge: true,
    focus: { kind: 'anchor', x: 0.5, y: 0.5 },
  }
  const { background } = task
  const filled = (place: Place): Place =>
    background.alpha === 0 ? place : { ...place, surround: { kind: 'solid', colour: background } }
  const opaque: readonly Step[] =
    background.alpha === 0 ? [] : [{ kind: 'flatten', colour: { ...background, alpha: 1 } }]
  return [
    ...opaque,
    ...(sized === undefined ? [] : [sized]),
    {
      kind: 'animate',
      frames: others.map((source) => ({
        source,
        steps: [...before, ...opaque, ...(sized === undefined ? [] : [sized]), filled(fitted)],
      })),
      delay: task.delay,
      loop: task.loop,
    },
  ]
}

function placing({ width, height, fit, align }: TaskNamed<'animate'>): Place | undefined {
  if (width === undefined && height === undefined) return undefined
  const mode = ({ clip: 'inside', scale: 'stretch', crop: 'cover' } as const)[fit]
  return {
    kind: 'place',
    box: { ...(width !== undefined && { width }), ...(height !== undefined && { height }) },
    mode,
    enlarge: true,
    focus: { kind: 'anchor', ...align },
  }
}

import { deeper } from './limits.ts'
import type { Step } from './plan.ts'

/** The steps for an output that holds one picture: without those that make an animation, whose first frame is what enters them. */
export function still(steps: readonly Step[]): readonly Step[] {
  return stillSteps(steps, 0)
}

/** Whether an animation is certainly made: of an animated picture then only the first frame is needed. */
export function animates(steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === 'animate')
}

function stillSteps(steps: readonly Step[], depth: number): readonly Step[] {
  const below = deeper(depth)
  return steps.flatMap((step): readonly Step[] => {
    if (step.kind === 'animate') return []
    if (step.kind !== 'branch') return [step]
    const cases = step.cases.map((one) => ({ ...one, steps: stillSteps(one.steps, below) }))
    return [{ ...step, cases, otherwise: stillSteps(step.otherwise, below) }]
  })
}

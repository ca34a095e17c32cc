import { isFault } from '../faults.ts'
import type { Resolution } from './resolved.ts'

/** What is known, or may be expected, of a resolution to its end. */
export type Foreseen = Omit<Resolution, 'pause'>

/**
 * A resolution to its end as if nothing was trimmed away, for estimates: a real answer may lead to smaller pictures, or to
 * another branch. Where that ends in a Fault, what comes before it.
 */
export function foresee(resolution: Resolution): Foreseen {
  let { pause, ...known } = resolution
  while (pause) {
    const next = resumed(pause, known.size)
    if (!next) return known
    known = {
      ...next,
      steps: [...known.steps, ...next.steps],
      largest: Math.max(known.largest, next.largest),
    }
    pause = next.pause
  }
  return known
}

function resumed({ resume }: NonNullable<Resolution['pause']>, size: Resolution['size']): Resolution | undefined {
  try {
    return resume({ kind: 'region', region: { left: 0, top: 0, ...size } })
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

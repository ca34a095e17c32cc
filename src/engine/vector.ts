import type { Facts, Size } from '../plan/facts.ts'
import type { Resolution } from '../plan/resolved.ts'

/**
 * The sides at which a drawing is rendered, so that it is as sharp as the first scale of the steps asks for; `undefined`: at
 * its own, because it is no drawing, nothing scales it, or something that counts in its pixels comes before.
 */
export function vectorSize({ format }: Pick<Facts, 'format'>, { steps, pause }: Resolution): Size | undefined {
  if (format !== 'svg') return undefined
  const first = steps.find(({ kind }) => kind !== 'mirror' && kind !== 'flatten')
  if (first) return first.kind === 'place' ? first.scale : undefined
  return pause?.measure.kind === 'attention' ? pause.measure.scale : undefined
}

import type { Facts, Limits, Size } from '../plan/facts.ts'
import type { Resolution, ResolvedStep } from '../plan/resolved.ts'
import type { Developed } from './develop.ts'
import { type Input, inputSize } from './run.ts'

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

/**
 * A drawing of which a part is enlarged, as a trim leaves it, is rendered once more at the sides that this needs; everything
 * else stays as it is. `draw` renders the whole at about the sides that it is given.
 */
export async function redrawn(
  developed: Developed,
  facts: Pick<Facts, 'format' | 'width' | 'height'>,
  limits: Pick<Limits, 'inputPixels'>,
  draw: (wish: Size) => Promise<Input>,
): Promise<Developed> {
  const [cut, scaled, ...rest] = developed.steps
  if (facts.format !== 'svg' || cut?.kind !== 'extract' || scaled?.kind !== 'place') return developed
  const own = inputSize(developed.input)
  if (own.width !== facts.width || own.height !== facts.height) return developed
  const wish = {
    width: Math.round((own.width * scaled.scale.width) / cut.region.width),
    height: Math.round((own.height * scaled.scale.height) / cut.region.height),
  }
  const larger = wish.width * wish.height > own.width * own.height
  if (!larger || wish.width * wish.height > limits.inputPixels) return developed
  const input = await draw(wish)
  return { ...developed, input, steps: [enlarged(cut, own, inputSize(input)), scaled, ...rest] }
}

type Cut = Extract<ResolvedStep, { readonly kind: 'extract' }>

/** The same part of a picture of other sides, in whole pixels, at least one. */
function enlarged({ region }: Cut, from: Size, to: Size): Cut {
  const axis = (start: number, length: number, before: number, after: number) => {
    const first = Math.min(after - 1, Math.round((start * after) / before))
    return [first, Math.max(1, Math.min(after, Math.round(((start + length) * after) / before)) - first)] as const
  }
  const [left, width] = axis(region.left, region.width, from.width, to.width)
  const [top, height] = axis(region.top, region.height, from.height, to.height)
  return { kind: 'extract', region: { left, top, width, height } }
}

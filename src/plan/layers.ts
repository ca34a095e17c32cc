import { evaluate, sizeVariables } from './expression.ts'
import type { Facts, Limits, Region, Size } from './facts.ts'
import { clamp, nearest, wishedBox } from './geometry.ts'
import { requireWithinLimits } from './limits.ts'
import type { Layer, LayerPicture, Offset, Placement } from './plan.ts'
import { resolveFrom } from './resolve.ts'
import type { Resolution } from './resolved.ts'

/** What is known of a layer's picture before its steps run. */
type LayerFacts = Pick<Facts, 'width' | 'height' | 'orientation' | 'density'>

/**
 * The steps of a layer, on one frame: `width…` and `initial*` are the overlay's, `base*` the picture's below. `facts` describe the
 * overlay as stored, or of a text as written; a solid or gradient has none. Faults as `resolve`.
 */
export function resolveLayer(
  layer: Pick<Layer, 'picture' | 'steps'>,
  facts: LayerFacts | undefined,
  base: Size,
  limits: Limits,
): Resolution {
  const overlay = facts ?? { ...drawnCanvas(layer.picture, base, limits), orientation: 1 }
  return resolveFrom(layer.steps, { ...overlay, frames: 1 }, limits, base)
}

/** `layerCanvas` of something that is going to be drawn. Fault too-large above the limits: ask before memory is taken. */
export function drawnCanvas(picture: LayerPicture, base: Size, limits: Limits): Size {
  const size = layerCanvas(picture, base)
  requireWithinLimits(size, 1, limits.outputPixels)
  return size
}

/** Size of a drawn layer before its steps: its box, a missing side the base's (imagekit §6.4). For a source or a text: the base's. */
export function layerCanvas(picture: LayerPicture, base: Size): Size {
  if (picture.kind === 'source' || picture.kind === 'text') return base
  const variables = sizeVariables(base, base, base)
  const { width, height, ratio, scale } = picture.box
  const wished = wishedBox(
    {
      ...(width !== undefined && { width: evaluate(width, variables) }),
      ...(height !== undefined && { height: evaluate(height, variables) }),
      ...(ratio !== undefined && { ratio: evaluate(ratio, variables) }),
      ...(scale !== undefined && { scale: evaluate(scale, variables) }),
    },
    base,
  )
  return { width: wished?.width ?? base.width, height: wished?.height ?? base.height }
}

/** Left/top corner on the base, and the part of the layer that shows when the layer is larger than the base. */
type Spot = { readonly left: number; readonly top: number; readonly crop?: Region }

/**
 * Where a finished layer lies (imagekit §6.2): centring rounds down, an offset is moved so that the layer stays inside, an axis
 * without an offset is centred, a layer larger than the base is cropped to it. `initial` is the overlay's size before its steps.
 */
export function placeLayer(at: Placement, layer: Size, base: Size, initial: Size = layer): Spot {
  const variables = sizeVariables(initial, layer, base)
  const offset = (wanted: Offset) => ({ ...wanted, value: nearest(evaluate(wanted.value, variables)) })
  const along = (one: 'x' | 'y', own: number, under: number) => {
    if (at.kind === 'anchor') return slide(anchored(under - own, at[one]), own, under)
    const wanted = at[one]
    return slide(wanted ? shifted(offset(wanted), own, under) : anchored(under - own, 0.5), own, under)
  }
  const x = along('x', layer.width, base.width)
  const y = along('y', layer.height, base.height)
  const spot = { left: x.start, top: y.start }
  if (x.length === layer.width && y.length === layer.height) return spot
  return { ...spot, crop: { left: x.skip, top: y.skip, width: x.length, height: y.length } }
}

/** Start of a layer with `free` pixels beside it; below 0 that many pixels of the layer stick out before the base. */
function anchored(free: number, part: number): number {
  return free >= 0 ? Math.floor(free * part) : -Math.floor(-free * part)
}

function shifted(offset: Offset & { readonly value: number }, own: number, under: number): number {
  const point = offset.fromEnd ? under - offset.value : Math.floor(under * (offset.from ?? 0)) + offset.value
  if (offset.of === 'centre') return Math.floor(point - own / 2)
  return offset.fromEnd ? point - own : point
}

/** Moves one axis of the layer so that it stays inside, or so that it covers the base when it is longer. */
function slide(start: number, own: number, under: number) {
  if (own <= under) return { start: clamp(start, 0, under - own), skip: 0, length: own }
  return { start: 0, skip: clamp(-start, 0, own - under), length: under }
}

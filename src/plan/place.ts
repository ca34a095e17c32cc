import { Fault } from '../faults.ts'
import type { Point, Region, Size } from './facts.ts'
import { clamp, completeBox, intersect, nearest, sameSize, side, type Wish, wishedBox } from './geometry.ts'
import type { Box, Focus, Place } from './plan.ts'

/** A Place whose lengths are numbers. `padded`: there is a surround to fill the box with. */
export type PlaceWish = {
  readonly box: Box<number>
  readonly mode: Place['mode']
  readonly enlarge: boolean
  readonly focus: Focus<number>
  readonly padded: boolean
}

/** Scale the whole picture to `scale`, cut `crop` out of that, stand it at left/top of a canvas of `canvas`'s sides. */
export type Placed = { readonly scale: Size; readonly crop?: Region; readonly canvas?: Region }

/**
 * Where every pixel of a picture goes: pixboost §6, kraken §3, imagekit §4.2, compressor §5.2, filestack §4.3. Derived sides
 * are floor(x + 0.5), at least 1; offsets round down. `spot` is the measured window for the focus `attention`, in scaled
 * coordinates; without it the middle is taken.
 * Fault bad-parameter: a side not above 0, a native window beside the picture, a native window by its centre that leaves it.
 */
export function place(wish: PlaceWish, picture: Size, spot?: Point): Placed {
  const wished = wishedBox(wish.box, picture)
  if (!wished) return { scale: picture }
  if (wish.mode === 'native' || wish.mode === 'canvas') {
    const box = completeBox(wished, picture)
    if (wish.mode === 'canvas') return lean(onCanvas(box, picture, wish.focus, spot))
    return lean({ scale: picture, crop: nativeWindow(box, picture, wish.focus, spot) })
  }
  const { width, height } = wished
  if (width === undefined || height === undefined) return { scale: scaledToSide(wished, picture, wish.enlarge) }
  const box = { width, height }
  switch (wish.mode) {
    case 'cover':
      return lean(cover(box, picture, wish, spot))
    case 'inside':
      return lean(inside(box, picture, wish))
    case 'outside':
      return { scale: scaled(box, picture, 'outside', wish.enlarge) }
    case 'stretch':
      return { scale: wish.enlarge ? box : smaller(box, picture) }
  }
}

/** Whether the focus of a Place can have a meaning: something may be cut, or stands on a larger canvas. */
export function needsFocus({ mode, surround }: Pick<Place, 'mode' | 'surround'>): boolean {
  return mode === 'cover' || mode === 'native' || mode === 'canvas' || (mode === 'inside' && surround !== undefined)
}

/** Size of the picture after the placement. */
export function placedSize(placed: Placed): Size {
  const { width, height } = placed.canvas ?? placed.crop ?? placed.scale
  return { width, height }
}

/** Scales until the box is filled (`outside`) or just not left (`inside`); one side is exact, the other rounded. */
function scaled(box: Size, picture: Size, until: 'inside' | 'outside', enlarge: boolean): Size {
  // Products of whole numbers keep the comparison and the halves exact, which a factor in floating point does not.
  const wider = box.width * picture.height - box.height * picture.width
  const byWidth = until === 'inside' ? wider <= 0 : wider >= 0
  return scaledToSide(byWidth ? { width: box.width } : { height: box.height }, picture, enlarge)
}

function scaledToSide(wish: Wish, picture: Size, enlarge: boolean): Size {
  const grows = wish.width === undefined ? wish.height > picture.height : wish.width > picture.width
  if (grows && !enlarge) return picture
  return wish.width === undefined
    ? { width: side((wish.height * picture.width) / picture.height), height: wish.height }
    : { width: wish.width, height: side((wish.width * picture.height) / picture.width) }
}

function cover(box: Size, picture: Size, wish: PlaceWish, spot?: Point): Placed {
  const window = wish.enlarge ? box : reachable(box, picture)
  const scale = scaled(window, picture, 'outside', true)
  return { scale, crop: locate(window, scale, picture, wish.focus, spot) }
}

/** The largest box of the same ratio that a picture covers without being enlarged (imagekit §4.2 maintain_ratio_no_enlarge). */
function reachable(box: Size, picture: Size): Size {
  if (box.width <= picture.width && box.height <= picture.height) return box
  return scaled(picture, box, 'inside', false)
}

function inside(box: Size, picture: Size, wish: PlaceWish): Placed {
  const scale = scaled(box, picture, 'inside', wish.enlarge)
  if (!wish.padded) return { scale }
  return { scale, canvas: { ...stand(scale, box, wish.focus), ...box } }
}

function nativeWindow(box: Size, picture: Size, focus: Focus<number>, spot?: Point): Region {
  const asked = askedWindow(box, focus)
  if (!asked) return locate(smaller(box, picture), picture, picture, focus, spot)
  const kept = intersect(asked, picture)
  // A window given by its centre fails when it leaves the picture, one given by its corner is cut (imagekit §4.2).
  if (!kept || (focus.kind === 'centre' && !sameSize(kept, asked))) {
    throw new Fault('bad-parameter', 'the window to cut leaves the picture', { context: { ...asked } })
  }
  return kept
}

function onCanvas(box: Size, picture: Size, focus: Focus<number>, spot?: Point): Placed {
  const asked = askedWindow(box, focus)
  if (!asked) {
    const window = smaller(box, picture)
    const crop = locate(window, picture, picture, focus, spot)
    return { scale: picture, crop, canvas: { ...stand(window, box, focus), ...box } }
  }
  const crop = intersect(asked, picture)
  if (!crop) throw new Fault('bad-parameter', 'the canvas lies beside the picture', { context: { ...asked } })
  return { scale: picture, crop, canvas: { left: crop.left - asked.left, top: crop.top - asked.top, ...box } }
}

/** The window of a focus in pixels, which may leave the picture; nothing for the other kinds of focus. */
function askedWindow(box: Size, focus: Focus<number>): Region | undefined {
  if (focus.kind === 'corner') return { left: nearest(focus.x), top: nearest(focus.y), ...box }
  if (focus.kind !== 'centre') return undefined
  return { left: Math.floor(focus.x - box.width / 2), top: Math.floor(focus.y - box.height / 2), ...box }
}

/** Where a window sits in the scaled picture. Focus coordinates are pixels of the unscaled picture; the window stays inside. */
function locate(window: Size, scale: Size, picture: Size, focus: Focus<number>, spot?: Point): Region {
  const free = { x: scale.width - window.width, y: scale.height - window.height }
  const kx = scale.width / picture.width
  const ky = scale.height / picture.height
  const at = (left: number, top: number): Region => ({
    left: clamp(Math.floor(left), 0, free.x),
    top: clamp(Math.floor(top), 0, free.y),
    ...window,
  })
  switch (focus.kind) {
    case 'anchor':
      return at(free.x * focus.x, free.y * focus.y)
    case 'corner':
      return at(focus.x * kx, focus.y * ky)
    case 'centre':
      return at(focus.x * kx - window.width / 2, focus.y * ky - window.height / 2)
    case 'area':
      return at(
        (focus.x + focus.width / 2) * kx - window.width / 2,
        (focus.y + focus.height / 2) * ky - window.height / 2,
      )
    case 'attention':
      return spot ? at(spot.x, spot.y) : at(free.x / 2, free.y / 2)
  }
}

/** Where a smaller picture stands on a canvas: at its anchor, else in the middle. */
function stand(picture: Size, canvas: Size, focus: Focus<number>): { readonly left: number; readonly top: number } {
  const { x, y } = focus.kind === 'anchor' ? focus : { x: 0.5, y: 0.5 }
  return {
    left: Math.floor((canvas.width - picture.width) * x),
    top: Math.floor((canvas.height - picture.height) * y),
  }
}

function smaller(box: Size, picture: Size): Size {
  return { width: Math.min(box.width, picture.width), height: Math.min(box.height, picture.height) }
}

/** Leaves out a crop that cuts nothing and a canvas that adds nothing. */
function lean(placed: Placed): Placed {
  const crop = placed.crop && !sameSize(placed.crop, placed.scale) ? placed.crop : undefined
  const canvas = placed.canvas && !sameSize(placed.canvas, crop ?? placed.scale) ? placed.canvas : undefined
  return { scale: placed.scale, ...(crop && { crop }), ...(canvas && { canvas }) }
}

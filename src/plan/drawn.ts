import { Fault } from '../faults.ts'
import { evaluate, type Variables } from './expression.ts'
import type { Region, Size } from './facts.ts'
import { intersect, nearest, pixelsOf, side } from './geometry.ts'
import type { Area, Drawing, Gradient, Length } from './plan.ts'

/** Corners this far out (pixels) say no more than ones nearer; it keeps the arithmetic of a perspective within bounds. */
const FARTHEST_CORNER = 1_000_000

/** Most pixels of a picture that is painted in oil: the dearest of all drawings, a worker thread must be able to finish it. */
const LARGEST_PAINTING = 32_000_000

/** Whether a drawing leaves every picture as it is. */
export function isIdleDrawing(drawing: Drawing): boolean {
  switch (drawing.name) {
    case 'perspective':
    case 'replace-colour':
    case 'two-level':
      return false
    case 'unsharp':
      return drawing.sigma === 0 || drawing.amount === 0
    case 'shadow':
      return drawing.strength === 0 && drawing.mostPixels === undefined
    case 'gradient':
      return drawing.from.alpha === 0 && drawing.to.alpha === 0
    case 'colorize':
      return drawing.intensity === 0
    case 'arc':
      return drawing.degrees === 0
    case 'sepia':
    case 'vignette':
      return drawing.strength <= 0
    case 'pixelate':
      return nearest(drawing.size) <= 1
    case 'oil-paint':
      return nearest(drawing.radius) <= 0
    case 'areas':
      return drawing.areas.length === 0 || isIdleInAreas(drawing.effect)
    case 'torn-edges':
      return Math.max(drawing.least, drawing.most) <= 0
  }
}

function isIdleInAreas(effect: Extract<Drawing, { readonly name: 'areas' }>['effect']): boolean {
  return effect.name === 'blur' ? effect.sigma === 0 : nearest(effect.size) <= 1
}

/**
 * A drawing in numbers; areas beside the picture are left out. Fault bad-parameter: a shadow on too large a picture,
 * corners that no picture can be stretched to. Fault too-large: a painting of more than 32 million pixels.
 */
export function numericDrawing(drawing: Drawing, picture: Size, variables: Variables): Drawing<number> {
  const number = (length: Length) => evaluate(length, variables)
  switch (drawing.name) {
    case 'gradient':
      return { name: 'gradient', ...numericGradient(drawing, picture, variables) }
    case 'perspective': {
      const [a, b, c, d, e, f, g, h] = drawing.corners
      const corners = [number(a), number(b), number(c), number(d), number(e), number(f), number(g), number(h)] as const
      if (!corners.every((one) => Math.abs(one) <= FARTHEST_CORNER) || !isConvex(corners)) {
        throw new Fault('bad-parameter', 'the corners of a perspective must make a convex shape, clockwise')
      }
      return { name: 'perspective', corners }
    }
    case 'shadow':
      if (drawing.mostPixels !== undefined && pixelsOf(picture) > drawing.mostPixels) {
        throw new Fault('bad-parameter', 'the picture is too large for a shadow', {
          context: { width: picture.width, height: picture.height, limit: drawing.mostPixels },
        })
      }
      return { ...drawing, x: nearest(number(drawing.x)), y: nearest(number(drawing.y)) }
    case 'areas': {
      const areas = drawing.areas.map(({ x, y, width, height }) => ({
        x: nearest(number(x)),
        y: nearest(number(y)),
        width: nearest(number(width)),
        height: nearest(number(height)),
      }))
      return { ...drawing, areas: areas.filter((area) => intersect(regionOf(area), picture)) }
    }
    case 'unsharp':
    case 'colorize':
    case 'arc':
    case 'replace-colour':
    case 'sepia':
    case 'two-level':
    case 'pixelate':
    case 'vignette':
    case 'torn-edges':
      return drawing
    case 'oil-paint':
      if (pixelsOf(picture) > LARGEST_PAINTING) {
        throw new Fault('too-large', 'the picture is too large to be painted in oil', {
          context: { width: picture.width, height: picture.height, limit: LARGEST_PAINTING },
        })
      }
      return drawing
  }
}

/** An area as a region, which may stick out of the picture. */
export function regionOf({ x, y, width, height }: Area<number>): Region {
  return { left: x, top: y, width, height }
}

/** A gradient whose reach is in pixels along its direction; the whole way is |w·sin| + |h·cos|, as in CSS. */
export function numericGradient(gradient: Gradient, picture: Size, variables: Variables): Gradient<number> {
  const { angle, from, to, reachIsPart } = gradient
  const reach = evaluate(gradient.reach, variables)
  const radians = (angle * Math.PI) / 180
  const way = Math.abs(picture.width * Math.sin(radians)) + Math.abs(picture.height * Math.cos(radians))
  return { angle, from, to, reach: Math.max(0, reachIsPart ? reach * way : reach), reachIsPart: false }
}

/** Size of the picture after the drawing. */
export function drawnSize(drawing: Drawing<number>, picture: Size): Size {
  return sizeOf(drawing.name === 'arc' ? arcBox(arcOf(drawing.degrees, picture)) : picture)
}

/**
 * A picture bent along a circle: its middle row keeps its length, its columns stand on the circle's radii. `angle` is the whole
 * opening in radians, 0 < angle ≤ 2π; radii are those of the bottom and the top row; `down`: the arch hangs.
 */
export type Arc = { readonly angle: number; readonly inner: number; readonly outer: number; readonly down: boolean }

export function arcOf(degrees: number, { width, height }: Size): Arc {
  const angle = (Math.min(360, Math.max(0.01, Math.abs(degrees))) * Math.PI) / 180
  // A strip higher than its circle is wide would have its bottom row beyond the centre.
  const radius = Math.max(width / angle, height / 2)
  return { angle, inner: radius - height / 2, outer: radius + height / 2, down: degrees < 0 }
}

/** The upright box around an arc, and how far its top lies above the centre of the circle. */
export function arcBox({ angle, inner, outer }: Arc): Size & { readonly above: number } {
  const half = angle / 2
  const across = half >= Math.PI / 2 ? outer : outer * Math.sin(half)
  // The ends of the top row are lower than those of the bottom row once the strip has turned beyond the horizontal.
  const lowest = Math.min(inner * Math.cos(half), outer * Math.cos(half))
  return { width: side(2 * across), height: side(outer - lowest), above: outer }
}

/** Whether four corners turn the same way at each of them: clockwise, as y grows downwards. */
function isConvex(corners: readonly [number, number, number, number, number, number, number, number]): boolean {
  const [ax, ay, bx, by, cx, cy, dx, dy] = corners
  const points = [
    [ax, ay],
    [bx, by],
    [cx, cy],
    [dx, dy],
  ] as const
  const turns = points.map(([x, y], i) => {
    const [x1, y1] = points[(i + 1) % 4] ?? [x, y]
    const [x2, y2] = points[(i + 2) % 4] ?? [x, y]
    return (x1 - x) * (y2 - y1) - (y1 - y) * (x2 - x1)
  })
  return turns.every((turn) => turn > 0) || turns.every((turn) => turn < 0)
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height })

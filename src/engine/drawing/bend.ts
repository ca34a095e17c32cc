import { arcBox, arcOf } from '../../plan/drawn.ts'
import type { Raw } from '../raw.ts'
import { type Mapping, warp } from './sampling.ts'

type Corners = readonly [number, number, number, number, number, number, number, number]

/** Moves the corners of an RGBA picture to new places (clockwise from top-left); its size stays, what leaves it is cut. */
export function perspective(picture: Raw, corners: Corners): Raw {
  return warp(picture, picture, perspectiveMapping(corners, picture.width, picture.height), 'nothing')
}

/**
 * The way back from a convex quadrilateral to a rectangle of `width`×`height`. The way there is the projective map of the unit
 * square (P. Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, §2.2.3); its adjugate leads back.
 */
function perspectiveMapping(corners: Corners, width: number, height: number): Mapping {
  const [x0, y0, x1, y1, x2, y2, x3, y3] = corners
  const dx1 = x1 - x2
  const dx2 = x3 - x2
  const dx3 = x0 - x1 + x2 - x3
  const dy1 = y1 - y2
  const dy2 = y3 - y2
  const dy3 = y0 - y1 + y2 - y3
  const det = dx1 * dy2 - dx2 * dy1
  const g = (dx3 * dy2 - dx2 * dy3) / det
  const h = (dx1 * dy3 - dx3 * dy1) / det
  const a = x1 - x0 + g * x1
  const b = x3 - x0 + h * x3
  const c = x0
  const d = y1 - y0 + g * y1
  const e = y3 - y0 + h * y3
  const f = y0
  // Adjugate of [[a b c] [d e f] [g h 1]]; its scale cancels out, its sign tells the front from the back of the plane.
  const back = [e - f * h, c * h - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f] as const
  const scale = [d * h - e * g, b * g - a * h, a * e - b * d] as const
  const front = Math.sign(scale[2] + scale[0] * meanOf(x0, x1, x2, x3) + scale[1] * meanOf(y0, y1, y2, y3))
  return (x, y, from) => {
    const w = scale[0] * x + scale[1] * y + scale[2]
    if (w * front <= 0) return false
    from.u = (width * (back[0] * x + back[1] * y + back[2])) / w
    from.v = (height * (back[3] * x + back[4] * y + back[5])) / w
    return isNear(from.u, width) && isNear(from.v, height)
  }
}

const meanOf = (a: number, b: number, c: number, d: number) => (a + b + c + d) / 4

/** Bends an RGBA picture along a circle (see `Arc`); below 0 degrees the ends point up. */
export function arc(picture: Raw, degrees: number): Raw {
  const { width, height } = picture
  const shape = arcOf(degrees, picture)
  const { angle, inner, outer, down } = shape
  const box = arcBox(shape)
  return warp(
    picture,
    box,
    (x, y, from) => {
      const right = x - box.width / 2
      const up = outer - (down ? box.height - y : y)
      from.u = width * (Math.atan2(right, up) / angle + 0.5)
      const along = (height * (outer - Math.hypot(right, up))) / (outer - inner)
      from.v = down ? height - along : along
      return isNear(from.u, width) && isNear(from.v, height)
    },
    'nothing',
  )
}

/** Half a pixel around the picture still takes part in its smooth outline. */
function isNear(at: number, length: number): boolean {
  return at > -0.5 && at < length + 0.5
}

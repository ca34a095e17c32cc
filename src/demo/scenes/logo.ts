import type { RawPicture } from '../canvas.ts'
import { circle, type Figure, fill, polygon, print, sheet } from '../sheet.ts'

const BLADES = ['#e4572e', '#f3a712', '#a8c686', '#669bbc', '#29335c', '#8a4f7d'] as const
const RING = '#29335c'

/** A shutter of six blades in a ring, on nothing: alpha and flat colours. */
export function logo(size: number): RawPicture {
  const target = sheet(size, size)
  const [middle, outer, hole, gap] = [size / 2, size * 0.4, size * 0.165, size * 0.006]
  fill(target, circle(middle, middle, size * 0.46), RING)
  fill(target, circle(middle, middle, outer + size * 0.015), '#fdfdfb')
  /** How far a point lies beyond the line through a side of the hexagonal hole. */
  const beyond = (side: number, x: number, y: number) => {
    const angle = ((side + 0.5) / 6) * Math.PI * 2 - Math.PI / 2
    return (x - middle) * Math.cos(angle) + (y - middle) * Math.sin(angle) - hole * Math.cos(Math.PI / 6)
  }
  const disc = circle(middle, middle, outer)
  for (const [side, colour] of BLADES.entries()) {
    // A blade lies beyond its own side and not yet beyond the one before it; a fine gap shows between two blades.
    const shape = (x: number, y: number) =>
      Math.max(disc.shape(x, y), Math.max(-beyond(side, x, y), beyond(side - 1, x, y)) + gap)
    fill(target, { ...disc, shape }, colour)
  }
  const corners = BLADES.map((_, index): readonly [number, number] => {
    const angle = (index / 6) * Math.PI * 2 - Math.PI / 2
    return [middle + Math.cos(angle) * (hole - gap), middle + Math.sin(angle) * (hole - gap)]
  })
  return print([erase(target, polygon(...corners))], { alpha: true })
}

/** The sheet with a transparent hole in the form of a figure. */
function erase(target: ReturnType<typeof sheet>, figure: Figure): typeof target {
  const values = target.values.slice()
  for (let y = 0; y < target.height; y += 1) {
    for (let x = 0; x < target.width; x += 1) {
      const at = (y * target.width + x) * 4 + 3
      values[at] = (values[at] ?? 0) * Math.min(1, Math.max(0, 0.5 + figure.shape(x + 0.5, y + 0.5)))
    }
  }
  return { ...target, values }
}

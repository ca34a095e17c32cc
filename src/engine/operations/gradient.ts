import type { Size } from '../../plan/facts.ts'
import type { Colour } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'

/** Longest side computed; a gradient is smooth, so the rest is scaling. */
const SIDE = 256

/**
 * A linear gradient in RGBA for a canvas of `size`, at a reduced size of the same shape. `angle` in degrees clockwise: 0 runs
 * upwards, 90 to the right, 180 downwards (as in CSS). The stops are spread evenly over `reach` pixels of the canvas, by
 * default from corner to corner.
 */
export function gradientPixels(stops: readonly Colour[], angle: number, size: Size, reach?: number): Raw {
  const shrink = Math.max(1, Math.max(size.width, size.height) / SIDE)
  const width = Math.max(1, Math.round(size.width / shrink))
  const height = Math.max(1, Math.round(size.height / shrink))
  const radians = (angle * Math.PI) / 180
  const across = Math.sin(radians)
  const down = -Math.cos(radians)
  const whole = Math.abs(width * across) + Math.abs(height * down)
  const length = reach === undefined ? whole : Math.max(reach / shrink, Number.EPSILON)
  const data = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = (x + 0.5 - width / 2) * across + (y + 0.5 - height / 2) * down + whole / 2
      data.set(colourAt(stops, along / length), 4 * (y * width + x))
    }
  }
  return { data, width, height, channels: 4 }
}

function colourAt(stops: readonly Colour[], part: number): readonly number[] {
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1)
  const from = stops[Math.floor(place)] ?? { r: 0, g: 0, b: 0, alpha: 0 }
  const to = stops[Math.ceil(place)] ?? from
  const rest = place - Math.floor(place)
  const mix = (a: number, b: number) => Math.round(a + (b - a) * rest)
  return [mix(from.r, to.r), mix(from.g, to.g), mix(from.b, to.b), mix(255 * from.alpha, 255 * to.alpha)]
}

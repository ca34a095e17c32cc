import type { Colour } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'

/** Largest distance of two colours in the RGB cube. */
const FARTHEST = Math.sqrt(3 * 255 * 255)

/**
 * Puts shades of one colour in the place of an RGBA picture's own colours: black and white stay, middle grey becomes `colour`
 * (imagekit §4.6 calls it a tint; with its default, grey, that takes the colours away). `intensity`: percent of the new colour.
 * Brightness is luma by Rec. 709. In place.
 */
export function colorize({ data }: Raw, colour: Colour, intensity: number): void {
  const part = Math.min(1, Math.max(0, (intensity / 100) * colour.alpha))
  const shades = [shadesOf(colour.r), shadesOf(colour.g), shadesOf(colour.b)] as const
  for (let i = 0; i < data.length; i += 4) {
    const r = data[i] ?? 0
    const g = data[i + 1] ?? 0
    const b = data[i + 2] ?? 0
    const tone = Math.round(luma(r, g, b))
    data[i] = Math.round(r + part * ((shades[0][tone] ?? 0) - r))
    data[i + 1] = Math.round(g + part * ((shades[1][tone] ?? 0) - g))
    data[i + 2] = Math.round(b + part * ((shades[2][tone] ?? 0) - b))
  }
}

/** Mixes brown tones, those of the usual sepia matrix, into an RGBA picture by `strength` (0…1). In place. */
export function sepia({ data }: Raw, strength: number): void {
  const part = Math.min(1, Math.max(0, strength))
  for (let i = 0; i < data.length; i += 4) {
    const r = data[i] ?? 0
    const g = data[i + 1] ?? 0
    const b = data[i + 2] ?? 0
    data[i] = Math.round(r + part * (Math.min(255, 0.393 * r + 0.769 * g + 0.189 * b) - r))
    data[i + 1] = Math.round(g + part * (Math.min(255, 0.349 * r + 0.686 * g + 0.168 * b) - g))
    data[i + 2] = Math.round(b + part * (Math.min(255, 0.272 * r + 0.534 * g + 0.131 * b) - b))
  }
}

/** Makes an RGBA picture black where its luma is below `threshold` (0…1) and white elsewhere. Alpha stays. In place. */
export function twoLevel({ data }: Raw, threshold: number): void {
  const least = 255 * threshold
  for (let i = 0; i < data.length; i += 4) {
    const level = luma(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0) < least ? 0 : 255
    data[i] = level
    data[i + 1] = level
    data[i + 2] = level
  }
}

/** Brightness of a colour, 0…255: luma by Rec. 709. */
export function luma(r: number, g: number, b: number): number {
  return (2126 * r + 7152 * g + 722 * b) / 10_000
}

/** From black over `value` in the middle to white, for each tone 0…255. */
function shadesOf(value: number): Float64Array {
  return Float64Array.from({ length: 256 }, (_, tone) =>
    tone <= 127.5 ? (value * tone) / 127.5 : value + ((255 - value) * (tone - 127.5)) / 127.5,
  )
}

/**
 * Moves every colour of an RGBA picture that is within `tolerance` percent of the largest distance of `from` by what lies
 * between `from` and `to`, so that shading stays; the alpha of `to` is multiplied in. In place.
 */
export function replaceColour({ data }: Raw, from: Colour, to: Colour, tolerance: number): void {
  const reach = (FARTHEST * tolerance) / 100
  const nearest = reach * reach
  for (let i = 0; i < data.length; i += 4) {
    const r = (data[i] ?? 0) - from.r
    const g = (data[i + 1] ?? 0) - from.g
    const b = (data[i + 2] ?? 0) - from.b
    if (r * r + g * g + b * b > nearest) continue
    data[i] = byte(to.r + r)
    data[i + 1] = byte(to.g + g)
    data[i + 2] = byte(to.b + b)
    data[i + 3] = Math.round((data[i + 3] ?? 0) * to.alpha)
  }
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value)
}

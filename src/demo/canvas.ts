import { randomFrom } from './noise.ts'

/** Light as red, green and blue, linear, 1 = white. */
export type Light = readonly [number, number, number]

/** A picture being painted: linear light, three values per pixel. */
export type Canvas = { readonly width: number; readonly height: number; readonly light: Float32Array }

/** What an encoder takes: 8-bit sRGB, frames one below the other. `height` is that of one frame. */
export type RawPicture = {
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly frames: number
  /** Milliseconds per frame; animations only. */
  readonly delay?: number
  readonly pixels: Uint8Array
}

export function canvas(width: number, height: number): Canvas {
  return { width, height, light: new Float32Array(width * height * 3) }
}

/** `#rrggbb` as linear light (IEC 61966-2-1). */
export function light(hex: string): Light {
  const channel = (at: number) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255)
  return [channel(1), channel(3), channel(5)]
}

/** From `a` to `b` as `t` goes from 0 to 1; outside of that it stays. */
export function mix(a: Light, b: Light, t: number): Light {
  const share = clamp(t)
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/** `a` plus `strength` times `b`. */
export function add(a: Light, b: Light, strength: number): Light {
  return [a[0] + b[0] * strength, a[1] + b[1] * strength, a[2] + b[2] * strength]
}

export function scale(a: Light, by: number): Light {
  return [a[0] * by, a[1] * by, a[2] * by]
}

/** The colour at `t` of a gradient whose stops stand in ascending order. */
export function gradient(stops: readonly (readonly [number, Light])[], t: number): Light {
  let [before, from] = stops[0] ?? [0, [0, 0, 0]]
  for (const [at, colour] of stops) {
    if (t <= at) return at === before ? colour : mix(from, colour, smooth((t - before) / (at - before)))
    before = at
    from = colour
  }
  return from
}

export function clamp(t: number, low = 0, high = 1): number {
  return t < low ? low : Math.min(t, high)
}

/** Length of a vector; many times faster than Math.hypot, which guards against overflow. */
export function span(x: number, y: number, z = 0): number {
  return Math.sqrt(x * x + y * y + z * z)
}

/** The cubic that leaves 0 and reaches 1 without a corner. */
export function smooth(t: number): number {
  const x = clamp(t)
  return x * x * (3 - 2 * x)
}

/** Paints every pixel with what `shade` says for it. */
export function paint(target: Canvas, shade: (x: number, y: number) => Light): void {
  const { width, height, light: values } = target
  let at = 0
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = shade(x, y)
      values[at] = colour[0]
      values[at + 1] = colour[1]
      values[at + 2] = colour[2]
      at += 3
    }
  }
}

/** Lays a colour over the pixels by a mask of the canvas's size, 0…1 per pixel. */
export function cover(target: Canvas, mask: Float32Array, shade: (x: number, y: number) => Light): void {
  const { width, light: values } = target
  for (let at = 0; at < mask.length; at += 1) {
    const share = mask[at] ?? 0
    if (share === 0) continue
    const colour = shade(at % width, Math.floor(at / width))
    for (let channel = 0; channel < 3; channel += 1) {
      const value = values[at * 3 + channel] ?? 0
      values[at * 3 + channel] = value + ((colour[channel] ?? 0) - value) * share
    }
  }
}

/** A mask of what lies below the line `top` and, where given, above the line `bottom`: heights per column, in pixels. */
export function between(
  { width, height }: Canvas,
  top: readonly number[],
  bottom: readonly number[] | undefined,
): Float32Array {
  const mask = new Float32Array(width * height)
  for (let x = 0; x < width; x += 1) {
    const from = top[x] ?? 0
    // One pixel is painted beyond the lower line, whose own edge is soft.
    const to = Math.min(height, bottom === undefined ? height : Math.max(from, bottom[x] ?? 0) + 2)
    for (let y = Math.max(0, Math.floor(from)); y < to; y += 1) mask[y * width + x] = clamp(y + 1 - from)
  }
  return mask
}

/** Steps of the tone table, which stands on the square root of light, as eyes do. */
const TONES = 8192
/** Side of the square of grain that is laid side by side; too large for the eye to find the repetition. */
const GRAIN = 509
/** Light above this is white. */
const BRIGHTEST = 4

/** What a camera adds: a filmic shoulder instead of hard clipping, darker corners, grain that is strongest in the mid-tones. */
export function develop(
  { width, height, light: values }: Canvas,
  film: { readonly seed: number; readonly exposure?: number; readonly vignette?: number; readonly grain?: number },
): RawPicture {
  const { exposure = 1, vignette = 0.35, grain = 0.018 } = film
  const random = randomFrom(film.seed)
  // Two numbers of equal chance make a triangle, which looks like grain rather than like noise.
  const specks = Float32Array.from({ length: GRAIN * GRAIN }, () => (random() + random() - 1) * grain)
  const tones = Float32Array.from({ length: TONES }, (_, index) => display(shoulder((index / TONES) ** 2 * BRIGHTEST)))
  const pixels = new Uint8Array(width * height * 3)
  for (let at = 0, y = 0; y < height; y += 1) {
    const dy = (y / height - 0.5) * 2
    for (let x = 0; x < width; x += 1) {
      const dx = (x / width - 0.5) * 2
      const corner = (dx * dx + dy * dy) / 2
      const gain = exposure * (1 - vignette * corner * corner)
      const speck = specks[(y % GRAIN) * GRAIN + (x % GRAIN)] ?? 0
      for (let channel = 0; channel < 3; channel += 1, at += 1) {
        const tone =
          tones[
            Math.min(
              TONES - 1,
              Math.round(Math.sqrt(clamp((values[at] ?? 0) * gain, 0, BRIGHTEST) / BRIGHTEST) * TONES),
            )
          ] ?? 0
        pixels[at] = Math.round(255 * clamp(tone + speck * (1 - Math.abs(tone - 0.45) * 1.2)))
      }
    }
  }
  return { width, height, channels: 3, frames: 1, pixels }
}

/** Linear up to about a half, then ever flatter towards 1, so that a sun glows instead of being a hole. */
function shoulder(value: number): number {
  return value <= 0.5 ? Math.max(0, value) : 1 - 0.5 * Math.exp(-(value - 0.5) / 0.5)
}

function linear(tone: number): number {
  return tone <= 0.04045 ? tone / 12.92 : ((tone + 0.055) / 1.055) ** 2.4
}

/** Linear light to the tone a display takes, 0…1 each. */
export function display(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
}

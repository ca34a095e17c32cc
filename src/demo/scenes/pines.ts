import type { Canvas } from '../canvas.ts'
import { clamp } from '../canvas.ts'
import { randomFrom } from '../noise.ts'

/**
 * A mask of fir trees, 0…1 per pixel: each stands on `ground` (a height per column, in pixels from the top) and is between
 * `low` and `high` pixels tall; the ground below is covered too.
 */
export function pines(
  { width, height }: Canvas,
  wood: {
    readonly seed: number
    readonly ground: (x: number) => number
    /** Nothing is covered below this line, where something else will stand anyway. */
    readonly until?: (x: number) => number
    readonly low: number
    readonly high: number
    readonly spacing: number
    /** Chance that a tree stands at a place, 0…1. */
    readonly density: (x: number) => number
  },
): Float32Array {
  const mask = new Float32Array(width * height)
  const random = randomFrom(wood.seed)
  for (let x = 0; x < width; x += 1) {
    const ground = wood.ground(x)
    const until = Math.min(height, wood.until?.(x) ?? height)
    for (let y = Math.max(0, Math.floor(ground)); y < until; y += 1) mask[y * width + x] = clamp(y + 1 - ground)
  }
  for (let x = -wood.high / 3; x < width + wood.high / 3; x += wood.spacing * (0.4 + random() * 1.2)) {
    const tall = wood.low + (wood.high - wood.low) * random() ** 1.6
    if (random() < wood.density(x)) tree(mask, width, height, { x, foot: wood.ground(x) + tall * 0.06, tall, random })
  }
  return mask
}

/** One fir: whorls of branches that hang outward, narrower towards the top, uneven on both sides. */
function tree(
  mask: Float32Array,
  width: number,
  height: number,
  fir: { readonly x: number; readonly foot: number; readonly tall: number; readonly random: () => number },
): void {
  const { x, foot, tall, random } = fir
  const whorls = 15 + Math.floor(random() * 9)
  const spread = tall * (0.17 + random() * 0.07)
  const lean = (random() - 0.5) * 0.03
  const ragged = Array.from({ length: (whorls + 1) * 2 }, () => 0.75 + random() * 0.5)
  const top = foot - tall
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, foot); y += 1) {
    const down = (y - top) / tall
    const whorl = Math.floor(down * whorls)
    const within = down * whorls - whorl
    // Twigs: fine teeth that differ from row to row.
    const teeth = 1 + (random() - 0.5) * Math.min(0.5, 60 / tall)
    const reach = (side: number) =>
      Math.max(tall * 0.006, spread * down ** 0.85 * (0.55 + 0.45 * within) * (ragged[whorl * 2 + side] ?? 1) * teeth)
    const centre = x + lean * (foot - y)
    const from = centre - reach(0)
    const to = centre + reach(1)
    for (let column = Math.max(0, Math.floor(from)); column <= Math.min(width - 1, Math.floor(to)); column += 1) {
      const share = clamp(Math.min(column + 1, to) - Math.max(column, from))
      const at = y * width + column
      mask[at] = Math.max(mask[at] ?? 0, share)
    }
  }
}

import type { Raw } from './raw.ts'

/** Above this many pixels the picture is judged at 500 pixels of width. pixboost §9, rule 2. */
const FEW_PIXELS = 250_000
const JUDGED_WIDTH = 500
const MOST_COLOURS = 30_000

/**
 * Whether RGBA pixels are a drawing: half of what is not background is made of few colours. pixboost §9, rules 2 to 6.
 */
export function classifyPixels(raw: Raw): boolean {
  const picture = raw.width * raw.height > FEW_PIXELS ? boxShrink(raw, JUDGED_WIDTH) : raw
  const counts = countColours(picture.data)
  if (!counts) return false
  // Equally frequent colours are walked by value, so that the verdict does not depend on where they stand.
  const colours = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return fewColours(colours, picture.width * picture.height)
}

/** Box averaging to a width, height by ratio, weighted by alpha. A narrower picture stays: enlarging by boxes changes no share. */
export function boxShrink(raw: Raw, wanted: number): Raw {
  if (raw.width <= wanted) return raw
  const width = wanted
  const height = Math.max(1, Math.round((raw.height * wanted) / raw.width))
  const data = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * raw.height) / height)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * raw.height) / height))
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * raw.width) / width)
      const right = Math.max(left + 1, Math.floor(((x + 1) * raw.width) / width))
      average(raw, left, top, right, bottom, data, 4 * (y * width + x))
    }
  }
  return { data, width, height, channels: 4 }
}

function average(
  { data, width }: Raw,
  left: number,
  top: number,
  right: number,
  bottom: number,
  into: Uint8Array,
  at: number,
): void {
  let red = 0
  let green = 0
  let blue = 0
  let alpha = 0
  for (let y = top; y < bottom; y++) {
    for (let i = 4 * (y * width + left); i < 4 * (y * width + right); i += 4) {
      const a = data[i + 3] ?? 0
      red += (data[i] ?? 0) * a
      green += (data[i + 1] ?? 0) * a
      blue += (data[i + 2] ?? 0) * a
      alpha += a
    }
  }
  if (alpha === 0) return
  into[at] = Math.round(red / alpha)
  into[at + 1] = Math.round(green / alpha)
  into[at + 2] = Math.round(blue / alpha)
  into[at + 3] = Math.round(alpha / ((right - left) * (bottom - top)))
}

/** Pixels per RGBA colour, or nothing when there are more than rule 3 allows. */
function countColours(data: Uint8Array): ReadonlyMap<number, number> | undefined {
  const counts = new Map<number, number>()
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  for (let i = 0; i + 4 <= data.length; i += 4) {
    const colour = view.getUint32(i)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
    if (counts.size > MOST_COLOURS) return undefined
  }
  return counts
}

/** Rules 4 to 6 over colours from most to least frequent. */
function fewColours(colours: readonly (readonly [colour: number, count: number])[], pixels: number): boolean {
  let run = 1
  while (run < colours.length && similar(colours[run - 1]?.[0] ?? 0, colours[run]?.[0] ?? 0)) run++
  if (run >= colours.length) return false

  const covered = colours.slice(0, run).reduce((sum, [, count]) => sum + count, 0)
  const background = covered >= pixels / 10
  const goal = (background ? pixels - covered : pixels) / 2
  const ordinary = background ? colours.slice(run) : colours
  let consumed = 0
  let used = 0
  for (const [, count] of ordinary) {
    consumed += count
    used++
    if (consumed > goal) break
  }
  return used < 10 || used / colours.length <= 0.02
}

/** Whether the sum over R, G, B of max(d², (d − dα)²) is below 0.1; components 0…1. */
function similar(a: number, b: number): boolean {
  const alpha = difference(a, b, 0)
  let sum = 0
  for (const shift of [24, 16, 8]) {
    const d = difference(a, b, shift)
    sum += Math.max(d * d, (d - alpha) ** 2)
  }
  return sum < 0.1
}

function difference(a: number, b: number, shift: number): number {
  return (((a >>> shift) & 255) - ((b >>> shift) & 255)) / 255
}

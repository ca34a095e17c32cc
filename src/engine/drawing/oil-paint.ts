import type { Raw } from '../raw.ts'
import { luma } from './tint.ts'

/** Shades of brightness that are told apart: few enough that neighbours fall together to strokes. */
const BINS = 20
/** What is added up for each shade: pixels (weighted with alpha), then their red, green and blue. */
const SUMS = 4
const CELL = BINS * SUMS
/** Columns worked on at a time, so that their histograms stay near the processor. */
const STRIP = 256
/** Wider strokes than this are not told apart from it; it keeps the strips of very wide ones small. */
const WIDEST = 256

/**
 * Paints an RGBA picture in strokes: each pixel becomes the mean of those in the square of `radius` pixels around it that have
 * the brightness most frequent there. Alpha stays. The histograms of columns and of the square run along with the pixel, so that
 * the radius hardly costs anything (S. Perreault, P. Hébert, "Median Filtering in Constant Time", 2007).
 */
export function oilPaint(picture: Raw, radius: number): Raw {
  const { width, height } = picture
  const reach = Math.min(radius, WIDEST)
  const out = new Uint8Array(picture.data.length)
  const bins = binsOf(picture)
  for (let left = 0; left < width; left += STRIP) {
    paintStrip(picture, bins, out, reach, left, Math.min(width, left + STRIP))
  }
  return { data: out, width, height, channels: 4 }
}

function binsOf({ data, width, height }: Raw): Uint8Array {
  const bins = new Uint8Array(width * height)
  for (let p = 0, i = 0; p < bins.length; p++, i += 4) {
    bins[p] = Math.floor((luma(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0) * BINS) / 256)
  }
  return bins
}

function paintStrip(picture: Raw, bins: Uint8Array, out: Uint8Array, reach: number, left: number, right: number): void {
  const { data, width, height } = picture
  const from = Math.max(0, left - reach)
  const to = Math.min(width, right + reach)
  const columns = new Float64Array((to - from) * CELL)
  /** Shades that occur in a column, one bit each: few, so that sliding is short. */
  const shades = new Int32Array(to - from)
  const square = new Float64Array(CELL)
  const count = (row: number, sign: number) => {
    for (let x = from, p = row * width + from; x < to; x++, p++) {
      const weight = sign * (data[4 * p + 3] ?? 0)
      const bin = bins[p] ?? 0
      const cell = (x - from) * CELL + SUMS * bin
      const sum = (columns[cell] ?? 0) + weight
      columns[cell] = sum
      columns[cell + 1] = (columns[cell + 1] ?? 0) + weight * (data[4 * p] ?? 0)
      columns[cell + 2] = (columns[cell + 2] ?? 0) + weight * (data[4 * p + 1] ?? 0)
      columns[cell + 3] = (columns[cell + 3] ?? 0) + weight * (data[4 * p + 2] ?? 0)
      const bit = 1 << bin
      shades[x - from] = sum > 0 ? (shades[x - from] ?? 0) | bit : (shades[x - from] ?? 0) & ~bit
    }
  }
  const slide = (column: number, sign: number) => {
    if (column < from || column >= to) return
    const start = (column - from) * CELL
    for (let rest = shades[column - from] ?? 0; rest !== 0; rest &= rest - 1) {
      const k = SUMS * (31 - Math.clz32(rest & -rest))
      const cell = start + k
      square[k] = (square[k] ?? 0) + sign * (columns[cell] ?? 0)
      square[k + 1] = (square[k + 1] ?? 0) + sign * (columns[cell + 1] ?? 0)
      square[k + 2] = (square[k + 2] ?? 0) + sign * (columns[cell + 2] ?? 0)
      square[k + 3] = (square[k + 3] ?? 0) + sign * (columns[cell + 3] ?? 0)
    }
  }
  for (let row = 0; row < Math.min(reach, height); row++) count(row, 1)
  for (let y = 0; y < height; y++) {
    if (y + reach < height) count(y + reach, 1)
    if (y - reach - 1 >= 0) count(y - reach - 1, -1)
    square.fill(0)
    for (let x = left - reach; x < left + reach; x++) slide(x, 1)
    for (let x = left; x < right; x++) {
      slide(x + reach, 1)
      slide(x - reach - 1, -1)
      stroke(square, data, out, 4 * (y * width + x))
    }
  }
}

/** Writes the mean of the most frequent shade; where nothing is to be seen, the pixel as it was. */
function stroke(square: Float64Array, data: Uint8Array, out: Uint8Array, i: number): void {
  let most = 0
  let at = -1
  for (let k = 0; k < CELL; k += SUMS) {
    const weight = square[k] ?? 0
    if (weight <= most) continue
    most = weight
    at = k
  }
  for (let c = 0; c < 3; c++) out[i + c] = at < 0 ? (data[i + c] ?? 0) : Math.round((square[at + 1 + c] ?? 0) / most)
  out[i + 3] = data[i + 3] ?? 0
}

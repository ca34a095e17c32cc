/**
 * How alike two pictures look: structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) on luma, at two scales.
 * Pure; it runs in the pixel workers.
 */

/** Luma, one byte a pixel, rows without padding. */
export type Plane = { readonly data: Uint8Array; readonly width: number; readonly height: number }

/** Side of the square windows, and from one to the next. */
const WINDOW = 8
const STRIDE = 4
/** (K₁L)² and (K₂L)² of the paper, K₁ = 0.01, K₂ = 0.03, L = 255. */
const C1 = 6.5025
const C2 = 58.5225
/** The worst windows, of which the eye sees first that something is wrong, and how much they weigh. */
const WORST_SHARE = 0.1
const WORST_WEIGHT = 0.5

/**
 * 0 (nothing in common) … 1 (identical): the mean of the similarity at full size and at half of it. At each scale half of the
 * value comes from all windows and half from the worst tenth, so that a small ruined part of a large flat picture counts.
 * Pictures of different sides are 0.
 */
export function planeSimilarity(a: Plane, b: Plane): number {
  if (a.width !== b.width || a.height !== b.height) return 0
  return (scaleSimilarity(a, b) + scaleSimilarity(half(a), half(b))) / 2
}

function scaleSimilarity(a: Plane, b: Plane): number {
  const values = windowSimilarities(a, b).sort()
  const worst = Math.max(1, Math.ceil(values.length * WORST_SHARE))
  const value = (1 - WORST_WEIGHT) * mean(values) + WORST_WEIGHT * mean(values.subarray(0, worst))
  return Math.min(1, Math.max(0, value))
}

function windowSimilarities(a: Plane, b: Plane): Float32Array {
  const { width, height } = a
  const side = { x: Math.min(WINDOW, width), y: Math.min(WINDOW, height) }
  const lefts = starts(width, side.x)
  const tops = starts(height, side.y)
  const values = new Float32Array(lefts.length * tops.length)
  let at = 0
  for (const top of tops) {
    for (const left of lefts) values[at++] = windowSimilarity(a, b, left, top, side.x, side.y)
  }
  return values
}

/** Windows every STRIDE pixels, the last one at the very edge. */
function starts(length: number, side: number): readonly number[] {
  const found: number[] = []
  for (let start = 0; start + side < length; start += STRIDE) found.push(start)
  return [...found, length - side]
}

function windowSimilarity(a: Plane, b: Plane, left: number, top: number, across: number, down: number): number {
  let sumA = 0
  let sumB = 0
  let squares = 0
  let products = 0
  for (let y = top; y < top + down; y++) {
    const row = y * a.width + left
    for (let i = row; i < row + across; i++) {
      const one = a.data[i] ?? 0
      const other = b.data[i] ?? 0
      sumA += one
      sumB += other
      squares += one * one + other * other
      products += one * other
    }
  }
  const count = across * down
  const meanA = sumA / count
  const meanB = sumB / count
  const means = meanA * meanA + meanB * meanB
  const variances = squares / count - means
  const covariance = products / count - meanA * meanB
  return ((2 * meanA * meanB + C1) * (2 * covariance + C2)) / ((means + C1) * (variances + C2))
}

/** Every second pixel in both directions, the mean of four. A picture of one pixel in a direction stays as long there. */
function half({ data, width, height }: Plane): Plane {
  const across = Math.max(1, width >> 1)
  const down = Math.max(1, height >> 1)
  const out = new Uint8Array(across * down)
  for (let y = 0; y < down; y++) {
    const upper = 2 * y * width
    const lower = Math.min(2 * y + 1, height - 1) * width
    for (let x = 0; x < across; x++) {
      const left = 2 * x
      const right = Math.min(left + 1, width - 1)
      const sum =
        (data[upper + left] ?? 0) + (data[upper + right] ?? 0) + (data[lower + left] ?? 0) + (data[lower + right] ?? 0)
      out[y * across + x] = (sum + 2) >> 2
    }
  }
  return { data: out, width: across, height: down }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

import type { Region } from '../plan/facts.ts'
import type { Measured } from '../plan/resolved.ts'
import type { Raw } from './raw.ts'

/**
 * The region that an exact trim keeps (pixboost §6): whole rows and columns equal to a corner pixel go, top and left by the
 * top-left, right by the top-right, bottom by the bottom-left one. Edges do not influence each other: every row and column
 * is judged over the whole picture. `nothing` when nothing is left: a picture of one colour, or of two that meet in one
 * straight line from edge to edge.
 */
export function scanExactTrim(raw: Raw): Measured {
  const { width, height } = raw
  const same = comparer(raw, 0)
  const topLeft = 0
  const topRight = width - 1
  const bottomLeft = (height - 1) * width

  let left = width
  let right = -1
  for (let y = 0; y < height; y++) {
    const row = y * width
    let x = 0
    while (x < left && same(row + x, topLeft)) x++
    left = x
    x = width - 1
    while (x > right && same(row + x, topRight)) x--
    right = x
  }
  let top = 0
  while (top < height && rowIs(top, topLeft)) top++
  let bottom = height - 1
  while (bottom >= 0 && rowIs(bottom, bottomLeft)) bottom--
  return right < left || bottom < top ? { kind: 'nothing' } : keep(left, top, right, bottom)

  function rowIs(y: number, corner: number): boolean {
    for (let i = y * width; i < (y + 1) * width; i++) if (!same(i, corner)) return false
    return true
  }
}

/**
 * The region that remains when edges within `tolerance` (0…255, largest difference of any channel) of the top-left pixel go.
 * A picture that is similar all over is kept whole.
 */
export function scanSimilarTrim(raw: Raw, tolerance: number): Measured {
  const { width, height } = raw
  const same = comparer(raw, tolerance)
  let left = width
  let right = -1
  let top = -1
  let bottom = -1
  for (let y = 0; y < height; y++) {
    const row = y * width
    let first = 0
    while (first < width && same(row + first, 0)) first++
    if (first === width) continue
    let last = width - 1
    while (last > right && same(row + last, 0)) last--
    if (top < 0) top = y
    bottom = y
    left = Math.min(left, first)
    right = Math.max(right, last)
  }
  return top < 0 ? keep(0, 0, width - 1, height - 1) : keep(left, top, right, bottom)
}

function keep(left: number, top: number, right: number, bottom: number): Measured {
  const region: Region = { left, top, width: right - left + 1, height: bottom - top + 1 }
  return { kind: 'region', region }
}

/** Compares two pixels by index. Two fully transparent pixels are equal, whatever colour hides under the transparency. */
function comparer(raw: Raw, tolerance: number): (a: number, b: number) => boolean {
  const { data, channels } = raw
  const alpha = channels === 2 || channels === 4 ? channels - 1 : undefined
  return (a, b) => {
    const i = a * channels
    const j = b * channels
    if (alpha !== undefined && data[i + alpha] === 0 && data[j + alpha] === 0) return true
    for (let c = 0; c < channels; c++) if (Math.abs((data[i + c] ?? 0) - (data[j + c] ?? 0)) > tolerance) return false
    return true
  }
}

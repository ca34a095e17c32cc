import type { Raw } from '../raw.ts'
import { type Cover, coverAt, mixInto } from './cover.ts'

/** Sums over a block: red, green and blue weighted with alpha, and alpha. */
type Block = { readonly r: number; readonly g: number; readonly b: number; readonly alpha: number }

/**
 * Puts square blocks of `size` pixels, counted from the top-left corner, in the place of an RGBA picture's pixels: each block has
 * the mean of its pixels, those at the right and bottom edge may be smaller. With `cover` as far as that says. In place.
 */
export function pixelate(picture: Raw, size: number, cover?: Cover): void {
  const { width, height } = picture
  const { left, top, raw } = cover ?? { left: 0, top: 0, raw: picture }
  const first = (from: number) => from - (from % size)
  for (let y = first(top); y < top + raw.height; y += size) {
    const bottom = Math.min(y + size, height)
    for (let x = first(left); x < left + raw.width; x += size) {
      layBlock(picture, { left: x, top: y, right: Math.min(x + size, width), bottom }, cover)
    }
  }
}

type Edges = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

function layBlock(picture: Raw, edges: Edges, cover: Cover | undefined): void {
  const { data, width } = picture
  const { r, g, b, alpha } = meanOf(picture, edges)
  for (let y = edges.top; y < edges.bottom; y++) {
    for (let x = edges.left; x < edges.right; x++) {
      const part = cover ? coverAt(cover, x, y) : 1
      if (part > 0) mixInto(data, 4 * (y * width + x), r, g, b, alpha, part)
    }
  }
}

function meanOf({ data, width }: Raw, { left, top, right, bottom }: Edges): Block {
  let r = 0
  let g = 0
  let b = 0
  let alpha = 0
  for (let y = top; y < bottom; y++) {
    for (let x = left, i = 4 * (y * width + left); x < right; x++, i += 4) {
      const weight = data[i + 3] ?? 0
      r += weight * (data[i] ?? 0)
      g += weight * (data[i + 1] ?? 0)
      b += weight * (data[i + 2] ?? 0)
      alpha += weight
    }
  }
  const pixels = (right - left) * (bottom - top)
  return alpha === 0
    ? { r: 0, g: 0, b: 0, alpha: 0 }
    : { r: r / alpha, g: g / alpha, b: b / alpha, alpha: alpha / pixels }
}

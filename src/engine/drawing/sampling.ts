import type { Raw } from '../raw.ts'

/** Where a pixel of the result comes from: a point of the source in pixels (0,0 = outer edge of the top-left pixel), or nowhere. */
export type Mapping = (x: number, y: number, from: { u: number; v: number }) => boolean

/**
 * Makes an RGBA picture by asking `mapping` for the middle of each pixel where it comes from. Bilinear, weighted with alpha.
 * Beyond the source is nothing (`beyond: 'nothing'`, so outlines come out smooth), or its edge pixels go on for ever (`'edge'`).
 */
export function warp(
  source: Raw,
  size: { readonly width: number; readonly height: number },
  mapping: Mapping,
  beyond: 'nothing' | 'edge',
): Raw {
  const { width, height } = size
  const data = new Uint8Array(width * height * 4)
  const from = { u: 0, v: 0 }
  let at = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      if (mapping(x + 0.5, y + 0.5, from)) sample(source, from.u - 0.5, from.v - 0.5, beyond, data, at)
    }
  }
  return { data, width, height, channels: 4 }
}

/** Writes the colour at `u`, `v` (0,0 = middle of the top-left pixel) to `out[at…]`. */
function sample(source: Raw, u: number, v: number, beyond: 'nothing' | 'edge', out: Uint8Array, at: number): void {
  const left = Math.floor(u)
  const top = Math.floor(v)
  const across = u - left
  const down = v - top
  let r = 0
  let g = 0
  let b = 0
  let a = 0
  for (let corner = 0; corner < 4; corner++) {
    const right = corner & 1
    const below = corner >> 1
    const weight = (right ? across : 1 - across) * (below ? down : 1 - down)
    if (weight === 0) continue
    let x = left + right
    let y = top + below
    if (x < 0 || y < 0 || x >= source.width || y >= source.height) {
      if (beyond === 'nothing') continue
      x = Math.min(Math.max(x, 0), source.width - 1)
      y = Math.min(Math.max(y, 0), source.height - 1)
    }
    const i = 4 * (y * source.width + x)
    const cover = weight * (source.data[i + 3] ?? 0)
    r += cover * (source.data[i] ?? 0)
    g += cover * (source.data[i + 1] ?? 0)
    b += cover * (source.data[i + 2] ?? 0)
    a += cover
  }
  if (a === 0) return
  out[at] = Math.round(r / a)
  out[at + 1] = Math.round(g / a)
  out[at + 2] = Math.round(b / a)
  out[at + 3] = Math.round(a)
}

import type { Region } from '../../plan/facts.ts'
import type { Raw } from '../raw.ts'
import { type Shape, traceShape } from './shape.ts'

/** How far an effect is seen: one channel, its corner at `left`, `top` of the picture; beyond it nothing is seen of the effect. */
export type Cover = { readonly raw: Raw; readonly left: number; readonly top: number }

/** Areas, or the ellipses in them, to be drawn within a part of the picture. */
export type CoverWish = { readonly areas: readonly Region[]; readonly shape: 'rect' | 'oval'; readonly box: Region }

const SQUARE: Shape = [0, 0, 0, 0]

/** Rectangles, or the ellipses in them, as the cover of a picture's part `box`: 255 inside of any, 0 outside of all. */
export function coverOf(areas: readonly Region[], shape: 'rect' | 'oval', box: Region): Cover {
  const { left, top, width, height } = box
  const data = new Uint8Array(width * height)
  for (const area of areas) {
    const at = (x: number, y: number) => (area.top + y - top) * width + area.left + x - left
    const window = { left: left - area.left, top: top - area.top, width, height }
    traceShape(shape === 'oval' ? 'ellipse' : SQUARE, area, window, {
      span: (y, from, to) => data.fill(255, at(from, y), at(to, y)),
      edge(x, y, part) {
        data[at(x, y)] = Math.max(data[at(x, y)] ?? 0, Math.round(255 * part))
      },
    })
  }
  return { raw: { data, width, height, channels: 1 }, left, top }
}

/** 0…1 at a pixel of the picture. */
export function coverAt({ raw, left, top }: Cover, x: number, y: number): number {
  const column = x - left
  const row = y - top
  if (column < 0 || row < 0 || column >= raw.width || row >= raw.height) return 0
  return (raw.data[row * raw.width + column] ?? 0) / 255
}

/** Mixes a colour into pixel `i` of RGBA data by `part` (0…1), both weighted with their alpha (0…255). */
export function mixInto(
  data: Uint8Array,
  i: number,
  r: number,
  g: number,
  b: number,
  alpha: number,
  part: number,
): void {
  const own = (1 - part) * (data[i + 3] ?? 0)
  const added = part * alpha
  const sum = own + added
  data[i + 3] = Math.round(sum)
  if (sum === 0) return
  data[i] = Math.round((own * (data[i] ?? 0) + added * r) / sum)
  data[i + 1] = Math.round((own * (data[i + 1] ?? 0) + added * g) / sum)
  data[i + 2] = Math.round((own * (data[i + 2] ?? 0) + added * b) / sum)
}

/** Lays an RGBA `veil`, which is at least as large as the cover, on a picture as far as the cover says. In place. */
export function showThrough(picture: Raw, veil: Cover, cover: Cover): void {
  const { data, width } = picture
  for (let row = 0; row < cover.raw.height; row++) {
    const y = cover.top + row
    for (let column = 0; column < cover.raw.width; column++) {
      const x = cover.left + column
      const part = coverAt(cover, x, y)
      if (part === 0) continue
      const v = 4 * ((y - veil.top) * veil.raw.width + x - veil.left)
      const { data: seen } = veil.raw
      mixInto(data, 4 * (y * width + x), seen[v] ?? 0, seen[v + 1] ?? 0, seen[v + 2] ?? 0, seen[v + 3] ?? 0, part)
    }
  }
}

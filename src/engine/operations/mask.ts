import type { OverlayOptions } from 'sharp'
import type { Size } from '../../plan/facts.ts'

type Radii = readonly [number, number, number, number]

/** Keeps what lies inside the rounded rectangle (radii clockwise from top-left, in pixels) or the inscribed ellipse. */
export function mask(radius: 'ellipse' | Radii, size: Size): OverlayOptions {
  const { width, height } = size
  return { input: maskPixels(radius, size), raw: { width, height, channels: 2 }, blend: 'dest-in', left: 0, top: 0 }
}

/**
 * White with the mask as alpha. Only the few edge pixels of a row are computed: the spans between them are filled, so that
 * even a large mask takes the main thread a moment only.
 */
export function maskPixels(radius: 'ellipse' | Radii, { width, height }: Size): Buffer {
  const data = Buffer.alloc(width * height * 2)
  for (let y = 0; y < height; y++) {
    // Where the outline crosses the top and the bottom edge of this row of pixels, and its middle.
    const edges = [y, y + 0.5, y + 1].map((at) => outline(radius, { width, height }, at))
    const outer = { left: Math.min(...edges.map((e) => e.left)), right: Math.max(...edges.map((e) => e.right)) }
    const inner = { left: Math.max(...edges.map((e) => e.left)), right: Math.min(...edges.map((e) => e.right)) }
    const row = y * width
    const from = Math.ceil(inner.left)
    const to = Math.floor(inner.right)
    if (to > from) data.fill(255, 2 * (row + from), 2 * (row + to))
    for (let x = Math.max(0, Math.floor(outer.left)); x < Math.min(from, width); x++) soften(x)
    for (let x = Math.max(from, to); x < Math.min(width, Math.ceil(outer.right)); x++) soften(x)

    function soften(x: number): void {
      data[2 * (row + x)] = 255
      data[2 * (row + x) + 1] = Math.round(255 * coverage(x, y))
    }
  }
  return data

  /** Part of a pixel inside the outline, from 8 lines across it. */
  function coverage(x: number, y: number): number {
    let sum = 0
    for (let line = 0; line < 8; line++) {
      const { left, right } = outline(radius, { width, height }, y + (line + 0.5) / 8)
      sum += Math.max(0, Math.min(x + 1, right) - Math.max(x, left))
    }
    return sum / 8
  }
}

/** Left and right end of the shape at height `y` (pixels, 0 at the top); left = right where there is none. */
function outline(radius: 'ellipse' | Radii, { width, height }: Size, y: number): { left: number; right: number } {
  if (radius === 'ellipse') {
    const down = (2 * y - height) / height
    const half = (width / 2) * Math.sqrt(Math.max(0, 1 - down * down))
    return { left: width / 2 - half, right: width / 2 + half }
  }
  const [topLeft, topRight, bottomRight, bottomLeft] = radius
  return {
    left: Math.max(inset(topLeft, y), inset(bottomLeft, height - y)),
    right: width - Math.max(inset(topRight, y), inset(bottomRight, height - y)),
  }
}

/** How far a corner of radius `r` pushes the edge in, `y` below (or above) the end of that corner's side. */
function inset(r: number, y: number): number {
  if (y >= r) return 0
  const down = r - y
  return r - Math.sqrt(Math.max(0, r * r - down * down))
}

import type { Region, Size } from '../../plan/facts.ts'

/** Corner radii in pixels, clockwise from top-left, or the inscribed ellipse. */
export type Shape = 'ellipse' | readonly [number, number, number, number]

/** Draws a shape row by row: whole pixels `from`…`to`, and single ones at its outline, of which a `part` (0…1) is inside. */
export type Pencil = {
  span(y: number, from: number, to: number): void
  edge(x: number, y: number, part: number): void
}

/**
 * Traces what a `window` shows of a shape in a box of `size`; coordinates are those of the box. Only the few edge pixels of a row
 * are computed: the spans between them are whole.
 */
export function traceShape(shape: Shape, { width, height }: Size, window: Region, pencil: Pencil): void {
  const first = Math.max(0, window.left)
  const end = Math.min(width, window.left + window.width)
  const last = Math.min(height, window.top + window.height)
  for (let y = Math.max(0, window.top); y < last; y++) {
    // Where the outline crosses the top and the bottom edge of this row of pixels, and its middle.
    const edges = [y, y + 0.5, y + 1].map((at) => outline(shape, { width, height }, at))
    const outer = { left: Math.min(...edges.map((e) => e.left)), right: Math.max(...edges.map((e) => e.right)) }
    const inner = { left: Math.max(...edges.map((e) => e.left)), right: Math.min(...edges.map((e) => e.right)) }
    const from = Math.max(first, Math.ceil(inner.left))
    const to = Math.min(end, Math.floor(inner.right))
    if (to > from) pencil.span(y, from, to)
    for (let x = Math.max(first, Math.floor(outer.left)); x < Math.min(from, end); x++) {
      pencil.edge(x, y, coverage(x, y))
    }
    for (let x = Math.max(from, to); x < Math.min(end, Math.ceil(outer.right)); x++) pencil.edge(x, y, coverage(x, y))
  }

  /** Part of a pixel inside the outline, from 8 lines across it. */
  function coverage(x: number, y: number): number {
    let sum = 0
    for (let line = 0; line < 8; line++) {
      const { left, right } = outline(shape, { width, height }, y + (line + 0.5) / 8)
      sum += Math.max(0, Math.min(x + 1, right) - Math.max(x, left))
    }
    return sum / 8
  }
}

/** Left and right end of the shape at height `y` (pixels, 0 at the top); left = right where there is none. */
function outline(shape: Shape, { width, height }: Size, y: number): { left: number; right: number } {
  if (shape === 'ellipse') {
    const down = (2 * y - height) / height
    const half = (width / 2) * Math.sqrt(Math.max(0, 1 - down * down))
    return { left: width / 2 - half, right: width / 2 + half }
  }
  const [topLeft, topRight, bottomRight, bottomLeft] = shape
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

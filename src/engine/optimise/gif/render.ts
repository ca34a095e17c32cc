import { lzwDecode } from './lzw.ts'
import type { Gif, GifFrame } from './parse.ts'

/** Colours of a canvas, one number a pixel: 0xRRGGBB, or −1 where nothing was painted. */
export type Canvas = Int32Array

/** Passes of interlaced rows: first row and step (GIF89a appendix E). */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const

/**
 * Shows the frames one after the other; `see` gets each canvas, which is painted over afterwards. False when a frame is damaged or
 * reaches beyond the canvas.
 */
export function renderFrames(gif: Gif, see: (canvas: Canvas, index: number) => boolean): boolean {
  const canvas = new Int32Array(gif.width * gif.height).fill(-1)
  for (const [index, frame] of gif.frames.entries()) {
    if (frame.left + frame.width > gif.width || frame.top + frame.height > gif.height) return false
    const before = frame.disposal === 3 ? canvas.slice() : undefined
    const indices = frameIndices(frame)
    if (!indices || !paint(canvas, gif.width, frame, indices) || !see(canvas, index)) return false
    if (before) canvas.set(before)
    if (frame.disposal === 2) clear(canvas, gif.width, frame)
  }
  return true
}

/** The indices of a frame, row by row from the top; undefined when its data is damaged. */
export function frameIndices({ data, codeSize, width, height, interlaced }: GifFrame): Uint8Array | undefined {
  const stored = lzwDecode(data, codeSize, width * height)
  if (!stored || !interlaced) return stored
  const rows = new Uint8Array(stored.length)
  let from = 0
  for (const [first, step] of PASSES) {
    for (let row = first; row < height; row += step, from += width) {
      rows.set(stored.subarray(from, from + width), row * width)
    }
  }
  return rows
}

function paint(canvas: Canvas, across: number, frame: GifFrame, indices: Uint8Array): boolean {
  const { left, top, width, height, table, transparent } = frame
  for (let y = 0; y < height; y++) {
    let at = (top + y) * across + left
    for (let i = y * width; i < (y + 1) * width; i++, at++) {
      const index = indices[i] ?? 0
      if (index === transparent) continue
      const start = 3 * index
      if (start + 3 > table.length) return false
      canvas[at] = ((table[start] ?? 0) << 16) | ((table[start + 1] ?? 0) << 8) | (table[start + 2] ?? 0)
    }
  }
  return true
}

function clear(canvas: Canvas, across: number, { left, top, width, height }: GifFrame): void {
  for (let y = top; y < top + height; y++) canvas.fill(-1, y * across + left, y * across + left + width)
}

import type { Canvas } from './render.ts'

export type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** What has to be painted over a canvas so that another is seen. */
export type Change = Box & {
  /** Colours that are wanted, row by row; −1 for nothing. */
  readonly colours: Int32Array
  /** 1 where what is there already will do. */
  readonly same: Uint8Array
}

/** What becomes of a frame when its time is over (GIF89a §23): it stays, its box is cleared, or what was before comes back. */
export type Disposal = 1 | 2 | 3

/** How far two colours are apart: 0…765, weighed as the eye does (green most). */
export function distance(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16)
  const green = ((a >> 8) & 255) - ((b >> 8) & 255)
  const blue = (a & 255) - (b & 255)
  return Math.sqrt(2 * red * red + 4 * green * green + 3 * blue * blue)
}

/** Whether what is there will do: colours within `tolerance`; nothing is like nothing only. */
function serves(there: number, wanted: number, tolerance: number): boolean {
  if (there === wanted) return true
  return there >= 0 && wanted >= 0 && tolerance > 0 && distance(there, wanted) <= tolerance
}

/** The smallest box that holds all that changes, and `least`; one pixel when nothing does. */
export function changeBetween(
  before: Canvas,
  after: Canvas,
  across: number,
  tolerance: number,
  least: Box | undefined,
): Change {
  const differs = boxOf(across, after.length / across, (at) => !serves(before[at] ?? -1, after[at] ?? -1, tolerance))
  const box = union(differs, least) ?? { left: 0, top: 0, width: 1, height: 1 }
  const colours = new Int32Array(box.width * box.height)
  const same = new Uint8Array(colours.length)
  eachPlace(box, across, (from, at) => {
    const wanted = after[from] ?? -1
    colours[at] = wanted
    same[at] = serves(before[from] ?? -1, wanted, tolerance) ? 1 : 0
  })
  return { ...box, colours, same }
}

/** Whether somewhere colour would have to become nothing, which painting cannot do. */
export function mustClear(before: Canvas, after: Canvas): boolean {
  for (let at = 0; at < after.length; at++) if ((before[at] ?? -1) >= 0 && after[at] === -1) return true
  return false
}

/** The box of what must become nothing. */
export function clearedBox(before: Canvas, after: Canvas, across: number): Box | undefined {
  return boxOf(across, after.length / across, (at) => (before[at] ?? -1) >= 0 && after[at] === -1)
}

/** How many places of a canvas have another colour in the next. */
export function changedPlaces(before: Canvas, after: Canvas): number {
  let count = 0
  for (let at = 0; at < after.length; at++) if (before[at] !== after[at]) count++
  return count
}

/** Calls `use` with each place of a box: in the canvas, and in the box. */
export function eachPlace(
  { left, top, width, height }: Box,
  across: number,
  use: (from: number, at: number) => void,
): void {
  for (let y = 0, at = 0; y < height; y++) {
    for (let from = (top + y) * across + left, x = 0; x < width; x++, from++, at++) use(from, at)
  }
}

function boxOf(across: number, down: number, holds: (at: number) => boolean): Box | undefined {
  let [left, top, right, bottom] = [across, down, 0, 0]
  for (let y = 0, at = 0; y < down; y++) {
    for (let x = 0; x < across; x++, at++) {
      if (!holds(at)) continue
      if (x < left) left = x
      if (x >= right) right = x + 1
      if (y < top) top = y
      bottom = y + 1
    }
  }
  return right === 0 ? undefined : { left, top, width: right - left, height: bottom - top }
}

function union(a: Box | undefined, b: Box | undefined): Box | undefined {
  if (!a || !b) return a ?? b
  const left = Math.min(a.left, b.left)
  const top = Math.min(a.top, b.top)
  const width = Math.max(a.left + a.width, b.left + b.width) - left
  const height = Math.max(a.top + a.height, b.top + b.height) - top
  return { left, top, width, height }
}

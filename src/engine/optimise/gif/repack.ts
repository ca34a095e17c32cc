import type { Gif } from './parse.ts'
import { parseGif } from './parse.ts'
import { type Canvas, frameIndices, renderFrames } from './render.ts'
import { frameBlocks, writeGif } from './write.ts'

/** Pixels over all frames up to which frames are compared: about ten seconds of a core. */
const MOST_COMPARED = 16_000_000

/**
 * A GIF in fewer bytes that shows the same: comments and application blocks but the loop go, frames shrink to what changes, tables
 * to the colours in use, and all is packed anew. Undefined when the file is damaged or nothing shorter is found.
 */
export function repackGif(bytes: Uint8Array): Uint8Array | undefined {
  const gif = parseGif(bytes)
  if (!gif) return undefined
  const pixels = gif.frames.length * gif.width * gif.height
  const [best] = [bySame(gif), pixels > MOST_COMPARED ? undefined : byDifference(gif)]
    .filter((one) => one !== undefined)
    .sort((a, b) => a.length - b.length)
  return best && best.length < bytes.length ? best : undefined
}

/** Every frame as it was, its table cut to what is used. */
function bySame(gif: Gif): Uint8Array | undefined {
  const frames: Uint8Array[] = []
  for (const frame of gif.frames) {
    const indices = frameIndices(frame)
    if (!indices || frame.width * frame.height === 0) return undefined
    const entries = frame.table.length / 3
    const most = indices.reduce((highest, index) => Math.max(highest, index), frame.transparent ?? 0)
    if (most >= Math.max(entries, (frame.transparent ?? 0) + 1)) return undefined
    const { table, ...rest } = frame
    const own = table === gif.table ? {} : { table: table.subarray(0, 3 * Math.min(entries, most + 1)) }
    frames.push(frameBlocks({ ...rest, indices, ...own }, Math.max(most + 1, 2)))
  }
  const used = gif.frames.some(({ table }) => table === gif.table)
  return writeGif(gif, gif.loop, used ? gif.table : undefined, frames)
}

type Change = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly colours: Int32Array
  readonly same: Uint8Array
}

/** Each frame as its difference to the one before. Undefined when a pixel becomes transparent again, which differences cannot say. */
function byDifference(gif: Gif): Uint8Array | undefined {
  const changes: Change[] = []
  let before: Canvas = new Int32Array(gif.width * gif.height).fill(-1)
  const rendered = renderFrames(gif, (canvas) => {
    const change = changeBetween(before, canvas, gif.width, gif.height)
    if (!change) return false
    changes.push(change)
    before = canvas.slice()
    return true
  })
  if (!rendered) return undefined
  const all = coloursOf(changes)
  const shared = all.length <= 255
  const holes = changes.some(({ same }) => same.includes(1))
  const sharedTable = shared ? tableOf(all, all.length + (holes ? 1 : 0)) : undefined
  const frames: Uint8Array[] = []
  for (const [i, change] of changes.entries()) {
    const delay = gif.frames[i]?.delay ?? 0
    const own = shared ? all : coloursOf([change])
    const written = writeChange(change, own, delay, sharedTable)
    if (!written) return undefined
    frames.push(written)
  }
  return writeGif(gif, gif.loop, sharedTable, frames)
}

/** The smallest box that holds all that changes; one pixel when nothing does. */
function changeBetween(before: Canvas, after: Canvas, width: number, height: number): Change | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (before[at] === after[at]) continue
      if (after[at] === -1) return undefined
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = y + 1
    }
  }
  if (right === 0) [left, top, right, bottom] = [0, 0, 1, 1]
  const [across, down] = [right - left, bottom - top]
  const colours = new Int32Array(across * down)
  const same = new Uint8Array(across * down)
  for (let y = 0, at = 0; y < down; y++) {
    for (let from = (top + y) * width + left, x = 0; x < across; x++, from++, at++) {
      colours[at] = after[from] ?? -1
      same[at] = before[from] === after[from] ? 1 : 0
    }
  }
  return { left, top, width: across, height: down, colours, same }
}

/** Colours of all pixels that change, the most frequent first. */
function coloursOf(changes: readonly Change[]): readonly number[] {
  const counts = new Map<number, number>()
  for (const { colours, same } of changes) {
    for (let i = 0; i < colours.length; i++) {
      const colour = colours[i] ?? 0
      if (same[i] === 0) counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour)
}

/** What is the same is left transparent or painted again where its colour is at hand, whichever repeats more; the shorter of two ways. */
function writeChange(
  change: Change,
  colours: readonly number[],
  delay: number,
  shared: Uint8Array | undefined,
): Uint8Array | undefined {
  const known = new Map(colours.map((colour, index) => [colour, index]))
  const holes = change.same.includes(1)
  if (colours.length > (holes ? 255 : 256)) return undefined
  const clear = colours.length
  const { colours: pixels, same } = change
  const sparse = Uint8Array.from(pixels, (colour, i) => (same[i] === 1 ? clear : (known.get(colour) ?? clear)))
  const full = Uint8Array.from(pixels, (colour) => known.get(colour) ?? clear)
  const own = tableOf(colours, colours.length + (holes ? 1 : 0))
  const total = (shared ?? own).length / 3
  const table = shared ? {} : { table: own }
  const transparent = holes ? clear : undefined
  const written = { ...change, disposal: 1, delay, ...table }
  const ways = holes
    ? [
        { indices: sparse, others: full, transparent },
        { indices: full, others: sparse, transparent },
      ]
    : [{ indices: full, transparent }]
  const [best] = ways.map((way) => frameBlocks({ ...written, ...way }, total)).sort((a, b) => a.length - b.length)
  return best
}

/** A table of `size` entries, of which the colours come first and a transparent one may come last. */
function tableOf(colours: readonly number[], size: number): Uint8Array {
  const table = new Uint8Array(3 * Math.max(2, size))
  for (const [i, colour] of colours.entries()) table.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * i)
  return table
}

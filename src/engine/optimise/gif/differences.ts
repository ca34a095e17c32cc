import {
  type Box,
  type Change,
  changeBetween,
  changedPlaces,
  clearedBox,
  type Disposal,
  eachPlace,
  mustClear,
} from './change.ts'
import { byFrequency, type Colours, type Counts, countColours, nearColours, sharedColours, tableOf } from './colours.ts'
import { lzwDecode } from './lzw.ts'
import { EFFORTS, type Effort, lzwEncode } from './lzw-encode.ts'
import type { Gif } from './parse.ts'
import { type Canvas, renderFrames } from './render.ts'
import { codeSizeFor, frameBlocks, writeGif } from './write.ts'

export type Manner = {
  readonly effort: Effort
  /** How far a colour may be from the one that is wanted (`distance`); 0 = without loss. */
  readonly tolerance: number
}

/** A colour table that a frame may use: its own, or the file's. */
type Table = { readonly colours: Colours; readonly own: boolean }

/**
 * Each frame as what it paints over the one before; where less is to be painted when the frame before last comes back, it does.
 * Undefined when the file is damaged, or a frame needs more colours than a table holds.
 */
export function byDifference(gif: Gif, manner: Manner): Uint8Array | undefined {
  const { tolerance } = manner
  const canvases: Canvas[] = []
  if (!renderFrames(gif, (canvas) => canvases.push(canvas.slice()) > 0)) return undefined
  const steps = stepsThrough(canvases, gif.width)
  const { colours, shared } = sharedColours(steps.map(({ counts }) => counts))
  const frames: Uint8Array[] = []
  let base: Canvas = new Int32Array(gif.width * gif.height).fill(-1)
  let entries = 0
  for (const [i, { disposal, least, counts }] of steps.entries()) {
    const wanted = canvases[i]
    if (!wanted) return undefined
    const change = changeBetween(base, wanted, gif.width, tolerance, least)
    // By its transparency a frame says that nothing is where it was cleared, or was never painted: some decoders show a colour there.
    const hollow = disposal === 2 || (i === 0 && wanted.includes(-1))
    const drawn = drawChange(change, tablesFor(counts, shared[i] ? colours : undefined), hollow, manner)
    if (!drawn) return undefined
    const { table, hole, data, codeSize } = drawn
    const own = table.own && { table: tableOf(table.colours, (hole ?? 0) + 1) }
    if (!own) entries = Math.max(entries, (hole ?? 0) + 1)
    const delay = gif.frames[i]?.delay ?? 0
    frames.push(frameBlocks({ ...boxOf(change), transparent: hole, disposal, delay, codeSize, data, ...own }))
    base = baseAfter(base, change, drawn, disposal, gif.width)
  }
  return writeGif(gif, gif.loop, entries > 0 ? tableOf(colours, entries) : undefined, frames)
}

type Step = { readonly disposal: Disposal; readonly least: Box | undefined; readonly counts: Counts }

/** What becomes of each frame, the box it must have for that, and the colours it paints. */
function stepsThrough(canvases: readonly Canvas[], across: number): readonly Step[] {
  let base: Canvas = new Int32Array(canvases[0]?.length ?? 0).fill(-1)
  return canvases.map((canvas, i) => {
    const next = canvases[i + 1]
    const disposal = next ? disposalBetween(base, canvas, next, i === 0) : 1
    const least = next && disposal === 2 ? clearedBox(canvas, next, across) : undefined
    const change = changeBetween(base, canvas, across, 0, least)
    if (disposal === 1) base = canvas
    if (disposal === 2) {
      base = canvas.slice()
      eachPlace(change, across, (from) => {
        base[from] = -1
      })
    }
    return { disposal, least, counts: countColours(change.colours, change.same) }
  })
}

/** The first frame has nothing before it that decoders would agree on. */
function disposalBetween(base: Canvas, canvas: Canvas, next: Canvas, first: boolean): Disposal {
  const ways: { disposal: Disposal; places: number }[] = []
  if (!mustClear(canvas, next)) ways.push({ disposal: 1, places: changedPlaces(canvas, next) })
  if (!first && !mustClear(base, next)) ways.push({ disposal: 3, places: changedPlaces(base, next) })
  return ways.sort((a, b) => a.places - b.places)[0]?.disposal ?? 2
}

/** Up to so many colours a table of its own may pay: codes begin shorter. */
const FEW = 64

function tablesFor(counts: Counts, shared: Colours | undefined): readonly Table[] {
  const own = { colours: byFrequency(counts), own: true }
  if (!shared) return [own]
  const file = { colours: shared, own: false }
  return counts.size <= FEW ? [file, own] : [file]
}

type Way = {
  readonly table: Table
  readonly indices: Uint8Array
  readonly same: Uint8Array
  /** The transparent index. */
  readonly hole: number | undefined
  readonly codeSize: number
}
type Drawn = Way & { readonly data: Uint8Array }

/** The change in the fewest bytes: with either table, and beginning with transparency or with colours where both show the same. */
function drawChange(change: Change, tables: readonly Table[], hollow: boolean, manner: Manner): Drawn | undefined {
  const ways = tables.flatMap((table) => waysToDraw(change, table, hollow))
  const near = new Map(tables.map((table) => [table, nearColours(table.colours, manner.tolerance)]))
  const draw = (way: Way, effort: Effort): Drawn => {
    const { indices, same, hole, table, codeSize } = way
    const holes = hole === undefined ? undefined : { index: hole, at: same }
    const data = lzwEncode({ indices, holes, near: near.get(table) }, codeSize, effort)
    return { ...way, data, indices: (manner.tolerance > 0 && lzwDecode(data, codeSize, indices.length)) || indices }
  }
  const [best] = ways
    .map((way) => ({ way, drawn: draw(way, EFFORTS.quick) }))
    .sort((a, b) => bytesOf(a.drawn) - bytesOf(b.drawn))
  if (!best || manner.effort.grid === 0) return best?.drawn
  const thorough = draw(best.way, manner.effort)
  return thorough.data.length < best.drawn.data.length ? thorough : best.drawn
}

function bytesOf({ table, hole, data }: Drawn): number {
  const entries = Math.max(table.colours.length, (hole ?? 0) + 1)
  return data.length + (table.own ? 3 * 2 ** codeSizeFor(entries, 1) : 0)
}

/** Indices that show the change; none when the table lacks a colour, or a place for transparency that is needed. */
function waysToDraw({ colours: wanted, same }: Change, table: Table, hollow: boolean): readonly Way[] {
  const known = indicesOf(wanted, table.colours)
  const needed = hollow || same.includes(1)
  const used = usedIndices(known, same)
  if (used[UNKNOWN] === 1) return []
  const free = used.indexOf(0)
  const hole = needed && free < UNKNOWN ? free : undefined
  if (needed && hole === undefined) {
    const whole = !hollow && !known.includes(UNKNOWN)
    return whole ? [wayOf(table, same, undefined, Uint8Array.from(known))] : []
  }
  const sparse = new Uint8Array(known.length)
  for (let i = 0; i < known.length; i++) sparse[i] = same[i] === 1 ? (hole ?? 0) : (known[i] ?? 0)
  const way = wayOf(table, same, hole, sparse)
  if (hole === undefined) return [way]
  // Colours that are there already may be painted again, as long as codes do not begin longer for it.
  const full = sparse.slice()
  const room = Math.min(UNKNOWN, 2 ** way.codeSize)
  for (let i = 0; i < known.length; i++) if (same[i] === 1 && (known[i] ?? room) < room) full[i] = known[i] ?? hole
  return [wayOf(table, same, hole, full), way]
}

/** Stands for a colour that a table lacks. */
const UNKNOWN = 256

/** The index of each colour in a table. */
function indicesOf(wanted: Int32Array, colours: Colours): Uint16Array {
  const known = new Map(colours.slice(0, UNKNOWN).map((colour, index) => [colour, index]))
  const found = new Uint16Array(wanted.length)
  let [colour, index] = [-1, UNKNOWN]
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] !== colour) {
      colour = wanted[i] ?? -1
      index = known.get(colour) ?? UNKNOWN
    }
    found[i] = index
  }
  return found
}

/** 1 at each index that is painted. */
function usedIndices(known: Uint16Array, same: Uint8Array): Uint8Array {
  const used = new Uint8Array(UNKNOWN + 1)
  for (let i = 0; i < known.length; i++) if (same[i] === 0) used[known[i] ?? 0] = 1
  return used
}

function wayOf(table: Table, same: Uint8Array, hole: number | undefined, indices: Uint8Array): Way {
  let most = hole ?? 0
  for (let i = 0; i < indices.length; i++) most = Math.max(most, indices[i] ?? 0)
  return { table, indices, same, hole, codeSize: codeSizeFor(most + 1) }
}

/** What the next frame is painted over. */
function baseAfter(
  base: Canvas,
  box: Box,
  { table, hole, indices }: Drawn,
  disposal: Disposal,
  across: number,
): Canvas {
  if (disposal === 3) return base
  eachPlace(box, across, (from, at) => {
    const index = indices[at] ?? 0
    if (disposal === 2) base[from] = -1
    else if (index !== hole) base[from] = table.colours[index] ?? 0
  })
  return base
}

function boxOf({ left, top, width, height }: Box): Box {
  return { left, top, width, height }
}

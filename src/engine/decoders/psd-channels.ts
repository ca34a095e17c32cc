import { inflateSync } from 'node:zlib'
import { Fault } from '../../faults.ts'
import type { Size } from '../../plan/facts.ts'
import { BoundedView } from './bounded-view.ts'

/** Gives one row of a channel as stored, uncompressed, big endian; valid until the next call. */
export type Rows = (y: number) => Uint8Array

/** How a channel is stored: its sides, the bytes of a row, bits of a sample. */
export type Geometry = Size & { readonly depth: 1 | 8 | 16 | 32; readonly large: boolean }

const RAW = 0
const PACKED = 1
const ZIP = 2
const ZIP_PREDICTED = 3

export function rowBytes({ width, depth }: Pick<Geometry, 'width' | 'depth'>): number {
  return Math.ceil((width * depth) / 8)
}

/** Rows of the composite: all channels one after the other behind one compression word. Fault image-corrupt, unsupported. */
export function compositeRows(bytes: Uint8Array, start: number, count: number, geometry: Geometry): readonly Rows[] {
  const view = new BoundedView(bytes, 'psd', start)
  const compression = view.u16()
  if (compression === RAW) return Array.from({ length: count }, () => rawRows(view, geometry))
  if (compression === PACKED) return packedRows(view, count, geometry)
  throw new Fault('unsupported', 'a compressed composite of this kind cannot be read here', {
    context: { format: 'psd', compression },
  })
}

/** Rows of one channel of a layer. Fault image-corrupt, unsupported. */
export function layerRows(bytes: Uint8Array, start: number, end: number, geometry: Geometry): Rows {
  const view = new BoundedView(bytes, 'psd', start, end)
  const compression = view.u16()
  if (compression === RAW) return rawRows(view, geometry)
  if (compression === PACKED) {
    const [rows] = packedRows(view, 1, geometry)
    if (rows) return rows
  }
  if (compression === ZIP || compression === ZIP_PREDICTED) {
    return zippedRows(view, geometry, compression === ZIP_PREDICTED)
  }
  throw view.corrupt()
}

function rawRows(view: BoundedView, geometry: Geometry): Rows {
  const row = rowBytes(geometry)
  const plane = view.slice(row * geometry.height)
  return (y) => plane.subarray(y * row, (y + 1) * row)
}

/** PackBits: the lengths of all rows of all channels first, then the rows. */
function packedRows(view: BoundedView, count: number, geometry: Geometry): readonly Rows[] {
  const { height, large } = geometry
  // The table is compared with the file before it is given memory.
  const table = view.part(count * height * (large ? 4 : 2))
  const starts = new Float64Array(count * height + 1)
  starts[0] = view.at
  for (let i = 0; i < count * height; i++) {
    const length = large ? table.u32() : table.u16()
    view.skip(length)
    starts[i + 1] = view.at
  }
  const row = new Uint8Array(rowBytes(geometry))
  return Array.from({ length: count }, (_, channel) => (y) => {
    const at = channel * height + y
    unpack(view.bytes.subarray(starts[at], starts[at + 1]), row)
    return row
  })
}

/** Fills the row; what is missing is zero, what is too much is dropped, as Photoshop's readers do with small damages. */
function unpack(packed: Uint8Array, row: Uint8Array): void {
  let to = 0
  for (let at = 0; at < packed.length && to < row.length; ) {
    const head = packed[at++] ?? 128
    if (head === 128) continue
    if (head < 128) {
      const literal = packed.subarray(at, Math.min(at + head + 1, at + row.length - to))
      row.set(literal, to)
      to += head + 1
      at += head + 1
    } else {
      row.fill(packed[at++] ?? 0, to, to + 257 - head)
      to += 257 - head
    }
  }
  if (to < row.length) row.fill(0, to)
}

function zippedRows(view: BoundedView, geometry: Geometry, predicted: boolean): Rows {
  if (predicted && geometry.depth === 32) {
    throw new Fault('unsupported', 'layers of this depth cannot be read here', {
      context: { format: 'psd', depth: geometry.depth },
    })
  }
  const row = rowBytes(geometry)
  const plane = inflate(view, row * geometry.height)
  if (!predicted) return (y) => plane.subarray(y * row, (y + 1) * row)
  const undone = new Uint8Array(row)
  const wide = geometry.depth === 16
  return (y) => {
    const stored = plane.subarray(y * row, (y + 1) * row)
    if (wide) sumWords(stored, undone)
    else sumBytes(stored, undone)
    return undone
  }
}

function inflate(view: BoundedView, size: number): Uint8Array {
  try {
    const plane = inflateSync(view.slice(view.left), { maxOutputLength: Math.max(1, size) })
    if (plane.length === size) return plane
  } catch (error) {
    throw new Fault('image-corrupt', undefined, { context: { format: 'psd' }, cause: error })
  }
  throw view.corrupt()
}

/** Each sample was stored as its difference from its left neighbour. */
function sumBytes(stored: Uint8Array, row: Uint8Array): void {
  let value = 0
  for (let i = 0; i < stored.length; i++) {
    value = (value + (stored[i] ?? 0)) & 255
    row[i] = value
  }
}

function sumWords(stored: Uint8Array, row: Uint8Array): void {
  let value = 0
  for (let i = 0; i + 1 < stored.length; i += 2) {
    value = (value + (((stored[i] ?? 0) << 8) | (stored[i + 1] ?? 0))) & 0xffff
    row[i] = value >> 8
    row[i + 1] = value & 255
  }
}

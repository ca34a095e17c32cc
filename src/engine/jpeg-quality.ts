/**
 * The quality a JPEG was written with, on the scale of the Independent JPEG Group (1…100), read off its quantisation tables.
 * When the tables are those of a known encoder at some quality, that quality; else the quality whose standard tables are
 * nearest in sum. Undefined when the file says no tables before its first scan.
 */
export function estimateQuality(bytes: Uint8Array): number | undefined {
  const tables = readTables(bytes)
  if (!tables) return undefined
  return exactQuality(tables) ?? nearestQuality(tables)
}

/** A quantisation table in zigzag order. Values of 16-bit tables may exceed 255. */
type Table = { readonly values: readonly number[]; readonly deep: boolean }
type Tables = { readonly luminance: Table; readonly chrominance: Table | undefined }
type Base = { readonly luminance: readonly number[]; readonly chrominance: readonly number[] }

/** ITU-T T.81 annex K.1, in zigzag order: what libjpeg and nearly every camera scale. */
const STANDARD: Base = {
  luminance: [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
  ],
  chrominance: [17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, ...Array.from({ length: 50 }, () => 99)],
}

/** N. Robidoux's table, mozjpeg's default and this server's own: the same for luminance and chrominance. */
const ROBIDOUX_TABLE = [
  16, 16, 16, 16, 17, 16, 18, 20, 20, 18, 25, 27, 24, 27, 25, 37, 34, 31, 31, 34, 37, 56, 40, 43, 40, 43, 40, 56, 85,
  53, 62, 53, 53, 62, 53, 85, 75, 91, 74, 69, 74, 91, 75, 135, 106, 94, 94, 106, 135, 156, 131, 124, 131, 156, 189, 169,
  169, 189, 238, 226, 238, 311, 311, 418,
]
const ROBIDOUX: Base = { luminance: ROBIDOUX_TABLE, chrominance: ROBIDOUX_TABLE }

/** libjpeg's `jpeg_quality_scaling` and `jpeg_add_quant_table`, integer arithmetic as there. */
function scaled(base: readonly number[], quality: number, deep: boolean): readonly number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality
  const most = deep ? 32767 : 255
  return base.map((value) => Math.min(most, Math.max(1, Math.floor((value * scale + 50) / 100))))
}

function exactQuality({ luminance, chrominance }: Tables): number | undefined {
  for (const base of [STANDARD, ROBIDOUX]) {
    for (let quality = 100; quality >= 1; quality--) {
      if (!equals(luminance, base.luminance, quality)) continue
      if (!chrominance || equals(chrominance, base.chrominance, quality)) return quality
    }
  }
  return undefined
}

function equals(table: Table, base: readonly number[], quality: number): boolean {
  return scaled(base, quality, table.deep).every((value, i) => value === table.values[i])
}

function nearestQuality({ luminance, chrominance }: Tables): number {
  const wanted = sum(luminance.values) + sum(chrominance?.values ?? [])
  let best = 100
  let smallest = Number.POSITIVE_INFINITY
  for (let quality = 100; quality >= 1; quality--) {
    const deep = luminance.deep
    const standard =
      sum(scaled(STANDARD.luminance, quality, deep)) +
      (chrominance ? sum(scaled(STANDARD.chrominance, quality, deep)) : 0)
    const difference = Math.abs(standard - wanted)
    if (difference < smallest) [best, smallest] = [quality, difference]
  }
  return best
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Walks the segments up to the first scan; the scan's first and second component name their tables in the frame header. */
function readTables(bytes: Uint8Array): Tables | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found = new Map<number, Table>()
  /** Table numbers of the components in frame order: luminance first, then chrominance. */
  let used: readonly number[] = [0, 1]
  let at = 2
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    // Fill bytes, and markers that have no length: TEM, RSTn, SOI.
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2
      continue
    }
    if (marker === SOS || marker === EOI) break
    const end = at + 2 + view.getUint16(at + 2)
    if (end > bytes.length || end < at + 4) break
    if (marker === DQT) readDqt(view, at + 4, end, found)
    if (isFrame(marker)) used = readFrame(bytes, at + 4, end)
    at = end
  }
  const luminance = found.get(used[0] ?? 0)
  const other = used.slice(1).find((number) => number !== used[0])
  return luminance && { luminance, chrominance: other === undefined ? undefined : found.get(other) }
}

const DQT = 0xdb
const SOS = 0xda
const EOI = 0xd9

/** SOF0…SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function readFrame(bytes: Uint8Array, start: number, end: number): readonly number[] {
  const tables: number[] = []
  const components = bytes[start + 5] ?? 0
  for (let i = 0; i < components && start + 9 + 3 * i <= end; i++) tables.push(bytes[start + 8 + 3 * i] ?? 0)
  return tables
}

/** One segment may hold several tables, each of 64 values of one or two bytes. A cut-off table is ignored. */
function readDqt(view: DataView, start: number, end: number, found: Map<number, Table>): void {
  let at = start
  while (at < end) {
    const head = view.getUint8(at)
    const deep = head >> 4 === 1
    const length = deep ? 128 : 64
    if (at + 1 + length > end) return
    const values: number[] = []
    for (let i = 0; i < 64; i++) values.push(deep ? view.getUint16(at + 1 + 2 * i) : view.getUint8(at + 1 + i))
    found.set(head & 15, { values, deep })
    at += 1 + length
  }
}

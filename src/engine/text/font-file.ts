import { createHash } from 'node:crypto'
import { Fault } from '../../faults.ts'

/** A font of a caller may have so many bytes. */
export const MOST_FONT_BYTES = 5_242_880

/** Tables that go into a picture of text. Others (bitmaps, SVG, variations, signatures, private ones) are left out. */
const KEPT = new Set(
  'CFF |GDEF|GPOS|GSUB|OS/2|cmap|cvt |fpgm|gasp|glyf|head|hhea|hmtx|kern|loca|maxp|post|prep|vhea|vmtx'.split('|'),
)
const NEEDED = ['cmap', 'head', 'hhea', 'hmtx', 'maxp']
const TRUE_TYPE = 0x00010000
const APPLE_TRUE_TYPE = 0x74727565
const OPEN_TYPE = 0x4f54544f
const HEAD_MAGIC = 0x5f0f3cf5
/** What the checksums of a whole font add up to with `checkSumAdjustment` (OpenType 1.9, head table). */
const WHOLE_SUM = 0xb1b0afba
const MOST_TABLES = 128

type Table = { readonly tag: string; readonly data: Buffer }
export type OwnFont = { readonly family: string; readonly bytes: Buffer }

/**
 * A caller's TrueType or OpenType font, checked and rebuilt under a family name of its own, made from its content: a font once
 * used stays known to the whole process under the name inside of it, and would else turn up in other callers' texts.
 * Fault too-large above MOST_FONT_BYTES, bad-parameter when the bytes are not such a font.
 */
export function ownFont(bytes: Uint8Array): OwnFont {
  if (bytes.byteLength > MOST_FONT_BYTES) {
    throw new Fault('too-large', 'the font has too many bytes', { context: { limit: MOST_FONT_BYTES } })
  }
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tables = readTables(file).filter(({ tag }) => KEPT.has(tag))
  check(tables)
  const family = `Tintype ${letters(createHash('sha256').update(file).digest())}`
  const outlines = tables.some(({ tag }) => tag === 'CFF ') ? OPEN_TYPE : TRUE_TYPE
  return { family, bytes: assemble(outlines, [...tables, { tag: 'name', data: nameTable(family) }]) }
}

/** Family name (id 1) as a Windows reader sees it; undefined when the font has none. */
export function familyOf(bytes: Buffer): string | undefined {
  const name = readTables(bytes).find(({ tag }) => tag === 'name')?.data
  if (name === undefined || name.length < 6) return undefined
  const texts = name.readUInt16BE(4)
  for (let at = 6, left = name.readUInt16BE(2); left > 0 && at + 12 <= name.length; at += 12, left--) {
    if (name.readUInt16BE(at) !== 3 || name.readUInt16BE(at + 6) !== 1) continue
    const start = texts + name.readUInt16BE(at + 10)
    return Buffer.from(name.subarray(start, start + name.readUInt16BE(at + 8)))
      .swap16()
      .toString('utf16le')
  }
  return undefined
}

function readTables(file: Buffer): readonly Table[] {
  const version = file.length >= 12 ? file.readUInt32BE(0) : 0
  if (version !== TRUE_TYPE && version !== APPLE_TRUE_TYPE && version !== OPEN_TYPE) throw notFont('its beginning')
  const count = file.readUInt16BE(4)
  if (count === 0 || count > MOST_TABLES || 12 + 16 * count > file.length) throw notFont('its list of tables')
  return Array.from({ length: count }, (_, i) => {
    const record = 12 + 16 * i
    const tag = file.toString('latin1', record, record + 4)
    const start = file.readUInt32BE(record + 8)
    const end = start + file.readUInt32BE(record + 12)
    if (end > file.length) throw notFont(`a table that ends beyond the file`)
    return { tag, data: file.subarray(start, end) }
  })
}

function check(tables: readonly Table[]): void {
  const byTag = new Map(tables.map(({ tag, data }) => [tag, data]))
  if (byTag.size !== tables.length) throw notFont('a table that occurs twice')
  for (const tag of NEEDED) if (!byTag.has(tag)) throw notFont(`no ${tag} table`)
  if (!byTag.has('CFF ') && !(byTag.has('glyf') && byTag.has('loca'))) throw notFont('no outlines')
  const head = byTag.get('head')
  if (head === undefined || head.length < 54 || head.readUInt32BE(12) !== HEAD_MAGIC) throw notFont('its head')
  const unitsPerEm = head.readUInt16BE(18)
  if (unitsPerEm < 16 || unitsPerEm > 16_384) throw notFont('its units per em')
  const maxp = byTag.get('maxp')
  if (maxp === undefined || maxp.length < 6 || maxp.readUInt16BE(4) === 0) throw notFont('no glyphs')
}

function notFont(seen: string): Fault {
  return new Fault('bad-parameter', 'the file is not a TrueType or OpenType font', { context: { seen } })
}

/** Letters only: digits at the end of a family would be taken for a size. */
function letters(hash: Buffer): string {
  return [...hash.subarray(0, 16)]
    .map((byte) => String.fromCharCode(97 + (byte >> 4)) + String.fromCharCode(97 + (byte & 15)))
    .join('')
}

/** Ids: 1 family, 2 style, 3 unique, 4 full, 6 PostScript; for Windows, UTF-16, English. */
function nameTable(family: string): Buffer {
  const texts = [
    [1, family],
    [2, 'Regular'],
    [3, family],
    [4, family],
    [6, family.replaceAll(' ', '')],
  ] as const
  const encoded = texts.map(([id, text]) => ({ id, text: Buffer.from(text, 'utf16le').swap16() }))
  const header = Buffer.alloc(6 + 12 * encoded.length)
  header.writeUInt16BE(encoded.length, 2)
  header.writeUInt16BE(header.length, 4)
  let offset = 0
  for (const [i, { id, text }] of encoded.entries()) {
    const at = 6 + 12 * i
    for (const [j, value] of [3, 1, 0x409, id, text.length, offset].entries()) header.writeUInt16BE(value, at + 2 * j)
    offset += text.length
  }
  return Buffer.concat([header, ...encoded.map(({ text }) => text)])
}

function assemble(version: number, unsorted: readonly Table[]): Buffer {
  const tables = [...unsorted].sort((a, b) => (a.tag < b.tag ? -1 : 1))
  const length = tables.reduce((sum, { data }) => sum + aligned(data.length), 12 + 16 * tables.length)
  const file = Buffer.alloc(length)
  file.writeUInt32BE(version, 0)
  file.writeUInt16BE(tables.length, 4)
  const power = Math.floor(Math.log2(tables.length))
  file.writeUInt16BE(16 * 2 ** power, 6)
  file.writeUInt16BE(power, 8)
  file.writeUInt16BE(16 * (tables.length - 2 ** power), 10)
  let offset = 12 + 16 * tables.length
  let adjustment = 0
  for (const [i, { tag, data }] of tables.entries()) {
    data.copy(file, offset)
    if (tag === 'head') {
      adjustment = offset + 8
      file.writeUInt32BE(0, adjustment)
    }
    const record = 12 + 16 * i
    file.write(tag, record, 'latin1')
    file.writeUInt32BE(checksum(file.subarray(offset, offset + aligned(data.length))), record + 4)
    file.writeUInt32BE(offset, record + 8)
    file.writeUInt32BE(data.length, record + 12)
    offset += aligned(data.length)
  }
  file.writeUInt32BE((WHOLE_SUM - checksum(file)) >>> 0, adjustment)
  return file
}

function checksum(data: Buffer): number {
  let sum = 0
  for (let i = 0; i < data.length; i += 4) sum = (sum + data.readUInt32BE(i)) >>> 0
  return sum
}

function aligned(length: number): number {
  return (length + 3) & ~3
}

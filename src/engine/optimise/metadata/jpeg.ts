import { Fault } from '../../../faults.ts'
import { type Blocks, MOST_BLOCK_BYTES } from './blocks.ts'
import { readResources, writeResources } from './iptc.ts'

/** Metadata in JPEG segments (ITU-T T.81 annex B). Nothing here decodes a pixel. */

const SOI = Buffer.from([0xff, 0xd8])
const EOI = 0xd9
const SOS = 0xda
const APP0 = 0xe0
const APP1 = 0xe1
const APP2 = 0xe2
const APP13 = 0xed
const APP14 = 0xee
const APP15 = 0xef
const COM = 0xfe

const EXIF = 'Exif\0\0'
const XMP = 'http://ns.adobe.com/xap/1.0/\0'
const ICC = 'ICC_PROFILE\0'
const PHOTOSHOP = 'Photoshop 3.0\0'
/** Bytes of a segment behind its length field. */
const MOST_SEGMENT = 65_533
const MOST_SEGMENTS = 100_000

/** A marker and what belongs to it; for a scan that is its coded data too. */
type Segment = { readonly marker: number; readonly whole: Buffer; readonly body: Buffer }

/** The metadata blocks of a JPEG. Fault image-corrupt when its segments cannot be walked to the end of the image. */
export function readJpeg(bytes: Uint8Array): Blocks {
  const segments = walk(bytes)
  const exif = find(segments, APP1, EXIF)
  const xmp = find(segments, APP1, XMP)
  const icc = readProfile(segments)
  const resources = segments
    .filter((one) => starts(one, APP13, PHOTOSHOP))
    .map(({ body }) => body.subarray(PHOTOSHOP.length))
  const iptc = resources.length > 0 ? readResources(Buffer.concat(resources)) : undefined
  return { ...(exif && { exif }), ...(xmp && { xmp }), ...(icc && { icc }), ...(iptc && { iptc }) }
}

/**
 * The JPEG with these blocks and no other metadata: application segments and comments are cut, what stands behind the end of the
 * image too. The JFIF segment stays without its thumbnail, Adobe's stays because it says how colours are coded.
 */
export function writeJpeg(bytes: Uint8Array, blocks: Blocks): Buffer {
  const segments = walk(bytes)
  const jfif = segments.find((one) => starts(one, APP0, 'JFIF\0') && one.body.length >= 14)
  const others = segments.filter((one) => !isMetadata(one)).map(({ whole }) => whole)
  return Buffer.concat([SOI, ...(jfif ? [plainJfif(jfif.body)] : []), ...envelopes(blocks), ...others])
}

function isMetadata(segment: Segment): boolean {
  if (segment.marker === COM) return true
  return segment.marker >= APP0 && segment.marker <= APP15 && !starts(segment, APP14, 'Adobe')
}

function plainJfif(body: Buffer): Buffer {
  return segment(APP0, Buffer.concat([body.subarray(0, 12), Buffer.alloc(2)]))
}

function envelopes({ exif, xmp, icc, iptc }: Blocks): readonly Buffer[] {
  const single = [
    ...(exif ? [[APP1, EXIF, exif] as const] : []),
    ...(xmp ? [[APP1, XMP, xmp] as const] : []),
    ...(iptc ? [[APP13, PHOTOSHOP, writeResources(iptc)] as const] : []),
  ].flatMap(([marker, name, block]) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), block])
    return body.length <= MOST_SEGMENT ? [segment(marker, body)] : []
  })
  return [...single, ...(icc ? profileSegments(icc) : [])]
}

function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** A profile is split over segments that are numbered from 1 (ICC.1:2022 annex B.4). */
function profileSegments(icc: Uint8Array): readonly Buffer[] {
  const room = MOST_SEGMENT - ICC.length - 2
  const total = Math.ceil(icc.length / room)
  if (total > 255) return []
  return Array.from({ length: total }, (_, i) => {
    const part = icc.subarray(i * room, (i + 1) * room)
    return segment(APP2, Buffer.concat([Buffer.from(ICC, 'latin1'), Buffer.from([i + 1, total]), part]))
  })
}

/** The parts in the order of their numbers; nothing when one is missing. */
function readProfile(segments: readonly Segment[]): Buffer | undefined {
  const parts = segments.filter((one) => starts(one, APP2, ICC) && one.body.length > ICC.length + 2)
  const byNumber = new Map(parts.map(({ body }) => [body[ICC.length], body.subarray(ICC.length + 2)]))
  const total = parts[0]?.body[ICC.length + 1] ?? 0
  const ordered: Buffer[] = []
  for (let number = 1; number <= total; number++) {
    const part = byNumber.get(number)
    if (!part) return undefined
    ordered.push(part)
  }
  const icc = Buffer.concat(ordered)
  return icc.length > 0 && icc.length <= MOST_BLOCK_BYTES ? icc : undefined
}

function find(segments: readonly Segment[], marker: number, name: string): Buffer | undefined {
  return segments.find((one) => starts(one, marker, name))?.body.subarray(name.length)
}

function starts({ marker, body }: Segment, wanted: number, name: string): boolean {
  return marker === wanted && body.toString('latin1', 0, name.length) === name
}

/** All segments up to and with the end of the image. */
function walk(input: Uint8Array): readonly Segment[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length)
  if (bytes.length < 4 || !bytes.subarray(0, 2).equals(SOI)) throw corrupt('it does not start as a JPEG')
  const segments: Segment[] = []
  let at = 2
  while (segments.length < MOST_SEGMENTS) {
    // Any number of fill bytes may stand before a marker (T.81 §B.1.1.2).
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === undefined || marker === 0) throw corrupt('a marker is missing')
    const end = segmentEnd(bytes, at, marker)
    segments.push({ marker, whole: bytes.subarray(at, end), body: bytes.subarray(Math.min(at + 4, end), end) })
    if (marker === EOI) return segments
    at = end
  }
  throw corrupt('it has too many segments')
}

function segmentEnd(bytes: Buffer, at: number, marker: number): number {
  if (marker === EOI || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) return at + 2
  if (at + 4 > bytes.length) throw corrupt('it is cut off')
  const end = at + 2 + bytes.readUInt16BE(at + 2)
  if (end > bytes.length || end < at + 4) throw corrupt('a segment is longer than the file')
  return marker === SOS ? scanEnd(bytes, end) : end
}

/** Coded data ends at the first marker that is neither a stuffed zero nor a restart (T.81 §B.1.1.5). */
function scanEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at
  }
  throw corrupt('it is cut off')
}

function corrupt(reason: string): Fault {
  return new Fault('image-corrupt', undefined, { context: { format: 'jpeg', reason } })
}

import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { Fault } from '../../../faults.ts'
import { type Blocks, MOST_BLOCK_BYTES } from './blocks.ts'

/** Metadata in PNG chunks (PNG 3rd edition §5, §11). Nothing here decodes a pixel. */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const XMP_KEYWORD = 'XML:com.adobe.xmp'
/** What makes up the picture; animations included. */
const PICTURE = ['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'acTL', 'fcTL', 'fdAT']
/** Colour without a profile: meaning, like a profile. `sRGB` says what readers assume anyway, and then the others add nothing. */
const COLOUR = ['cICP', 'gAMA', 'cHRM']
const MOST_CHUNKS = 100_000

type Chunk = { readonly type: string; readonly whole: Buffer; readonly body: Buffer }

/** Whether the file is an animation, and how the picture's chunks are: read from the chunk types alone. Fault image-corrupt. */
export function isApng(bytes: Uint8Array): boolean {
  return walk(bytes).some(({ type }) => type === 'acTL')
}

/** The metadata blocks of a PNG. Fault image-corrupt when its chunks cannot be walked to the last. */
export function readPng(bytes: Uint8Array): Blocks {
  const chunks = walk(bytes)
  const exif = chunks.find(({ type }) => type === 'eXIf')?.body
  const iccp = chunks.find(({ type }) => type === 'iCCP')?.body
  const icc = iccp && readIccp(iccp)
  const xmp = chunks.map(readXmp).find((one) => one !== undefined)
  return { ...(exif && { exif }), ...(icc && { icc }), ...(xmp && { xmp }) }
}

/**
 * The PNG with these blocks and no other metadata. `colour` says whether the chunks that describe the colours without a profile
 * stay; they are taken from `from`, the file that the picture came from.
 */
export function writePng(bytes: Uint8Array, blocks: Blocks, colour: boolean, from: Uint8Array = bytes): Buffer {
  const picture = walk(bytes).filter(({ type }) => PICTURE.includes(type))
  const [header, ...rest] = picture
  if (header?.type !== 'IHDR') throw corrupt('the header is missing')
  return Buffer.concat([
    SIGNATURE,
    header.whole,
    ...(colour && !blocks.icc ? colourChunks(from) : []),
    ...envelopes(blocks),
    ...rest.map(({ whole }) => whole),
  ])
}

function colourChunks(from: Uint8Array): readonly Buffer[] {
  if (!Buffer.from(from.buffer, from.byteOffset, from.length).subarray(0, 8).equals(SIGNATURE)) return []
  const chunks = walk(from)
  const cicp = chunks.some(({ type }) => type === 'cICP')
  if (!cicp && chunks.some(({ type }) => type === 'sRGB')) return []
  return COLOUR.flatMap((type) => chunks.find((one) => one.type === type)?.whole ?? [])
}

function envelopes({ icc, exif, xmp }: Blocks): readonly Buffer[] {
  return [
    ...(icc ? [chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc, { level: 9 })]))] : []),
    ...(exif ? [chunk('eXIf', exif)] : []),
    ...(xmp ? [chunk('iTXt', Buffer.concat([Buffer.from(`${XMP_KEYWORD}\0\0\0\0\0`, 'latin1'), xmp]))] : []),
  ]
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length)
  out.write(type, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}

/** Name, a zero, the method (0 = deflate), the profile. */
function readIccp(body: Buffer): Buffer | undefined {
  const name = body.subarray(0, 81).indexOf(0)
  return name < 0 || body[name + 1] !== 0 ? undefined : inflate(body.subarray(name + 2))
}

/** The text behind XMP's keyword: in an iTXt chunk, or, as libvips writes it, in one of the older kinds. */
function readXmp({ type, body }: Chunk): Buffer | undefined {
  if (body.toString('latin1', 0, XMP_KEYWORD.length + 1) !== `${XMP_KEYWORD}\0`) return undefined
  const value = body.subarray(XMP_KEYWORD.length + 1)
  switch (type) {
    case 'tEXt':
      return value
    case 'zTXt':
      return inflate(value.subarray(1))
    case 'iTXt':
      return readInternationalText(value)
    default:
      return undefined
  }
}

/** Compression flag and method, language, translated keyword, text. */
function readInternationalText(value: Buffer): Buffer | undefined {
  const language = value.indexOf(0, 2)
  const translated = language < 0 ? -1 : value.indexOf(0, language + 1)
  if (translated < 0) return undefined
  const text = value.subarray(translated + 1)
  return value[0] === 1 ? inflate(text) : text
}

function inflate(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MOST_BLOCK_BYTES })
  } catch {
    // Damaged or exploding metadata is not carried over; the picture is not hurt by it.
    return undefined
  }
}

function walk(input: Uint8Array): readonly Chunk[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length)
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw corrupt('it does not start as a PNG')
  const chunks: Chunk[] = []
  let at = 8
  while (at + 12 <= bytes.length && chunks.length < MOST_CHUNKS) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw corrupt('a chunk is longer than the file')
    const type = bytes.toString('latin1', at + 4, at + 8)
    chunks.push({ type, whole: bytes.subarray(at, end), body: bytes.subarray(at + 8, end - 4) })
    if (type === 'IEND') return chunks
    at = end
  }
  throw corrupt('it is cut off')
}

function corrupt(reason: string): Fault {
  return new Fault('image-corrupt', undefined, { context: { format: 'png', reason } })
}

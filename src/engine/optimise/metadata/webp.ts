import { Fault } from '../../../faults.ts'
import type { Blocks } from './blocks.ts'

/** Metadata in WebP chunks (RFC 9649 §2). Nothing here decodes a pixel. */

const ICC_FLAG = 0x20
const ALPHA_FLAG = 0x10
const EXIF_FLAG = 0x08
const XMP_FLAG = 0x04
const ANIMATION_FLAG = 0x02
const PICTURE = ['ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L']
const MOST_CHUNKS = 100_000

type Chunk = { readonly type: string; readonly body: Buffer }

/** The metadata blocks of a WebP. Fault image-corrupt when its chunks cannot be walked to the last. */
export function readWebp(bytes: Uint8Array): Blocks {
  const chunks = walk(bytes)
  const body = (name: string) => chunks.find(({ type }) => type === name)?.body
  const exif = body('EXIF')
  const icc = body('ICCP')
  const xmp = body('XMP ')
  return { ...(exif && { exif: bare(exif) }), ...(icc && { icc }), ...(xmp && { xmp }) }
}

/** Whether every frame is coded losslessly (VP8L). Fault image-corrupt. */
export function isLosslessWebp(bytes: Uint8Array): boolean {
  const coded = walk(bytes).flatMap(({ type, body }) => (type === 'ANMF' ? frameChunks(body) : [type]))
  return coded.includes('VP8L') && !coded.includes('VP8 ')
}

/** The WebP with these blocks and no other metadata; in the simple form when nothing needs the extended one. */
export function writeWebp(bytes: Uint8Array, blocks: Blocks): Buffer {
  const chunks = walk(bytes)
  const picture = chunks.filter(({ type }) => PICTURE.includes(type))
  const [first, ...more] = picture
  if (!first) throw corrupt('there is no picture in it')
  const { icc, exif, xmp } = blocks
  const simple = more.length === 0 && (first.type === 'VP8 ' || first.type === 'VP8L')
  if (simple && !icc && !exif && !xmp) return file(picture)
  return file([
    { type: 'VP8X', body: extendedHeader(chunks, first, blocks) },
    ...(icc ? [{ type: 'ICCP', body: icc }] : []),
    ...picture,
    ...(exif ? [{ type: 'EXIF', body: exif }] : []),
    ...(xmp ? [{ type: 'XMP ', body: xmp }] : []),
  ])
}

function extendedHeader(chunks: readonly Chunk[], first: Chunk, { icc, exif, xmp }: Blocks): Buffer {
  const found = chunks.find(({ type }) => type === 'VP8X')?.body
  const header = found && found.length >= 10 ? Buffer.from(found.subarray(0, 10)) : headerOf(first)
  const kept = header.readUInt8(0) & (ALPHA_FLAG | ANIMATION_FLAG)
  header.writeUInt8(kept | (icc ? ICC_FLAG : 0) | (exif ? EXIF_FLAG : 0) | (xmp ? XMP_FLAG : 0), 0)
  return header
}

/** The extended header of a file in the simple form: sides and alpha from the head of its bitstream (RFC 6386 §9.1, RFC 9649 §3.4). */
function headerOf({ type, body }: Chunk): Buffer {
  const header = Buffer.alloc(10)
  if (type === 'VP8L' && body.length >= 5) {
    const bits = body.readUInt32LE(1)
    if ((bits >>> 28) & 1) header.writeUInt8(ALPHA_FLAG, 0)
    header.writeUIntLE(bits & 0x3fff, 4, 3)
    header.writeUIntLE((bits >>> 14) & 0x3fff, 7, 3)
    return header
  }
  if (type === 'VP8 ' && body.length >= 10) {
    header.writeUIntLE(Math.max(1, body.readUInt16LE(6) & 0x3fff) - 1, 4, 3)
    header.writeUIntLE(Math.max(1, body.readUInt16LE(8) & 0x3fff) - 1, 7, 3)
    return header
  }
  throw corrupt('the header is missing')
}

/** Some writers put JPEG's `Exif\0\0` before the TIFF structure. */
function bare(exif: Buffer): Buffer {
  return exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif
}

/** Chunk types inside an animation frame, behind its sixteen bytes of place and time. */
function frameChunks(body: Buffer): readonly string[] {
  const types: string[] = []
  for (let at = 16; at + 8 <= body.length && types.length < 16; ) {
    types.push(body.toString('latin1', at, at + 4))
    const size = body.readUInt32LE(at + 4)
    at += 8 + size + (size & 1)
  }
  return types
}

function file(chunks: readonly { readonly type: string; readonly body: Uint8Array }[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('RIFF\0\0\0\0WEBP', 'latin1')]
  for (const { type, body } of chunks) {
    const head = Buffer.alloc(8)
    head.write(type, 'latin1')
    head.writeUInt32LE(body.length, 4)
    parts.push(head, body, Buffer.alloc(body.length & 1))
  }
  const out = Buffer.concat(parts)
  out.writeUInt32LE(out.length - 8, 4)
  return out
}

function walk(input: Uint8Array): readonly Chunk[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length)
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') {
    throw corrupt('it does not start as a WebP')
  }
  const fileEnd = 8 + bytes.readUInt32LE(4)
  if (fileEnd > bytes.length + 1) throw corrupt('it is cut off')
  const chunks: Chunk[] = []
  let at = 12
  while (at + 8 <= Math.min(fileEnd, bytes.length) && chunks.length < MOST_CHUNKS) {
    const size = bytes.readUInt32LE(at + 4)
    const end = at + 8 + size
    if (end > bytes.length) throw corrupt('a chunk is longer than the file')
    chunks.push({ type: bytes.toString('latin1', at, at + 4), body: bytes.subarray(at + 8, end) })
    at = end + (size & 1)
  }
  return chunks
}

function corrupt(reason: string): Fault {
  return new Fault('image-corrupt', undefined, { context: { format: 'webp', reason } })
}

/** EXIF tags as an object (filestack §1.3). */
import parseExif from 'exif-reader'
import type { FileRecord } from '../../catalog/files.ts'
import { readBlocks } from '../../engine/optimise/metadata/metadata.ts'
import { sniff } from '../../engine/sniff.ts'
import type { Uploads } from '../../uploads/uploads.ts'

/** In a JPEG the tags stand in front; of other formats the whole file is looked at, up to so many bytes. */
const BEGINNING_BYTES = 256 * 1024
const WHOLE_BYTES = 32 * 1024 * 1024

type Tags = Readonly<Record<string, unknown>>

/**
 * The tags of a JPEG, PNG or WebP by their names, dates as ISO texts, binary values left out; an empty object for what has none or
 * cannot be read. Faults of reading the object.
 */
export async function readExif(uploads: Pick<Uploads, 'read'>, file: FileRecord, signal: AbortSignal): Promise<Tags> {
  const beginning = await bytesOf(uploads, file, Math.min(file.size, BEGINNING_BYTES), signal)
  const format = sniff(beginning)
  if (format === 'jpeg') return tagsOf(jpegBlock(beginning))
  if ((format !== 'png' && format !== 'webp') || file.size > WHOLE_BYTES) return {}
  const whole = beginning.length === file.size ? beginning : await bytesOf(uploads, file, file.size, signal)
  return tagsOf(blockOf(whole, format))
}

async function bytesOf(
  uploads: Pick<Uploads, 'read'>,
  file: FileRecord,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await uploads.read(file, { start: 0, end: length - 1 }, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function blockOf(bytes: Buffer, format: 'png' | 'webp'): Uint8Array | undefined {
  try {
    return readBlocks({ bytes, format }).exif
  } catch {
    return undefined
  }
}

/** The block in the segment APP1 of a JPEG (ITU-T T.81 annex B) that is known up to some byte. */
function jpegBlock(bytes: Buffer): Buffer | undefined {
  let at = 2
  while (at + 10 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    // Coded data: nothing more comes that is looked for.
    if (marker === 0xda || marker === 0xd9) return undefined
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0') return bytes.subarray(at + 10, end)
    at = end
  }
  return undefined
}

function tagsOf(block: Uint8Array | undefined): Tags {
  try {
    if (block === undefined || !isModest(Buffer.from(block))) return {}
    const { Image, Photo, Iop, GPSInfo } = parseExif(Buffer.from(block))
    return plain({ ...Image, ...Iop, ...GPSInfo, ...Photo })
  } catch {
    return {}
  }
}

/** Entries of one directory, directories, and bytes of all values: a small block can claim to hold far more than it does. */
const MOST_ENTRIES = 512
const MOST_DIRECTORIES = 8
const MOST_VALUE_BYTES = 1024 * 1024
const POINTERS: ReadonlySet<number> = new Set([0x8769, 0x8825, 0xa005])
/** Bytes of one value, by TIFF type 1…12. */
const TYPE_SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

/** Whether the directories of a TIFF structure are few and short enough to be read. */
function isModest(block: Buffer): boolean {
  const little = block.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at))
  const u32 = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at))
  const directories = [u32(4)]
  let bytes = 0
  for (const at of directories) {
    const entries = u16(at)
    if (entries > MOST_ENTRIES || directories.length > MOST_DIRECTORIES) return false
    for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12) {
      bytes += (TYPE_SIZES[u16(entry + 2)] ?? 8) * u32(entry + 4)
      if (POINTERS.has(u16(entry))) directories.push(u32(entry + 8))
    }
    const next = at + 2 + entries * 12
    if (at === directories[0] && next + 4 <= block.length && u32(next) !== 0) directories.push(u32(next))
  }
  return bytes <= MOST_VALUE_BYTES
}

/** What JSON can hold. */
function plain(tags: Tags): Tags {
  const told = Object.entries(tags).flatMap(([name, value]) => {
    if (value === undefined || Buffer.isBuffer(value) || value instanceof Uint8Array) return []
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? [] : [[name, value.toISOString()] as const]
    return [[name, value] as const]
  })
  return Object.fromEntries(told)
}

import type { KeepTags } from '../keep.ts'

/**
 * EXIF (CIPA DC-008, a TIFF 6.0 structure) reduced to named tags. Only the three directories that hold them are read, each once:
 * a file cannot send the reader in circles.
 */

type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly value: Uint8Array }
type Directories = { readonly main: readonly Entry[]; readonly photo: readonly Entry[]; readonly gps: readonly Entry[] }

const ORIENTATION = 0x0112
const COPYRIGHT = 0x8298
const PHOTO_IFD = 0x8769
const GPS_IFD = 0x8825
const DATES = [0x9003, 0x9004]
/** GPSVersionID, GPSLatitudeRef, GPSLatitude, GPSLongitudeRef, GPSLongitude. */
const PLACE = [0, 1, 2, 3, 4]

const SHORT = 3
const LONG = 4
/** Bytes of one value, by TIFF type 1…12. */
const TYPE_SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const MOST_ENTRIES = 512
/** A copyright notice may be long; nothing else that is kept is. */
const MOST_VALUE_BYTES = 16_384

/**
 * The EXIF block with the tags that `keep` names and nothing else, in the byte order of the source; undefined when none is there
 * or the block cannot be read.
 */
export function narrowExif(block: Uint8Array, keep: KeepTags): Uint8Array | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const little = byteOrder(view)
  if (little === undefined) return undefined
  const main = readDirectory(view, little, view.getUint32(4, little))
  const below = (tag: number) => {
    const at = main.find((entry) => entry.tag === tag && entry.type === LONG && entry.count === 1)
    return at ? readDirectory(view, little, numberOf(at, little)) : []
  }
  const kept: Directories = {
    main: main.flatMap((entry) => keptMain(entry, keep, little)),
    photo: keep.date ? pick(below(PHOTO_IFD), DATES) : [],
    gps: keep.geotag ? pick(below(GPS_IFD), PLACE) : [],
  }
  const any = kept.main.length + kept.photo.length + kept.gps.length > 0
  return any ? writeExif(kept, little) : undefined
}

function keptMain(entry: Entry, keep: KeepTags, little: boolean): readonly Entry[] {
  if (entry.tag === COPYRIGHT) return keep.copyright ? [entry] : []
  if (entry.tag !== ORIENTATION || keep.orientation === 'drop') return []
  const value = readOrientation(entry, little)
  if (value === undefined) return []
  return [orientationEntry(keep.orientation === 'upright' ? 1 : value, little)]
}

function orientationEntry(orientation: number, little: boolean): Entry {
  const value = new Uint8Array(2)
  value[little ? 0 : 1] = orientation
  return { tag: ORIENTATION, type: SHORT, count: 1, value }
}

function readOrientation(entry: Entry, little: boolean): number | undefined {
  if (entry.count !== 1 || (entry.type !== SHORT && entry.type !== LONG)) return undefined
  const value = numberOf(entry, little)
  return value >= 1 && value <= 8 ? value : undefined
}

/** One entry of each tag, in order of tags as TIFF asks. */
function pick(entries: readonly Entry[], tags: readonly number[]): readonly Entry[] {
  return tags.flatMap((tag) => entries.find((entry) => entry.tag === tag) ?? [])
}

function numberOf({ type, value }: Entry, little: boolean): number {
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  return type === SHORT ? view.getUint16(0, little) : view.getUint32(0, little)
}

/** Whether numbers are little-endian; undefined when the block is not a TIFF structure. */
function byteOrder(view: DataView): boolean | undefined {
  if (view.byteLength < 8) return undefined
  const mark = view.getUint16(0)
  const little = mark === 0x4949
  if (!little && mark !== 0x4d4d) return undefined
  return view.getUint16(2, little) === 42 ? little : undefined
}

/** The entries whose values lie inside the block and are of bounded size; others are passed over. */
function readDirectory(view: DataView, little: boolean, start: number): readonly Entry[] {
  if (start < 8 || start + 2 > view.byteLength) return []
  const count = Math.min(view.getUint16(start, little), MOST_ENTRIES)
  const entries: Entry[] = []
  for (let at = start + 2; at + 12 <= view.byteLength && entries.length < count; at += 12) {
    const tag = view.getUint16(at, little)
    const type = view.getUint16(at + 2, little)
    const values = view.getUint32(at + 4, little)
    const size = (TYPE_SIZES[type] ?? 0) * values
    const from = size <= 4 ? at + 8 : view.getUint32(at + 8, little)
    const held = size > 0 && size <= MOST_VALUE_BYTES && from + size <= view.byteLength
    // An entry that cannot be read still counts, so that the directory's end is found.
    const value = held ? new Uint8Array(view.buffer, view.byteOffset + from, size) : new Uint8Array(0)
    entries.push({ tag: held ? tag : 0xffff, type, count: values, value })
  }
  return entries.filter(({ value }) => value.length > 0)
}

/** Header, main directory, then the directories below it, each followed by its values (TIFF 6.0 §2). */
function writeExif({ main, photo, gps }: Directories, little: boolean): Uint8Array {
  const pointer = (tag: number): Entry => ({ tag, type: LONG, count: 1, value: new Uint8Array(4) })
  const entries = [
    ...main,
    ...(photo.length > 0 ? [pointer(PHOTO_IFD)] : []),
    ...(gps.length > 0 ? [pointer(GPS_IFD)] : []),
  ]
  const sorted = entries.toSorted((a, b) => a.tag - b.tag)
  const photoAt = 8 + directoryBytes(sorted)
  const gpsAt = photoAt + directoryBytes(photo)
  const out = new Uint8Array(gpsAt + directoryBytes(gps))
  const view = new DataView(out.buffer)
  out.set(little ? [0x49, 0x49] : [0x4d, 0x4d])
  view.setUint16(2, 42, little)
  view.setUint32(4, 8, little)
  const addressed = sorted.map((entry) => {
    if (entry.tag !== PHOTO_IFD && entry.tag !== GPS_IFD) return entry
    const value = new Uint8Array(4)
    new DataView(value.buffer).setUint32(0, entry.tag === PHOTO_IFD ? photoAt : gpsAt, little)
    return { ...entry, value }
  })
  writeDirectory(view, little, 8, addressed)
  writeDirectory(view, little, photoAt, photo)
  writeDirectory(view, little, gpsAt, gps)
  return out
}

const even = (size: number) => size + (size & 1)

function directoryBytes(entries: readonly Entry[]): number {
  if (entries.length === 0) return 0
  const outside = entries.reduce((sum, { value }) => sum + (value.length > 4 ? even(value.length) : 0), 0)
  return 2 + 12 * entries.length + 4 + outside
}

function writeDirectory(view: DataView, little: boolean, start: number, entries: readonly Entry[]): void {
  if (entries.length === 0) return
  view.setUint16(start, entries.length, little)
  let outside = start + 2 + 12 * entries.length + 4
  const bytes = new Uint8Array(view.buffer)
  for (const [i, { tag, type, count, value }] of entries.entries()) {
    const at = start + 2 + 12 * i
    view.setUint16(at, tag, little)
    view.setUint16(at + 2, type, little)
    view.setUint32(at + 4, count, little)
    if (value.length <= 4) {
      bytes.set(value, at + 8)
      continue
    }
    view.setUint32(at + 8, outside, little)
    bytes.set(value, outside)
    outside += even(value.length)
  }
}

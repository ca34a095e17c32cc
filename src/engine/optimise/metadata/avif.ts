import { BoundedView } from '../../decoders/bounded-view.ts'
import { boxes } from '../../decoders/heif-boxes.ts'
import type { KeepTags } from '../keep.ts'
import { narrowExif } from './exif.ts'
import { narrowXmp } from './xmp.ts'

/**
 * Metadata in AVIF items (ISO/IEC 14496-12 §8.11, 23008-12 annex A). Pictures are found by their places in the file, so nothing is
 * moved: metadata is written over where it stands, and the file keeps its length.
 */

type Extent = { readonly start: number; readonly end: number }

/** Bytes of an item's name and type. */
const MOST_NAME = 512
const MOST_EXTENTS = 10_000
const XMP_TYPE = 'application/rdf+xml'

/**
 * The AVIF with the tags that `keep` names in its EXIF and XMP items and zeros in the rest of them. The ICC profile stays whatever
 * `keep` says: it is a property that others are counted from. Files described in ways not known here (data in other places, several
 * descriptions) come back as they are. Fault image-corrupt when the boxes cannot be walked.
 */
export function writeAvif(bytes: Uint8Array, keep: KeepTags): Uint8Array {
  const metas = boxes(new BoundedView(bytes, 'avif')).filter(({ type }) => type === 'meta')
  const [meta] = metas
  if (!meta || metas.length > 1) return bytes
  meta.body.skip(4)
  const inside = boxes(meta.body)
  const body = (name: string) => inside.find(({ type }) => type === name)?.body
  const [names, places] = [body('iinf'), body('iloc')]
  if (!names || !places) return bytes
  const kinds = itemKinds(names)
  if (kinds.size === 0) return bytes
  const out = Uint8Array.from(bytes)
  for (const [item, extents] of itemPlaces(places)) {
    const kind = kinds.get(item)
    if (!kind) continue
    if (!extents || extents.some(({ end }) => end > bytes.length)) return bytes
    const kept = narrowed(Buffer.concat(extents.map(({ start, end }) => bytes.subarray(start, end))), kind, keep)
    let written = 0
    for (const { start, end } of extents) {
      out.fill(0, start, end)
      out.set(kept.subarray(written, written + end - start), start)
      written += end - start
    }
  }
  return out
}

type Kind = 'exif' | 'xmp'

/** What is written into the room of an item; nothing when it does not fit. */
function narrowed(item: Buffer, kind: Kind, keep: KeepTags): Uint8Array {
  const none = new Uint8Array(0)
  if (kind === 'xmp') return fitting(narrowXmp(item, keep) ?? none, item)
  if (item.length < 4) return none
  // The place of the TIFF structure, counted from behind this number. Orientation has no meaning here: the boxes say it.
  const tiff = item.subarray(Math.min(item.length, 4 + item.readUInt32BE(0)))
  const block = narrowExif(tiff, { ...keep, orientation: 'drop' })
  return block ? fitting(Buffer.concat([Buffer.alloc(4), block]), item) : none
}

function fitting(block: Uint8Array, room: Uint8Array): Uint8Array {
  return block.length <= room.length ? block : new Uint8Array(0)
}

/** Items that are metadata, by number. */
function itemKinds(view: BoundedView): ReadonlyMap<number, Kind> {
  const version = view.u8()
  view.skip(3 + (version === 0 ? 2 : 4))
  const kinds = new Map<number, Kind>()
  for (const { type, body } of boxes(view)) {
    const own = type === 'infe' ? body.u8() : 0
    if (own < 2 || body.left < 11) continue
    body.skip(3)
    const item = own === 2 ? body.u16() : body.u32()
    body.skip(2)
    const name = body.text(4)
    const rest = body.text(Math.min(body.left, MOST_NAME))
    if (name === 'Exif') kinds.set(item, 'exif')
    if (name === 'mime' && rest.includes(XMP_TYPE)) kinds.set(item, 'xmp')
  }
  return kinds
}

/** Where the data of each item stands; undefined when it is not told as places in this file. */
function itemPlaces(view: BoundedView): ReadonlyMap<number, readonly Extent[] | undefined> {
  const version = view.u8()
  view.skip(3)
  const sizes = view.u16()
  const [offsetSize, lengthSize, baseSize, indexSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15, sizes & 15]
  const places = new Map<number, readonly Extent[] | undefined>()
  let seen = 0
  for (let left = version < 2 ? view.u16() : view.u32(); left > 0; left--) {
    const item = version < 2 ? view.u16() : view.u32()
    const method = version === 0 ? 0 : view.u16() & 15
    const elsewhere = view.u16() !== 0
    const base = number(view, baseSize)
    const extents: Extent[] = []
    for (let parts = view.u16(); parts > 0; parts--) {
      // Numbers may be written in no bytes at all, so the file's length does not bound them.
      if (++seen > MOST_EXTENTS) throw view.corrupt('the file has too many parts')
      if (version > 0) number(view, indexSize)
      const start = base + number(view, offsetSize)
      extents.push({ start, end: start + number(view, lengthSize) })
    }
    // A length of 0 means the whole file.
    const known = method === 0 && !elsewhere && extents.length > 0 && extents.every(({ start, end }) => end > start)
    places.set(item, known ? extents : undefined)
  }
  return places
}

function number(view: BoundedView, size: number): number {
  if (size === 8) return view.u64()
  return size === 4 ? view.u32() : 0
}

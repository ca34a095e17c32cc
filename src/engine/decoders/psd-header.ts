import { Fault } from '../../faults.ts'
import type { Size } from '../../plan/facts.ts'
import { BoundedView } from './bounded-view.ts'

export type PsdMode = 'bitmap' | 'grey' | 'indexed' | 'rgb' | 'cmyk'
/** Bytes of one channel of one layer, compression word included. */
export type PsdChannel = { readonly id: number; readonly start: number; readonly end: number }
export type PsdLayer = Size & {
  readonly left: number
  readonly top: number
  readonly opacity: number
  readonly channels: readonly PsdChannel[]
}
/** A PSD or PSB (large document) as its headers describe it; every offset lies inside of the file. */
export type Psd = Size & {
  readonly large: boolean
  readonly channels: number
  readonly depth: 1 | 8 | 16 | 32
  readonly mode: PsdMode
  /** Indexed colours: all reds, all greens, all blues. */
  readonly palette: Uint8Array
  readonly profile: Uint8Array | undefined
  readonly density: number | undefined
  /** The first channel behind the colours is the composite's transparency. */
  readonly transparent: boolean
  /** Whether the file was saved with a composite; without one its place is blank. */
  readonly hasComposite: boolean
  /** Layers that hold pixels, from the bottom; groups are not counted. */
  readonly layers: readonly PsdLayer[]
  /** Where the composite begins, compression word included. */
  readonly composite: number
}

const MODES: Readonly<Record<number, PsdMode>> = {
  0: 'bitmap',
  1: 'grey',
  2: 'indexed',
  3: 'rgb',
  4: 'cmyk',
  8: 'grey',
}
/** Channels that hold colours. */
export const COLOURS: Readonly<Record<PsdMode, number>> = { bitmap: 1, grey: 1, indexed: 1, rgb: 3, cmyk: 4 }

/**
 * Reads everything of a Photoshop file but its pixels (Adobe Photoshop File Formats Specification). Fault image-corrupt;
 * unsupported for Lab and multichannel pictures.
 */
export function readPsd(bytes: Uint8Array): Psd {
  const file = new BoundedView(bytes, 'psd')
  if (file.text(4) !== '8BPS') throw file.corrupt()
  const large = file.u16() === 2
  file.skip(6)
  const channels = file.u16()
  const height = file.u32()
  const width = file.u32()
  const depth = knownDepth(file.u16())
  const mode = knownMode(file.u16())
  const longest = large ? 300_000 : 30_000
  if (width < 1 || height < 1 || width > longest || height > longest) throw file.corrupt('the picture has no size')
  if (channels < COLOURS[mode] || channels > 56 || (depth === 1) !== (mode === 'bitmap')) throw file.corrupt()

  const colours = file.part(file.u32())
  const palette = mode === 'indexed' ? colours.slice(768) : new Uint8Array()
  const resources = readResources(file.part(file.u32()))
  const layers = readLayers(file.part(large ? file.u64() : file.u32()), large)
  if (file.left < 2) throw file.corrupt()
  return {
    width,
    height,
    large,
    channels,
    depth,
    mode,
    palette,
    ...resources,
    transparent: layers.transparent && channels > COLOURS[mode] && mode !== 'indexed' && mode !== 'bitmap',
    layers: layers.list,
    composite: file.at,
  }
}

function knownDepth(depth: number): Psd['depth'] {
  if (depth === 1 || depth === 8 || depth === 16 || depth === 32) return depth
  throw new Fault('image-corrupt', undefined, { context: { format: 'psd', depth } })
}

function knownMode(mode: number): PsdMode {
  const known = MODES[mode]
  if (known) return known
  throw new Fault('unsupported', 'Photoshop files in this colour mode cannot be read here', {
    context: { format: 'psd', mode },
  })
}

const DENSITY = 1005
const PROFILE = 1039
const VERSION = 1057

function readResources(view: BoundedView): Pick<Psd, 'profile' | 'density' | 'hasComposite'> {
  let profile: Uint8Array | undefined
  let density: number | undefined
  let hasComposite = true
  for (let count = 0; view.left >= 12 && count < MOST_BLOCKS; count++) {
    view.skip(4)
    const id = view.u16()
    const name = view.u8()
    view.skip(name + ((name + 1) % 2))
    const size = view.u32()
    const body = view.part(size)
    if (view.left > 0) view.skip(size % 2)
    if (id === PROFILE && size > 128) profile = body.slice(size)
    // Dots per inch as a fixed-point number of 16.16 bits.
    if (id === DENSITY && size >= 4) density = body.u32() / 65_536
    if (id === VERSION && size >= 5) {
      body.skip(4)
      hasComposite = body.u8() !== 0
    }
  }
  return { profile, density, hasComposite }
}

type Layers = { readonly transparent: boolean; readonly list: readonly PsdLayer[] }
const NONE: Layers = { transparent: false, list: [] }
/** Tagged blocks whose lengths have 64 bits in large documents. */
const LONG_BLOCKS = 'LMsk Lr16 Lr32 Layr Mt16 Mt32 Mtrn Alph FMsk lnk2 FEid FXid PxSD'.split(' ')

/** Layers stand in the first part of the section; those of deep pictures in a block of their own behind the global mask. */
function readLayers(section: BoundedView, large: boolean): Layers {
  if (section.left < 4) return NONE
  const first = section.part(large ? section.u64() : section.u32())
  if (first.left >= 2) return readLayerInfo(first, large)
  if (section.left < 4) return NONE
  section.skip(section.u32())
  for (const { key, body } of taggedBlocks(section, large)) {
    if ((key === 'Lr16' || key === 'Lr32') && body.left >= 2) return readLayerInfo(body, large)
  }
  return NONE
}

/** Far above what Photoshop writes, so that a file of nothing but blocks is not read to its end. */
const MOST_BLOCKS = 2000

/** Blocks are padded to four bytes by some writers, to two by others: the next signature is looked for. */
function* taggedBlocks(view: BoundedView, large: boolean): Generator<{ key: string; body: BoundedView }> {
  for (let count = 0; view.left >= 12 && count < MOST_BLOCKS; count++) {
    const signature = view.text(4)
    if (signature !== '8BIM' && signature !== '8B64') return
    const key = view.text(4)
    const size = large && LONG_BLOCKS.includes(key) ? view.u64() : view.u32()
    yield { key, body: view.part(size) }
    for (let pad = 0; pad < 3 && view.left > 0 && view.bytes[view.at] === 0; pad++) view.skip(1)
  }
}

type LayerRecord = Omit<PsdLayer, 'channels'> & {
  readonly group: boolean
  readonly lengths: readonly { readonly id: number; readonly length: number }[]
}

function readLayerInfo(info: BoundedView, large: boolean): Layers {
  // Negative when the composite has transparency.
  const count = info.i16()
  const records: LayerRecord[] = []
  for (let left = Math.abs(count); left > 0; left--) records.push(readRecord(info, large))
  const list: PsdLayer[] = []
  for (const { group, lengths, ...layer } of records) {
    const channels = lengths.map(({ id, length }) => {
      const start = info.at
      info.skip(length)
      return { id, start, end: start + length }
    })
    if (!group) list.push({ ...layer, channels })
  }
  return { transparent: count < 0, list }
}

function readRecord(view: BoundedView, large: boolean): LayerRecord {
  const top = view.i32()
  const left = view.i32()
  const height = view.i32() - top
  const width = view.i32() - left
  if (width < 0 || height < 0) throw view.corrupt()
  const lengths: { id: number; length: number }[] = []
  const count = view.u16()
  if (count > 56) throw view.corrupt()
  for (let i = 0; i < count; i++) lengths.push({ id: view.i16(), length: large ? view.u64() : view.u32() })
  if (view.text(4) !== '8BIM') throw view.corrupt()
  view.skip(4)
  const opacity = view.u8()
  view.skip(3)
  const extra = view.part(view.u32())
  return { left, top, width, height, opacity, lengths, group: isGroup(extra, large) }
}

/** Groups are written as layers without pixels that a section divider (types 1…3) marks. */
function isGroup(extra: BoundedView, large: boolean): boolean {
  if (extra.left < 9) return false
  extra.skip(extra.u32())
  extra.skip(extra.u32())
  const name = extra.u8()
  extra.skip(Math.min(extra.left, name + ((4 - ((name + 1) % 4)) % 4)))
  for (const { key, body } of taggedBlocks(extra, large)) {
    if ((key === 'lsct' || key === 'lsdk') && body.left >= 4) return body.u32() !== 0
  }
  return false
}

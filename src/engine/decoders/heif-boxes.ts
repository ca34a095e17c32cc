import type { Size } from '../../plan/facts.ts'
import { BoundedView } from './bounded-view.ts'

/** The picture that a HEIF file shows, as its boxes describe it (ISO/IEC 23008-12). */
export type HeifPicture = Size & {
  /** Pixels as coded, before a crop. */
  readonly coded: number
  readonly alpha: boolean
  readonly depth: 8 | 16
  /** ICC profile. */
  readonly profile?: Uint8Array
}

type Box = { readonly type: string; readonly body: BoundedView }
/** A picture's sides, as its properties change them in their order. */
type Shape = Size & { readonly coded: number }

const ALPHA_TYPES = ['urn:mpeg:hevc:2015:auxid:1', 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha']

/**
 * Reads the primary picture's properties; sides are those after crop (clap) and turn (irot). A turned or mirrored picture
 * says so in its boxes; an EXIF orientation beside them has no meaning (23008-12 §A.2.1). Fault image-corrupt.
 */
export function readHeif(bytes: Uint8Array): HeifPicture {
  const file = new BoundedView(bytes, 'heic')
  const meta = find(boxes(file), 'meta')
  if (!meta) throw file.corrupt('the file has no still picture')
  if (meta.left > LARGEST_META) throw file.corrupt('the description of the picture is too long')
  meta.skip(4)
  const inside = boxes(meta)
  const primary = primaryItem(find(inside, 'pitm'), file)
  const properties = readProperties(find(inside, 'iprp'), file)
  const own = properties(primary)

  const shape = own.reduce<Shape | undefined>(reshape, undefined)
  if (!shape || shape.width < 1 || shape.height < 1) throw file.corrupt('the picture has no size')
  const bits = find(own, 'pixi')
  const profile = own
    .filter(({ type }) => type === 'colr')
    .map(iccOf)
    .find((found) => found !== undefined)
  return {
    ...shape,
    alpha: auxiliaries(find(inside, 'iref'), primary).some((item) => properties(item).some(isAlpha)),
    depth: bits && deepest(bits) > 8 ? 16 : 8,
    ...(profile && { profile }),
  }
}

/** Far above what cameras write: this is read on the main thread. */
const LARGEST_META = 16 * 2 ** 20
const MOST_BOXES = 10_000

/** The boxes that follow one another up to the end of the view. Fault image-corrupt. */
export function boxes(view: BoundedView): readonly Box[] {
  const found: Box[] = []
  while (view.left >= 8) {
    if (found.length >= MOST_BOXES) throw view.corrupt('the file has too many boxes')
    const short = view.u32()
    const type = view.text(4)
    const size = short === 1 ? view.u64() - 16 : short === 0 ? view.left : short - 8
    found.push({ type, body: view.part(size) })
  }
  return found
}

/** A fresh view of the first box of the type: a property may be read for several pictures. */
function find(list: readonly Box[], type: string): BoundedView | undefined {
  const body = list.find((box) => box.type === type)?.body
  return body && again(body)
}

function again(body: BoundedView): BoundedView {
  return new BoundedView(body.bytes, 'heic', body.at, body.end)
}

function primaryItem(box: BoundedView | undefined, file: BoundedView): number {
  if (!box) throw file.corrupt('the file names no primary picture')
  const version = box.u8()
  box.skip(3)
  return version === 0 ? box.u16() : box.u32()
}

/** The properties of each item, in the order in which they apply. */
function readProperties(iprp: BoundedView | undefined, file: BoundedView): (item: number) => readonly Box[] {
  const list = iprp ? boxes(iprp) : []
  const container = find(list, 'ipco')
  const association = find(list, 'ipma')
  if (!container || !association) throw file.corrupt('the picture has no properties')
  const all = boxes(container)
  const version = association.u8()
  const wide = (((association.u8() << 16) | association.u16()) & 1) === 1
  const items = new Map<number, readonly Box[]>()
  for (let count = association.u32(); count > 0; count--) {
    const item = version < 1 ? association.u16() : association.u32()
    const own: Box[] = []
    for (let left = association.u8(); left > 0; left--) {
      const index = wide ? association.u16() & 0x7fff : association.u8() & 0x7f
      const property = all[index - 1]
      if (property) own.push(property)
    }
    items.set(item, own)
  }
  return (item) => items.get(item) ?? []
}

function reshape(shape: Shape | undefined, { type, body }: Box): Shape | undefined {
  const view = again(body)
  if (type === 'ispe') {
    view.skip(4)
    const size = { width: view.u32(), height: view.u32() }
    return { ...size, coded: size.width * size.height }
  }
  if (!shape) return shape
  if (type === 'clap') {
    const side = (whole: number) => {
      const cut = Math.round(view.u32() / view.u32())
      return cut >= 1 && cut <= whole ? cut : whole
    }
    return { ...shape, width: side(shape.width), height: side(shape.height) }
  }
  const turned = type === 'irot' && (view.u8() & 1) === 1
  return turned ? { ...shape, width: shape.height, height: shape.width } : shape
}

function deepest(pixi: BoundedView): number {
  pixi.skip(4)
  let most = 0
  for (let left = pixi.u8(); left > 0; left--) most = Math.max(most, pixi.u8())
  return most
}

function iccOf({ body }: Box): Uint8Array | undefined {
  const view = again(body)
  const kind = view.text(4)
  return (kind === 'prof' || kind === 'rICC') && view.left > 128 ? view.slice(view.left) : undefined
}

function isAlpha({ type, body }: Box): boolean {
  if (type !== 'auxC') return false
  const view = again(body)
  view.skip(4)
  const name = view.text(Math.min(view.left, 64))
  return ALPHA_TYPES.some((known) => name.startsWith(`${known}\0`) || name === known)
}

/** Items that say they are auxiliary to the picture. */
function auxiliaries(iref: BoundedView | undefined, picture: number): readonly number[] {
  if (!iref) return []
  const version = iref.u8()
  iref.skip(3)
  const id = (view: BoundedView) => (version === 0 ? view.u16() : view.u32())
  return boxes(iref)
    .filter(({ type }) => type === 'auxl')
    .flatMap(({ body }) => {
      const view = again(body)
      const from = id(view)
      const to: number[] = []
      for (let left = view.u16(); left > 0; left--) to.push(id(view))
      return to.includes(picture) ? [from] : []
    })
}

import { Fault } from '../../faults.ts'
import type { Facts, Limits, Size } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import type { Raw } from '../raw.ts'
import { decodeBmp } from './bmp.ts'
import type { Decoded, Decoder } from './decoder.ts'

/**
 * Windows icons: the largest picture of the file, of equally large ones the deepest. A PNG inside is handed on; a bitmap
 * inside is read as one, with its mask. Own code: `decode-ico` is unmaintained and believes every offset.
 */
export const ico: Decoder = {
  formats: ['ico'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    const { width, height } = largest(bytes)
    return {
      format: 'ico',
      width,
      height,
      frames: 1,
      orientation: 1,
      alpha: true,
      depth: 8,
      space: 'rgb',
      profile: false,
      bytes: bytes.length,
    }
  },

  decode(bytes: Uint8Array, limits: Limits): Decoded {
    const { data, png, width, height } = largest(bytes)
    checkInput({ format: 'ico', width, height, frames: 1 }, limits)
    if (png) return { kind: 'file', format: 'png', bytes: data }
    return { kind: 'pixels', raw: readBitmap(data, { width, height }, limits) }
  },
}

type Icon = Size & { readonly data: Uint8Array; readonly png: boolean; readonly bits: number }

const DIRECTORY = 6
const ENTRY = 16
const PNG_SIGNATURE = 0x89504e47
const PNG_HEADER = 24
const BMP_HEADER = 40
/** Sizes of icons that programs write end at 256; some go to 1024. */
const MOST_ENTRIES = 256

function largest(bytes: Uint8Array): Icon {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < DIRECTORY) throw corrupt()
  const count = Math.min(view.getUint16(4, true), MOST_ENTRIES)
  if (count === 0 || bytes.length < DIRECTORY + count * ENTRY) throw corrupt()
  let best: Icon | undefined
  for (let i = 0; i < count; i++) {
    const icon = readEntry(bytes, view, DIRECTORY + i * ENTRY)
    const more = best ? icon.width * icon.height - best.width * best.height : 1
    if (best === undefined || more > 0 || (more === 0 && icon.bits > best.bits)) best = icon
  }
  if (!best) throw corrupt()
  return best
}

/** The directory's sides (a byte each) are only hints: the picture itself says how large it is. */
function readEntry(bytes: Uint8Array, view: DataView, at: number): Icon {
  const size = view.getUint32(at + 8, true)
  const start = view.getUint32(at + 12, true)
  if (start + size > bytes.length || size < BMP_HEADER) throw corrupt()
  const data = bytes.subarray(start, start + size)
  const png = view.getUint32(start) === PNG_SIGNATURE
  if (png && size < PNG_HEADER) throw corrupt()
  const width = png ? view.getUint32(start + 16) : view.getInt32(start + 4, true)
  // A bitmap counts the rows of its mask too.
  const height = png ? view.getUint32(start + 20) : Math.floor(view.getInt32(start + 8, true) / 2)
  if (width < 1 || height < 1) throw corrupt()
  return { width, height, data, png, bits: png ? 32 : view.getUint16(start + 14, true) }
}

const FILE_HEADER = 14
const ALPHA_MASKS = 6
const MASKS = [0xff0000, 0xff00, 0xff, 0xff000000]

/** The picture's rows become a bitmap file; the mask behind them (1 = see-through) then takes alpha away. */
function readBitmap(data: Uint8Array, { width, height }: Size, limits: Limits): Raw {
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const headerSize = view.getUint32(0, true)
  const bits = view.getUint16(14, true)
  const used = view.getUint32(32, true)
  if (headerSize !== BMP_HEADER || view.getUint32(16, true) !== 0 || used > 256) throw corrupt()
  const colours = bits > 8 ? 0 : used || 1 << bits
  const pixelsAt = BMP_HEADER + colours * 4
  const pixelsEnd = pixelsAt + Math.ceil((width * bits) / 32) * 4 * height
  if (pixelsEnd > data.length) throw corrupt()

  const masks = bits === 32 ? MASKS : []
  const head = FILE_HEADER + BMP_HEADER + masks.length * 4
  const file = new Uint8Array(head + pixelsEnd - BMP_HEADER)
  const out = new DataView(file.buffer)
  file.set([0x42, 0x4d])
  out.setUint32(10, head + colours * 4, true)
  file.set(data.subarray(0, BMP_HEADER), FILE_HEADER)
  out.setInt32(FILE_HEADER + 8, height, true)
  if (bits === 32) out.setUint32(FILE_HEADER + 16, ALPHA_MASKS, true)
  for (const [i, mask] of masks.entries()) out.setUint32(FILE_HEADER + BMP_HEADER + 4 * i, mask, true)
  file.set(data.subarray(BMP_HEADER, pixelsEnd), head)
  return masked(decodeBmp(file, limits), data.subarray(pixelsEnd))
}

function masked({ data, width, height, channels }: Raw, mask: Uint8Array): Raw {
  const stride = Math.ceil(width / 32) * 4
  // Writers of 32-bit icons leave the mask out sometimes.
  const present = mask.length >= stride * height
  const rgba = new Uint8Array(width * height * 4)
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 4) {
      const from = (y * width + x) * channels
      for (let c = 0; c < 3; c++) rgba[to + c] = data[from + c] ?? 0
      const hidden = present && (((mask[(height - 1 - y) * stride + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 1
      rgba[to + 3] = hidden ? 0 : channels === 4 ? (data[from + 3] ?? 0) : 255
    }
  }
  return { data: rgba, width, height, channels: 4 }
}

function corrupt(): Fault {
  return new Fault('image-corrupt', undefined, { context: { format: 'ico' } })
}

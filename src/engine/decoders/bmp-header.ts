import { Fault } from '../../faults.ts'

/** A bitmap's header, checked against the length of the file. */
export type BmpHeader = {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32
  readonly runLength: boolean
  /** First byte of the pixels, and bytes of a stored row (plain files). */
  readonly start: number
  readonly stride: number
  /** 0xRRGGBB; empty above 8 bits. */
  readonly palette: readonly number[]
  readonly masks: { readonly red: number; readonly green: number; readonly blue: number; readonly alpha: number }
}

/** Values of biCompression. */
const PLAIN = 0
const RLE8 = 1
const RLE4 = 2
const MASKS = 3
const ALPHA_MASKS = 6
const FILE_HEADER = 14

/**
 * Reads a bitmap's headers. Fault image-corrupt when they contradict themselves or the length of the file; unsupported for
 * variants that are none of ours (embedded JPEG or PNG, 2 or 64 bits, OS/2 compression).
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 26) throw corrupt('the bitmap is cut off')
  const size = view.getUint32(14, true)
  const old = size === 12
  if (!old && (size < 16 || FILE_HEADER + Math.max(size, 40) > bytes.length)) throw corrupt('the bitmap is cut off')
  // OS/2 2.x headers may end early; what they leave out is zero.
  const long = (at: number) => (at + 4 <= FILE_HEADER + size ? view.getUint32(at, true) : 0)

  const width = old ? view.getUint16(18, true) : view.getInt32(18, true)
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true)
  const height = Math.abs(signedHeight)
  if (width <= 0 || height === 0) throw corrupt('the bitmap has no size')

  const bits = knownBits(view.getUint16(old ? 24 : 28, true))
  const compression = old ? PLAIN : long(30)
  const runLength = (compression === RLE8 && bits === 8) || (compression === RLE4 && bits === 4)
  const masked = (compression === MASKS || compression === ALPHA_MASKS) && (bits === 16 || bits === 32)
  if (compression !== PLAIN && !runLength && !masked) {
    throw new Fault('unsupported', 'this kind of bitmap cannot be read here', {
      context: { format: 'bmp', compression, bits },
    })
  }

  const start = view.getUint32(10, true)
  const stride = Math.ceil((width * bits) / 32) * 4
  const end = runLength ? start + 2 : start + stride * height
  if (start < FILE_HEADER + size || end > bytes.length) throw corrupt('the bitmap is cut off')

  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    runLength,
    start,
    stride,
    palette: bits <= 8 ? readPalette(bytes, FILE_HEADER + size, start, old ? 3 : 4, bits, old ? 0 : long(46)) : [],
    masks: masked ? readMasks(view, size, compression, start) : defaultMasks(bits),
  }
}

function knownBits(bits: number): BmpHeader['bits'] {
  if (bits === 1 || bits === 4 || bits === 8 || bits === 16 || bits === 24 || bits === 32) return bits
  throw new Fault('unsupported', 'bitmaps of this depth cannot be read here', { context: { format: 'bmp', bits } })
}

/** Blue, green, red (and a byte without meaning) for each colour, between the header and the pixels. */
function readPalette(
  bytes: Uint8Array,
  from: number,
  to: number,
  entry: 3 | 4,
  bits: number,
  used: number,
): readonly number[] {
  const most = 1 << bits
  const wanted = used > 0 && used < most ? used : most
  const palette: number[] = []
  for (let at = from; palette.length < wanted && at + 3 <= to; at += entry) {
    palette.push(((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0))
  }
  return palette
}

/** Newer headers hold the masks; after the 40-byte one they follow. */
function readMasks(view: DataView, size: number, compression: number, start: number): BmpHeader['masks'] {
  const first = FILE_HEADER + 40
  const count = size >= 56 || compression === ALPHA_MASKS ? 4 : 3
  if (first + 4 * count > Math.max(start, FILE_HEADER + size)) throw corrupt('the bitmap has no room for its masks')
  const mask = (i: number) => (i < count ? view.getUint32(first + 4 * i, true) : 0)
  return { red: mask(0), green: mask(1), blue: mask(2), alpha: mask(3) }
}

/** Without masks 16 bits mean 5-5-5, and the fourth byte of 32 bits has no meaning. */
function defaultMasks(bits: number): BmpHeader['masks'] {
  return bits === 16
    ? { red: 0x7c00, green: 0x03e0, blue: 0x001f, alpha: 0 }
    : { red: 0xff0000, green: 0xff00, blue: 0xff, alpha: 0 }
}

function corrupt(message: string): Fault {
  return new Fault('image-corrupt', message, { context: { format: 'bmp' } })
}

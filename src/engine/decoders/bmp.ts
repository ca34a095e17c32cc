import { Fault } from '../../faults.ts'
import type { Facts, Limits } from '../../plan/facts.ts'
import { checkInput } from '../limits.ts'
import type { Raw } from '../raw.ts'
import { type BmpHeader, readBmpHeader } from './bmp-header.ts'
import type { Decoded, Decoder } from './decoder.ts'

/**
 * Windows and OS/2 bitmaps of 1, 4, 8, 16, 24 and 32 bits, plain, run-length encoded or with bit masks, either way up.
 * Own code: the published decoders believe the header (sizes, offsets, palette) and know fewer variants.
 */
export const bmp: Decoder = {
  formats: ['bmp'],
  probing: 'header',

  probe(bytes: Uint8Array): Facts {
    const { width, height, masks } = readBmpHeader(bytes)
    return {
      format: 'bmp',
      width,
      height,
      frames: 1,
      orientation: 1,
      alpha: masks.alpha !== 0,
      depth: 8,
      space: 'rgb',
      profile: false,
      bytes: bytes.length,
    }
  },

  decode(bytes: Uint8Array, limits: Limits): Decoded {
    return { kind: 'pixels', raw: decodeBmp(bytes, limits) }
  },
}

/** RGB, or RGBA when the header has an alpha mask. Fault image-corrupt, too-large, unsupported. */
export function decodeBmp(bytes: Uint8Array, limits: Limits): Raw {
  const header = readBmpHeader(bytes)
  const { width, height } = header
  checkInput({ format: 'bmp', width, height, frames: 1 }, limits)
  const channels = header.masks.alpha === 0 ? 3 : 4
  const data = new Uint8Array(width * height * channels)
  if (header.bits > 8) readColours(bytes, header, data, channels)
  else paintIndices(header.runLength ? readRuns(bytes, header) : readIndices(bytes, header), header, data)
  return { data, width, height, channels }
}

/** First byte of a stored row; rows are padded to four bytes and stand bottom-up unless the height was negative. */
function rowStart({ start, stride, height, topDown }: BmpHeader, y: number): number {
  return start + stride * (topDown ? y : height - 1 - y)
}

function readColours(bytes: Uint8Array, header: BmpHeader, data: Uint8Array, channels: number): void {
  const { width, height, bits, masks } = header
  const size = bits / 8
  const fields = [masks.red, masks.green, masks.blue, masks.alpha].slice(0, channels).map(field)
  let at = 0
  let seen = false
  for (let y = 0; y < height; y++) {
    const row = rowStart(header, y)
    for (let i = row; i < row + width * size; i += size) {
      // The shift by 24 may make the sum negative; `field` reads it as unsigned.
      let value = 0
      for (let b = 0; b < size; b++) value |= (bytes[i + b] ?? 0) << (8 * b)
      for (const read of fields) data[at++] = read(value)
      if (channels === 4 && data[at - 1] !== 0) seen = true
    }
  }
  // Writers that announce alpha and leave it zero mean an opaque picture; every viewer shows it so.
  if (channels === 4 && !seen) for (let i = 3; i < data.length; i += 4) data[i] = 255
}

/** Reads the bits under a mask, stretched to 0…255. */
function field(mask: number): (value: number) => number {
  if (mask === 0) return () => 0
  const shift = 31 - Math.clz32(mask & -mask)
  const most = mask >>> shift
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most)
}

function readIndices(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, bits } = header
  const indices = new Uint8Array(width * height)
  const mask = (1 << bits) - 1
  for (let y = 0; y < height; y++) {
    const row = rowStart(header, y)
    for (let x = 0; x < width; x++) {
      const bit = x * bits
      indices[y * width + x] = ((bytes[row + (bit >> 3)] ?? 0) >> (8 - bits - (bit & 7))) & mask
    }
  }
  return indices
}

/** RLE4 and RLE8: pairs of (count, value); a count of 0 escapes to end of line, end of picture, a jump, or literal pixels. */
function readRuns(bytes: Uint8Array, { width, height, bits, start, topDown }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height)
  let at = start
  let x = 0
  let line = 0
  const put = (index: number) => {
    if (x < width && line < height) indices[(topDown ? line : height - 1 - line) * width + x] = index
    x++
  }
  const nibble = (byte: number, i: number) => (bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15)
  const next = () => {
    const byte = bytes[at++]
    if (byte === undefined) throw new Fault('image-corrupt', 'the bitmap is cut off', { context: { format: 'bmp' } })
    return byte
  }
  while (line < height) {
    const count = next()
    const value = next()
    if (count > 0) for (let i = 0; i < count; i++) put(nibble(value, i))
    else if (value === 0) {
      x = 0
      line++
    } else if (value === 1) break
    else if (value === 2) {
      x += next()
      line += next()
    } else {
      const length = Math.ceil((value * bits) / 8)
      for (let i = 0; i < value; i++) put(nibble(bytes[at + Math.floor((i * bits) / 8)] ?? 0, i))
      // Literals are padded to two bytes.
      at += length + (length % 2)
    }
  }
  return indices
}

function paintIndices(indices: Uint8Array, { palette }: BmpHeader, data: Uint8Array): void {
  let at = 0
  for (const index of indices) {
    // An index beyond the palette shows black, as in browsers.
    const colour = palette[index] ?? 0
    data[at++] = colour >> 16
    data[at++] = (colour >> 8) & 255
    data[at++] = colour & 255
  }
}

/** A small BMP encoder, written from the format's documentation, independent of the decoder under test. */

type Source = { readonly width: number; readonly height: number; readonly channels: number; readonly data: Uint8Array }
export type BmpOptions = {
  /** Indexed (1, 4, 8) files get the palette of the picture's own colours. */
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32
  readonly topDown?: boolean
  /** 40 = BITMAPINFOHEADER, 124 = BITMAPV5HEADER. 32-bit files with alpha use V5 with masks. */
  readonly header?: 12 | 40 | 124
  /** 16 bits as 5-6-5 with masks instead of the default 5-5-5. */
  readonly masks565?: boolean
}

/** BMP bytes of an RGB or RGBA picture. */
export function encodeBmp(source: Source, options: BmpOptions): Buffer {
  const { width, height } = source
  const { bits, topDown = false, masks565 = false } = options
  const alpha = source.channels === 4 && bits === 32
  const headerSize = options.header ?? (alpha ? 124 : 40)
  const palette = bits <= 8 ? coloursOf(source, 1 << bits) : []
  const entry = headerSize === 12 ? 3 : 4
  const masks = masks565 || alpha
  const masksAfter = masks && headerSize === 40 ? 12 : 0
  const start = 14 + headerSize + masksAfter + (bits <= 8 ? (1 << bits) * entry : 0)
  const stride = Math.ceil((width * bits) / 32) * 4
  const file = Buffer.alloc(start + stride * height)

  file.write('BM', 0, 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(start, 10)
  file.writeUInt32LE(headerSize, 14)
  if (headerSize === 12) {
    file.writeUInt16LE(width, 18)
    file.writeUInt16LE(height, 20)
    file.writeUInt16LE(1, 22)
    file.writeUInt16LE(bits, 24)
  } else {
    file.writeInt32LE(width, 18)
    file.writeInt32LE(topDown ? -height : height, 22)
    file.writeUInt16LE(1, 26)
    file.writeUInt16LE(bits, 28)
    file.writeUInt32LE(masks ? 3 : 0, 30)
    file.writeUInt32LE(stride * height, 34)
    const fields = masks565 ? [0xf800, 0x07e0, 0x001f] : alpha ? [0xff0000, 0xff00, 0xff, 0xff000000] : []
    for (const [i, mask] of fields.entries()) file.writeUInt32LE(mask, 54 + 4 * i)
    if (headerSize === 124) file.write('BGRs', 70, 'latin1')
  }
  palette.forEach((colour, i) => {
    const at = 14 + headerSize + masksAfter + i * entry
    file.writeUIntBE(((colour & 0xff) << 16) | (colour & 0xff00) | (colour >> 16), at, 3)
  })

  for (let y = 0; y < height; y++) {
    const row = start + stride * (topDown ? y : height - 1 - y)
    for (let x = 0; x < width; x++) writePixel(file, row, x, source, y, bits, masks565, palette)
  }
  return file
}

function writePixel(
  file: Buffer,
  row: number,
  x: number,
  source: Source,
  y: number,
  bits: BmpOptions['bits'],
  masks565: boolean,
  palette: readonly number[],
): void {
  const [r, g, b, a] = channelsAt(source, x, y)
  if (bits <= 8) {
    const index = palette.indexOf((r << 16) | (g << 8) | b)
    const at = row + Math.floor((x * bits) / 8)
    const shift = 8 - bits - ((x * bits) % 8)
    file[at] = (file[at] ?? 0) | (index << shift)
  } else if (bits === 16) {
    const value = masks565
      ? ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3)
      : ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3)
    file.writeUInt16LE(value, row + 2 * x)
  } else {
    const at = row + (bits / 8) * x
    file[at] = b
    file[at + 1] = g
    file[at + 2] = r
    if (bits === 32) file[at + 3] = source.channels === 4 ? a : 0
  }
}

function channelsAt(source: Source, x: number, y: number): [number, number, number, number] {
  const at = (y * source.width + x) * source.channels
  const value = (i: number) => source.data[at + i] ?? 0
  return [value(0), value(1), value(2), source.channels === 4 ? value(3) : 255]
}

function coloursOf(source: Source, most: number): number[] {
  const colours = new Set<number>()
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < source.width; x++) {
      const [r, g, b] = channelsAt(source, x, y)
      colours.add((r << 16) | (g << 8) | b)
    }
  }
  if (colours.size > most) throw new Error(`${colours.size} colours do not fit a palette of ${most}`)
  return [...colours]
}

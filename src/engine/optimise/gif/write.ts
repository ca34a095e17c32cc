export type WrittenFrame = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** Packed by LZW, with codes of `codeSize` bits to begin with. */
  readonly data: Uint8Array
  readonly codeSize: number
  /** RGB triples; absent: the file's table. */
  readonly table?: Uint8Array
  readonly transparent: number | undefined
  readonly disposal: number
  /** Hundredths of a second. */
  readonly delay: number
}

/** A GIF of these frames; `loop` as in the NETSCAPE block, undefined for none. No other block is written. */
export function writeGif(
  size: { readonly width: number; readonly height: number },
  loop: number | undefined,
  table: Uint8Array | undefined,
  frames: readonly Uint8Array[],
): Uint8Array {
  const head = Buffer.alloc(13)
  head.write('GIF89a', 'latin1')
  head.writeUInt16LE(size.width, 6)
  head.writeUInt16LE(size.height, 8)
  if (table) head.writeUInt8(0x80 | 0x70 | tableBits(table), 10)
  const repeat =
    loop === undefined
      ? []
      : [Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01', 'latin1'), Buffer.from([loop & 255, loop >> 8, 0])]
  return Buffer.concat([head, ...(table ? [padded(table)] : []), ...repeat, ...frames, Buffer.from([0x3b])])
}

/** The blocks of one frame. */
export function frameBlocks(frame: WrittenFrame): Uint8Array {
  const { left, top, width, height, data, codeSize, table, transparent, disposal, delay } = frame
  const control = Buffer.from([
    0x21,
    0xf9,
    4,
    (disposal << 2) | (transparent === undefined ? 0 : 1),
    delay & 255,
    delay >> 8,
    transparent ?? 0,
    0,
  ])
  const plain = transparent === undefined && disposal === 0 && delay === 0
  const head = Buffer.alloc(11)
  head.writeUInt8(0x2c, 0)
  head.writeUInt16LE(left, 1)
  head.writeUInt16LE(top, 3)
  head.writeUInt16LE(width, 5)
  head.writeUInt16LE(height, 7)
  if (table) head.writeUInt8(0x80 | tableBits(table), 9)
  head.writeUInt8(codeSize, 10)
  return Buffer.concat([
    ...(plain ? [] : [control]),
    head.subarray(0, 10),
    ...(table ? [padded(table)] : []),
    head.subarray(10),
    ...subBlocks(data),
  ])
}

/** Bits that tell so many indices apart; LZW takes two at least. */
export function codeSizeFor(indices: number, least = 2): number {
  return Math.max(least, Math.ceil(Math.log2(Math.max(2, indices))))
}

/** Tables have 2, 4 … 256 entries; the number written is the power of two less one. */
function tableBits(table: Uint8Array): number {
  return Math.max(1, Math.ceil(Math.log2(table.length / 3))) - 1
}

function padded(table: Uint8Array): Buffer {
  const out = Buffer.alloc(3 * 2 ** (tableBits(table) + 1))
  out.set(table)
  return out
}

function subBlocks(data: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255)
    parts.push(Buffer.from([part.length]), part)
  }
  return [...parts, Buffer.from([0])]
}

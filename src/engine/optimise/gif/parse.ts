/** GIF89a read into its frames. Bounded by the bytes at hand: nothing is allocated that the file merely claims. */

export type GifFrame = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly interlaced: boolean
  /** RGB triples: the frame's own table, else the file's. */
  readonly table: Uint8Array
  readonly transparent: number | undefined
  /** 0, 1 stay; 2 to background; 3 to what was before. */
  readonly disposal: number
  /** Hundredths of a second. */
  readonly delay: number
  readonly codeSize: number
  readonly data: Uint8Array
}

export type Gif = {
  readonly width: number
  readonly height: number
  /** As in the NETSCAPE block; undefined when there is none. */
  readonly loop: number | undefined
  /** The file's own table, empty when it has none; frames without one hold this very object. */
  readonly table: Uint8Array
  readonly frames: readonly GifFrame[]
}

type Control = { readonly transparent: number | undefined; readonly disposal: number; readonly delay: number }
const PLAIN: Control = { transparent: undefined, disposal: 0, delay: 0 }
const MOST_FRAMES = 10_000

/** The frames of a GIF; undefined when it is damaged, or holds text blocks, which nothing renders alike. */
export function parseGif(bytes: Uint8Array): Gif | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 14) return undefined
  const flags = view.getUint8(10)
  const globalSize = tableBytes(flags)
  const globalTable = bytes.subarray(13, 13 + globalSize)
  const frames: GifFrame[] = []
  let loop: number | undefined
  let control = PLAIN
  let at = 13 + globalSize
  while (frames.length < MOST_FRAMES) {
    const kind = bytes[at]
    if (kind === 0x3b) {
      const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) }
      return frames.length > 0 ? { ...size, loop, table: globalTable, frames } : undefined
    }
    if (kind === 0x21) {
      const label = bytes[at + 1]
      const blocks = subBlocks(bytes, at + 2)
      if (!blocks || label === 0x01) return undefined
      if (label === 0xf9 && blocks.data.length >= 4) control = readControl(blocks.data)
      if (label === 0xff) loop ??= readLoop(blocks.data)
      at = blocks.end
    } else if (kind === 0x2c) {
      const read = readFrame(bytes, view, at, globalTable, control)
      if (!read) return undefined
      frames.push(read.frame)
      control = PLAIN
      at = read.end
    } else return undefined
  }
  return undefined
}

function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0
}

function readControl(data: Uint8Array): Control {
  const flags = data[0] ?? 0
  return {
    disposal: (flags >> 2) & 7,
    delay: (data[1] ?? 0) + 256 * (data[2] ?? 0),
    transparent: flags & 1 ? (data[3] ?? 0) : undefined,
  }
}

/** `NETSCAPE2.0` or `ANIMEXTS1.0`, then 1 and the number of loops. */
function readLoop(data: Uint8Array): number | undefined {
  const name = String.fromCharCode(...data.subarray(0, 11))
  const known = name === 'NETSCAPE2.0' || name === 'ANIMEXTS1.0'
  return known && data.length >= 14 && data[11] === 1 ? (data[12] ?? 0) + 256 * (data[13] ?? 0) : undefined
}

function readFrame(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  globalTable: Uint8Array,
  control: Control,
): { readonly frame: GifFrame; readonly end: number } | undefined {
  if (at + 11 > bytes.length) return undefined
  const flags = view.getUint8(at + 9)
  const ownSize = tableBytes(flags)
  const start = at + 10 + ownSize
  const blocks = subBlocks(bytes, start + 1)
  const codeSize = bytes[start]
  const table = ownSize > 0 ? bytes.subarray(at + 10, start) : globalTable
  if (!blocks || codeSize === undefined || codeSize < 1 || codeSize > 8 || table.length === 0) return undefined
  const frame = {
    left: view.getUint16(at + 1, true),
    top: view.getUint16(at + 3, true),
    width: view.getUint16(at + 5, true),
    height: view.getUint16(at + 7, true),
    interlaced: (flags & 0x40) !== 0,
    table,
    ...control,
    codeSize,
    data: blocks.data,
  }
  return { frame, end: blocks.end }
}

/** Data in pieces of at most 255 bytes, ended by an empty one. */
function subBlocks(bytes: Uint8Array, start: number): { readonly data: Uint8Array; readonly end: number } | undefined {
  const parts: Uint8Array[] = []
  let at = start
  for (let size = bytes[at]; size !== undefined; size = bytes[at]) {
    if (size === 0) return { data: Buffer.concat(parts), end: at + 1 }
    if (at + 1 + size > bytes.length) return undefined
    parts.push(bytes.subarray(at + 1, at + 1 + size))
    at += 1 + size
  }
  return undefined
}

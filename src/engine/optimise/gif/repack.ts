import { byDifference, type Manner } from './differences.ts'
import { EFFORTS, type Effort, lzwEncode } from './lzw-encode.ts'
import type { Gif } from './parse.ts'
import { parseGif } from './parse.ts'
import { frameIndices } from './render.ts'
import { codeSizeFor, frameBlocks, writeGif } from './write.ts'

/** Pixels over all frames up to which frames are compared: about ten seconds of a core. */
const MOST_COMPARED = 16_000_000
/** The same with loss, which takes three times as long. */
const MOST_PRESSED = 4_000_000
/** Pixels painted in all frames up to which more effort takes no longer than five seconds of a core. */
const MOST_THOROUGH = 600_000
const MOST_CAREFUL = 2_000_000

/**
 * A GIF in fewer bytes that shows the same: comments and application blocks but the loop go, frames shrink to what changes, tables
 * to the colours in use, and all is packed anew. Undefined when the file is damaged or nothing shorter is found.
 */
export function repackGif(bytes: Uint8Array): Uint8Array | undefined {
  const gif = parseGif(bytes)
  if (!gif) return undefined
  const ways = pixelsOf(gif) > MOST_COMPARED ? [bySame] : [byDifference, bySame]
  const [best] = ways
    .map((way) => ({ way, file: way(gif, { effort: EFFORTS.quick, tolerance: 0 }) }))
    .flatMap(({ way, file }) => (file ? [{ way, file }] : []))
    .sort((a, b) => a.file.length - b.file.length)
  if (!best) return undefined
  const effort = effortFor(best.file)
  const packed = effort === EFFORTS.quick ? best.file : best.way(gif, { effort, tolerance: 0 })
  return packed && packed.length < bytes.length ? packed : undefined
}

/**
 * A GIF whose colours may be off by `tolerance` (0…765, see `distance`) where that packs better; delays and loop stay. Undefined
 * when the file is damaged, has more than four million pixels over all frames, or cannot be written as differences.
 */
export function pressGif(bytes: Uint8Array, tolerance: number): Uint8Array | undefined {
  const gif = parseGif(bytes)
  if (!gif || pixelsOf(gif) > MOST_PRESSED) return undefined
  return byDifference(gif, { effort: EFFORTS.quick, tolerance })
}

/** What the pixels that are painted allow. */
function effortFor(file: Uint8Array): Effort {
  const painted = parseGif(file)?.frames.reduce((sum, { width, height }) => sum + width * height, 0) ?? 0
  if (painted <= MOST_THOROUGH) return EFFORTS.thorough
  return painted <= MOST_CAREFUL ? EFFORTS.careful : EFFORTS.quick
}

function pixelsOf({ width, height, frames }: Gif): number {
  return frames.length * width * height
}

/** Every frame as it was, its table cut to what is used. */
function bySame(gif: Gif, { effort }: Manner): Uint8Array | undefined {
  const frames: Uint8Array[] = []
  for (const frame of gif.frames) {
    const indices = frameIndices(frame)
    if (!indices || frame.width * frame.height === 0) return undefined
    const entries = frame.table.length / 3
    const most = indices.reduce((highest, index) => Math.max(highest, index), frame.transparent ?? 0)
    if (most >= Math.max(entries, (frame.transparent ?? 0) + 1)) return undefined
    const { left, top, width, height, delay, disposal, transparent, table } = frame
    const codeSize = codeSizeFor(most + 1)
    const data = lzwEncode({ indices }, codeSize, effort)
    const own = table !== gif.table && { table: table.subarray(0, 3 * Math.min(entries, most + 1)) }
    frames.push(frameBlocks({ left, top, width, height, delay, disposal, transparent, codeSize, data, ...own }))
  }
  const used = gif.frames.some(({ table }) => table === gif.table)
  return writeGif(gif, gif.loop, used ? gif.table : undefined, frames)
}

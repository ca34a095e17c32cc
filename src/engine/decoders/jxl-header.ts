import { Fault } from '../../faults.ts'
import type { Size } from '../../plan/facts.ts'

/** What a JPEG XL codestream says first (ISO/IEC 18181-1 §D): sides as displayed, after its orientation. */
export type JxlHeader = Size & { readonly alpha: boolean; readonly depth: 8 | 16 | 32 }

/** Reads the header of a bare codestream or of the first one in a container. Fault image-corrupt. */
export function readJxlHeader(bytes: Uint8Array): JxlHeader {
  const bits = bitReader(codestream(bytes))
  if (bits.take(16) !== 0x0aff) throw corrupt()
  const stored = readSize(bits)
  if (bits.flag()) return { ...stored, alpha: false, depth: 8 }
  let orientation = 1
  if (bits.flag()) {
    orientation = 1 + bits.take(3)
    if (bits.flag()) readSize(bits)
    if (bits.flag()) skipPreview(bits)
    if (bits.flag()) skipAnimation(bits)
  }
  const depth = readDepth(bits)
  bits.flag()
  const extra = bits.choose([0], [1], [2, 4], [1, 12])
  const turned = orientation > 4
  return {
    width: turned ? stored.height : stored.width,
    height: turned ? stored.width : stored.height,
    alpha: extra > 0 && hasAlpha(bits, extra),
    depth: depth <= 8 ? 8 : depth <= 16 ? 16 : 32,
  }
}

/** The codestream stands behind a few boxes; a file of nothing but boxes is not read to its end. */
const MOST_BOXES = 1000

/** The first bytes of the codestream: the file itself, or the payload of its first `jxlc` or `jxlp` box. */
function codestream(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0xff) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0, count = 0; at + 8 <= bytes.length && count < MOST_BOXES; count++) {
    const short = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (short === 1 && at + 16 > bytes.length) break
    const header = short === 1 ? 16 : 8
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short
    if (size < header) break
    if (type === 'jxlc') return bytes.subarray(at + header)
    // A part begins with its number.
    if (type === 'jxlp') return bytes.subarray(at + header + 4)
    at += size
  }
  throw corrupt()
}

type Bits = {
  take(count: number): number
  flag(): boolean
  /** U32 (§B.2): two bits choose one of four, each a constant, or a constant plus that many bits. */
  choose(...of: readonly (readonly [base: number, bits?: number])[]): number
}

function bitReader(bytes: Uint8Array): Bits {
  let at = 0
  const take = (count: number) => {
    if (at + count > bytes.length * 8) throw corrupt()
    let value = 0
    for (let i = 0; i < count; i++, at++) value += (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) * 2 ** i
    return value
  }
  return {
    take,
    flag: () => take(1) === 1,
    choose(...of) {
      const [base, more = 0] = of[take(2)] ?? [0]
      return base + take(more)
    },
  }
}

/** Width by height, for each value of the ratio field. */
const RATIOS = [
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
] as const

function readSize(bits: Bits): Size {
  const small = bits.flag()
  const side = () => (small ? 8 * (1 + bits.take(5)) : bits.choose([1, 9], [1, 13], [1, 18], [1, 30]))
  return withRatio(side, bits)
}

function withRatio(side: () => number, bits: Bits): Size {
  const height = side()
  const ratio = RATIOS[bits.take(3) - 1]
  return { height, width: ratio ? Math.floor((height * ratio[0]) / ratio[1]) : side() }
}

function skipPreview(bits: Bits): void {
  const eighths = bits.flag()
  withRatio(
    () => (eighths ? bits.choose([16], [32], [1, 5], [33, 9]) : bits.choose([1, 6], [65, 8], [321, 10], [1345, 12])),
    bits,
  )
}

function skipAnimation(bits: Bits): void {
  bits.choose([100], [1000], [1, 10], [1, 30])
  bits.choose([1], [1001], [1, 8], [1, 10])
  bits.choose([0], [0, 3], [0, 16], [0, 32])
  bits.flag()
}

function readDepth(bits: Bits): number {
  if (!bits.flag()) return bits.choose([8], [10], [12], [1, 6])
  const depth = bits.choose([32], [16], [24], [1, 6])
  bits.take(4)
  return depth
}

/** The first extra channel tells; behind another kind there may be alpha too, and transparency must not be lost. */
function hasAlpha(bits: Bits, extra: number): boolean {
  return bits.flag() || bits.choose([0], [1], [2, 4], [18, 6]) === 0 || extra > 1
}

function corrupt(): Fault {
  return new Fault('image-corrupt', undefined, { context: { format: 'jxl' } })
}

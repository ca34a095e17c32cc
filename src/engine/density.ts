import { crc32 } from 'node:zlib'
import type { OutputFormat } from '../plan/plan.ts'

const INCH_IN_METRES = 0.0254

/**
 * A finished file that says how many dots make an inch; its pixels stay. JPEG (JFIF) and PNG (pHYs) can say it, other formats are
 * handed back. Done here because sharp keeps the source's EXIF with it.
 */
export function withDensity(bytes: Buffer, format: OutputFormat, dotsPerInch: number): Buffer {
  if (format === 'jpeg') return jpegWith(bytes, dotsPerInch)
  return format === 'png' ? pngWith(bytes, dotsPerInch) : bytes
}

/** Puts a JFIF segment (ITU-T T.871) behind the start of the image, in place of the one that may stand there. */
function jpegWith(bytes: Buffer, dotsPerInch: number): Buffer {
  const has = bytes.length > 20 && bytes.readUInt16BE(2) === 0xffe0 && bytes.toString('latin1', 6, 11) === 'JFIF\0'
  const rest = has ? 4 + bytes.readUInt16BE(4) : 2
  const segment = Buffer.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  segment.writeUInt16BE(dotsPerInch, 12)
  segment.writeUInt16BE(dotsPerInch, 14)
  return Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(rest)])
}

/** Puts a pHYs chunk (PNG 3rd edition, §11.3.4.3) behind the header and leaves others of the kind out. */
function pngWith(bytes: Buffer, dotsPerInch: number): Buffer {
  const chunk = Buffer.alloc(21)
  const dotsPerMetre = Math.round(dotsPerInch / INCH_IN_METRES)
  chunk.writeUInt32BE(9, 0)
  chunk.write('pHYs', 4, 'latin1')
  chunk.writeUInt32BE(dotsPerMetre, 8)
  chunk.writeUInt32BE(dotsPerMetre, 12)
  chunk[16] = 1
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17)
  const parts = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at)
    const kind = bytes.toString('latin1', at + 4, at + 8)
    if (kind !== 'pHYs') parts.push(bytes.subarray(at, end))
    if (kind === 'IHDR') parts.push(chunk)
    at = end
  }
  return Buffer.concat(parts)
}

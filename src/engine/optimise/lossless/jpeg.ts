import { compressJpeg } from '@napi-rs/image'

/** The coefficients of a JPEG packed anew by mozjpeg: progressive, optimal Huffman tables, best scans. Drops all metadata. */
export function repackJpeg(bytes: Uint8Array): Promise<Buffer> {
  return compressJpeg(bytes, { optimizeScans: true })
}

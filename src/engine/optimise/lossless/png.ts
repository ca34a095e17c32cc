import { losslessCompressPng } from '@napi-rs/image'
import sharp from 'sharp'
import type { Facts } from '../../../plan/facts.ts'
import { isApng } from '../metadata/png.ts'

/** oxipng takes about a second of a core for a million pixels of a photograph; above this size zlib has to do. */
const THOROUGH_PIXELS = 6_000_000

/**
 * A PNG filtered and deflated anew, in the smallest colour type and depth that holds it; colours under full transparency stay.
 * Drops all metadata. Undefined for animations, whose frames the packers would lose.
 */
export async function repackPng(bytes: Uint8Array, { width, height, profile }: Facts): Promise<Buffer | undefined> {
  if (isApng(bytes)) return undefined
  // A profile for colours would not fit a picture that has become grey.
  if (width * height <= THOROUGH_PIXELS)
    return losslessCompressPng(bytes, { strip: true, grayscaleReduction: !profile })
  return sharp(bytes, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true })
    .png({ compressionLevel: 8, adaptiveFiltering: true })
    .toBuffer()
}

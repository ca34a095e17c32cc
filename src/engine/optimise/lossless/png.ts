import { losslessCompressPng, PngRowFilter } from '@napi-rs/image'
import sharp, { type Sharp } from 'sharp'
import type { Facts } from '../../../plan/facts.ts'
import { isApng } from '../metadata/png.ts'

/** oxipng takes two to three seconds of a core for a million pixels of a photograph; above this size zlib has to do. */
const THOROUGH_PIXELS = 6_000_000
/** Photographs above this size try each way of filtering rows on a part of the picture only. */
const PROBED_PIXELS = 1_000_000
/** Bytes a pixel above which a picture is packed slowly, and is alike enough all over to be judged by a part. */
const NOISY = 0.75
/** The part: bands of so many rows, evenly spread, a twelfth of the picture together. */
const BAND = 12
const SHARE = 12
/** Ways that make the part this much larger than the best one are not tried on the whole. */
const CLOSE = 1.02

/**
 * A PNG filtered and deflated anew, in the smallest colour type and depth that holds it; colours under full transparency stay.
 * Drops all metadata. Undefined for animations, whose frames the packers would lose.
 */
export async function repackPng(bytes: Uint8Array, facts: Facts): Promise<Buffer | undefined> {
  if (isApng(bytes)) return undefined
  const pixels = facts.width * facts.height
  if (pixels > THOROUGH_PIXELS) return open(bytes).png({ compressionLevel: 8, adaptiveFiltering: true }).toBuffer()
  // A profile for colours would not fit a picture that has become grey.
  const options = { strip: true, grayscaleReduction: !facts.profile }
  const slow = pixels > PROBED_PIXELS && bytes.length > NOISY * pixels
  if (!slow || facts.depth !== 8) return losslessCompressPng(bytes, options)
  return losslessCompressPng(bytes, { ...options, filter: await bestFilters(bytes) })
}

const FILTERS = [PngRowFilter.None, PngRowFilter.Sub, PngRowFilter.Up, PngRowFilter.Average, PngRowFilter.Paeth]

/** The ways of filtering rows that make a part of the picture smallest. */
async function bestFilters(bytes: Uint8Array): Promise<PngRowFilter[]> {
  const part = await bandsOf(bytes)
  const tried: { readonly filter: PngRowFilter; readonly length: number }[] = []
  for (const filter of FILTERS) {
    const { length } = await losslessCompressPng(part, { strip: true, filter: [filter], force: true })
    tried.push({ filter, length })
  }
  const least = Math.min(...tried.map(({ length }) => length))
  return tried.filter(({ length }) => length <= CLOSE * least).map(({ filter }) => filter)
}

async function bandsOf(bytes: Uint8Array): Promise<Buffer> {
  const { data, info } = await open(bytes).raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const size = width * channels
  const bands: Buffer[] = []
  for (let top = 0; top + BAND <= height; top += BAND * SHARE)
    bands.push(data.subarray(top * size, (top + BAND) * size))
  const raw = { width, height: bands.length * BAND, channels }
  return sharp(Buffer.concat(bands), { raw }).png({ compressionLevel: 1 }).toBuffer()
}

function open(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true })
}

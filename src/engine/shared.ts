import type { Facts } from '../plan/facts.ts'
import type { Frames } from './animation.ts'
import type { FrameRange } from './source.ts'

/** The pixels of one source for several works on it, by page and number of frames. The first work that wants them decodes them. */
export type SharedPixels = Map<string, Promise<Frames>>

/** More would take more than 100 MB for as long as the last work is not done. */
const MOST_PIXELS = 25_000_000

/**
 * Whether works on the same source do better with its pixels decoded once. Measured with ten sizes of twelve megapixels: PNG takes
 * 0.4 and WebP 0.3 times the CPU of decoding for each; JPEG 0.9, since it is decoded as small as each work needs, so it is left alone.
 * Drawings are drawn for each size. Profiles and deep colours are used in different ways by different outputs.
 */
export function mayShare({ format, profile, depth, space, width, height }: Facts, { count }: FrameRange): boolean {
  const scaled = format === 'jpeg' || format === 'svg'
  const plain = !profile && depth === 8 && (space === 'rgb' || space === 'grey')
  return !scaled && plain && width * height * count <= MOST_PIXELS
}

/** What `decode` gives, once per range of frames. */
export function sharedFrames(
  shared: SharedPixels,
  { page, count }: FrameRange,
  decode: () => Promise<Frames>,
): Promise<Frames> {
  const key = `${page}/${count}`
  const known = shared.get(key)
  if (known) return known
  const frames = decode()
  shared.set(key, frames)
  return frames
}

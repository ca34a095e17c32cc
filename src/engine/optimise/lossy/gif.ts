import type { Frames } from '../../animation.ts'
import type { Workers } from '../../workers.ts'
import { encodeLossily, type Manner } from './encoders.ts'

/** A GIF at a quality of 1…100: how near its colours are to those of a GIF that was given, or made once. */
export type GifEncode = (quality: number) => Promise<Uint8Array>

/**
 * Encodes with the colours that `gif` has, or that are chosen for the picture when there is none: every quality then costs a
 * packing only. What is too large for that is encoded by the image library each time.
 */
export async function gifEncoder(
  picture: Frames,
  gif: Uint8Array | undefined,
  manner: Manner,
  workers: Workers,
): Promise<GifEncode> {
  const bytes = gif ?? (await encodeLossily(picture, 'gif', 100, manner))
  return async (quality) => {
    const pressed = await workers.run('pressGif', { bytes, tolerance: (100 - quality) / 2 }).catch(noResult)
    return pressed ?? encodeLossily(picture, 'gif', quality, manner)
  }
}

/** What cannot be packed here is left to the other encoder. */
const noResult = (): undefined => undefined

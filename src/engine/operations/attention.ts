import sharp from 'sharp'
import type { Size } from '../../plan/facts.ts'
import type { Measured } from '../../plan/resolved.ts'
import type { Frames } from '../animation.ts'

/** Where a window of `window` pixels holds what the eye goes to: edges, skin, saturated colours (libvips' smartcrop). */
export async function findAttention(picture: Frames, window: Size): Promise<Measured> {
  const { data, width, height } = picture
  const channels = picture.channels === 1 ? 1 : picture.channels === 2 ? 2 : picture.channels === 3 ? 3 : 4
  const { info } = await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    // Without reduction nothing is scaled: the window is only looked for.
    .resize({ ...window, fit: 'cover', withoutReduction: true, position: sharp.strategy.attention })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return {
    kind: 'region',
    region: { left: Math.abs(info.cropOffsetLeft ?? 0), top: Math.abs(info.cropOffsetTop ?? 0), ...window },
  }
}

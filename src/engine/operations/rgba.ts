import sharp from 'sharp'
import type { Frames } from '../animation.ts'

/** The picture in four channels. */
export async function toRgba(picture: Frames): Promise<Frames> {
  if (picture.channels === 4) return picture
  const { data, width, height, frames } = picture
  const channels = picture.channels === 1 ? 1 : picture.channels === 2 ? 2 : 3
  const rgba = await sharp(data, { raw: { width, height: height * frames, channels }, limitInputPixels: false })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer()
  return { data: rgba, width, height, channels: 4, frames }
}

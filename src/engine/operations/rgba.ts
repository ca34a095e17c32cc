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

/** A picture of one channel in three. */
export async function toRgb(picture: Frames): Promise<Frames> {
  const { data, width, height, frames } = picture
  const rgb = await sharp(data, { raw: { width, height: height * frames, channels: 1 }, limitInputPixels: false })
    .toColourspace('srgb')
    .raw()
    .toBuffer()
  return { data: rgb, width, height, channels: 3, frames }
}

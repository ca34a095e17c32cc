import sharp from 'sharp'
import type { Frames } from '../animation.ts'

/** The picture in four channels; when it had fewer, in memory that can be handed to another thread. */
export async function toRgba(picture: Frames): Promise<Frames> {
  if (picture.channels === 4) return picture
  const { data, width, height, frames } = picture
  const channels = picture.channels === 1 ? 1 : picture.channels === 2 ? 2 : 3
  const rgba = await sharp(data, { raw: { width, height: height * frames, channels }, limitInputPixels: false })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toUint8Array()
  return { data: rgba.data, width, height, channels: 4, frames }
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

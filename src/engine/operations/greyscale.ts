import sharp from 'sharp'
import type { Frames } from '../animation.ts'

/** An RGBA picture with its colours taken away and its alpha as it was. */
export async function greyRgba(picture: Frames): Promise<Frames> {
  const { data, width, height, frames } = picture
  const strip = { width, height: height * frames }
  const open = () => sharp(data, { raw: { ...strip, channels: 4 }, limitInputPixels: false })
  const raw = { ...strip, channels: 1 } as const
  const grey = await open().removeAlpha().toColourspace('b-w').raw().toBuffer()
  const alpha = await open().extractChannel('alpha').raw().toBuffer()
  const joined = await sharp(grey, { raw, limitInputPixels: false })
    .joinChannel([grey, grey, alpha], { raw })
    .raw()
    .toBuffer()
  return { data: joined, width, height, channels: 4, frames }
}

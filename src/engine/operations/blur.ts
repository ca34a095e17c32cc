import sharp, { type BlurOptions, type Sharp } from 'sharp'
import type { Size } from '../../plan/facts.ts'
import { type PlaceWish, place } from '../../plan/place.ts'
import type { Raw } from '../raw.ts'
import { gaussian } from './slots.ts'

/** From this sigma on a blur runs on a smaller copy: a Gaussian costs its width per pixel, and nothing finer survives it. */
const WIDE_BLUR = 5
/** sharp refuses smaller sigmas; they change nothing that 8 bits could hold. */
export const LEAST_BLUR = 0.3

/**
 * A picture scaled to cover `size`, the surplus cut evenly on both sides, blurred by `sigma` pixels of the result: of one channel
 * again, or RGBA.
 * `radius`: where the Gaussian ends (pixels, for narrow blurs; 0 = by itself). `finish` is called on the blurred pixels before
 * they are scaled up again.
 */
export async function blurredCover(
  { data, width, height, channels }: Raw,
  { width: wide, height: high }: Size,
  sigma: number,
  options: { readonly radius?: number; readonly finish?: (picture: Sharp) => Sharp } = {},
): Promise<Raw> {
  const size = { width: wide, height: high }
  const { radius = 0, finish = (picture) => picture } = options
  const shrink = sigma < WIDE_BLUR ? 1 : (2 * sigma) / WIDE_BLUR
  const small = { width: shrunk(size.width, shrink), height: shrunk(size.height, shrink) }
  const picture = open({ data, width, height, channels })
  if (width === size.width && height === size.height) {
    if (shrink > 1) picture.resize({ ...small, fit: 'fill', kernel: 'lanczos3' })
  } else {
    const { scale, crop } = place(covering(small), { width, height })
    picture.resize({ ...scale, fit: 'fill', kernel: 'lanczos3' })
    if (crop) picture.extract({ ...crop })
  }
  if (sigma >= LEAST_BLUR) picture.blur(cutOff(sigma / shrink, radius / shrink))
  const blurred = await pixels(finish(picture))
  if (shrink === 1) return blurred
  return pixels(open(blurred).resize({ ...size, fit: 'fill', kernel: 'cubic' }))
}

function open({ data, width, height, channels }: Raw): Sharp {
  const known = channels === 1 ? 1 : channels === 2 ? 2 : 4
  const picture = sharp(data, { raw: { width, height, channels: known }, limitInputPixels: false })
  return picture.toColourspace(known === 1 ? 'b-w' : 'srgb')
}

async function pixels(picture: Sharp): Promise<Raw> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

const covering = (box: Size): PlaceWish => ({
  box,
  mode: 'cover',
  enlarge: true,
  focus: { kind: 'anchor', x: 0.5, y: 0.5 },
  padded: false,
})

function shrunk(side: number, by: number): number {
  return Math.max(1, Math.round(side / by))
}

/**
 * A Gaussian ends where it has fallen to `minAmplitude` of its height. In floating point: in whole numbers libvips makes flat areas
 * up to 3 % lighter or darker, depending on sigma.
 */
function cutOff(sigma: number, radius: number): BlurOptions {
  const whole = { ...gaussian(sigma), precision: 'float' } as const
  if (radius === 0) return whole
  const amplitude = Math.exp(-((radius + 0.5) ** 2) / (2 * sigma * sigma))
  return { ...whole, minAmplitude: Math.min(0.9, Math.max(whole.minAmplitude, amplitude)) }
}

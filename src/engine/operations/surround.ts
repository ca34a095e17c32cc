import sharp, { type Sharp } from 'sharp'
import type { Size } from '../../plan/facts.ts'
import type { Colour, Paint } from '../../plan/plan.ts'
import type { Frames } from '../animation.ts'
import type { Stage } from '../passes.ts'
import { dominantColours } from './dominant.ts'
import { gradientPixels } from './gradient.ts'
import { toRgba } from './rgba.ts'
import { gaussian, sharpColour } from './slots.ts'

type Surround = Extract<Stage, { readonly kind: 'surround' }>

/** Side of the small copy on which a blurred ground is made: it holds nothing finer than its blur. */
const BLUR_SIDE = 256
/** Part of the canvas's longer side that `auto` blurs with. */
const AUTO_BLUR = 1 / 40

/**
 * Scales the picture, cuts it, and stands it on a canvas painted from the picture as it entered, so that neither the scale
 * nor the cut changes the paint.
 */
export async function surround(picture: Frames, stage: Surround): Promise<Frames> {
  const { width, height } = stage.leaving
  const hasAlpha = picture.channels === 2 || picture.channels === 4
  const entering = await toRgba(picture)
  const ground = await paintGround(entering, stage.paint, stage.leaving)
  const front = open(entering).resize({ ...stage.scale, fit: 'fill', kernel: 'lanczos3' })
  if (stage.crop) front.extract({ ...stage.crop })
  const overlay = await front.raw().toBuffer({ resolveWithObject: true })
  const laid = ground
    .composite([
      {
        input: overlay.data,
        raw: { width: overlay.info.width, height: overlay.info.height, channels: 4 },
        left: stage.canvas.left,
        top: stage.canvas.top,
      },
    ])
    .raw()
  if (!hasAlpha && isSolidGround(stage.paint)) laid.removeAlpha()
  const { data, info } = await laid.toBuffer({ resolveWithObject: true })
  return { data, width, height, channels: info.channels, frames: 1 }
}

function isSolidGround(paint: Surround['paint']): boolean {
  return paint.kind !== 'gradient' || 'dominant' in paint.stops || paint.stops.every((stop) => stop.alpha === 1)
}

async function paintGround(
  picture: Frames,
  paint: Exclude<Paint, { readonly kind: 'solid' }>,
  size: Size,
): Promise<Sharp> {
  switch (paint.kind) {
    case 'blurred':
      return blurred(picture, paint, size)
    case 'dominant': {
      const [colour] = await dominantColours(picture, 1)
      const background = sharpColour(colour ?? { r: 255, g: 255, b: 255, alpha: 1 })
      return sharp({ create: { ...size, channels: 4, background }, limitInputPixels: false })
    }
    case 'gradient': {
      const stops: readonly Colour[] =
        'dominant' in paint.stops ? await dominantColours(picture, paint.stops.dominant) : paint.stops
      const reach = typeof paint.reach === 'number' ? paint.reach : undefined
      const small = gradientPixels(stops, paint.angle, size, reach)
      const raw = { width: small.width, height: small.height, channels: 4 } as const
      return flattened(sharp(small.data, { raw }).resize({ ...size, fit: 'fill', kernel: 'cubic' }), size)
    }
  }
}

/** The picture scaled to cover the canvas, blurred, and made lighter or darker (`brightness` is added, −255…255). */
async function blurred(
  picture: Frames,
  paint: Extract<Paint, { readonly kind: 'blurred' }>,
  size: Size,
): Promise<Sharp> {
  const longest = Math.max(size.width, size.height)
  const shrink = Math.max(1, longest / BLUR_SIDE)
  const small = {
    width: Math.max(1, Math.round(size.width / shrink)),
    height: Math.max(1, Math.round(size.height / shrink)),
  }
  const sigma = (paint.sigma === 'auto' ? longest * AUTO_BLUR : paint.sigma) / shrink
  const cover = open(picture).resize({ ...small, fit: 'cover', kernel: 'lanczos3' })
  if (sigma >= 0.3) cover.blur(gaussian(Math.min(BLUR_SIDE, sigma)))
  if (paint.brightness !== 0) cover.linear(1, paint.brightness)
  const { data, info } = await cover
    .flatten({ background: '#fff' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const raw = { width: info.width, height: info.height, channels: 4 } as const
  return flattened(sharp(data, { raw }).resize({ ...size, fit: 'fill', kernel: 'cubic' }), size)
}

/** Pixels of `picture` as a new pipeline: what follows must not slip in between the scale and the rest. */
async function flattened(picture: Sharp, { width, height }: Size): Promise<Sharp> {
  const data = await picture.raw().toBuffer()
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
}

function open({ data, width, height }: Frames): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
}

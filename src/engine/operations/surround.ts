import sharp, { type Sharp } from 'sharp'
import type { Size } from '../../plan/facts.ts'
import type { Colour, Paint } from '../../plan/plan.ts'
import type { Frames } from '../animation.ts'
import type { Stage } from '../passes.ts'
import { blurredCover } from './blur.ts'
import { dominantColours } from './dominant.ts'
import { gradientPixels } from './gradient.ts'
import { toRgba } from './rgba.ts'
import { sharpColour } from './slots.ts'

type Surround = Extract<Stage, { readonly kind: 'surround' }>

/** Part of the canvas's shorter side that `auto` blurs with. */
const AUTO_BLUR = 0.02

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

/**
 * The picture scaled to cover the canvas, its surplus cut evenly, blurred by `sigma` pixels of the canvas, then each channel made
 * lighter or darker by `brightness` (−255…255). As measured in imagekit §4.7.
 */
async function blurred(
  picture: Frames,
  paint: Extract<Paint, { readonly kind: 'blurred' }>,
  size: Size,
): Promise<Sharp> {
  const sigma = paint.sigma === 'auto' ? Math.min(size.width, size.height) * AUTO_BLUR : paint.sigma
  const ground = await blurredCover(picture, size, sigma, {
    finish: (one) => {
      const opaque = one.flatten({ background: '#fff' }).ensureAlpha()
      return paint.brightness === 0 ? opaque : opaque.linear(1, paint.brightness)
    },
  })
  return open({ ...ground, frames: 1 })
}

/** Pixels of `picture` as a new pipeline: what follows must not slip in between the scale and the rest. */
async function flattened(picture: Sharp, { width, height }: Size): Promise<Sharp> {
  const data = await picture.raw().toBuffer()
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
}

function open({ data, width, height }: Frames): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
}

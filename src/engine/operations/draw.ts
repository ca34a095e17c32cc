import sharp from 'sharp'
import type { Size } from '../../plan/facts.ts'
import type { Drawing } from '../../plan/plan.ts'
import type { Frames } from '../animation.ts'
import type { Brush } from '../drawing/draw.ts'
import type { Raw } from '../raw.ts'
import { dominantColours } from './dominant.ts'
import type { LaidLayer } from './layer.ts'
import { toRgba } from './rgba.ts'
import { gaussian } from './slots.ts'

/** Draws on an RGBA picture, which is used up when it is `movable`; without `alpha` the result has three channels. */
export type Easel = (
  work: { readonly picture: Raw; readonly brush: Brush; readonly alpha: boolean },
  movable: boolean,
) => Promise<Raw>

/** From this sigma on a blur runs on a smaller copy: a Gaussian costs its width per pixel, and nothing finer survives it. */
const WIDE_BLUR = 12
/** sharp refuses smaller ones; they change nothing that 8 bits could hold. */
const LEAST_BLUR = 0.3

/** Draws on one frame in a worker thread. What a drawing needs beside the picture is made ready here, by sharp. */
export async function drawOn(picture: Frames, drawing: Drawing<number>, alpha: boolean, easel: Easel): Promise<Frames> {
  const rgba = await toRgba(picture)
  return paintWith(rgba, await brushOf(drawing, rgba), alpha, easel, rgba !== picture)
}

/** Shifts the pixels of one frame as a finished layer says. */
export async function displaceBy(
  picture: Frames,
  map: LaidLayer,
  shift: { readonly x: number; readonly y: number },
  easel: Easel,
): Promise<Frames> {
  const alpha = picture.channels === 2 || picture.channels === 4
  const rgba = await toRgba(picture)
  const raw = await toRgba(map.picture)
  const brush: Brush = { name: 'displace', map: { raw, left: map.left, top: map.top }, x: shift.x, y: shift.y }
  return paintWith(rgba, brush, alpha, easel, rgba !== picture)
}

async function paintWith(rgba: Frames, brush: Brush, alpha: boolean, easel: Easel, movable: boolean): Promise<Frames> {
  const { data, width, height, channels } = rgba
  const drawn = await easel({ picture: { data, width, height, channels }, brush, alpha }, movable)
  return { ...drawn, frames: 1 }
}

async function brushOf(drawing: Drawing<number>, picture: Frames): Promise<Brush> {
  switch (drawing.name) {
    case 'gradient':
    case 'colorize':
    case 'perspective':
    case 'arc':
      return drawing
    case 'replace-colour': {
      const [most] = drawing.from ? [drawing.from] : await dominantColours(picture, 1)
      const { to, tolerance } = drawing
      return { name: 'replace-colour', from: most ?? to, to, tolerance }
    }
    case 'unsharp': {
      const { amount, threshold } = drawing
      return { name: 'unsharp', blurred: await blurredCopy(picture, drawing.sigma, drawing.radius), amount, threshold }
    }
    case 'shadow': {
      const moved = {
        right: Math.round((picture.width * drawing.x) / 100),
        below: Math.round((picture.height * drawing.y) / 100),
      }
      return { name: 'shadow', shape: await castShape(picture, drawing.blur), moved, strength: drawing.strength / 100 }
    }
  }
}

async function blurredCopy({ data, width, height }: Frames, sigma: number, radius: number): Promise<Raw> {
  if (sigma < LEAST_BLUR) return { data, width, height, channels: 4 }
  const picture = sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
  if (sigma < WIDE_BLUR) {
    const blurred = await picture.blur(cutOff(sigma, radius)).raw().toBuffer()
    return { data: blurred, width, height, channels: 4 }
  }
  const shrink = (2 * sigma) / WIDE_BLUR
  const small: Size = {
    width: Math.max(1, Math.round(width / shrink)),
    height: Math.max(1, Math.round(height / shrink)),
  }
  const blurred = await picture
    .resize({ ...small, fit: 'fill' })
    .blur(gaussian(WIDE_BLUR / 2))
    .raw()
    .toBuffer()
  const whole = await sharp(blurred, { raw: { ...small, channels: 4 } })
    .resize({ width, height, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer()
  return { data: whole, width, height, channels: 4 }
}

/** A Gaussian ends where it has fallen to `minAmplitude` of its height; 0 as radius: where it ends by itself. */
function cutOff(sigma: number, radius: number): { sigma: number; minAmplitude: number } {
  if (radius === 0) return gaussian(sigma)
  const amplitude = Math.exp(-((radius + 0.5) ** 2) / (2 * sigma * sigma))
  return { sigma, minAmplitude: Math.min(0.9, Math.max(gaussian(sigma).minAmplitude, amplitude)) }
}

/** The alpha of a picture, blurred, with as much room around it as the blur spreads. */
async function castShape({ data, width, height }: Frames, blur: number): Promise<{ raw: Raw; margin: number }> {
  const margin = blur < LEAST_BLUR ? 0 : Math.ceil(3 * blur)
  const alpha = await sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
    .extractChannel('alpha')
    .raw()
    .toBuffer()
  const shape = sharp(alpha, { raw: { width, height, channels: 1 }, limitInputPixels: false }).toColourspace('b-w')
  if (margin > 0) {
    shape.extend({ top: margin, right: margin, bottom: margin, left: margin, background: '#000' }).blur(gaussian(blur))
  }
  const raw = await shape.raw().toBuffer()
  return { raw: { data: raw, width: width + 2 * margin, height: height + 2 * margin, channels: 1 }, margin }
}

import sharp from 'sharp'
import type { Drawing } from '../../plan/plan.ts'
import type { Frames } from '../animation.ts'
import type { Cover, CoverWish } from '../drawing/cover.ts'
import type { Brush } from '../drawing/draw.ts'
import type { Raw } from '../raw.ts'
import { areasBrush } from './areas.ts'
import { blurredCover, LEAST_BLUR } from './blur.ts'
import { dominantColours } from './dominant.ts'
import type { LaidLayer } from './layer.ts'
import { toRgba } from './rgba.ts'
import { gaussian } from './slots.ts'

/** What worker threads do for drawings. */
export type Easel = {
  /** Draws on an RGBA picture, which is used up when it is `movable`; without `alpha` the result has three channels. */
  draw(work: { readonly picture: Raw; readonly brush: Brush; readonly alpha: boolean }, movable: boolean): Promise<Raw>
  /** The areas within a part of the picture, one channel, with sharp outlines. */
  cover(work: CoverWish): Promise<Cover>
}

/** Draws on one frame in a worker thread. What a drawing needs beside the picture is made ready here, by sharp. */
export async function drawOn(picture: Frames, drawing: Drawing<number>, alpha: boolean, easel: Easel): Promise<Frames> {
  const rgba = await toRgba(picture)
  return paintWith(rgba, await brushOf(drawing, rgba, easel), alpha, easel, rgba !== picture)
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
  const drawn = await easel.draw({ picture: { data, width, height, channels }, brush, alpha }, movable)
  return { ...drawn, frames: 1 }
}

async function brushOf(drawing: Drawing<number>, picture: Frames, easel: Easel): Promise<Brush> {
  switch (drawing.name) {
    case 'gradient':
    case 'colorize':
    case 'perspective':
    case 'arc':
    case 'sepia':
    case 'two-level':
    case 'pixelate':
    case 'oil-paint':
    case 'vignette':
    case 'torn-edges':
      return drawing
    case 'replace-colour': {
      const [most] = drawing.from ? [drawing.from] : await dominantColours(picture, 1)
      const { to, tolerance } = drawing
      return { name: 'replace-colour', from: most ?? to, to, tolerance }
    }
    case 'unsharp': {
      const { amount, threshold, sigma, radius } = drawing
      const blurred = await blurredCover(picture, picture, sigma, { radius })
      return { name: 'unsharp', blurred, amount, threshold }
    }
    case 'shadow': {
      const { colour, strength } = drawing
      const moved = { right: drawing.x, below: drawing.y }
      return { name: 'shadow', shape: await castShape(picture, drawing.blur), moved, colour, strength: strength / 100 }
    }
    case 'areas':
      return areasBrush(drawing, picture, easel.cover)
  }
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
    shape
      .extend({ top: margin, right: margin, bottom: margin, left: margin, background: '#000' })
      .blur({ ...gaussian(blur), precision: 'float' })
  }
  const raw = await shape.raw().toBuffer()
  return { raw: { data: raw, width: width + 2 * margin, height: height + 2 * margin, channels: 1 }, margin }
}

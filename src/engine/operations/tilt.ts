import sharp from 'sharp'
import type { Frames } from '../animation.ts'
import type { Stage } from '../passes.ts'
import { toRgba } from './rgba.ts'
import { sharpColour } from './slots.ts'

/** The weights of a filter that changes nothing. */
const IDENTITY = { width: 3, height: 3, kernel: [0, 0, 0, 0, 1, 0, 0, 0, 0] }

/**
 * Turns the picture clockwise by any angle; the corners are `background`, the canvas is exactly `leaving` with the picture in
 * its middle.
 */
export async function tilt(picture: Frames, stage: Extract<Stage, { readonly kind: 'tilt' }>): Promise<Frames> {
  const opaque = stage.background.alpha === 1 && picture.channels !== 2 && picture.channels !== 4
  const from = opaque ? picture : await toRgba(picture)
  const { data, width, height } = from
  const raw = { width, height, channels: opaque && from.channels === 1 ? 1 : from.channels === 3 ? 3 : 4 } as const
  const turning = sharp(data, { raw, limitInputPixels: false }).rotate(stage.degrees, {
    background: sharpColour(stage.background),
  })
  // sharp weights colours with alpha only when a filter is asked for; without one the turned edges would get dark fringes.
  if (!opaque) turning.convolve(IDENTITY)
  if (raw.channels === 1) turning.toColourspace('b-w')
  const turned = await turning.raw().toBuffer({ resolveWithObject: true })
  return centred(
    {
      data: turned.data,
      width: turned.info.width,
      height: turned.info.height,
      channels: turned.info.channels,
      frames: 1,
    },
    stage,
  )
}

/** sharp rounds the canvas of a turned picture in its own way; ours is the plan's. */
async function centred(picture: Frames, stage: Extract<Stage, { readonly kind: 'tilt' }>): Promise<Frames> {
  const { width, height } = stage.leaving
  if (picture.width === width && picture.height === height) return picture
  const across = spread(picture.width, width)
  const down = spread(picture.height, height)
  const channels = picture.channels === 1 ? 1 : picture.channels === 3 ? 3 : 4
  const fitted = sharp(picture.data, {
    raw: { width: picture.width, height: picture.height, channels },
    limitInputPixels: false,
  })
  fitted.extract({ left: across.cut, top: down.cut, width: across.kept, height: down.kept })
  fitted.extend({
    left: across.before,
    right: across.after,
    top: down.before,
    bottom: down.after,
    background: sharpColour(stage.background),
  })
  if (channels === 1) fitted.toColourspace('b-w')
  const { data } = await fitted.raw().toBuffer({ resolveWithObject: true })
  return { data, width, height, channels, frames: 1 }
}

function spread(has: number, wanted: number) {
  const kept = Math.min(has, wanted)
  const before = Math.floor((wanted - kept) / 2)
  return { kept, cut: Math.floor((has - kept) / 2), before, after: wanted - kept - before }
}

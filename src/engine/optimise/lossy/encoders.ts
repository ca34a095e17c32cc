import sharp, { type Sharp } from 'sharp'
import type { Frames } from '../../animation.ts'
import { GROUND } from '../../colour.ts'
import { avifEffort } from '../../cost.ts'

export type LossyFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'

/** Everything an encoder is told beside the quality. */
export type Manner = {
  readonly chroma: '4:2:0' | '4:4:4'
  /** Milliseconds per frame and loops (0 = for ever); animations only. */
  readonly delays?: readonly number[]
  readonly loop?: number
}

/** 6 saves two to seven in a hundred of 5's bytes for half as much time again; with alpha it takes a hundred times as long. */
const WEBP_EFFORT = { opaque: 6, alpha: 5 } as const
/** Up to so many pixels the strength of WebP's deblocking filter is tried out: four times as long for a twentieth to a quarter less. */
const MOST_DEBLOCKED = 4_000_000
/** The default: less gives a fifth more bytes at the same colours, more takes twice as long for two in a hundred. */
const PNG_EFFORT = 7
/** With alpha, where the default takes five seconds of a core for a million pixels; bytes at equal likeness are about the same. */
const PNG_EFFORT_OF_LARGE = 4
const LARGE = 1_000_000
/** Full dithering costs a fourteenth of the bytes more and is less alike; none shows bands. */
const PNG_DITHER = 0.5
/** Nine takes twice as long, and what is chosen is deflated anew. */
const PNG_COMPRESSION = 6
const GIF_EFFORT = 8

/**
 * Encodes pixels with loss. `quality` is 1…100 on the scale of each encoder; of PNG it is what the palette must reach, of GIF how
 * faithful frames are to the ones before them. JPEG is progressive, with trellis quantisation, on white where it was transparent.
 */
export function encodeLossily(picture: Frames, format: LossyFormat, quality: number, manner: Manner): Promise<Buffer> {
  const pipeline = open(picture, format)
  const timing = {
    ...(manner.delays && manner.delays.length > 0 && { delay: manner.delays.map(held) }),
    ...(manner.loop !== undefined && { loop: held(manner.loop) }),
  }
  switch (format) {
    case 'jpeg':
      return pipeline
        .flatten({ background: GROUND })
        .jpeg({
          quality,
          progressive: true,
          chromaSubsampling: manner.chroma,
          trellisQuantisation: true,
          overshootDeringing: true,
          quantisationTable: 3,
          optimiseCoding: true,
          optimiseScans: true,
        })
        .toBuffer()
    case 'png':
      return pipeline
        .png({
          palette: true,
          quality,
          effort: pngEffort(picture),
          dither: PNG_DITHER,
          compressionLevel: PNG_COMPRESSION,
        })
        .toBuffer()
    case 'webp':
      return pipeline
        .webp({
          quality,
          effort: WEBP_EFFORT[hasAlpha(picture) ? 'alpha' : 'opaque'],
          smartDeblock: isDeblocked(picture),
          ...timing,
        })
        .toBuffer()
    case 'avif':
      return pipeline
        .avif({
          quality,
          effort: avifEffort(picture.width * picture.height, true) ?? 0,
          chromaSubsampling: manner.chroma,
          bitdepth: 8,
        })
        .toBuffer()
    case 'gif': {
      const loss = (100 - quality) / 100
      return pipeline
        .gif({
          effort: GIF_EFFORT,
          interFrameMaxError: Math.round(32 * loss),
          interPaletteMaxError: Math.round(64 * loss),
          keepDuplicateFrames: true,
          ...timing,
        })
        .toBuffer()
    }
  }
}

function isDeblocked(picture: Frames): boolean {
  return !hasAlpha(picture) && picture.frames === 1 && picture.width * picture.height <= MOST_DEBLOCKED
}

function pngEffort(picture: Frames): number {
  return hasAlpha(picture) && picture.width * picture.height > LARGE ? PNG_EFFORT_OF_LARGE : PNG_EFFORT
}

function hasAlpha({ channels }: Frames): boolean {
  return channels === 2 || channels === 4
}

const MOST_TIMING = 65_535

/** sharp refuses more than 65,535 milliseconds or loops. */
function held(value: number): number {
  return Math.min(MOST_TIMING, Math.max(0, Math.round(value)))
}

function open({ data, width, height, channels, frames }: Frames, format: LossyFormat): Sharp {
  const shape = channels === 1 ? 1 : channels === 2 ? 2 : channels === 3 ? 3 : 4
  const picture = sharp(data, {
    raw: { width, height: height * frames, channels: shape, ...(frames > 1 && { pageHeight: height }) },
    limitInputPixels: false,
  })
  return shape <= 2 && (format === 'jpeg' || format === 'png') ? picture.toColourspace('b-w') : picture
}

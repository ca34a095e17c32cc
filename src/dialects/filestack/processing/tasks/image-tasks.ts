/** Every task on pictures: names, aliases, ranges and defaults of its options (filestack §4.3). */
import { Fault } from '../../../../faults.ts'
import type { Colour } from '../../../../plan/plan.ts'
import {
  anchor,
  colour,
  decimal,
  either,
  flag,
  integer,
  listOf,
  rect,
  reference,
  TRANSPARENT,
  twoOf,
  word,
} from './kinds.ts'
import type { Options } from './options.ts'

const WHITE: Colour = { r: 255, g: 255, b: 255, alpha: 1 }
const BLACK: Colour = { r: 0, g: 0, b: 0, alpha: 1 }
const SNOW: Colour = { r: 255, g: 250, b: 250, alpha: 1 }
const CENTRE = { x: 0.5, y: 0.5 } as const

/** Pictures beside the first one in a collage; each takes memory at the same time. */
const MOST_COLLAGE_FILES = 99
const areas = listOf(rect(10_000, 10_000), 1, 50)

export const IMAGE_TASKS = {
  resize(o: Options) {
    o.someOf('width w', 'height h')
    return {
      task: 'resize',
      width: o.optional('width w', integer(1, 10_000)),
      height: o.optional('height h', integer(1, 10_000)),
      fit: o.or('fit f', word('clip', 'crop', 'scale', 'max'), 'clip'),
      align: o.or('align a', anchor, CENTRE),
    } as const
  },
  crop: (o: Options) => ({ task: 'crop', dim: o.required('dim d', rect(100_000, 100_000)) }) as const,
  rotate: (o: Options) =>
    ({
      task: 'rotate',
      degrees: o.optional('deg d', either(decimal(0, 359), word('exif'))),
      exif: o.optional('exif e', flag),
      background: o.or('background b', colour, WHITE),
    }) as const,
  flip: () => ({ task: 'flip' }) as const,
  flop: () => ({ task: 'flop' }) as const,
  monochrome: () => ({ task: 'monochrome' }) as const,
  negative: () => ({ task: 'negative' }) as const,
  sepia: (o: Options) => ({ task: 'sepia', tone: o.or('tone t', decimal(0, 100), 80) }) as const,
  blackwhite: (o: Options) => ({ task: 'blackwhite', threshold: o.or('threshold t', decimal(0, 100), 50) }) as const,
  blur: (o: Options) => ({ task: 'blur', amount: o.or('amount a', decimal(0, 20), 2) }) as const,
  sharpen: (o: Options) => ({ task: 'sharpen', amount: o.or('amount a', decimal(0, 20), 2) }) as const,
  pixelate: (o: Options) => ({ task: 'pixelate', amount: o.or('amount a', integer(2, 100), 2) }) as const,
  /** 1 is in the older documents, 2 in the schema. */
  oil_paint: (o: Options) => ({ task: 'oil_paint', amount: o.or('amount a', integer(1, 100), 2) }) as const,
  modulate: (o: Options) =>
    ({
      task: 'modulate',
      brightness: o.or('brightness b', decimal(0, 10_000), 100),
      saturation: o.or('saturation s', decimal(0, 10_000), 100),
      hue: o.or('hue h', decimal(0, 359), 0),
    }) as const,
  partial_blur: (o: Options) =>
    ({
      task: 'partial_blur',
      areas: o.required('objects o', areas),
      amount: o.or('amount a', decimal(0, 20), 10),
      softness: o.or('blur l', decimal(0, 20), 4),
      shape: o.or('type t', word('rect', 'oval'), 'rect'),
    }) as const,
  partial_pixelate: (o: Options) =>
    ({
      task: 'partial_pixelate',
      areas: o.required('objects o', areas),
      amount: o.or('amount a', integer(2, 100), 10),
      softness: o.or('blur l', decimal(0, 20), 4),
      shape: o.or('type t', word('rect', 'oval'), 'rect'),
    }) as const,
  rounded_corners: roundedCorners,
  round_corners: roundedCorners,
  circle: (o: Options) => ({ task: 'circle', background: background(o) }) as const,
  vignette: (o: Options) =>
    ({
      task: 'vignette',
      amount: o.or('amount a', decimal(0, 100), 20),
      mode: o.or('blurmode m', word('gaussian', 'linear'), 'gaussian'),
      background: background(o),
    }) as const,
  polaroid: (o: Options) =>
    ({
      task: 'polaroid',
      colour: o.or('color c', colour, SNOW),
      degrees: o.or('rotate r', decimal(0, 359), 0),
      background: background(o),
    }) as const,
  torn_edges: (o: Options) =>
    ({
      task: 'torn_edges',
      spread: o.or('spread s', twoOf(integer(1, 10_000)), [1, 10]),
      background: background(o),
    }) as const,
  shadow: (o: Options) =>
    ({
      task: 'shadow',
      blur: o.or('blur l', decimal(0, 20), 4),
      opacity: o.or('opacity o', decimal(0, 100), 60),
      vector: o.or('vector v', twoOf(integer(-1000, 1000)), [4, 4]),
      colour: o.or('color c', colour, BLACK),
      background: background(o),
    }) as const,
  border: (o: Options) =>
    ({
      task: 'border',
      width: o.or('width w', integer(0, 1000), 2),
      colour: o.or('color c', colour, BLACK),
      background: o.or('background b', colour, WHITE),
    }) as const,
  watermark: (o: Options) =>
    ({
      task: 'watermark',
      file: o.required('file f', reference),
      size: o.or('size s', decimal(0, 500), 100),
      position: o.or('position p', anchor, CENTRE),
    }) as const,
  collage: (o: Options) =>
    ({
      task: 'collage',
      files: o.required('files f', listOf(reference, 1, MOST_COLLAGE_FILES)),
      width: o.required('width w', integer(1, 10_000)),
      height: o.required('height h', integer(1, 10_000)),
      margin: o.or('margin m', integer(1, 100), 10),
      colour: o.or('color c', colour, WHITE),
      fit: o.or('fit i', word('auto', 'crop'), 'auto'),
      autorotate: o.or('autorotate a', flag, false),
    }) as const,
  animate: (o: Options) =>
    ({
      task: 'animate',
      delay: o.or('delay d', integer(0, 10_000), 1000),
      loop: o.or('loop l', integer(0, 1000), 0),
      width: o.optional('width w', integer(1, 1800)),
      height: o.optional('height h', integer(1, 1800)),
      fit: o.or('fit f', word('clip', 'scale', 'crop'), 'clip'),
      align: o.or('align a', anchor, CENTRE),
      background: background(o),
    }) as const,
  output: (o: Options) =>
    ({
      task: 'output',
      format: format(o),
      quality: o.optional('quality q', either(integer(1, 100), word('input'))),
      compress: o.or('compress c', flag, false),
      strip: o.or('strip s', flag, false),
      colourSpace: colourSpace(o),
      background: o.or('background b', colour, WHITE),
      density: o.optional('density d', integer(1, 500)),
      page: o.optional('page p', integer(1, 100_000)),
    }) as const,
  quality: (o: Options) => ({ task: 'quality', value: o.required('value v', integer(1, 100)) }) as const,
  compress: (o: Options) => ({ task: 'compress', metadata: o.or('metadata m', flag, false) }) as const,
  pjpg: (o: Options) =>
    ({
      task: 'pjpg',
      quality: o.optional('quality q', integer(0, 100)),
      metadata: o.or('metadata m', flag, false),
    }) as const,
  auto_image: () => ({ task: 'auto_image' }) as const,
  no_metadata: () => ({ task: 'no_metadata' }) as const,
  upscale: (o: Options) =>
    ({
      task: 'upscale',
      doubles: o.or('upscale u', flag, true),
      noise: o.optional('noise n', word('none', 'low', 'medium', 'high')),
      style: o.optional('style s', word('photo', 'artwork')),
    }) as const,
}

/** A task on pictures, read. */
export type ImageTask = ReturnType<(typeof IMAGE_TASKS)[keyof typeof IMAGE_TASKS]>
export type TaskNamed<N extends ImageTask['task']> = Extract<ImageTask, { readonly task: N }>

function roundedCorners(o: Options) {
  return {
    task: 'rounded_corners',
    radius: o.or('radius r', either(integer(1, 10_000), word('max')), 10),
    softness: o.or('blur l', decimal(0, 20), 0.3),
    background: background(o),
  } as const
}

function background(o: Options): Colour {
  return o.or('background b', colour, TRANSPARENT)
}

const FORMATS = ['jpg', 'jpeg', 'pjpg', 'png', 'webp', 'gif', 'avif'] as const
/** Formats of the hosted service that are not written here (filestack §4.4). */
const FOREIGN: ReadonlySet<string> = new Set(
  'svg pdf doc docx html odt odp ods ppt pptx xls xlsx txt tiff tif bmp ico psd ai eps heic heif jp2 jxl'.split(' '),
)

function format(o: Options) {
  const known = word(...FORMATS)
  return o.optional('format f', {
    expects: known.expects,
    read(value) {
      if (FOREIGN.has(String(value).toLowerCase())) throw notHere(`the format ${value} of the task \`output\``)
      return known.read(value)
    },
  })
}

function colourSpace(o: Options): 'rgb' | 'input' {
  const space = o.or('colorspace', word('rgb', 'cmyk', 'input'), 'rgb')
  if (space === 'cmyk') throw notHere('the colorspace cmyk of the task `output`')
  return space
}

export function notHere(what: string): Fault {
  return new Fault('unsupported', `${what} is not available on this server`)
}

import { Fault } from '../../faults.ts'
import type { Compression, Version } from '../../optimizer/optimizer.ts'
import { hexColour } from '../../plan/css-colour.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Colour, Focus, OutputFormat, Place, SourceFormat } from '../../plan/plan.ts'
import { type Fields, flagAt, integerAt, objectAt, pathOf, textAt, wordAt, wrong } from './fields.ts'

/** What compressor §5 lets a caller ask of a picture. */
export type ImageOptions = {
  readonly compression: (typeof LEVELS)[number]
  readonly resize: Resize | undefined
  readonly format: OutputFormat | 'auto'
  readonly quality: number | undefined
}

export type Resize = {
  readonly mode: (typeof MODES)[number]
  readonly width: number | undefined
  readonly height: number | undefined
  readonly gravity: Focus & { readonly kind: 'anchor' }
  readonly background: Colour | undefined
  readonly upscale: boolean
}

/** What `fit` means is the operator's choice (compressor §5.2): the vendor's own text was not available. */
export type FitMeaning = 'cover' | 'inside'

const LEVELS = ['medium', 'high', 'ultra'] as const
const MODES = ['auto', 'fit', 'fill', 'exact'] as const
const FORMATS = ['auto', 'jpeg', 'jpg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const
const SIDE = 16_384
const WHITE: Colour = { r: 255, g: 255, b: 255, alpha: 1 }
const CLEAR: Colour = { r: 255, g: 255, b: 255, alpha: 0 }

const GRAVITY = {
  center: [0.5, 0.5],
  top: [0.5, 0],
  'top-right': [1, 0],
  right: [1, 0.5],
  'bottom-right': [1, 1],
  bottom: [0.5, 1],
  'bottom-left': [0, 1],
  left: [0, 0.5],
  'top-left': [0, 0],
} as const satisfies Record<string, readonly [0 | 0.5 | 1, 0 | 0.5 | 1]>
const GRAVITIES = [
  'center',
  'top',
  'top-right',
  'right',
  'bottom-right',
  'bottom',
  'bottom-left',
  'left',
  'top-left',
] as const

/** Reads `image` and `output` of a request. Throws Fault bad-parameter naming the key, unsupported for TIFF output. */
export function readImage(request: Fields): ImageOptions {
  const image = objectAt(request, 'image')
  const resize = objectAt(image, 'resize')
  // First found wins (compressor §5.3).
  const places = [image, objectAt(image, 'output'), objectAt(request, 'output')]
  const formats = places.map((place) => ({ place, format: wordAt(place, 'format', FORMATS) }))
  const found = formats.find(({ format }) => format !== undefined)
  if (found?.format === 'tiff') {
    throw new Fault('unsupported', `${pathOf(found.place, 'format')} tiff cannot be written by this server`)
  }
  const qualities = places.map((place) => integerAt(place, 'quality', 1, 100))
  return {
    compression: wordAt(image, 'compression', LEVELS) ?? 'high',
    resize: Object.hasOwn(image.values, 'resize') ? readResize(resize) : undefined,
    format: found?.format === 'jpg' ? 'jpeg' : (found?.format ?? 'auto'),
    quality: qualities.find((quality) => quality !== undefined),
  }
}

function readResize(fields: Fields): Resize {
  const mode = wordAt(fields, 'mode', MODES) ?? 'auto'
  const width = integerAt(fields, 'width', 1, SIDE)
  const height = integerAt(fields, 'height', 1, SIDE)
  if (mode === 'auto') {
    if (width === undefined && height === undefined) wrong(`${fields.path} must have a width or a height`)
  } else {
    for (const [key, side] of Object.entries({ width, height })) {
      if (side === undefined) wrong(`${pathOf(fields, key)} is required for the mode ${mode}`)
    }
  }
  const [x, y] = GRAVITY[wordAt(fields, 'gravity', GRAVITIES) ?? 'center']
  const background = textAt(fields, 'background')
  return {
    mode,
    width,
    height,
    gravity: { kind: 'anchor', x, y },
    background: background === undefined ? undefined : readColour(background, pathOf(fields, 'background')),
    upscale: flagAt(fields, 'upscale') ?? true,
  }
}

function readColour(text: string, path: string): Colour {
  return hexColour(text.replace(/^#/, '')) ?? wrong(`${path} must be a hex colour such as #ffffff`)
}

/** Kinds of files that are read (compressor §5.1). */
const INPUTS = new Set<SourceFormat>(['jpeg', 'png', 'webp', 'avif', 'heic', 'gif', 'tiff', 'bmp', 'svg', 'ico'])

/**
 * The format that a picture comes out in. `auto` keeps its own; what cannot be written becomes PNG with transparency and JPEG
 * without; SVG stays unless it is resized (compressor §5.3). Throws Fault unsupported for files that are not read.
 */
export function outputFormat(options: ImageOptions, facts: Facts): SourceFormat {
  if (!INPUTS.has(facts.format)) throw new Fault('unsupported', `files of the format ${facts.format} are not handled`)
  if (options.format !== 'auto') return options.format
  switch (facts.format) {
    case 'jpeg':
    case 'png':
    case 'webp':
    case 'avif':
    case 'gif':
      return facts.format
    case 'svg':
      return options.resize === undefined ? 'svg' : 'png'
    default:
      return facts.alpha && facts.opaque !== true ? 'png' : 'jpeg'
  }
}

/** Steps, format and compression of the one result (compressor §5). */
export function pictureOf(
  options: ImageOptions,
  facts: Facts,
  fit: FitMeaning,
): Pick<Version, 'frame' | 'steps' | 'format' | 'compression' | 'keep' | 'colour' | 'background'> {
  const format = outputFormat(options, facts)
  const clear = facts.alpha && format !== 'jpeg'
  return {
    frame: { kind: 'all' },
    steps: [{ kind: 'orient' }, ...(options.resize === undefined ? [] : [placeOf(options.resize, clear, fit)])],
    format: isWritten(format) ? format : 'source',
    compression: compressionOf(options),
    keep: [],
    colour: 'srgb',
    background: WHITE,
  }
}

function placeOf(
  { mode, width, height, gravity, background, upscale }: Resize,
  clear: boolean,
  fit: FitMeaning,
): Place {
  const box = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) }
  const inside: Place = { kind: 'place', box, mode: 'inside', enlarge: false, focus: gravity }
  switch (mode) {
    case 'auto':
      return inside
    case 'fit':
      return fit === 'inside' ? inside : { ...inside, mode: 'cover', enlarge: upscale }
    case 'fill': {
      const colour = background ?? (clear ? CLEAR : WHITE)
      return { ...inside, focus: { kind: 'anchor', x: 0.5, y: 0.5 }, surround: { kind: 'solid', colour } }
    }
    case 'exact':
      return { ...inside, mode: 'stretch', enlarge: true }
  }
}

function compressionOf({ compression, quality }: ImageOptions): Compression {
  return { kind: 'lossy', quality: quality ?? { level: compression }, chroma: '4:2:0' }
}

function isWritten(format: SourceFormat): format is OutputFormat {
  return format === 'jpeg' || format === 'png' || format === 'webp' || format === 'avif' || format === 'gif'
}

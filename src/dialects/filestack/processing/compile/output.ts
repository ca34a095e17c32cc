/** Which file is written (filestack §4.3 output, quality, compress, pjpg, auto_image, no_metadata). */
import type { Choose, Output, OutputFormat, Quality, Step } from '../../../../plan/plan.ts'
import { transparencyOf } from '../../../../plan/transparency.ts'
import type { ImageTask, TaskNamed } from '../tasks/image-tasks.ts'

/** What the tasks say of the file; of a thing said twice the last word counts. */
export type Wish = {
  readonly format?: OutputFormat | 'auto'
  readonly progressive?: boolean
  /** `schema`: a format was asked for without a quality. */
  readonly quality?: number | 'input' | 'schema'
  readonly strip?: boolean
  readonly keepsProfile?: boolean
  /** The source itself is the better answer when the result has more bytes. */
  readonly onlySmaller?: boolean
  readonly background?: TaskNamed<'output'>['background']
  readonly density?: number
  readonly page?: number
}

/** A wish after one more task. */
export function withTask(wish: Wish, task: ImageTask): Wish {
  switch (task.task) {
    case 'output':
      return { ...wish, ...outputWish(task, wish) }
    case 'quality':
      return { ...wish, quality: task.value, onlySmaller: true }
    case 'compress':
      return { ...wish, strip: !task.metadata, onlySmaller: true }
    case 'pjpg': {
      const quality = task.quality === undefined ? {} : { quality: Math.max(1, task.quality) }
      return { ...wish, format: 'jpeg', progressive: true, strip: !task.metadata, ...quality }
    }
    case 'auto_image':
      return { ...wish, format: 'auto' }
    case 'no_metadata':
      return { ...wish, strip: true }
    default:
      return wish
  }
}

function outputWish(task: TaskNamed<'output'>, before: Wish): Wish {
  const { format, quality, compress, strip, colourSpace, background, density, page } = task
  return {
    ...(format !== undefined && { format: FORMATS[format], progressive: format === 'pjpg' }),
    quality: quality ?? before.quality ?? (compress ? 'input' : 'schema'),
    ...(compress && { onlySmaller: true }),
    ...(strip && { strip }),
    keepsProfile: colourSpace === 'input',
    background,
    ...(density !== undefined && { density }),
    ...(page !== undefined && { page }),
  }
}

const FORMATS: Readonly<Record<NonNullable<TaskNamed<'output'>['format']>, OutputFormat>> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  pjpg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  avif: 'avif',
}

/** `pixels`: whether the tasks change any. */
export function outputOf(wish: Wish, steps: readonly Step[], pixels: boolean): Output {
  const named = wish.format !== undefined && wish.format !== 'auto'
  const asItWas = !pixels && !named && wish.page === undefined
  const { quality } = wish
  return {
    kind: 'encode',
    choose: chooseOf(wish, steps),
    quality: qualityOf(quality),
    lossless: false,
    progressive: wish.progressive ?? false,
    chroma: quality === 'schema' || (typeof quality === 'number' && quality >= FULL_CHROMA) ? '4:4:4' : '4:2:0',
    palette: false,
    metadata: {
      profile: wish.keepsProfile === true ? { kind: 'keep', formats: PROFILED } : { kind: 'convert' },
      exif: wish.strip !== true,
      xmp: wish.strip !== true,
    },
    ...(wish.density !== undefined && { density: wish.density }),
    ifLarger: asItWas && wish.onlySmaller === true ? 'source' : 'keep',
    vector: asItWas ? 'untouched' : 'rasterise',
  }
}

const PROFILED: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif']
/** From this quality on colours keep their full resolution. */
const FULL_CHROMA = 90

const AS_SOURCE: Choose = { kind: 'as-source', substitute: 'jpeg-or-png' }

/**
 * As the source, unless the tasks name a format; what has got holes is written as PNG, animations of GIF and WebP excepted, which would
 * end; `animate` makes GIFs.
 */
function chooseOf({ format }: Wish, steps: readonly Step[]): Choose {
  if (format === 'auto') {
    return { kind: 'negotiated', candidates: [{ format: 'webp', unless: [] }], otherwise: unnamed(steps) }
  }
  return format === undefined ? unnamed(steps) : { kind: 'fixed', format }
}

function unnamed(steps: readonly Step[]): Choose {
  if (steps.some(({ kind }) => kind === 'animate')) return { kind: 'fixed', format: 'gif' }
  if (transparencyOf(steps) !== 'open') return AS_SOURCE
  return { kind: 'negotiated', candidates: [{ format: 'png', unless: [{ kind: 'animated' }] }], otherwise: AS_SOURCE }
}

/** Above these nothing is gained that the eye could see. */
const MOST_QUALITY = { jpeg: 95, webp: 85, avif: 65 } as const
/** The schema's default is 95; AVIF's scale says the same of 75. */
const SCHEMA_QUALITY = { jpeg: 95, webp: 95, avif: 75 } as const
const UNKNOWN_QUALITY = { jpeg: 90, webp: 80, avif: 60 } as const

function qualityOf(quality: Wish['quality']): Quality {
  if (typeof quality === 'number') return { kind: 'fixed', value: quality }
  const table = (format: 'jpeg' | 'webp' | 'avif') =>
    quality === 'schema'
      ? { unknown: SCHEMA_QUALITY[format], rows: [{ above: 0, quality: SCHEMA_QUALITY[format] }] }
      : {
          unknown: UNKNOWN_QUALITY[format],
          rows: [
            { above: MOST_QUALITY[format], quality: MOST_QUALITY[format] },
            { above: 0, quality: 'source' as const },
          ],
        }
  return { kind: 'by-source', tables: { jpeg: table('jpeg'), webp: table('webp'), avif: table('avif') }, less: 0 }
}

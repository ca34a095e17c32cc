/** Which file is written: format, quality, metadata (imagekit §4.4, §8). */
import type { ImageSettings } from '../../catalog/model.ts'
import type { Choose, Keep, Output, OutputFormat, SourceFormat, Step } from '../../plan/plan.ts'
import { transparencyOf } from '../../plan/transparency.ts'
import type { Values } from './vocabulary.ts'

/** Quality taken off for a caller who saves data. */
const SAVING = 20
const PROFILED: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif']
const NOT_GIF: readonly SourceFormat[] = [
  'jpeg',
  'png',
  'webp',
  'avif',
  'tiff',
  'bmp',
  'svg',
  'heic',
  'jxl',
  'ico',
  'pdf',
  'psd',
]
/** From this side on a source is not offered as WebP, which holds 16,383 pixels. */
const BEYOND_WEBP = 16_384

/** @param saving the account saves data for this request */
export function compileOutput(
  values: Values,
  settings: ImageSettings,
  steps: readonly Step[],
  saving: boolean,
): { readonly output: Output; readonly negotiated: boolean } {
  const format = values.format ?? (settings.autoFormat ? 'auto' : 'orig')
  const auto = () => autoFormat(values, settings, transparencyOf(steps))
  const choose = chooseFormat(format, auto)
  const lossless = values.lossless ?? false
  return {
    negotiated: choose.kind === 'negotiated',
    output: {
      kind: 'encode',
      choose,
      quality: { kind: 'fixed', value: values.quality ?? Math.max(1, settings.quality - (saving ? SAVING : 0)) },
      lossless,
      progressive: values.progressive ?? false,
      chroma: settings.chroma420 ? '4:2:0' : '4:4:4',
      palette: !lossless && settings.png === 'maximum',
      metadata: metadataOf(values, settings),
      ...(values.density !== undefined && { density: values.density }),
      ifLarger: 'keep',
      vector: RASTER.has(format) ? 'rasterise' : 'untouched',
    },
  }
}

/** Formats that a vector picture is drawn for; any other word leaves it as it is (imagekit §7.3). */
const RASTER: ReadonlySet<string> = new Set(['jpg', 'jpeg', 'png', 'webp', 'avif'])

/** Whether what is written cannot be transparent, as far as the request says. */
export function isOpaqueFormat({ format }: Values): boolean {
  return format === 'jpg' || format === 'jpeg'
}

function chooseFormat(format: NonNullable<Values['format']>, auto: () => Choose): Choose {
  switch (format) {
    case 'jpg':
    case 'jpeg':
      return { kind: 'fixed', format: 'jpeg' }
    case 'png':
    case 'webp':
    case 'avif':
      return { kind: 'fixed', format }
    case 'gif':
      // Of anything but a GIF the wish is ignored (imagekit §8).
      return { kind: 'negotiated', candidates: [GIF_STAYS], otherwise: auto() }
    case 'orig':
      return { kind: 'as-source', substitute: 'jpeg-or-png' }
    case 'auto':
    case 'svg':
      return auto()
  }
}

type Candidate = Extract<Choose, { readonly kind: 'negotiated' }>['candidates'][number]
const GIF_STAYS: Candidate = { format: 'gif', unless: [{ kind: 'source-format', formats: NOT_GIF }] }

/** imagekit §8: AVIF, then WebP, where offered; GIF stays; JPEG for what is opaque; PNG. */
function autoFormat(values: Values, settings: ImageSettings, after: ReturnType<typeof transparencyOf>): Choose {
  const lossless = values.lossless === true
  const avif = settings.autoAvif && !lossless && values.keepProfile !== true && values.unsharp === undefined
  const candidates: Candidate[] = []
  // An AVIF would keep the first frame only.
  if (avif)
    candidates.push({ format: 'avif', unless: [{ kind: 'source-format', formats: ['heic'] }, { kind: 'animated' }] })
  candidates.push({ format: 'webp', unless: [{ kind: 'source-side', atLeast: BEYOND_WEBP }] })
  candidates.push(GIF_STAYS)
  // Only WebP and PNG can be lossless (imagekit §4.4).
  if (after !== 'open' && !lossless) {
    candidates.push({ format: 'jpeg', unless: after === 'opaque' ? [] : [{ kind: 'transparent' }] })
  }
  return { kind: 'negotiated', candidates, otherwise: { kind: 'fixed', format: 'png' } }
}

/** `md` keeps everything, `cp` the profile alone; else the account's setting (imagekit §1.2, §4.4). */
function metadataOf({ keepMetadata, keepProfile }: Values, settings: ImageSettings): Keep {
  const all = keepMetadata ?? (keepProfile !== true && settings.keepMetadata === 'all')
  const profile = all || (keepProfile ?? (keepMetadata === undefined && settings.keepMetadata === 'profile'))
  return { profile: profile ? { kind: 'keep', formats: PROFILED } : { kind: 'convert' }, exif: all, xmp: all }
}

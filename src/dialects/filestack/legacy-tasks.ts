/** Parameters of the legacy conversion as tasks of the processing grammar, in their fixed order (filestack §1.3). Pure. */
import { Fault } from '../../faults.ts'
import { BAD_CONVERSION, refusing } from './faults.ts'
import type { Parameters } from './parameters.ts'
import type { RawOption, RawTask } from './processing/grammar.ts'
import { readTask } from './processing/tasks/tasks.ts'

/**
 * The tasks that a conversion stands for: resize → crop → watermark → filter → rotate → format, quality, compression, whatever the order
 * of the parameters; `crop_first` moves the crop before the resize. Fault with status 400 for a parameter that nobody knows and a
 * filter that there is not; unsupported for text overlays. Values are judged by the tasks.
 */
export function legacyTasks(parameters: Parameters): readonly RawTask[] {
  const names = parameters.names()
  const unknown = names.find((name) => !KNOWN.has(name))
  if (unknown !== undefined) throw refusing(BAD_CONVERSION)
  if (names.some((name) => name === 'text')) throw new Fault('unsupported', 'text overlays are not built here')
  const crop = task('crop', list('dim', parameters.text('crop')))
  const cropFirst = parameters.flag('crop_first') === true
  return [
    ...(cropFirst ? crop : []),
    ...resize(parameters),
    ...(cropFirst ? [] : crop),
    ...watermark(parameters),
    ...filter(parameters),
    ...rotate(parameters),
    ...output(parameters),
  ]
}

const OF_PICTURES = [
  ...[
    'w',
    'width',
    'h',
    'height',
    'fit',
    'align',
    'crop',
    'crop_first',
    'format',
    'quality',
    'compress',
    'rotate',
    'exif',
  ],
  ...['filter', 'blurAmount', 'sharpenAmount', 'watermark', 'watermark_size', 'watermark_position', 'page', 'secure'],
  ...['text', 'text_align', 'text_color', 'text_font', 'text_padding', 'text_size'],
]
const OF_STORES = [
  ...['key', 'storeLocation', 'location', 'storePath', 'path', 'storeContainer', 'container', 'storeRegion', 'region'],
  ...['storeAccess', 'access', 'filename', 'base64decode', 'workflows', 'upload_tags'],
]
/** What clients send with every call. */
const OF_CALLS = ['policy', 'signature', 'plugin', '_cacheBust', 'nonce', 'cache', 'dl']
const KNOWN: ReadonlySet<string> = new Set([...OF_PICTURES, ...OF_STORES, ...OF_CALLS])

/** Without a side there is nothing to fit: how it would be done is judged all the same. */
function resize(parameters: Parameters): readonly RawTask[] {
  const sides = [...plain('width', parameters.text('width', 'w')), ...plain('height', parameters.text('height', 'h'))]
  const manner = [...plain('fit', parameters.text('fit')), ...position('align', parameters.text('align'))]
  if (sides.length > 0) return task('resize', [...sides, ...manner])
  readTask({ name: 'resize', options: [...plain('width', '1'), ...manner] })
  return []
}

function watermark(parameters: Parameters): readonly RawTask[] {
  const file = plain('file', parameters.text('watermark'))
  if (file.length === 0) return []
  const size = plain('size', parameters.text('watermark_size'))
  return task('watermark', [...file, ...size, ...position('position', parameters.text('watermark_position'))])
}

function filter(parameters: Parameters): readonly RawTask[] {
  const name = parameters.text('filter')?.toLowerCase()
  if (name === undefined) return []
  if (name !== 'blur' && name !== 'sharpen') throw refusing(BAD_CONVERSION)
  return [{ name, options: plain('amount', parameters.text(`${name}Amount`)) }]
}

/** `exif=false` only resets the orientation (filestack §1.3). */
function rotate(parameters: Parameters): readonly RawTask[] {
  const reset = parameters.flag('exif') === false ? plain('exif', 'false') : []
  return [...task('rotate', plain('deg', parameters.text('rotate'))), ...task('rotate', reset)]
}

function output(parameters: Parameters): readonly RawTask[] {
  const format = [...plain('format', parameters.text('format')), ...plain('page', parameters.text('page'))]
  const quality = parameters.text('quality')
  const compress: RawTask[] = parameters.flag('compress') === true ? [{ name: 'compress', options: [] }] : []
  if (format.length > 0) return [...task('output', [...format, ...plain('quality', quality)]), ...compress]
  return [...task('quality', plain('value', quality)), ...compress]
}

/** No task without options. */
function task(name: string, options: readonly RawOption[]): readonly RawTask[] {
  return options.length === 0 ? [] : [{ name, options }]
}

function plain(name: string, value: string | undefined): readonly RawOption[] {
  return value === undefined ? [] : [{ name, value }]
}

function list(name: string, value: string | undefined): readonly RawOption[] {
  return value === undefined ? [] : [{ name, value: value.split(',').map((item) => item.trim()) }]
}

/** One word, or two with a comma between them. */
function position(name: string, value: string | undefined): readonly RawOption[] {
  return value?.includes(',') === true ? list(name, value) : plain(name, value)
}

import type { Compression, Kept } from '../../optimizer/optimizer.ts'
import type { Colour, OutputFormat, Step } from '../../plan/plan.ts'
import { isJson, type Json } from './body.ts'
import { invalid } from './faults.ts'
import { readResize } from './resize.ts'
import { checkPath, readStore, type Store, type StoreDefaults } from './stores.ts'
import { colour, flag, list, object, text, whole } from './values.ts'

/** A valid request, apart from its credentials. */
export type Wish = {
  /** `/v1/url` only. */
  readonly url: string | undefined
  readonly answer:
    | { readonly kind: 'wait' }
    | { readonly kind: 'callback'; readonly url: string; readonly json: boolean }
  readonly sandbox: boolean
  /** `one` result, or a set of up to ten in the order asked for. */
  readonly results:
    | { readonly kind: 'one'; readonly result: ResultWish }
    | { readonly kind: 'set'; readonly results: readonly SetWish[] }
  readonly webp: boolean
  readonly convert:
    | { readonly format: OutputFormat; readonly background: Colour; readonly keepExtension: boolean }
    | undefined
  readonly keep: readonly Kept[]
  readonly autoOrient: boolean
  readonly store: Store | undefined
}
export type ResultWish = { readonly steps: readonly Step[]; readonly compression: Compression }
export type SetWish = ResultWish & { readonly id: string; readonly storagePath: string | undefined }

export type Reading = StoreDefaults & {
  /** Which of the two calls it is. */
  readonly by: 'url' | 'upload'
}

/** Most results of one request (kraken §4). */
const MOST_RESULTS = 10

/** Reads a request (kraken §2…§6, §8). Pure. Faults of status 422, the first mistake that applies. */
export function readWish(json: Json, reading: Reading): Wish {
  const answer = readAnswer(json)
  const url = reading.by === 'url' ? readUrl(json) : undefined
  const base = readCompression(json, undefined)
  const store = readStore(json, reading)
  return {
    url,
    answer,
    sandbox: flag(json, 'dev'),
    results: readResults(json, base, store !== undefined),
    webp: flag(json, 'webp'),
    convert: readConvert(json),
    keep: readKeep(json),
    autoOrient: flag(json, 'auto_orient'),
    store,
  }
}

/** With both, `wait` counts and no callback is sent (kraken §2). */
function readAnswer(json: Json): Wish['answer'] {
  const wait = flag(json, 'wait')
  const callback = text(json, 'callback_url')
  const asJson = flag(json, 'json')
  if (!wait && callback === undefined) throw invalid('You need to specify either callback_url or wait flag')
  if (callback !== undefined && !isWebUrl(callback)) {
    throw invalid('The callback_url is not valid: please provide a valid URL')
  }
  return wait || callback === undefined ? { kind: 'wait' } : { kind: 'callback', url: callback, json: asJson }
}

function readUrl(json: Json): string {
  const url = text(json, 'url')
  if (url === undefined) throw invalid('url must be set')
  if (!isWebUrl(url)) throw invalid('The url is not valid: please provide a valid URL')
  return url
}

function isWebUrl(written: string): boolean {
  const url = URL.parse(written)
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== ''
}

/** `lossy`, `quality` and `sampling_scheme` of the request, or of a member of a set, which inherits what it does not say. */
function readCompression(json: Json, inherited: { readonly wish: Json } | undefined): Compression {
  const own = (name: string) =>
    inherited !== undefined && (json[name] ?? undefined) === undefined ? inherited.wish : json
  const lossy = flag(own('lossy'), 'lossy')
  const quality = whole(json, 'quality') ?? (inherited && whole(inherited.wish, 'quality'))
  if (quality !== undefined && (quality < 1 || quality > 100)) {
    throw invalid('The quality setting has to be within the range of 1-100')
  }
  const scheme = text(own('sampling_scheme'), 'sampling_scheme') ?? '4:2:0'
  // 4:2:2 is written as 4:4:4, and so is what one shipped client misspells (kraken §5).
  const chroma = scheme === '4:2:0' ? '4:2:0' : '4:4:4'
  return lossy
    ? { kind: 'lossy', quality: quality ?? 'auto', chroma }
    : { kind: 'lossless', forced: 'visually', chroma }
}

function readResults(json: Json, compression: Compression, stored: boolean): Wish['results'] {
  const resize = json.resize ?? undefined
  if (Array.isArray(resize)) return { kind: 'set', results: readSet(resize, json, stored) }
  const one = object(json, 'resize')
  return { kind: 'one', result: { steps: one === undefined ? [] : readResize(one), compression } }
}

function readSet(sizes: readonly unknown[], json: Json, stored: boolean): readonly SetWish[] {
  if (sizes.length < 1 || sizes.length > MOST_RESULTS) {
    throw invalid(`When using multi-resize you must provide 1 to ${MOST_RESULTS} sizes`)
  }
  const seen = new Set<string>()
  return sizes.map((size, index): SetWish => {
    if (!isJson(size)) throw invalid(`resize[${index}] is not of a type(s) object`)
    const id = readId(size)
    if (id === undefined || seen.has(id)) {
      throw invalid("When using multi-resize you must provide a unique 'id' property for each size you request")
    }
    seen.add(id)
    const storagePath = text(size, 'storage_path')
    if (stored && storagePath === undefined) {
      throw invalid(
        "When using multi-resize with an external store you must provide a 'storage_path' for each size you request",
      )
    }
    checkPath(storagePath ?? '')
    return { id, storagePath, steps: readResize(size), compression: readCompression(size, { wish: json }) }
  })
}

function readId({ id }: Json): string | undefined {
  if (typeof id === 'number' && Number.isFinite(id)) return String(id)
  return typeof id === 'string' && id !== '' ? id : undefined
}

const FORMATS: Readonly<Record<string, OutputFormat>> = {
  jpeg: 'jpeg',
  jpg: 'jpeg',
  png: 'png',
  gif: 'gif',
  webp: 'webp',
  avif: 'avif',
}

/** Typed clients send the object with every member empty: then nothing is to be converted. */
function readConvert(json: Json): Wish['convert'] {
  const convert = object(json, 'convert')
  const written = convert && text(convert, 'format')?.trim().toLowerCase()
  if (convert === undefined || written === undefined) {
    if (
      convert !== undefined &&
      Object.values(convert).some((value) => value !== null && value !== '' && value !== false)
    ) {
      throw invalid('convert: format must be set')
    }
    return undefined
  }
  const format = Object.hasOwn(FORMATS, written) ? FORMATS[written] : undefined
  if (format === undefined) {
    throw invalid("Convert format must be one of the following: 'jpeg', 'png', 'gif', 'webp', 'avif'")
  }
  return { format, background: colour(convert, 'background'), keepExtension: flag(convert, 'keep_extension') }
}

const KEPT: readonly Kept[] = ['profile', 'date', 'copyright', 'geotag', 'orientation']

function readKeep(json: Json): readonly Kept[] {
  const wanted = new Set<Kept>()
  for (const member of list(json, 'preserve_meta') ?? []) {
    const tag = KEPT.find((one) => one === member)
    if (tag === undefined)
      throw invalid(
        `preserve_meta must only have members of the following: ${KEPT.map((one) => `'${one}'`).join(', ')}`,
      )
    wanted.add(tag)
  }
  return KEPT.filter((one) => wanted.has(one))
}

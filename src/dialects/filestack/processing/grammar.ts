/** Raw request target ⇄ what it asks for (filestack §4.1). Pure; any text ends in a request or a Fault bad-parameter. */
import { readTaskList, requireFewTasks } from './json-tasks.ts'
import { atEnd, decoded, isListAt, malformed, quoteAt, readQuoted, readValue, type Scan, type Value } from './scan.ts'
import { type Source, sourceOfText, sourceOfValue } from './source-text.ts'

/** A task as it was written; `tasks/` knows what it means. */
export type RawTask = { readonly name: string; readonly options: readonly RawOption[] }
/** Without a name: `cache=false`, and lists of flags. */
export type RawOption = { readonly name?: string; readonly value: Value }

export type CdnRequest = {
  readonly apikey?: string
  readonly tasks: readonly RawTask[]
  readonly source: Source
  /** `/{handle}/metadata` */
  readonly metadata: boolean
  /** Our own query, raw, without the question mark; that of an external URL belongs to the URL. */
  readonly query: string
}

/**
 * Reads a raw target, query included.
 *
 * @param isKey whether a text is a configured API key: only then the first segment is one
 */
export function parseTarget(target: string, isKey: (text: string) => boolean): CdnRequest {
  const scan: Scan = { text: target, encoded: true, at: target.startsWith('/') ? 1 : 0 }
  const apikey = readKey(scan, isKey)
  const key = apikey === undefined ? {} : { apikey }
  const tasks: RawTask[] = []
  for (;;) {
    while (scan.text[scan.at] === '/') scan.at += 1
    const source = readSource(scan)
    if (source !== undefined) return { ...key, tasks, ...source }
    tasks.push(...readTasks(scan))
    requireFewTasks(tasks)
  }
}

/** Writes a request so that reading it yields the same. */
export function printTarget({ apikey, tasks, source, metadata, query }: CdnRequest): string {
  const parts = [
    ...(apikey === undefined ? [] : [encodeURIComponent(apikey)]),
    ...tasks.map(printTask),
    printSource(source),
    ...(metadata ? ['metadata'] : []),
  ]
  return `/${parts.join('/')}${query === '' ? '' : `?${query}`}`
}

/** One task as it stands in a URL. */
export function printTask({ name, options }: RawTask): string {
  if (options.length === 0) return name
  const texts = options.map(({ name: option, value }) => `${option === undefined ? '' : `${option}:`}${print(value)}`)
  return `${name}=${texts.join(',')}`
}

function readKey(scan: Scan, isKey: (text: string) => boolean): string | undefined {
  const end = scan.text.indexOf('/', scan.at)
  if (end === -1) return undefined
  const raw = scan.text.slice(scan.at, end)
  if (!/^[\w.%-]+$/.test(raw)) return undefined
  const text = decoded(raw)
  if (!isKey(text)) return undefined
  scan.at = end + 1
  return text
}

const HANDLE = /[A-Za-z0-9_-]{20}(?:\+[^/?]*)?(?=\/metadata\/?(?:\?|$))/y
const NAME = /[A-Za-z0-9_-]+/y
const WHOLE_URL = /https?(?::|%3a)(?:\/|%2f)/iy
const SCHEME = /(?:src|b64)(?::|%3a)(?:\/|%2f)/iy

function matchAt(expression: RegExp, { text, at }: Scan): string | undefined {
  expression.lastIndex = at
  return expression.exec(text)?.[0]
}

type Ending = Pick<CdnRequest, 'source' | 'metadata' | 'query'>

/** The source, when it begins here: it is the last thing of a request. */
function readSource(scan: Scan): Ending | undefined {
  if (matchAt(WHOLE_URL, scan) !== undefined) {
    return { source: sourceOfText(decoded(scan.text.slice(scan.at))), metadata: false, query: '' }
  }
  const quote = quoteAt(scan)
  if (quote !== '') return ended(scan, sourceOfText(readQuoted(scan, quote)))
  if (isListAt(scan)) return ended(scan, sourceOfValue(readValue(scan)))
  if (matchAt(SCHEME, scan) !== undefined) return untilQuery(scan)
  const handle = matchAt(HANDLE, scan)
  if (handle !== undefined) {
    scan.at = scan.text.indexOf('/metadata', scan.at + handle.length) + '/metadata'.length
    if (scan.text[scan.at] === '/') scan.at += 1
    return { ...ended(scan, sourceOfText(decoded(handle))), metadata: true }
  }
  const name = matchAt(NAME, scan)
  const next = scan.text[scan.at + (name?.length ?? 0)]
  return name !== undefined && (next === '/' || next === '=') ? undefined : untilQuery(scan)
}

function untilQuery(scan: Scan): Ending {
  const start = scan.at
  const mark = scan.text.indexOf('?', start)
  scan.at = mark === -1 ? scan.text.length : mark
  if (scan.at === start) throw malformed('the source is missing')
  return ended(scan, sourceOfText(decoded(scan.text.slice(start, scan.at))))
}

function ended(scan: Scan, source: Source): Ending {
  if (atEnd(scan)) return { source, metadata: false, query: '' }
  if (scan.text[scan.at] !== '?') throw malformed('something follows the source')
  return { source, metadata: false, query: scan.text.slice(scan.at + 1) }
}

/** A task, or the list of them behind `b64/`. */
function readTasks(scan: Scan): readonly RawTask[] {
  const name = matchAt(NAME, scan) ?? ''
  scan.at += name.length
  if (scan.text[scan.at] === '/') {
    scan.at += 1
    return name === 'b64' ? readEncodedTasks(scan) : [{ name, options: [] }]
  }
  scan.at += 1
  const options: RawOption[] = []
  while (!atEnd(scan) && scan.text[scan.at] !== '/') {
    options.push(readOption(scan))
    if (scan.text[scan.at] !== ',') break
    scan.at += 1
  }
  if (!atEnd(scan) && scan.text[scan.at] !== '/') throw malformed(`something follows a value of the task ${name}`)
  return [{ name, options }]
}

const OPTION = /\w+:/y

function readOption(scan: Scan): RawOption {
  const name = matchAt(OPTION, scan)
  if (name === undefined) return { value: readValue(scan) }
  scan.at += name.length
  return { name: name.slice(0, -1), value: readValue(scan) }
}

function readEncodedTasks(scan: Scan): readonly RawTask[] {
  const end = scan.text.indexOf('/', scan.at)
  if (end === -1) throw malformed('the source is missing')
  const text = decoded(scan.text.slice(scan.at, end))
  scan.at = end + 1
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    throw malformed('the tasks in base64 are no JSON')
  }
  return readTaskList(value)
}

function print(value: Value, inList = false): string {
  if (typeof value !== 'string') return `[${value.map((item) => print(item, true)).join(',')}]`
  const escaped = encodeURIComponent(value.toWellFormed())
  const bare = value !== '' && !/^["[]/.test(value) && !(inList && value.includes(']'))
  return bare ? escaped : `"${escaped}"`
}

function printSource(source: Source): string {
  switch (source.kind) {
    case 'handle':
      return `${encodeURIComponent(source.handle)}${source.extension === undefined ? '' : `+${encodeURIComponent(source.extension)}`}`
    case 'url':
      return encodeURIComponent(source.url.toWellFormed())
    case 'alias':
      return `src://${encodeURIComponent(source.alias)}/${source.path.split('/').map(encodeURIComponent).join('/')}`
    case 'list':
      return `[${source.sources.map((one) => print(textOf(one), true)).join(',')}]`
  }
}

function textOf(source: Exclude<Source, { readonly kind: 'list' }>): string {
  switch (source.kind) {
    case 'handle':
      return source.extension === undefined ? source.handle : `${source.handle}+${source.extension}`
    case 'url':
      return source.url
    case 'alias':
      return `src://${source.alias}/${source.path}`
  }
}

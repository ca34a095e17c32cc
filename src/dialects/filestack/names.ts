/** Names and media types of files that say neither, or not plainly (filestack §1.1). */
import mime from 'mime'

/** Longest name that is recorded, characters. */
const NAME_LENGTH = 255

/** What a request says about the file that it hands in. */
export type Clues = {
  readonly from: 'part' | 'url' | 'raw'
  /** Parameters. */
  readonly filename?: string | undefined
  readonly mimetype?: string | undefined
  readonly path?: string | undefined
  /** Of the part, or of the answer to the download. */
  readonly sentName?: string | undefined
  readonly sentType?: string | undefined
  /** Where it is downloaded from. */
  readonly url?: string | undefined
}

/** Name and media type of a file, in the order of filestack §1.1. */
export function inferNames(clues: Clues): { readonly filename: string; readonly mimetype: string } {
  const filename =
    recordedName(clues.filename) ??
    cleanName(clues.sentName) ??
    (clues.url === undefined ? undefined : urlName(clues.url)) ??
    pathName(clues.path)
  const mimetype =
    clues.mimetype ??
    sentType(clues, filename) ??
    typeOfName(filename) ??
    (clues.from === 'raw' ? 'text/plain' : 'application/octet-stream')
  return { filename: filename ?? nameOfType(mimetype), mimetype }
}

/**
 * What the sender said, if that tells anything. The form reader gives parts without a type as text/plain, so that this one yields to
 * the ending of the name.
 */
function sentType({ from, sentType: sent }: Clues, filename: string | undefined): string | undefined {
  const type = tellingType(sent)
  if (from === 'part' && type === 'text/plain') return typeOfName(filename) ?? type
  return from === 'raw' && type !== undefined && ENVELOPES.has(type) ? undefined : type
}

/** Types of a request that say how it is sent, not what. */
const ENVELOPES: ReadonlySet<string> = new Set(['application/x-www-form-urlencoded', 'application/json'])

/** A name that the caller chose, slashes and all; only its key has none (filestack §1.2). Nothing for an empty one. */
export function recordedName(text: string | undefined): string | undefined {
  const name = text
    ?.toWellFormed()
    .replace(/\p{Cc}/gu, '-')
    .trim()
    .slice(0, NAME_LENGTH)
  return name === '' ? undefined : name?.toWellFormed()
}

/**
 * A file's name without folders: the last part of a path of either kind of slash, without control characters, at most 255
 * characters, the ending kept. Nothing for what has no name in it.
 */
function cleanName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const name = withoutFolders(text)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '-')
    .trim()
  if (name === '' || name === '.' || name === '..') return undefined
  if (name.length <= NAME_LENGTH) return name
  const ending = /\.[A-Za-z0-9]{1,16}$/.exec(name)?.[0] ?? ''
  return (name.slice(0, NAME_LENGTH - ending.length) + ending).toWellFormed()
}

function withoutFolders(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1)
}

/** The last path segment of a URL, percent-decoded, without its query. */
function urlName(url: string): string | undefined {
  const path = URL.parse(url)?.pathname
  if (path === undefined) return undefined
  const segment = path.slice(path.lastIndexOf('/') + 1)
  return cleanName(percentDecoded(segment))
}

/** The name in a key that the caller named in full. */
function pathName(path: string | undefined): string | undefined {
  return path === undefined || path.endsWith('/') ? undefined : cleanName(path)
}

/** `file` with the ending of its type. */
function nameOfType(mimetype: string): string {
  const ending = mime.getExtension(mimetype)
  return ending === null ? 'file' : `file.${ending}`
}

/** The media type of a header or parameter: lower case, without parameters. Nothing for what is none. */
export function typeOf(text: string | undefined): string | undefined {
  const type = text?.split(';', 1)[0]?.trim().toLowerCase()
  return type !== undefined && MEDIA_TYPE.test(type) ? type : undefined
}

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/

/** The media type that a sender really meant: not the one that stands for any bytes. */
function tellingType(text: string | undefined): string | undefined {
  const type = typeOf(text)
  return type === undefined || GENERIC.has(type) ? undefined : type
}

const GENERIC: ReadonlySet<string> = new Set([
  'application/octet-stream',
  'binary/octet-stream',
  'application/x-octet-stream',
  'application/unknown',
])

/** The media type that a name's ending stands for. */
function typeOfName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (mime.getType(name) ?? undefined)
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

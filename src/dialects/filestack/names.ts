/** Names and media types of files that say neither, or not plainly (filestack §1.1). */
import mime from 'mime'

/** Longest name that is recorded, characters. */
const NAME_LENGTH = 255

/**
 * A file's name as it is recorded: the last part of a path of either kind of slash, without control characters, at most 255
 * characters, the ending kept. Nothing for what has no name in it.
 */
export function cleanName(text: string | undefined): string | undefined {
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
export function urlName(url: string): string | undefined {
  const path = URL.parse(url)?.pathname
  if (path === undefined) return undefined
  const segment = path.slice(path.lastIndexOf('/') + 1)
  return cleanName(percentDecoded(segment))
}

/** The name in a key that the caller named in full. */
export function pathName(path: string | undefined): string | undefined {
  return path === undefined || path.endsWith('/') ? undefined : cleanName(path)
}

/** `file` with the ending of its type. */
export function nameOfType(mimetype: string): string {
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
export function tellingType(text: string | undefined): string | undefined {
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
export function typeOfName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (mime.getType(name) ?? undefined)
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

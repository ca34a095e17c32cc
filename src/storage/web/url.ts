import { Fault } from '../../faults.ts'
import { hasDotSegment } from '../keys.ts'

/** Longest URL that is asked for, in characters. */
const URL_LENGTH = 8192

/**
 * The URL that a key means (pixboost §2, §12). Below `baseUrl`: base without final slash + `/` + key, where a `?` begins the
 * query, a `#…` is dropped, escapes that the key already holds stay as they are, and everything else that a URL cannot carry
 * is encoded. The path may not have `.` or `..` segments, written plainly or encoded, so that the base is never left.
 * Without `baseUrl` the key is an absolute http or https URL. Throws Fault key-invalid.
 */
export function keyUrl(key: string, baseUrl?: string): URL {
  if (key.includes('\0') || !key.isWellFormed() || key === '') throw invalid('the URL is empty or has a NUL')
  const [wanted = ''] = key.split('#', 1)
  if (baseUrl === undefined) return absoluteUrl(wanted)
  const [path = ''] = wanted.split('?', 1)
  if (path === '' || hasDotSegment(path, true) || hasDotSegment(decoded(path), true)) {
    throw invalid('the path is empty or has a "." or ".." segment')
  }
  return parse(`${baseUrl.replace(/\/+$/, '')}/${encodeRest(wanted)}`)
}

/** An absolute http or https URL; what stands behind the host is encoded where needed. Throws Fault key-invalid. */
export function absoluteUrl(text: string): URL {
  const parts = /^(https?):\/\/([^/?\\]+)([/?].*)?$/is.exec(text)
  if (parts === null) throw invalid('not an absolute http or https URL')
  const [, scheme = '', authority = '', rest = '/'] = parts
  return parse(`${scheme}://${authority}${encodeRest(rest)}`)
}

function parse(text: string): URL {
  if (text.length > URL_LENGTH) throw invalid('the URL is too long')
  const url = URL.parse(text)
  if (url === null || url.hostname === '') throw invalid('not a URL')
  url.hash = ''
  return url
}

/**
 * Characters that stand for themselves in a path or query (RFC 3986), and `%` before two hex digits, stay. Encoding the
 * rest here leaves nothing for the URL parser to guess: it would drop tabs and newlines and turn `\` into `/`.
 */
function encodeRest(rest: string): string {
  return rest.replace(/%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]/giu, (character) =>
    // encodeURIComponent leaves some characters alone, none of which come here.
    encodeURIComponent(character),
  )
}

/** For the check only: what a server that decodes once more would see. */
function decoded(path: string): string {
  return path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
}

function invalid(problem: string): Fault {
  return new Fault('key-invalid', problem, { context: { problem } })
}

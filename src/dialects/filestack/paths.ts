/** Targets as texts: which of them are meant for the CDN (filestack §4.1), and what of them may be told. */

/**
 * Whether a raw path at the root can be a CDN URL: it begins with an API key, a handle, a task with options or a source; or with a bare
 * word and has one of these behind it. Everything else stays with the house.
 *
 * @param isKey whether a segment is the key of an app
 */
export function isCdnPath(path: string, isKey: (segment: string) => boolean): boolean {
  const [first = '', ...others] = path.slice(1).split('/')
  if (isKey(first) || isTelling(first)) return true
  return /^[A-Za-z0-9_-]+$/.test(first) && others.some(isTelling)
}

function isTelling(segment: string): boolean {
  return HANDLE.test(segment) || TASK.test(segment) || SOURCE.test(segment)
}

const HANDLE = /^[A-Za-z0-9_-]{20}(?:(?:\+|%2b)[^/]*)?$/i
const TASK = /^(?:[a-z][a-z0-9_]*(?:=|%3d)|b64$)/i
/** A URL, a list, something quoted, or a scheme of the grammar's own. */
const SOURCE = /^(?:https?(?::|%3a)|src(?::|%3a)|b64(?::|%3a)|\[|%5b|"|%22)/i

/** The path as it may stand in a log: without what may hold a secret: queries, policies, chains in base64, user info of sources. */
export function loggable(target: string): string {
  return target
    .replace(/(\?|%3f).*$/is, '')
    .replace(/\bsecurity(=|%3d).*$/is, 'security=…')
    .replace(/\/b64(\/|%2f).*$/is, '/b64/…')
    .replace(/(\/\/|%2f%2f)(?:(?!%2f)[^/])*(@|%40)/gi, '$1…@')
}

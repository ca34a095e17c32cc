/**
 * The first line of a request header, as sent. Node joins repeated headers with commas or drops them; where a contract
 * speaks of "the first line only" that is not enough.
 *
 * @param raw `IncomingMessage.rawHeaders`: name, value, name, value …
 * @param name in lower case
 */
export function firstLine(raw: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const candidate = raw[at]
    if (candidate !== undefined && candidate.length === name.length && candidate.toLowerCase() === name) {
      return raw[at + 1]
    }
  }
  return undefined
}

/** Whether `Accept-Encoding` names gzip without forbidding it (`gzip;q=0`). RFC 9110 §12.5.3, but `*` alone is no wish for gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  // What browsers send, told at a glance.
  if (acceptEncoding === undefined) return false
  if (acceptEncoding.startsWith('gzip,')) return true
  return acceptEncoding.split(',').some((entry) => {
    const [coding = '', ...parameters] = entry.split(';')
    if (coding.trim().toLowerCase() !== 'gzip') return false
    return !parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/i.test(parameter))
  })
}

/** Flat name/value list without the headers named (lower case). */
export function withoutHeaders(flat: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]
    const value = flat[at + 1]
    if (name !== undefined && value !== undefined && !names.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}

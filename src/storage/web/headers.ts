import { Fault } from '../../faults.ts'

/** Belong to one connection (RFC 9110 §7.6.1), or say what only this adapter may say. */
const DROPPED = new Set([
  'host',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
])

/** Content negotiation holds no secret, and a redirect from http to https is another origin too. */
const HARMLESS = new Set(['accept', 'accept-encoding'])

/**
 * Headers of the operator and the caller as they may be sent: lower case, later sets win, without `Host`, hop-by-hop
 * headers, what a `Connection` header names, ranges and conditions. Throws Fault bad-parameter for what HTTP cannot carry.
 */
export function requestHeaders(
  ...sets: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'Tintype' }
  const named = new Set<string>()
  for (const set of sets) {
    for (const [name, value] of Object.entries(set ?? {})) {
      const lower = name.toLowerCase()
      if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
        throw new Fault('bad-parameter', 'a request header has characters that HTTP does not allow')
      }
      if (lower === 'connection') for (const token of value.split(',')) named.add(token.trim().toLowerCase())
      if (!DROPPED.has(lower)) headers[lower] = value
    }
  }
  for (const name of named) delete headers[name]
  return headers
}

/** What is left of them when a redirect leads to another origin. */
export function headersForStrangers(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => HARMLESS.has(name))
  return { 'user-agent': 'Tintype', ...Object.fromEntries(kept) }
}

/** `Authorization` for the user info of a URL; `undefined` when it has none. */
export function userInfoHeader(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined
  const text = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`
  return `Basic ${Buffer.from(text).toString('base64')}`
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

import { createHmac } from 'node:crypto'

/** The protocol version that every request and signed URL names; the strings to sign below are the ones it defines. */
export const VERSION = '2021-12-02'

export type Account = { readonly name: string; readonly key: Buffer }

/** What of a request is signed. Header names in lower case. */
export type Signable = {
  readonly method: string
  /** Path as it is sent: escaped, with a leading slash. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

/**
 * The `Authorization` header of Shared Key (Azure Storage REST, "Authorize with Shared Key"): standard headers in a fixed
 * order, then the `x-ms-` headers and the query sorted by name.
 */
export function sharedKey(account: Account, request: Signable): string {
  return `SharedKey ${account.name}:${hmac(account.key, stringToSign(account.name, request))}`
}

const STANDARD = [
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
]

function stringToSign(account: string, { method, path, query, headers, bytes }: Signable): string {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(byName)
    .map(([name, value]) => `${name}:${value.trim()}`)
  const parameters = Object.entries(query)
    .sort(byName)
    .map(([name, value]) => `${name}:${value}`)
  return [
    method,
    headers['content-encoding'] ?? '',
    headers['content-language'] ?? '',
    // Zero is written as nothing since version 2015-02-21.
    bytes === 0 ? '' : String(bytes),
    ...STANDARD.map((name) => headers[name] ?? ''),
    ...own,
    `/${account}${path}`,
    ...parameters,
  ].join('\n')
}

/**
 * The query of a URL that works for one blob until `until` ("Create a service SAS", the sixteen lines of version
 * 2020-12-06 and later).
 */
export function blobSignature(
  account: Account,
  blob: { readonly container: string; readonly key: string },
  permissions: 'r' | 'cw',
  until: Date,
): Record<string, string> {
  const expiry = until.toISOString().replace(/\.\d+Z$/, 'Z')
  const lines = new Array<string>(16).fill('')
  lines[0] = permissions
  lines[2] = expiry
  lines[3] = `/blob/${account.name}/${blob.container}/${blob.key}`
  lines[7] = VERSION
  lines[8] = 'b'
  return { sv: VERSION, sr: 'b', sp: permissions, se: expiry, sig: hmac(account.key, lines.join('\n')) }
}

function hmac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64')
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

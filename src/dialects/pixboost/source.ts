import type { Connection } from '../../catalog/model.ts'
import { isFault } from '../../faults.ts'
import type { SourceRef } from '../../plan/plan.ts'
import { hostAllowed } from '../../storage/web/hosts.ts'
import { absoluteUrl } from '../../storage/web/url.ts'

/** What the account behind a request may read. */
export type Account = {
  readonly connections: readonly Connection[]
  /** Undefined: any host (engine form). */
  readonly allowedHosts: readonly string[] | undefined
}

/** What the text before the operation means (pixboost §2, table "Resolving"). */
export type Resolved =
  | {
      readonly kind: 'source'
      readonly ref: SourceRef
      readonly alternatives: readonly SourceRef[]
      readonly web: boolean
    }
  /** Nothing written, or an alias alone. */
  | { readonly kind: 'empty' }
  /** Neither URL, nor alias of this account, nor host. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'host-refused' }
  /** A scheme that is not http or https, or a URL that is none. */
  | { readonly kind: 'bad-url' }
  /** A `.` or `..` segment behind an alias. */
  | { readonly kind: 'dot-segment' }

/**
 * Resolves a decoded source, first match wins: absolute URL, protocol-relative, alias of the account, host without scheme.
 * `scheme` completes a protocol-relative URL. `alternatives` are what the same text means under the other scheme when it names
 * none: a purge drops both.
 */
export function resolveSource(text: string, account: Account, scheme: 'http' | 'https'): Resolved {
  if (text === '') return { kind: 'empty' }
  if (/^https?:\/\//i.test(text)) return webSource(text, [], account)
  if (text.startsWith('//')) return webSource(`${scheme}:${text}`, [`${other(scheme)}:${text}`], account)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'bad-url' }

  const slash = text.indexOf('/')
  const first = slash === -1 ? text : text.slice(0, slash)
  const connection = account.connections.find(({ alias, read }) => read && alias === first)
  if (connection !== undefined) return aliasSource(connection, slash === -1 ? '' : text.slice(slash + 1))
  if (!first.includes('.')) return { kind: 'unknown' }
  const host = webSource(`http://${text}`, [`https://${text}`], account)
  // What only looked like a host is anything else.
  return host.kind === 'bad-url' ? { kind: 'unknown' } : host
}

/** The scheme decides between two sources only where the text leaves it open. */
function other(scheme: 'http' | 'https'): 'http' | 'https' {
  return scheme === 'http' ? 'https' : 'http'
}

function webSource(text: string, others: readonly string[], { allowedHosts }: Account): Resolved {
  const url = parseUrl(text)
  if (url === undefined) return { kind: 'bad-url' }
  if (allowedHosts !== undefined && !hostAllowed(url, allowedHosts)) return { kind: 'host-refused' }
  const bound = allowedHosts === undefined ? {} : { hosts: allowedHosts }
  const alternatives = others.flatMap((each): SourceRef[] => {
    const parsed = parseUrl(each)
    return parsed === undefined ? [] : [{ kind: 'url', url: parsed.href, ...bound }]
  })
  return { kind: 'source', ref: { kind: 'url', url: url.href, ...bound }, alternatives, web: true }
}

function aliasSource(connection: Connection, rest: string): Resolved {
  const web = connection.provider === 'web'
  // On a web server `?` begins a query and `#` a fragment, in a bucket both are characters of the key (pixboost §12).
  const path = web ? (rest.split(/[?#]/, 1)[0] ?? '') : rest
  if (path === '') return { kind: 'empty' }
  if (hasDotSegment(path, web)) return { kind: 'dot-segment' }
  const ref: SourceRef = { kind: 'object', connection: connection.alias, key: rest }
  return { kind: 'source', ref, alternatives: [], web }
}

/** On the web a backslash is a slash and an escaped dot is a dot to whoever reads the URL next. */
function hasDotSegment(path: string, web: boolean): boolean {
  const read = web ? path.replace(/%2e/gi, '.').replace(/%2f|%5c|\\/gi, '/') : path
  return read.split('/').some((segment) => segment === '.' || segment === '..')
}

function parseUrl(text: string): URL | undefined {
  try {
    // A decoded `#…` is dropped before fetching (pixboost §2.3).
    return absoluteUrl(text.split('#', 1)[0] ?? '')
  } catch (error) {
    if (isFault(error, 'key-invalid')) return undefined
    throw error
  }
}

/** What a source is, told from its text (filestack §4.1). */
import { malformed, readValue, type Scan, type Value } from './scan.ts'

export type Source = One | { readonly kind: 'list'; readonly sources: readonly One[] }
export type One =
  | { readonly kind: 'handle'; readonly handle: string; readonly extension?: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'alias'; readonly alias: string; readonly path: string }

/** Wrappings of a source: quotes, brackets, base64. */
const DEEPEST = 3

/** Reads plain text, with no escapes left but a URL's own. Throws Fault bad-parameter. */
export function sourceOfText(text: string, depth = 0): Source {
  if (depth > DEEPEST) throw malformed('the source is wrapped too often')
  const scheme = /^(https?|src|b64):\/+/i.exec(text)
  if (scheme === null) return sourceWithoutScheme(text, depth)
  const [opening, name = ''] = scheme
  const rest = text.slice(opening.length)
  switch (name.toLowerCase()) {
    case 'src':
      return aliasOf(rest)
    case 'b64':
      return sourceOfText(Buffer.from(rest, 'base64').toString(), depth + 1)
    default:
      return urlOf(`${name.toLowerCase()}://${rest}`)
  }
}

/** Items of a list, and what a list item or an option names. */
export function sourceOfValue(value: Value, depth = 0): Source {
  if (typeof value === 'string') return sourceOfText(value, depth)
  const sources = value.flatMap((item): readonly One[] => {
    const source = sourceOfValue(item, depth)
    return source.kind === 'list' ? source.sources : [source]
  })
  if (sources.length === 0) throw malformed('the list of sources is empty')
  return { kind: 'list', sources }
}

function sourceWithoutScheme(text: string, depth: number): Source {
  if (text.startsWith('[')) {
    const scan: Scan = { text, encoded: false, at: 0 }
    const value = readValue(scan, 1)
    if (scan.at !== text.length) throw malformed('something follows the list of sources')
    return sourceOfValue(value, depth + 1)
  }
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return sourceOfText(text.slice(1, -1), depth + 1)
  const plus = text.indexOf('+')
  return plus === -1
    ? { kind: 'handle', handle: text }
    : { kind: 'handle', handle: text.slice(0, plus), extension: text.slice(plus + 1) }
}

function aliasOf(rest: string): Source {
  const slash = rest.indexOf('/')
  const path = slash === -1 ? '' : rest.slice(slash + 1)
  if (slash < 1 || path === '') throw malformed('a source of a storage alias is src://alias/path')
  return { kind: 'alias', alias: rest.slice(0, slash), path }
}

function urlOf(url: string): Source {
  if (URL.parse(url) === null) throw malformed('the URL of the source cannot be read')
  return { kind: 'url', url }
}

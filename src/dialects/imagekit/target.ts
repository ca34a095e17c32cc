/** The delivery URL after its URL-endpoint (imagekit §2): raw text ⇄ what it names. */
import { Fault } from '../../faults.ts'

export type Target = {
  /** The asset, decoded, without leading slash; an absolute URL for a web proxy. */
  readonly asset: string
  /** Path chain first, then query chain (§2.1 rule 5); empty when nothing was asked. */
  readonly chain: string
  /** The asset is a document and its page is wanted as a picture (`/ik-thumbnail.jpg`). */
  readonly thumbnail: boolean
  /** Download under this name instead of showing. */
  readonly attachment?: string
  /** Query pairs that are none of ImageKit's own, raw: a web origin may need them (§1.3). */
  readonly originQuery: string
}

const SEO = 'ik-seo'
const THUMBNAIL = 'ik-thumbnail.jpg'
const OWN = /^(?:tr|ik-[^=]*)(?:=|$)/

/**
 * Reads the raw rest of a target: path and query behind the endpoint's slash.
 * @throws Fault bad-parameter for malformed escapes, an empty `tr:`, and a path that names nothing
 */
export function parseTarget(rest: string): Target {
  const mark = rest.indexOf('?')
  const query = new Map<string, string>()
  const foreign: string[] = []
  for (const pair of mark === -1 ? [] : rest.slice(mark + 1).split('&')) {
    if (!OWN.test(pair)) {
      if (pair !== '') foreign.push(pair)
      continue
    }
    const equals = pair.indexOf('=')
    const name = equals === -1 ? pair : pair.slice(0, equals)
    query.set(name, equals === -1 ? '' : decode(pair.slice(equals + 1).replaceAll('+', ' ')))
  }
  const { segments, chain } = splitPath(mark === -1 ? rest : rest.slice(0, mark))
  const named = nameAsset(segments)
  const chains = [chain, query.get('tr')].filter((text) => text !== undefined && text !== '')
  const attachment = attachmentName(query, named.asset)
  return {
    ...named,
    chain: chains.join(':'),
    ...(attachment === undefined ? {} : { attachment }),
    originQuery: foreign.join('&'),
  }
}

/** Writes a target as `parseTarget` reads it; the chain goes into the path. */
export function printTarget(target: Target): string {
  const segments = target.asset.split('/').map(encodeURIComponent)
  const path = [
    ...(target.chain === '' ? [] : [`tr:${encodeURIComponent(target.chain)}`]),
    ...(isAbsolute(target.asset) ? [encodeURIComponent(target.asset)] : segments),
    ...(target.thumbnail ? [THUMBNAIL] : []),
  ].join('/')
  const pairs = [
    ...(target.attachment === undefined
      ? []
      : ['ik-attachment=true', `ik-attachment-filename=${encodeURIComponent(stemOf(target.attachment))}`]),
    ...(target.originQuery === '' ? [] : [target.originQuery]),
  ]
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** Whether an asset path is an absolute web URL. */
export function isAbsolute(asset: string): boolean {
  return /^https?:\/\//i.test(asset)
}

/** Splits first and decodes after, so that an encoded slash stays inside its segment (§2.1 rule 1). */
function splitPath(path: string): { segments: readonly string[]; chain: string | undefined } {
  const segments: string[] = []
  let chain: string | undefined
  for (const raw of path.split('/')) {
    const segment = decode(raw)
    if (chain === undefined && segment.startsWith('tr:') && !isProxied(segments)) {
      chain = segment.slice(3)
      if (chain === '')
        throw new Fault('bad-parameter', "'tr:' has no transformation", { context: { parameter: 'tr' } })
    } else if (segment !== '' || isProxied(segments)) {
      segments.push(segment)
    }
  }
  return { segments, chain }
}

/** From here on the segments belong to a foreign URL: its own double slashes stay. */
function isProxied(segments: readonly string[]): boolean {
  return /^https?:/i.test(segments[0] ?? '')
}

function nameAsset(segments: readonly string[]): Pick<Target, 'asset' | 'thumbnail'> {
  if (isProxied(segments)) return { asset: proxiedUrl(segments), thumbnail: false }
  const thumbnail = segments.length > 1 && segments.at(-1) === THUMBNAIL
  const kept = thumbnail ? segments.slice(0, -1) : segments
  const asset = (kept[0] === SEO ? undoSeo(kept.slice(1)) : kept).join('/')
  if (asset === '') throw new Fault('not-found', 'the path names no file')
  return { asset, thumbnail }
}

/** `https:/host/a.jpg`, `https://host/a.jpg` and the encoded form name the same: proxies like to collapse slashes. */
function proxiedUrl(segments: readonly string[]): string {
  return segments.join('/').replace(/^(https?):\/+/i, (_, scheme: string) => `${scheme.toLowerCase()}://`)
}

/** `path/old/new-name.jpg` means `path/old.jpg`. */
function undoSeo(segments: readonly string[]): readonly string[] {
  const name = segments.at(-1) ?? ''
  const stem = segments.at(-2)
  const dot = name.lastIndexOf('.')
  if (stem === undefined || dot === -1)
    throw new Fault('not-found', 'an ik-seo path needs the file and a name with extension')
  return [...segments.slice(0, -2), stem + name.slice(dot)]
}

function attachmentName(query: ReadonlyMap<string, string>, asset: string): string | undefined {
  if (query.get('ik-attachment') !== 'true') return undefined
  const own = asset.slice(asset.lastIndexOf('/') + 1)
  const stem = query.get('ik-attachment-filename') ?? ''
  if (stem === '') return own
  const dot = own.lastIndexOf('.')
  return dot === -1 ? stem : stem + own.slice(dot)
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot === -1 ? name : name.slice(0, dot)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Fault('bad-parameter', 'the URL has a malformed percent escape', { context: { parameter: 'url' } })
  }
}

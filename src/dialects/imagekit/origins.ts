/** URL-endpoints and origins: which endpoint a URL belongs to, and where its assets may lie (imagekit §1.3, §1.4). */
import type { Connection, Project } from '../../catalog/model.ts'
import type { Ask, SourceRef } from '../../plan/plan.ts'
import { isAbsolute } from './target.ts'

export type Endpoint = {
  /** A path segment, or empty for the default endpoint. */
  readonly prefix: string
  /** In the order in which they are asked. */
  readonly origins: readonly Connection[]
}

/** Web servers are told who asks (imagekit §1.3). */
const ASK: Ask = { accept: '*/*', encoding: 'identity', from: 'imagekit' }

/**
 * The endpoints of a project, those with a prefix first. One that declares none has the default endpoint with all readable
 * connections in order; the media library is always asked first.
 */
export function endpointsOf({ connections, settings }: Project): readonly Endpoint[] {
  const readable = connections.filter(({ read }) => read)
  const { endpoints, mediaLibrary } = settings.imagekit
  const library = readable.filter(({ alias }) => alias === mediaLibrary)
  const withLibrary = (origins: readonly Connection[]) => [
    ...library,
    ...origins.filter((origin) => !library.includes(origin)),
  ]
  if (endpoints.length === 0) return [{ prefix: '', origins: withLibrary(readable) }]
  return endpoints
    .map(({ prefix, origins }) => ({
      prefix,
      origins: withLibrary(origins.flatMap((alias) => readable.filter((one) => one.alias === alias))),
    }))
    .sort((a, b) => b.prefix.length - a.prefix.length)
}

/**
 * The endpoint of `rest`, the raw target behind the project and its slash, and what is left behind the endpoint's prefix.
 * The longest prefix wins.
 */
export function matchEndpoint(
  rest: string,
  endpoints: readonly Endpoint[],
): { readonly endpoint: Endpoint; readonly rest: string } | undefined {
  for (const endpoint of endpoints) {
    const behind = withoutPrefix(rest, endpoint.prefix)
    if (behind !== undefined) return { endpoint, rest: behind }
  }
  return undefined
}

/** `rest` without the prefix and its slash; undefined when it does not begin with it. */
export function withoutPrefix(rest: string, prefix: string): string | undefined {
  if (prefix === '') return rest
  if (!rest.startsWith(prefix)) return undefined
  const behind = rest.slice(prefix.length)
  return behind.startsWith('/') ? behind.slice(1) : behind === '' || behind.startsWith('?') ? behind : undefined
}

/**
 * Where an asset may lie, in order: with every origin of the endpoint, or, for an absolute URL, on the web, where only the
 * hosts that the project's keys allow are read. `query`: what a web server gets to see of the request's own.
 */
export function candidatesOf(
  asset: string,
  query: string,
  endpoint: Endpoint,
  allowedHosts: readonly string[],
): readonly SourceRef[] {
  if (!isAbsolute(asset)) return endpoint.origins.map((origin) => sourceIn(origin, asset, query))
  if (allowedHosts.length === 0) return []
  return [{ kind: 'url', url: withQuery(asset, query), hosts: allowedHosts, ask: ASK }]
}

/** An asset in one origin. */
function sourceIn(origin: Connection, asset: string, query: string): SourceRef {
  const { alias: connection, provider, encodeKeys } = origin
  if (provider === 'web') {
    return { kind: 'object', connection, key: withQuery(encodePath(asset), query), ask: ASK }
  }
  return { kind: 'object', connection, key: encodeKeys ? encodeKey(asset) : asset }
}

/** `Link` value that names the public original, for origins that wish it (imagekit §1.3). */
export function canonicalLink({ canonicalBaseUrl }: Connection, asset: string): string | undefined {
  return canonicalBaseUrl === undefined ? undefined : `<${canonicalBaseUrl}/${encodePath(asset)}>; rel="canonical"`
}

function withQuery(path: string, query: string): string {
  if (query === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}

/** What may stand plainly in a path stays, as the caller most likely wrote it. */
function encodePath(path: string): string {
  return encodeURIComponent(path.toWellFormed()).replace(/%(2F|3A|40|24|26|2B|2C|3B|3D)/g, (octet) =>
    decodeURIComponent(octet),
  )
}

/** Every segment with nothing but the unreserved characters of RFC 3986 left plain: the key of an object named so. */
function encodeKey(key: string): string {
  return encodeURIComponent(key.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
}

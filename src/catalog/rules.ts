/**
 * What names, keys and connections must look like, wherever they come from: the file, the command line or an API.
 * Pure; the configuration reads the same rules, so that a declared object is judged like one made by hand.
 */
import type { DialectName, ImageSettings, PixboostSettings } from './model.ts'

/** Aliases stand as first path segment; without a dot they cannot be taken for a host (pixboost §12). */
export const ALIAS = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** Project ids stand in paths (`/ik/{projectId}`), so they follow the same rule. */
export const PROJECT_ID = new RegExp(ALIAS)
/** Generated keys end in `_` or `__` (pixboost §3); keys moved here from a hosted service may hold `=`, `.` and `+`. */
export const PUBLIC_KEY = /^[A-Za-z0-9_][A-Za-z0-9_.~=+-]{0,127}$/
/** Printable ASCII without blanks: a secret travels in headers, forms and query strings. */
export const SECRET = /^[!-~]{8,256}$/
/** AWS region ids and whatever S3-compatible stores call theirs (pixboost §12). */
export const REGION = /^[a-z0-9-]{1,64}$/
/** Bucket naming of AWS (pixboost §12). */
export const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Container naming of Azure Blob storage. */
export const CONTAINER = /^(\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62})$/
/** Account naming of Azure storage. */
export const ACCOUNT = /^[a-z0-9]{3,24}$/
/** A host with an optional port; a leading dot means every sub-domain (pixboost §3). */
export const ALLOWED_HOST =
  /^(\.?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/

/** Words that may not be an alias: `warmup` is a route of its own (pixboost §12). */
const RESERVED_ALIASES: readonly string[] = ['warmup']

/** First path segments that belong to a mount; a public key in their place could never be reached. */
const RESERVED_SEGMENTS: readonly string[] = [
  '1.0',
  'api',
  'console',
  'dialog',
  'health',
  'healthz',
  'ik',
  'img',
  'metrics',
  'multipart',
  'picker',
  'prefetch',
  'process',
  'readyz',
  'results',
  'user_status',
  'v1',
]

/** Every dialect there is. */
export const DIALECTS = ['pixboost', 'imagekit', 'kraken', 'compressor', 'filestack'] as const satisfies DialectName[]

/** Settings of a project that says nothing about Pixboost: 30 days of caching (pixboost §10). */
export const PIXBOOST_DEFAULTS: PixboostSettings = {
  cacheSeconds: 2_592_000,
  upstreamErrors: 'mapped',
  saveData: true,
  engineRoutes: false,
}

/** Image settings of a project that says nothing about ImageKit (imagekit §1.2). */
export const IMAGE_DEFAULTS: ImageSettings = {
  autoFormat: true,
  autoAvif: false,
  quality: 80,
  keepMetadata: 'none',
  autoOrient: true,
  chroma420: false,
  png: 'maximum',
  dataSaver: false,
  maxWidth: 0,
  maxHeight: 0,
  restrictUnsigned: false,
  restrictUnnamed: false,
  unknownParameters: 'refuse',
}

/** Whether `alias` may name a connection. */
export function isAlias(alias: string): boolean {
  return ALIAS.test(alias) && !RESERVED_ALIASES.includes(alias)
}

/** Whether `publicKey` may be the public half of a key pair. */
export function isPublicKey(publicKey: string): boolean {
  return PUBLIC_KEY.test(publicKey) && !RESERVED_SEGMENTS.includes(publicKey)
}

/** Whether `bucket` is a bucket name by the naming rules of AWS. */
export function isBucket(bucket: string): boolean {
  return BUCKET.test(bucket) && !bucket.includes('..') && !/^[0-9.]+$/.test(bucket)
}

/** Whether `host` may stand in a key's list of allowed hosts. */
export function isAllowedHost(host: string): boolean {
  const port = /:([0-9]+)$/.exec(host)?.[1]
  return host.length <= 261 && ALLOWED_HOST.test(host) && (port === undefined || Number(port) <= 65_535)
}

/** Whether `text` is an absolute http(s) URL without user, query and fragment, so that a path can be put behind it. */
export function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const web = url.protocol === 'http:' || url.protocol === 'https:'
  // A bare `?` or `#` leaves `search` and `hash` empty, so the text itself is looked at.
  return web && url.username === '' && url.password === '' && !/[?#\s]/.test(text)
}

/** Whether a folder inside a bucket can be joined with keys: no `.` or `..` segments, no NUL, at most 1,024 bytes. */
export function isPrefix(prefix: string): boolean {
  const segments = prefix.split('/')
  return (
    !prefix.includes('\0') && !segments.includes('.') && !segments.includes('..') && Buffer.byteLength(prefix) <= 1024
  )
}

/** `/a/b/` → `a/b`; `/` means the root and becomes the empty string. */
export function trimPrefix(prefix: string): string {
  return prefix.replace(/^\/+/, '').replace(/\/+$/, '')
}

/** Removes the slashes at the end of a URL that gets a path behind it. */
export function trimUrl(url: string): string {
  return url.replace(/\/+$/, '')
}

/** The 32 bytes of a master key written in Base64 (plain or URL alphabet) or as 64 hex digits; undefined for anything else. */
export function parseMasterKey(text: string): Buffer | undefined {
  if (/^[0-9A-Fa-f]{64}$/.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 ? bytes : undefined
}

import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '../../faults.ts'
import type { Agents } from '../agents.ts'
import { checkSize, watchedBody } from '../body.ts'
import type {
  Capabilities,
  GetOptions,
  ObjectAnswer,
  ObjectHead,
  ObjectKey,
  ObjectStore,
  StoreConfig,
} from '../object-store.ts'
import { requestHeaders } from './headers.ts'
import { type Answer, drop, type Reach, request, webFault } from './request.ts'
import { keyUrl } from './url.ts'

export type WebConfig = Extract<StoreConfig, { provider: 'web' }>

const CAPABILITIES: Capabilities = {
  write: false,
  acl: false,
  tags: false,
  storageClass: false,
  metadata: false,
  presign: false,
}

/**
 * Pictures of web servers, read only. With `baseUrl` keys stand below it, without one a key is an absolute URL. Bodies
 * are handed through undecoded; `decodeBody` undoes `head.contentEncoding`. Throws Fault store-misconfigured for a base
 * that is no http(s) URL or has a query.
 */
export function createWebStore(config: WebConfig, agents: Agents): ObjectStore {
  const home = config.baseUrl === undefined ? undefined : checkBase(config.baseUrl)
  const reach: Reach = { agents, home, guarded: config.guarded, hosts: config.hosts }

  const ask = (method: 'GET' | 'HEAD', object: ObjectKey, options: GetOptions, own: Record<string, string>) =>
    request(reach, {
      method,
      url: keyUrl(keyOf(object), config.baseUrl),
      headers: requestHeaders(config.headers, options.headers),
      own,
      signal: options.signal,
    })

  return {
    capabilities: CAPABILITIES,

    async head(object, options = {}) {
      let answer = await ask('HEAD', object, options, {})
      // Not every server knows HEAD.
      if (answer.status === 405 || answer.status === 501) answer = await ask('GET', object, options, {})
      drop(answer)
      checkStatus(answer, 200)
      return headOf(answer.headers, lengthOf(answer.headers))
    },

    async get(object, options = {}) {
      const { range, ifNoneMatch } = options
      const own: Record<string, string> = {}
      if (range !== undefined) own.range = `bytes=${range.start}-${range.end ?? ''}`
      if (ifNoneMatch !== undefined) Object.assign(own, condition(ifNoneMatch))
      const answer = await ask('GET', object, options, own)
      try {
        const result = read(answer, options)
        if (result.kind === 'unchanged') drop(answer)
        return result
      } catch (error) {
        drop(answer)
        throw error
      }
    },

    put: () => refuse('read-only'),
    delete: () => refuse('read-only'),
    list: () => refuse('unsupported'),
    presign: () => refuse('unsupported'),
    // The connections belong to the shared pool.
    close: async () => undefined,
  }
}

function read(answer: Answer, { range, ifNoneMatch, maxBytes, signal }: GetOptions): ObjectAnswer {
  const { status, headers, body } = answer
  if (status === 304 && ifNoneMatch !== undefined) return { kind: 'unchanged' }
  if (range === undefined || status !== 206) checkStatus(answer, 200)
  const length = lengthOf(headers)
  const part = status === 206 ? contentRange(headers, range?.start) : undefined
  const head = headOf(headers, status === 206 ? part?.total : length)
  if (ifNoneMatch !== undefined && head.version === ifNoneMatch) return { kind: 'unchanged' }
  const watch = (source: AsyncIterable<Uint8Array>, size: number | undefined) => {
    checkSize(size, maxBytes)
    return watchedBody(source, { size, maxBytes, signal, translate: webFault, release: () => body.destroy() })
  }
  if (range === undefined || status === 206) return { kind: 'object', head, body: watch(body, length) }

  // The server knows no ranges and sent everything.
  if (length !== undefined && range.start >= length) throw unsatisfiable()
  const last = Math.min(range.end ?? Number.MAX_SAFE_INTEGER, (length ?? Number.MAX_SAFE_INTEGER) - 1)
  const size = length === undefined ? undefined : last - range.start + 1
  return { kind: 'object', head, body: watch(slice(body, range.start, last), size) }
}

/** The bytes `start` to `last`, both included. */
async function* slice(source: AsyncIterable<Uint8Array>, start: number, last: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of source) {
    const from = Math.max(0, start - at)
    const to = Math.min(chunk.byteLength, last - at + 1)
    if (from < to) yield chunk.subarray(from, to)
    at += chunk.byteLength
    if (at > last) return
  }
}

/** Throws for every status but `wanted` (and the other plain success, 203). */
function checkStatus({ status }: Answer, wanted: number): void {
  if (status === wanted || status === 203) return
  const context = { status }
  if (status === 404 || status === 410) throw new Fault('object-missing', undefined, { context })
  if (status === 401 || status === 403) throw new Fault('access-denied', undefined, { context })
  if (status === 416) throw unsatisfiable()
  if (status === 408 || status === 504) throw new Fault('source-timeout', undefined, { context })
  throw new Fault('source-refused', undefined, { context })
}

function headOf(headers: IncomingHttpHeaders, size: number | undefined): ObjectHead {
  const etag = headers.etag === '' ? undefined : headers.etag
  const modified = headers['last-modified'] === undefined ? Number.NaN : Date.parse(headers['last-modified'])
  const lastModified = Number.isNaN(modified) ? undefined : new Date(modified)
  const encoding = headers['content-encoding']?.trim()
  return {
    version: etag ?? (lastModified === undefined ? undefined : `${MODIFIED}${modified}:${size ?? ''}`),
    etag,
    size,
    lastModified,
    contentType: headers['content-type'],
    contentEncoding: encoding === '' || encoding?.toLowerCase() === 'identity' ? undefined : encoding,
    metadata: flat(headers),
  }
}

/** Begins a version that stands for last-modified and size, where a server gives no ETag. */
const MODIFIED = 'modified:'

function condition(version: string): Record<string, string> {
  if (!version.startsWith(MODIFIED)) return { 'if-none-match': version }
  const time = new Date(Number.parseInt(version.slice(MODIFIED.length), 10))
  return Number.isNaN(time.getTime()) ? {} : { 'if-modified-since': time.toUTCString() }
}

/** Response headers by name; cookies are nobody's business. */
function flat(headers: IncomingHttpHeaders): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'set-cookie') metadata[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return metadata
}

function lengthOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['content-length']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function contentRange(headers: IncomingHttpHeaders, start: number | undefined): { total: number | undefined } {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (first === undefined || Number(first) !== start) {
    throw new Fault('source-refused', 'the server sent another range', { context: { status: 206 } })
  }
  return { total: total === '*' ? undefined : Number(total) }
}

function unsatisfiable(): Fault {
  return new Fault('bad-parameter', 'the range lies beyond the end', { context: { reason: 'range', status: 416 } })
}

function keyOf({ key, bucket }: ObjectKey): string {
  if (bucket !== undefined) throw new Fault('unsupported', 'a web server has no buckets')
  return key
}

function checkBase(baseUrl: string): URL {
  const url = URL.parse(baseUrl)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Fault('store-misconfigured', 'the base is no http or https URL without query')
  }
  return url
}

async function refuse(code: 'read-only' | 'unsupported'): Promise<never> {
  throw new Fault(code, code === 'read-only' ? 'a web server is not written to' : 'a web server cannot do this')
}

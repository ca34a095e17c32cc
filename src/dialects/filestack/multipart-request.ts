/** Requests of the multipart upload protocol: JSON, or forms with flat fields (filestack §5). */
import { readBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { readForm } from '../../http/multipart.ts'
import { invalid } from './multipart-faults.ts'

/** A request as its sender meant it. Numbers and flags may be texts; what is empty counts as absent. */
export type UploadRequest = {
  /** Fault with status 400 for anything but a text. */
  text(name: string): string | undefined
  /** A whole number; Fault with status 400 for anything else. */
  count(name: string): number | undefined
  flag(name: string): boolean
  /** A member of `store`; Fault with status 400 for anything but a text. */
  store(name: StoreField): string | undefined
  /** What the sender says that the file is made of. Fault with status 400 for what is no such list. */
  parts(): readonly ListedPart[] | undefined
  /** Anything, as it came. */
  raw(name: string): unknown
}

export type StoreField = 'location' | 'path' | 'container' | 'region' | 'access'
export type ListedPart = { readonly part: number; readonly etag: string }

/** A list of 10,000 parts fits. */
const BYTES = 4 * 1024 * 1024
const LIMITS = { bytes: BYTES, milliseconds: 30_000 }
const STORE_PREFIX = 'store_'

/** Reads the body. Faults: status 400 for what is neither, too-large, timed-out. */
export async function readRequest(exchange: Exchange): Promise<UploadRequest> {
  const type = exchange.req.headers['content-type'] ?? ''
  if (/^\s*multipart\/form-data\b/i.test(type)) {
    // The file that some senders add is empty.
    const { fields } = await readForm(exchange, { ...LIMITS, fieldBytes: BYTES }, () => undefined)
    return requestOf(ofForm(fields.map(({ name, text }) => [name ?? '', text] as const)))
  }
  const text = (await readBody(exchange, LIMITS)).toString('utf8')
  if (/^\s*application\/x-www-form-urlencoded\b/i.test(type)) return requestOf(ofForm(new URLSearchParams(text)))
  return requestOf(ofJson(text))
}

type Members = Readonly<Record<string, unknown>>

function requestOf(members: Members): UploadRequest {
  const { store } = members
  if (store !== undefined && store !== null && !isObject(store)) throw invalid('store')
  const stored = isObject(store) ? store : {}
  return {
    text: (name) => textOf(own(members, name), name),
    count: (name) => countOf(own(members, name), name),
    flag: (name) => ['true', '1'].includes(String(own(members, name)).toLowerCase()),
    store: (name) => textOf(own(stored, name), `store:${name}`),
    parts: () => partsOf(own(members, 'parts')),
    raw: (name) => own(members, name),
  }
}

function ofJson(text: string): Members {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    if (isObject(value)) {
      // They are told again in the end: what is nested too deep can be read, but not written.
      JSON.stringify(value.upload_tags)
      return value
    }
  } catch {
    // Told below.
  }
  throw invalid('body')
}

function ofForm(fields: Iterable<readonly [name: string, text: string]>): Members {
  const members: Record<string, unknown> = {}
  const store: Record<string, unknown> = {}
  for (const [name, text] of fields) {
    if (name.startsWith(STORE_PREFIX)) store[name.slice(STORE_PREFIX.length)] ??= text
    else if (name !== 'store') members[name] ??= text
  }
  return { ...members, store }
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value.length > BYTES) throw invalid(name)
  return value
}

function countOf(value: unknown, name: string): number | undefined {
  const text = textOf(value, name)
  if (text === undefined) return undefined
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(count)) throw invalid(name)
  return count
}

/** A list, or `1:etag;2:etag`. */
function partsOf(value: unknown): readonly ListedPart[] | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') {
    const entries = value.split(';').filter((entry) => entry.trim() !== '')
    return entries.map((entry) => {
      const colon = entry.indexOf(':')
      return partOf(entry.slice(0, Math.max(0, colon)).trim(), entry.slice(colon + 1).trim())
    })
  }
  if (!Array.isArray(value)) throw invalid('parts')
  return value.map((entry: unknown) => {
    if (!isObject(entry)) throw invalid('parts')
    return partOf(own(entry, 'part_number'), own(entry, 'etag'))
  })
}

function partOf(number: unknown, etag: unknown): ListedPart {
  const part = countOf(number, 'parts')
  if (part === undefined || typeof etag !== 'string' || etag === '') throw invalid('parts')
  return { part, etag }
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

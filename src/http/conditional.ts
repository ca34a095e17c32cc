import type { IncomingHttpHeaders } from 'node:http'

/** What a representation can be recognised by. */
export type Validators = { readonly etag?: string | undefined; readonly lastModified?: Date | undefined }

/**
 * Evaluates the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2: If-Match, else If-Unmodified-Since; then
 * If-None-Match, else If-Modified-Since. Dates that cannot be read are ignored.
 */
export function precondition(
  headers: IncomingHttpHeaders,
  validators: Validators,
): 'proceed' | 'not-modified' | 'failed' {
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators.etag, 'strong')) return 'failed'
  } else {
    const limit = httpDate(headers['if-unmodified-since'])
    const changed = seconds(validators.lastModified)
    if (limit !== undefined && changed !== undefined && changed > limit) return 'failed'
  }
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, validators.etag, 'weak') ? 'not-modified' : 'proceed'
  const since = httpDate(headers['if-modified-since'])
  const changed = seconds(validators.lastModified)
  return since !== undefined && changed !== undefined && changed <= since ? 'not-modified' : 'proceed'
}

/** First and last byte, both inclusive. */
export type ByteRange = { readonly start: number; readonly end: number }

/**
 * What part of `size` bytes a GET asks for. Malformed ranges, other units, several ranges and a stale `If-Range` mean the
 * whole (RFC 9110 §14.2 lets a server ignore Range). If-Range compares strongly; a date must be equal.
 */
export function selectRange(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const range = headers.range
  if (range === undefined) return 'whole'
  const ifRange = headers['if-range']
  if (ifRange !== undefined && !rangeHolds(ifRange, validators)) return 'whole'
  const parts = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(range)
  if (parts === null) return 'whole'
  const [, first = '', last = ''] = parts
  if (first === '' && last === '') return 'whole'
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'whole'
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

const ENTITY_TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g

function matches(list: string, etag: string | undefined, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  if (etag === undefined) return false
  const weak = etag.startsWith('W/')
  if (comparison === 'strong' && weak) return false
  const opaque = weak ? etag.slice(2) : etag
  for (const [, mark, tag] of list.matchAll(ENTITY_TAG)) {
    if (tag === opaque && (comparison === 'weak' || mark === undefined)) return true
  }
  return false
}

function rangeHolds(ifRange: string | string[], validators: Validators): boolean {
  const value = String(ifRange).trim()
  if (value.startsWith('"')) return value === validators.etag
  if (value.startsWith('W/')) return false
  const date = httpDate(value)
  return date !== undefined && date === seconds(validators.lastModified)
}

/** Whole seconds since the epoch; headers know no smaller unit. */
function seconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1000)
}

function httpDate(value: string | undefined): number | undefined {
  if (value === undefined || !value.endsWith('GMT')) return undefined
  const parsed = Date.parse(value)
  return Number.isNaN(parsed) ? undefined : Math.floor(parsed / 1000)
}

import type { Exchange } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { Report, Result } from '../../optimizer/optimizer.ts'
import { mediaType } from '../../plan/media-type.ts'
import type { Refusal } from './faults.ts'
import type { Wish } from './parameters.ts'

/** An answer in its order: a list keeps what an object would not, since ids like `2` and `1` are sorted in objects. */
export type Fields = readonly (readonly [name: string, value: string | number | boolean | Fields])[]

/** One JSON object per answer (kraken §1). */
export function sendJson(exchange: Exchange, status: number, json: string, more: readonly string[] = []): void {
  sendText(exchange, status, ['Content-Type', 'application/json; charset=utf-8', ...SAFE, ...more], json)
}

const SAFE: readonly string[] = ['X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store']

export function sendRefusal(exchange: Exchange, { status, message, retryAfterSeconds }: Refusal): void {
  const later = retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]
  sendJson(exchange, status, jsonOf(failure(message)), later)
}

export function failure(message: string): Fields {
  return [
    ['success', false],
    ['message', message],
  ]
}

/** The fields as JSON text, in order. */
export function jsonOf(fields: Fields): string {
  const members = fields.map(([name, value]) => {
    const text = typeof value === 'object' ? jsonOf(value) : JSON.stringify(value)
    return `${JSON.stringify(name)}:${text}`
  })
  return `{${members.join(',')}}`
}

/** Flat fields as a form (kraken §7, callbacks). */
export function formOf(fields: Fields): string {
  const form = new URLSearchParams()
  for (const [name, value] of fields) if (typeof value !== 'object') form.append(name, String(value))
  return form.toString()
}

/** What became of a request, as the caller is told (kraken §4, §7). `urlOf`: where a result is. */
export function success(wish: Wish, report: Report, name: string, urlOf: (result: Result) => string): Fields {
  const entry = (result: Result): Fields => describe(report, result, name, urlOf(result))
  if (wish.results.kind === 'one') return [['success', true], ...entry(report.results[0])]
  return [
    ['success', true],
    ['results', report.results.map((result) => [result.id, entry(result)])],
  ]
}

function describe({ source }: Report, result: Result, name: string, url: string): Fields {
  const { at } = result
  return [
    ['file_name', name],
    ['original_size', source.bytes],
    ['kraked_size', result.bytes],
    ['saved_bytes', Math.max(0, source.bytes - result.bytes)],
    ['kraked_url', url],
    ['original_width', source.facts.width],
    ['original_height', source.facts.height],
    ['kraked_width', result.width],
    ['kraked_height', result.height],
    ['original_type', mediaType(source.format)],
    ['kraked_type', result.type],
    ...(at.kind === 'stored' && at.withoutAcl ? [WITHOUT_ACL] : []),
  ]
}

const WITHOUT_ACL = ['warning', 'The bucket takes no ACLs: the file is stored without the default one'] as const

/** URL of a temporary result: the id in four parts, then the name (kraken §7). */
export function resultUrl(base: string, id: string, name: string): string {
  const parts = [id.slice(0, 2), id.slice(2, 4), id.slice(4, 6), id.slice(6)]
  return `${base.replace(/\/+$/, '')}/api/${parts.join('/')}/${encodeURIComponent(name)}`
}

/** The id in the raw path of a temporary result below its base. */
export function resultId(path: string): string | undefined {
  const [, a, b, c, rest] =
    /^\/api\/([0-9a-f]{2})\/([0-9a-f]{2})\/([0-9a-f]{2})\/([0-9a-f]{26})\/[^/]+$/.exec(path) ?? []
  return a === undefined ? undefined : `${a}${b}${c}${rest}`
}

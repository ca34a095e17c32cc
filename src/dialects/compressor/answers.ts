import type { Exchange } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { Refusal } from './faults.ts'

/** A file as compressor §4.1 tells it. */
export type FileFacts = {
  readonly name: string
  readonly type: 'image'
  readonly format: string
  readonly mime: string
  readonly size: number
  readonly sha1: string
  readonly width: number
  readonly height: number
}

/** The answer of a finished request (compressor §4.1); it has no `success`. */
export type Answer = {
  readonly id: string
  readonly url: string
  readonly input: FileFacts
  readonly output: FileFacts
}

/** The answer of a failed one (compressor §7). */
export type Failure = { readonly success: false; readonly id: string; readonly code: number; readonly message: string }

export function failureOf(id: string, { status, message }: Refusal): Failure {
  return { success: false, id, code: status, message }
}

export function sendJson(exchange: Exchange, status: number, body: object, more: readonly string[] = []): void {
  sendText(exchange, status, [...JSON_HEADERS, ...more], JSON.stringify(body))
}

export function sendFailure(exchange: Exchange, id: string, refusal: Refusal, more: readonly string[] = []): void {
  const { status, retryAfterSeconds } = refusal
  sendJson(exchange, status, failureOf(id, refusal), [
    ...(status === 401 ? ['WWW-Authenticate', 'Basic realm="Compressor"'] : []),
    ...(retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]),
    ...more,
  ])
}

const JSON_HEADERS: readonly string[] = [
  'Content-Type',
  'application/json',
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
]

import { openCors } from '../../http/cors.ts'
import { disposition } from '../../http/disposition.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { Refusal } from './faults.ts'
import type { Hinted } from './senses.ts'

/** Open to every page (imagekit §10.1). */
export const CORS = openCors({
  methods: ['GET', 'HEAD', 'OPTIONS'],
  allow: ['Accept', 'Cache-Control', 'Content-Type', 'If-Modified-Since', 'If-None-Match', 'Range', 'Save-Data'],
  expose: ['Content-Length', 'Content-Range', 'Content-DPR', 'ik-error', 'x-request-id'],
})
const TIMING: readonly string[] = ['Timing-Allow-Origin', '*']

/** How long answers are kept: 180 days, checked afterwards (imagekit §10.1). */
const KEPT = 'public, s-maxage=15552000, max-age=15552000, must-revalidate'
/** Answers to signed URLs and private files must not outlive their permission in shared caches. */
const KEPT_PRIVATELY = 'private, no-cache'

export type Answering = {
  readonly negotiated: boolean
  readonly hinted: Hinted
  /** The account looks at Save-Data. */
  readonly saver: boolean
  readonly link?: string | undefined
  readonly attachment?: string | undefined
  /** The file itself is private. */
  readonly hidden: boolean
}

/** Headers that a 200 and its 304 share (imagekit §10.1). */
export function fileHeaders({ negotiated, hinted, saver, link, attachment, hidden }: Answering): readonly string[] {
  const vary = [
    ...(negotiated ? ['Accept'] : []),
    ...(hinted.dpr ? ['Sec-CH-DPR', 'DPR'] : []),
    ...(hinted.width ? ['Sec-CH-Width', 'Width'] : []),
    ...(saver ? ['Save-Data'] : []),
  ]
  return [
    'Cache-Control',
    hidden ? KEPT_PRIVATELY : KEPT,
    ...(vary.length > 0 ? ['Vary', vary.join(', ')] : []),
    ...(hinted.contentDpr === undefined ? [] : ['Content-DPR', hinted.contentDpr]),
    ...(link === undefined ? [] : ['Link', link]),
    ...(attachment === undefined ? [] : ['Content-Disposition', disposition('attachment', attachment)]),
    ...CORS,
    ...TIMING,
  ]
}

/** Short plain text that nobody may cache (imagekit §10.2). */
export function sendRefusal(exchange: Exchange, refusal: Refusal, more: readonly string[] = []): void {
  const { status, text, error, retryAfterSeconds } = refusal
  const headers = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Cache-Control',
    'no-cache,no-store',
    'X-Content-Type-Options',
    'nosniff',
    ...(error === undefined ? [] : ['ik-error', printable(error)]),
    ...(retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]),
    'x-request-id',
    exchange.id,
    ...CORS,
    ...TIMING,
    ...more,
  ]
  sendText(exchange, status, headers, text)
}

/** What a header can hold, whatever a URL held. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, 500)
}

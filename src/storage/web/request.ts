import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { Fault, isFault } from '../../faults.ts'
import { abortReason } from '../abort.ts'
import type { Agents } from '../agents.ts'
import { connectionFault } from '../transport-faults.ts'
import { headersForStrangers, userInfoHeader } from './headers.ts'
import { hostAllowed } from './hosts.ts'

/** Where requests of one store may go. */
export type Reach = {
  readonly agents: Agents
  /** Host and port that the operator named: needs no allow-list entry, and no guard when `guarded` is off. */
  readonly home: URL | undefined
  readonly guarded: boolean
  readonly hosts: readonly string[] | undefined
}

export type Ask = {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  /** Checked by `requestHeaders`. */
  readonly headers: Readonly<Record<string, string>>
  /** The store's own: range and condition, sent to every hop. */
  readonly own: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Dispatcher.ResponseData['body']
}

/** pixboost §11. */
const REDIRECTS = 10
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308])

/**
 * Sends a request and follows up to ten redirects by hand, so that each hop passes the allow-list and the guard. Headers
 * of the caller and user info end at the first hop of another origin. Throws Fault address-forbidden, source-unreachable,
 * source-timeout, source-refused (`context.reason` for redirects that lead nowhere); an abort throws its reason.
 */
export async function request(reach: Reach, ask: Ask): Promise<Answer> {
  let url = ask.url
  let headers: Record<string, string> = { ...ask.headers }
  const authorization = userInfoHeader(url)
  if (authorization !== undefined) headers.authorization = authorization

  for (let hop = 0; hop <= REDIRECTS; hop++) {
    checkAllowed(reach, url)
    const answer = await send(reach, url, ask, { ...headers, ...ask.own })
    const location = REDIRECT_STATUS.has(answer.status) ? answer.headers.location : undefined
    if (location === undefined) return answer
    drop(answer)
    const next = redirectTarget(location, url)
    if (next.origin !== url.origin) headers = headersForStrangers(headers)
    url = next
  }
  throw new Fault('source-refused', 'too many redirects', { context: { reason: 'too-many-redirects' } })
}

/** Lets an answer go that nobody reads: short bodies free their connection, long ones close it. */
export function drop({ body }: Answer): void {
  body.dump({ limit: 64 * 1024 }).catch(() => undefined)
}

function checkAllowed({ hosts, home }: Reach, url: URL): void {
  if (hosts === undefined || home?.host === url.host || hostAllowed(url, hosts)) return
  throw new Fault('address-forbidden', 'the host is not among the allowed ones', { context: { host: url.host } })
}

async function send(reach: Reach, url: URL, ask: Ask, headers: Record<string, string>): Promise<Answer> {
  // The operator's own host may be private; where it redirects to is somebody else's word.
  const trusted = !reach.guarded && (reach.home === undefined || reach.home.host === url.host)
  try {
    const {
      statusCode,
      headers: answered,
      body,
    } = await reach.agents.web(!trusted).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: ask.method,
      headers,
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    })
    // A body that breaks while nobody reads it must not end the process.
    body.on('error', () => undefined)
    return { status: statusCode, headers: answered, body }
  } catch (error) {
    throw abortReason(ask.signal) ?? webFault(error)
  }
}

/** The Fault for what undici threw. */
export function webFault(error: unknown): Fault {
  if (isFault(error)) return error
  return connectionFault(error) ?? new Fault('source-unreachable', undefined, { cause: error })
}

function redirectTarget(location: string | string[], from: URL): URL {
  const text = Array.isArray(location) ? (location[0] ?? '') : location
  // Node reads headers as latin-1; what servers put there beyond ASCII is UTF-8.
  const next = URL.parse(Buffer.from(text, 'latin1').toString(), from.href)
  if (next === null || (next.protocol !== 'http:' && next.protocol !== 'https:')) {
    throw new Fault('source-refused', 'the redirect leads to no http or https URL', {
      context: { reason: 'bad-redirect' },
    })
  }
  next.hash = ''
  next.username = ''
  next.password = ''
  return next
}

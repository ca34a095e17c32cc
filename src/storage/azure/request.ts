import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { Fault, isFault } from '../../faults.ts'
import { abortReason, throwIfAborted } from '../abort.ts'
import type { Agents } from '../agents.ts'
import { readAll } from '../body.ts'
import type { StoreConfig } from '../object-store.ts'
import { connectionFault } from '../transport-faults.ts'
import type { Refusal } from './faults.ts'
import { type Account, sharedKey, VERSION } from './sign.ts'

export type AzureConfig = Extract<StoreConfig, { provider: 'azure' }>

export type Ask = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  readonly container: string
  /** Absent for calls about the container. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Dispatcher.ResponseData['body']
}

/** Sends requests to one account. */
export type Wire = {
  readonly account: Account | undefined
  /** Absolute URL of a container or blob, without a query. */
  url(container: string, key?: string): string
  /**
   * The answer when it is a success or 304, else what the store said. Busy and broken answers are tried again up to four
   * times in all; every call here is repeatable. Throws Faults of the connection, and the reason of an abort.
   */
  send(ask: Ask): Promise<{ readonly answer: Answer } | { readonly refusal: Refusal }>
}

const ATTEMPTS = 4
const FIRST_DELAY = 200
const BUSY = new Set([408, 429, 500, 502, 503, 504])
/** An error's text is read this far, so that its connection can be used again. */
const ERROR_BYTES = 64 * 1024

/** Throws Fault store-misconfigured for credentials or an endpoint that cannot be meant. */
export function createWire(config: AzureConfig, agents: Agents): Wire {
  const { base, account } = placeOf(config)
  const shared = sasQuery(config.sasToken)
  if (account === undefined && shared === undefined) {
    throw new Fault('store-misconfigured', 'an Azure account needs its key or a shared access signature')
  }
  const dispatcher = agents.web(config.guarded)
  const url = (container: string, key?: string) =>
    `${base.origin}${base.path}/${container}${key === undefined ? '' : `/${escapeKey(key)}`}`

  const once = async ({ method, container, key, query = {}, headers = {}, body, signal }: Ask): Promise<Answer> => {
    const path = url(container, key).slice(base.origin.length)
    const sent: Record<string, string> = { ...headers, 'x-ms-date': new Date().toUTCString(), 'x-ms-version': VERSION }
    if (account !== undefined) {
      const signed = { method, path, query, headers: sent, bytes: body?.byteLength ?? 0 }
      sent.authorization = sharedKey(account, signed)
    }
    const search = new URLSearchParams({ ...query, ...(account === undefined ? shared : {}) }).toString()
    const answer = await dispatcher.request({
      origin: base.origin,
      path: search === '' ? path : `${path}?${search.replaceAll('+', '%20')}`,
      method,
      headers: sent,
      body: method === 'PUT' ? (body ?? new Uint8Array(0)) : null,
      ...(signal === undefined ? {} : { signal }),
    })
    // A body that breaks while nobody reads it must not end the process.
    answer.body.on('error', () => undefined)
    return { status: answer.statusCode, headers: answer.headers, body: answer.body }
  }

  return {
    account,
    url,
    async send(ask) {
      for (let attempt = 1; ; attempt++) {
        throwIfAborted(ask.signal)
        try {
          const answer = await once(ask)
          if (answer.status < 300 || answer.status === 304) return { answer }
          const refusal = await readRefusal(answer)
          if (!BUSY.has(answer.status) || attempt === ATTEMPTS) return { refusal }
        } catch (error) {
          const fault = abortReason(ask.signal) ?? transportFault(error)
          if (!isFault(fault, 'source-unreachable') || attempt === ATTEMPTS) throw fault
        }
        await pause(attempt, ask.signal)
      }
    },
  }
}

/** The Fault for whatever the transport threw. */
export function transportFault(error: unknown): Fault {
  return connectionFault(error) ?? new Fault('source-unreachable', undefined, { cause: error })
}

/** Longer each time, and never the same for two callers. */
async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const milliseconds = FIRST_DELAY * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
  try {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    throw abortReason(signal) ?? error
  }
}

/** The code stands in a header, or for some refusals in the body only. */
async function readRefusal({ status, headers, body }: Answer): Promise<Refusal> {
  const header = headers['x-ms-error-code']
  if (typeof header === 'string') {
    await body.dump({ limit: ERROR_BYTES }).catch(() => undefined)
    return { status, error: header }
  }
  const text = await readAll(body, ERROR_BYTES).catch(() => undefined)
  return { status, error: /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text?.toString() ?? '')?.[1] }
}

/** `/` divides a blob's name, everything else in it is escaped. */
function escapeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/')
}

function placeOf({ accountName, accountKey, endpoint }: AzureConfig) {
  if (!/^[a-z0-9]{3,24}$/.test(accountName)) {
    throw new Fault('store-misconfigured', 'the name of an Azure account is 3 to 24 small letters and digits')
  }
  const url = URL.parse(endpoint ?? `https://${accountName}.blob.core.windows.net`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Fault('store-misconfigured', 'the endpoint is no http or https URL')
  }
  if (accountKey !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(accountKey)) {
    throw new Fault('store-misconfigured', 'the key of an Azure account is base64')
  }
  const account = accountKey === undefined ? undefined : { name: accountName, key: Buffer.from(accountKey, 'base64') }
  return { base: { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }, account }
}

function sasQuery(token: string | undefined): Record<string, string> | undefined {
  if (token === undefined) return undefined
  const query = Object.fromEntries(new URLSearchParams(token.replace(/^\?/, '')))
  if (query.sig === undefined) throw new Fault('store-misconfigured', 'the shared access signature has no sig')
  return query
}

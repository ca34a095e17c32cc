/** What one request wants, whichever way it was written: a URL, or the JSON of `POST /process`. */
import type { Exchange } from '../../../http/exchange.ts'
import type { App } from '../app.ts'
import type { Call, Credentials } from '../authority.ts'
import type { Context } from '../context.ts'
import type { Parameters } from '../parameters.ts'
import type { Door } from '../wish.ts'
import type { Chain } from './chain.ts'
import { malformed } from './scan.ts'
import type { One } from './source-text.ts'

export type Order = {
  readonly chain: Chain
  /** At least one; more are for archives and animations. */
  readonly sources: readonly [Wanted, ...Wanted[]]
  readonly isList: boolean
  /** The app of the API key, when one was given. */
  readonly app?: App
  /** Of the query or the body; a `security` task counts more. */
  readonly credentials: Credentials
  /** How the source is judged when it stood in a URL of this server: by that URL's own policy. */
  readonly judged?: { readonly credentials: Credentials; readonly calls: readonly Call[] }
  /** Of our own query. */
  readonly parameters: Parameters
}

/** A source, and the headers with which it is to be downloaded. */
export type Wanted = { readonly source: One; readonly headers?: Readonly<Record<string, string>> }

/** What answering a request takes. */
export type Work = { readonly context: Context; readonly exchange: Exchange; readonly door: Door }

/** Sources of one request (filestack §4.2 zip), and pictures that its tasks name beside them. */
const MOST_SOURCES = 100

/** Throws Fault bad-parameter for more than a request may have: each is looked up before anything is done. */
export function requireFewSources({ length }: readonly unknown[]): void {
  if (length > MOST_SOURCES) throw malformed(`at most ${MOST_SOURCES} sources`)
}

export function credentialsFor({ chain, credentials }: Pick<Order, 'chain' | 'credentials'>): Credentials {
  return chain.credentials ?? credentials
}

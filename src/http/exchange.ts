import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request on its way through the house. */
export type Exchange = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Raw path and query as sent, always beginning with `/`: never decoded, never cleaned. One character per byte (latin-1). */
  readonly target: string
  /** Lower case, without port; empty when the client sent none. */
  readonly host: string
  /** Of the request as the client made it (X-Forwarded-Proto only behind a trusted proxy). */
  readonly scheme: 'http' | 'https'
  /** Unique; stands in the log and in opaque error answers. */
  readonly id: string
  /** Aborts when the client is gone before the answer is finished. Made at first use: the cached path never asks for it. */
  readonly signal: AbortSignal
}

/** A front end. It owns every answer for the targets it is given, errors, 404 and 405 included. */
export interface Surface {
  readonly name: string
  /**
   * Whether this raw target is its own. `bound` when the request came on a host name bound to this surface; a bound target
   * that it does not own is refused by it with 404. Looks at raw path segments only.
   */
  owns(target: string, bound: boolean): boolean
  handle(exchange: Exchange): Promise<void> | void
  /** Answers, in its own form, what the HTTP parser or the dispatcher could not accept. Status 400…599. */
  refuse(exchange: Exchange, status: number): void
  /** The target as it may stand in a log: without keys, secrets and signatures. Default: the path without its query. */
  loggable?(target: string): string
}

/** Where parts report what nobody asked for. A pino logger is one. */
export interface Log {
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

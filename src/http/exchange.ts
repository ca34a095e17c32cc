import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request on its way through the house. */
export type Exchange = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Raw path and query as sent, always beginning with `/`: never decoded, never cleaned. */
  readonly target: string
  /** Lower case, without port; empty when the client sent none. */
  readonly host: string
  /** Of the request as the client made it (X-Forwarded-Proto only behind a trusted proxy). */
  readonly scheme: 'http' | 'https'
  /** Unique; stands in the log and in opaque error answers. */
  readonly id: string
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

/** A front end. It owns every answer for the targets it is given, errors, 404 and 405 included. */
export interface Surface {
  readonly name: string
  /**
   * Whether this raw target is its own. `bound` when the request came on a host name bound to this surface.
   * Looks at raw path segments only.
   */
  owns(target: string, bound: boolean): boolean
  handle(exchange: Exchange): Promise<void> | void
  /** Answers, in its own form, what the HTTP parser or the dispatcher could not accept. Status 400…599. */
  refuse(exchange: Exchange, status: number): void
}

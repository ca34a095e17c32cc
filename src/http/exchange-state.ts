import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'
import { hostName, readTarget } from './target.ts'

/** Makes unique request ids: a random part of the process and a count. Nothing the client sends goes in. */
export function createIds(): () => string {
  const process = BigInt(`0x${randomBytes(6).toString('hex')}`).toString(36)
  let count = 0
  return () => {
    count += 1
    return `${process}-${count.toString(36)}`
  }
}

/** The exchange the dispatcher hands out: everything is read from the request once, the abort signal at first use. */
export class LiveExchange implements Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly target: string
  /** False when the request line held no path: `*`, an authority, something else. */
  readonly hasPath: boolean
  readonly host: string
  readonly scheme: 'http' | 'https'
  readonly id: string
  readonly started: number
  #gone: AbortController | undefined

  constructor(req: IncomingMessage, res: ServerResponse, id: string, trustProxy: boolean) {
    this.req = req
    this.res = res
    this.id = id
    this.started = performance.now()
    const parsed = readTarget(req.url ?? '')
    this.hasPath = parsed.form === 'origin' || parsed.form === 'absolute'
    this.target = parsed.form === 'origin' || parsed.form === 'absolute' ? parsed.target : '/'
    const forwarded = trustProxy ? req.headers['x-forwarded-host'] : undefined
    const authority = parsed.form === 'absolute' ? parsed.authority : (req.headers.host ?? '')
    this.host = hostName(typeof forwarded === 'string' && !forwarded.includes(',') ? forwarded : authority)
    this.scheme = schemeOf(req, trustProxy)
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      const gone = new AbortController()
      this.#gone = gone
      if (this.res.closed) gone.abort()
      else {
        this.res.once('close', () => {
          if (!this.res.writableFinished) gone.abort()
        })
      }
    }
    return this.#gone.signal
  }
}

/** `X-Forwarded-Proto` counts only behind a trusted proxy and only when it was sent exactly once. */
function schemeOf(req: IncomingMessage, trustProxy: boolean): 'http' | 'https' {
  if (trustProxy) {
    const forwarded = req.headers['x-forwarded-proto']
    const scheme = typeof forwarded === 'string' ? forwarded.trim().toLowerCase() : undefined
    if (scheme === 'http' || scheme === 'https') return scheme
  }
  return 'encrypted' in req.socket && req.socket.encrypted === true ? 'https' : 'http'
}

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

/** The exchange the dispatcher hands out. What not every answer needs is made at first use: the cached path asks for little. */
export class LiveExchange implements Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly target: string
  /** False when the request line held no path: `*`, an authority, something else. */
  readonly hasPath: boolean
  readonly started: number
  readonly #authority: string | undefined
  readonly #trustProxy: boolean
  readonly #nextId: () => string
  #id: string | undefined
  #gone: AbortController | undefined

  constructor(req: IncomingMessage, res: ServerResponse, nextId: () => string, trustProxy: boolean) {
    this.req = req
    this.res = res
    this.#nextId = nextId
    this.#trustProxy = trustProxy
    this.started = performance.now()
    const parsed = readTarget(req.url ?? '')
    this.hasPath = parsed.form === 'origin' || parsed.form === 'absolute'
    this.target = parsed.form === 'origin' || parsed.form === 'absolute' ? parsed.target : '/'
    this.#authority = parsed.form === 'absolute' ? parsed.authority : req.headers.host
  }

  get id(): string {
    this.#id ??= this.#nextId()
    return this.#id
  }

  get host(): string {
    const forwarded = this.#trustProxy ? this.req.headers['x-forwarded-host'] : undefined
    const one = typeof forwarded === 'string' && !forwarded.includes(',')
    return hostName(one ? forwarded : (this.#authority ?? ''))
  }

  get scheme(): 'http' | 'https' {
    return schemeOf(this.req, this.#trustProxy)
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

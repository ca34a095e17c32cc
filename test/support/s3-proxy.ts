import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { listenHere } from './listen.ts'

/** A request as it came by: the raw target, so that the exact spelling of a key can be asserted. */
export type Recorded = {
  readonly method: string
  readonly target: string
  readonly headers: http.IncomingHttpHeaders
  readonly bytes: number
  /** What the proxy answered, or `undefined` when it broke the connection. */
  status: number | undefined
  /** The answer's headers, when the request was passed on. */
  answered: http.IncomingHttpHeaders
}

export type Effect =
  | { readonly kind: 'slow-down' }
  | { readonly kind: 'acl-not-supported' }
  | { readonly kind: 'not-implemented'; readonly header?: string }
  | { readonly kind: 'moved'; readonly region: string; readonly status?: 301 | 307 | 400 }
  | { readonly kind: 'expired-token' }
  | { readonly kind: 'time-skewed'; readonly serverTime: Date }
  /** Any other S3 error. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  /** Breaks the connection before anything is answered. */
  | { readonly kind: 'reset' }
  /** Passes the real answer's head, then `bytes` of its body, then breaks the connection. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** Passes on after `milliseconds`. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }

export type Rule = {
  readonly effect: Effect
  readonly method?: string
  /** Tested against the raw target. */
  readonly path?: RegExp
  /** Applied to this many matching requests, then no more. */
  readonly count?: number
  /** Applied to each n-th matching request only. */
  readonly every?: number
  /** Applied only when this holds too. */
  readonly when?: (request: IncomingMessage) => boolean
}

export type S3Proxy = {
  readonly endpoint: string
  readonly requests: readonly Recorded[]
  /** Adds a rule; the first rule that matches a request wins. Returns a function that takes it away. */
  rule(rule: Rule): () => void
  /** Forgets rules and recorded requests. */
  reset(): void
  stop(): Promise<void>
}

/**
 * A pass-through between a client and a real S3 server: records every request and answers on rules what the real server
 * never would. The `Host` header stays, or signatures would not match.
 */
export async function startS3Proxy(upstream: string): Promise<S3Proxy> {
  const target = new URL(upstream)
  const requests: Recorded[] = []
  let rules: { rule: Rule; seen: number; applied: number }[] = []
  const agent = new http.Agent({ keepAlive: true })

  const effectFor = (req: IncomingMessage): Effect | undefined => {
    for (const entry of rules) {
      const { rule } = entry
      if (rule.method !== undefined && rule.method !== req.method) continue
      if (rule.path !== undefined && !rule.path.test(req.url ?? '')) continue
      if (rule.when !== undefined && !rule.when(req)) continue
      if (rule.count !== undefined && entry.applied >= rule.count) continue
      entry.seen++
      if (rule.every !== undefined && entry.seen % rule.every !== 0) continue
      entry.applied++
      return rule.effect
    }
    return undefined
  }

  const server = http.createServer((req, res) => {
    res.on('error', () => undefined)
    void readBody(req).then(
      (body) => {
        const recorded: Recorded = {
          method: req.method ?? '',
          target: req.url ?? '',
          headers: req.headers,
          bytes: body.byteLength,
          status: undefined,
          answered: {},
        }
        requests.push(recorded)
        apply(effectFor(req), { req, res, body, recorded, target, agent })
      },
      () => res.destroy(),
    )
  })
  const port = await listenHere(server)

  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    rule(rule) {
      const entry = { rule, seen: 0, applied: 0 }
      rules.push(entry)
      return () => {
        rules = rules.filter((other) => other !== entry)
      }
    },
    reset() {
      rules = []
      requests.length = 0
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}

type Passing = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly body: Buffer
  readonly recorded: Recorded
  readonly target: URL
  readonly agent: http.Agent
}

function apply(effect: Effect | undefined, passing: Passing): void {
  const refusal = effect === undefined ? undefined : refusalOf(effect)
  if (refusal !== undefined) refuse(passing, refusal)
  else if (effect?.kind === 'reset') passing.req.socket.resetAndDestroy()
  else if (effect?.kind === 'truncate') pass(passing, effect.bytes)
  else if (effect?.kind === 'delay') setTimeout(() => pass(passing), effect.milliseconds)
  else if (effect?.kind !== 'hang') pass(passing)
}

type Refusal = {
  readonly status: number
  readonly code: string
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

function refusalOf(effect: Effect): Refusal | undefined {
  switch (effect.kind) {
    case 'slow-down':
      return { status: 503, code: 'SlowDown' }
    case 'acl-not-supported':
      return { status: 400, code: 'AccessControlListNotSupported' }
    case 'not-implemented':
      return {
        status: 501,
        code: 'NotImplemented',
        fields: effect.header === undefined ? {} : { Header: effect.header },
      }
    case 'moved': {
      const { status = 301, region } = effect
      const code = { 301: 'PermanentRedirect', 307: 'TemporaryRedirect', 400: 'AuthorizationHeaderMalformed' }[status]
      return { status, code, fields: { Region: region }, headers: { 'x-amz-bucket-region': region } }
    }
    case 'expired-token':
      return { status: 400, code: 'ExpiredToken' }
    case 'time-skewed': {
      const { serverTime } = effect
      const fields = { ServerTime: serverTime.toISOString() }
      return { status: 403, code: 'RequestTimeTooSkewed', fields, headers: { date: serverTime.toUTCString() } }
    }
    case 'error':
      return { status: effect.status, code: effect.code }
    case 'reset':
    case 'truncate':
    case 'delay':
    case 'hang':
      return undefined
  }
}

function pass({ req, res, body, recorded, target, agent }: Passing, cutAfter = Number.POSITIVE_INFINITY): void {
  const upstream = http.request(
    { agent, host: target.hostname, port: target.port, method: req.method, path: req.url, headers: req.headers },
    (answer) => {
      recorded.status = answer.statusCode
      recorded.answered = answer.headers
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      if (cutAfter === Number.POSITIVE_INFINITY) {
        answer.pipe(res)
        return
      }
      let left = cutAfter
      answer.on('data', (chunk: Buffer) => {
        if (left > 0) res.write(chunk.subarray(0, left))
        left -= chunk.byteLength
        // What was written is sent before the connection ends.
        if (left <= 0) res.socket?.end()
      })
    },
  )
  upstream.on('error', () => res.destroy())
  upstream.end(body)
}

/** An error as S3 writes it; without body for HEAD. */
function refuse({ req, res, recorded }: Passing, { status, code, fields = {}, headers = {} }: Refusal): void {
  recorded.status = status
  // Real stores name the caller's key id; nothing of it may come through.
  const inner = Object.entries({ Code: code, Message: `${code} for AKIASECRETEXAMPLE`, ...fields, RequestId: '1' })
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error>${inner.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</Error>`
  res.writeHead(status, { 'content-type': 'application/xml', ...headers })
  res.end(req.method === 'HEAD' ? undefined : xml)
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks)
}

import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Exchange, Log, Surface } from './exchange.ts'
import { createIds, LiveExchange } from './exchange-state.ts'
import { sendText } from './respond.ts'
import { failingRequest, type RequestLine, statusOf } from './wire.ts'

/** One line of the access log. */
export type Access = {
  readonly id: string
  readonly surface: string
  readonly method: string
  /** Without keys, secrets and signatures. */
  readonly target: string
  readonly host: string
  readonly remote: string
  readonly status: number
  /** False when the client left before the answer was finished. */
  readonly finished: boolean
  readonly milliseconds: number
}

export type DispatcherOptions = {
  /** Asked in this order; the first that owns a target gets it. */
  readonly surfaces: readonly Surface[]
  /** Answers what no surface owns. Default: a plain 404. */
  readonly fallback?: Surface
  /** Host names (lower case, no port) served at their root by one surface and nothing else. */
  readonly hosts?: ReadonlyMap<string, Surface>
  readonly log: Log
  /** Called once per request when its answer is out or its client gone; the line is made only if it is asked for. */
  readonly access?: (status: number, entry: () => Access) => void
  /** Believe X-Forwarded-Proto, -Host and -For. */
  readonly trustProxy?: boolean
  readonly timeouts?: {
    /** From the first byte of a request to the end of its head, milliseconds. Default 10,000. */
    readonly head?: number
    /** Between two requests on one connection. Default 65,000: longer than the usual load balancer's 60 s. */
    readonly keepAlive?: number
    /** Without a byte in either direction. Default 120,000. Body readers set their own, shorter limits. */
    readonly idle?: number
  }
  /** Longest request head in bytes; beyond it 431. Default 32 KB. */
  readonly headBytes?: number
}

export type Dispatcher = {
  readonly server: Server
  /** Stops accepting, lets answers in flight finish (at most `graceMs`), closes every connection. A second call changes nothing. */
  close(graceMs?: number): Promise<void>
}

/**
 * The door of the house. It looks at the host and the first raw path segments before any router does, because routers answer
 * malformed targets, unknown methods and odd content types in their own words; here the owner of the target answers in its own.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { surfaces, log, access, trustProxy = false, hosts = new Map<string, Surface>(), timeouts = {} } = options
  const fallback = options.fallback ?? NOBODY
  const nextId = createIds()
  const active = new Set<LiveExchange>()
  let closing: Promise<void> | undefined

  const headBytes = options.headBytes ?? 32_768
  const server = createServer({
    // The parser knows no owner once a head came in several packets: it gives up later than we do.
    maxHeaderSize: headBytes * 4,
    headersTimeout: timeouts.head ?? 10_000,
    // Uploads may take hours: the head is bounded here, bodies by their readers and by the idle time.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.max(100, Math.min(5_000, (timeouts.head ?? 10_000) / 2)),
    keepAliveTimeout: timeouts.keepAlive ?? 65_000,
    // A request without Host is refused by the owner of its target, not by Node.
    requireHostHeader: false,
  })
  server.timeout = timeouts.idle ?? 120_000

  /** Whose request this is, and whether it may have it. */
  function route(exchange: LiveExchange): { readonly surface: Surface; readonly refuse?: number } {
    const bound = hosts.size === 0 ? undefined : hosts.get(exchange.host)
    if (bound !== undefined)
      return bound.owns(exchange.target, true) ? { surface: bound } : { surface: bound, refuse: 404 }
    for (const surface of surfaces) {
      if (surface.owns(exchange.target, false)) return { surface }
    }
    return { surface: fallback }
  }

  function open(req: IncomingMessage, res: ServerResponse): LiveExchange {
    const exchange = new LiveExchange(req, res, nextId, trustProxy)
    if (closing !== undefined) res.shouldKeepAlive = false
    active.add(exchange)
    return exchange
  }

  function follow(exchange: LiveExchange, surface: Surface): void {
    exchange.res.on('close', () => {
      active.delete(exchange)
      if (closing !== undefined) setImmediate(() => server.closeIdleConnections())
      access?.(exchange.res.statusCode, () => entryOf(exchange, surface, trustProxy))
    })
  }

  function guarded(exchange: LiveExchange, surface: Surface, work: () => Promise<void> | void): void {
    const failed = (error: unknown) => {
      log.error({ id: exchange.id, surface: surface.name, err: error }, 'a request failed unexpectedly')
      if (exchange.res.headersSent) exchange.res.destroy()
      else surface.refuse(exchange, 500)
    }
    try {
      const pending = work()
      if (pending !== undefined) pending.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  function dispatch(req: IncomingMessage, res: ServerResponse, status?: number): void {
    const exchange = open(req, res)
    const { surface, refuse = status ?? unacceptable(exchange, headBytes) } = route(exchange)
    follow(exchange, surface)
    guarded(exchange, surface, () => {
      if (!exchange.hasPath && req.method === 'OPTIONS') return sendText(exchange, 204, [])
      if (refuse !== undefined) {
        // What was misread once may be misread again: such a connection is not used further.
        if (refuse !== 404) res.shouldKeepAlive = false
        return surface.refuse(exchange, refuse)
      }
      return surface.handle(exchange)
    })
  }

  server.on('request', (req, res) => dispatch(req, res))
  server.on('checkExpectation', (req, res) => dispatch(req, res, 417))
  server.on('connect', (req, socket) => answerOn(socket, req, 405))
  server.on('clientError', (error: ClientError, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const status = statusOf(error.code)
    const line = failingRequest(error.rawPacket, error.bytesParsed)
    const running = [...active].find((exchange) => exchange.req.socket === socket)
    if (running === undefined) {
      return answerOn(socket, requestOf(socket, line), line === undefined && status === 405 ? 400 : status)
    }
    // The head was good, the body is not: its own answer says so, if none has begun.
    if (running.res.headersSent) return void socket.destroy()
    running.res.shouldKeepAlive = false
    const { surface } = route(running)
    guarded(running, surface, () => surface.refuse(running, status))
  })

  /** Answers on a bare connection what Node's parser gave up, in the form of whoever owns the target, and closes it. */
  function answerOn(socket: Duplex, req: IncomingMessage, status: number): void {
    // Node hands out plain or TLS sockets, which are both.
    if (!(socket instanceof Socket)) return void socket.destroy()
    const res = new ServerResponse(req)
    res.shouldKeepAlive = false
    res.assignSocket(socket)
    res.once('finish', () => {
      res.detachSocket(socket)
      socket.destroySoon()
      // Node tells of the end of an answer only for requests that it parsed.
      res.emit('close')
    })
    const exchange = open(req, res)
    const { surface } = route(exchange)
    follow(exchange, surface)
    guarded(exchange, surface, () => surface.refuse(exchange, status))
  }

  async function shut(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const exchange of active) exchange.res.shouldKeepAlive = false
    server.closeIdleConnections()
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    await closed
    clearTimeout(timer)
  }

  return {
    server,
    close(graceMs = 30_000) {
      closing ??= shut(graceMs)
      return closing
    },
  }
}

type ClientError = Error & { readonly code?: string; readonly rawPacket?: Buffer; readonly bytesParsed?: number }

/** A status for what no surface shall see, or nothing. */
function unacceptable({ req, target, hasPath }: LiveExchange, headBytes: number): number | undefined {
  if (!hasPath) return 400
  let size = target.length
  for (const part of req.rawHeaders) size += part.length
  if (size > headBytes) return 431
  // RFC 9112 §3.2: HTTP/1.1 without Host is a bad request.
  return req.headers.host === undefined && req.httpVersion === '1.1' ? 400 : undefined
}

/** As much of the request as can be read from what the parser choked on. */
function requestOf(
  socket: Duplex,
  line: RequestLine = { method: 'GET', target: '/', host: undefined },
): IncomingMessage {
  const req = new IncomingMessage(socket instanceof Socket ? socket : new Socket())
  req.method = line.method
  req.url = line.target
  if (line.host !== undefined) req.headers.host = line.host
  return req
}

function entryOf(exchange: LiveExchange, surface: Surface, trustProxy: boolean): Access {
  const { req, res } = exchange
  const forwarded = trustProxy ? req.headers['x-forwarded-for'] : undefined
  // The last entry is what the trusted proxy itself saw.
  const seen = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined
  return {
    id: exchange.id,
    surface: surface.name,
    method: req.method ?? '',
    target: surface.loggable?.(exchange.target) ?? exchange.target.replace(/\?.*$/s, ''),
    host: exchange.host,
    remote: seen ?? req.socket.remoteAddress ?? '',
    status: res.statusCode,
    finished: res.writableFinished,
    milliseconds: Math.round((performance.now() - exchange.started) * 100) / 100,
  }
}

/** Answers where no surface is at home. */
const NOBODY: Surface = {
  name: 'none',
  owns: () => true,
  handle: (exchange) => NOBODY.refuse(exchange, 404),
  refuse: (exchange: Exchange, status) =>
    sendText(
      exchange,
      status,
      ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
      `${status} ${status === 404 ? 'not found' : status >= 500 ? 'server error' : 'bad request'}\n`,
    ),
}

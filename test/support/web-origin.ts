import { once } from 'node:events'
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { listenHere } from './listen.ts'

/** A scripted answer; `body` is sent with its length unless `headers` say otherwise. */
export type Scripted = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The body is broken off after this many bytes although its whole length was announced. */
  readonly cutAfter?: number
  /** Sent in chunks without a length. */
  readonly chunked?: boolean
}
export type Script = Scripted | ((req: IncomingMessage, res: ServerResponse) => Scripted | undefined)

export type WebRequest = { readonly method: string; readonly target: string; readonly headers: IncomingHttpHeaders }

export type WebOrigin = {
  /** `http://127.0.0.1:port`, without final slash. */
  readonly url: string
  readonly port: number
  readonly requests: readonly WebRequest[]
  /** The answer for a raw target (path and query); `*` answers what nothing else does. Others are 404. */
  answer(target: string, script: Script): void
  reset(): void
  stop(): Promise<void>
}

/**
 * A small web server with scripted answers. A script that is a function may return an answer, or handle the response
 * itself and return nothing (also never answer at all).
 */
export async function startWebOrigin(
  options: { readonly host?: string; readonly tls?: { readonly key: string; readonly cert: string } } = {},
): Promise<WebOrigin> {
  const { host = '127.0.0.1', tls } = options
  const scripts = new Map<string, Script>()
  const requests: WebRequest[] = []
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    const target = req.url ?? ''
    requests.push({ method: req.method ?? '', target, headers: req.headers })
    const script = scripts.get(target) ?? scripts.get('*') ?? { status: 404 }
    const answer = typeof script === 'function' ? script(req, res) : script
    if (answer !== undefined) send(answer, req, res)
  }
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener)
  const port = await listenHere(server, host)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests,
    answer: (target, script) => void scripts.set(target, script),
    reset() {
      scripts.clear()
      requests.length = 0
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function send(
  { status = 200, headers = {}, body = '', cutAfter, chunked }: Scripted,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const bytes = Buffer.from(body)
  const length = chunked === true ? {} : { 'content-length': String(bytes.byteLength) }
  res.writeHead(status, status === 304 ? headers : { ...length, ...headers })
  if (req.method === 'HEAD') {
    res.end()
  } else if (cutAfter === undefined) {
    res.end(status === 304 ? undefined : bytes)
  } else {
    res.write(bytes.subarray(0, cutAfter), () => res.destroy())
  }
}

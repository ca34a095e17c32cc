import { STATUS_CODES } from 'node:http'
import { isFault } from '../../faults.ts'
import type { Exchange, Surface } from '../../http/exchange.ts'
import type { Stores } from '../../storage/stores.ts'
import { sendError, sendPreflight, uuidOf } from './answers.ts'
import { type App, appOfProject, findApp } from './app.ts'
import { createAuthority } from './authority.ts'
import type { Context } from './context.ts'
import { createDownload } from './download.ts'
import { NO_APP, NO_ROUTE, type Refusal, refusalOf, UNEXPECTED } from './faults.ts'
import { sendRefusal } from './multipart-faults.ts'
import { createProcessed } from './own-processing.ts'
import { pathOf } from './parameters.ts'
import { isCdnPath, loggable } from './paths.ts'
import { answerPrefetch } from './prefetch.ts'
import { createRest } from './rest.ts'
import { createSpool } from './spool.ts'
import type { Door } from './wish.ts'

/** CDN and processing URLs, and `POST /process` (filestack §4). */
export type Processing = {
  /** @param bound the app of the host that was asked */
  handle(exchange: Exchange, bound?: App): Promise<void>
  process(exchange: Exchange, bound?: App): Promise<void>
}

/** The multipart upload protocol (filestack §5). */
export type Multipart = { handle(exchange: Exchange, step: Step, door: Door): Promise<void> }
export type Step = (typeof STEPS)[number]
const STEPS = ['start', 'upload', 'commit', 'complete', 'part'] as const

export type FilestackParts = Omit<Context, 'authority' | 'download' | 'now'> & {
  /** The secret that belongs to a public key. */
  keySecret(publicKey: string): string | undefined
  /** Whether any project has a `filestack:` section: without one this dialect owns nothing. */
  serves(): boolean
  /** Stores for URLs that callers name, under the network guard. */
  readonly once: Stores['once']
  /** A folder of this process alone, for forms whose file comes before what says where it goes. */
  readonly spoolDir: string
  processing(context: Context): Processing
  multipart(context: Context): Multipart
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number
}

export type Filestack = Surface & {
  /** The surface of a host name that serves one project. */
  bind(to: { readonly project: string }): Surface
}

/** The Filestack dialect: `/api/…`, `/multipart/…`, `/process`, `/prefetch`, and CDN URLs at the root. */
export function createFilestack(parts: FilestackParts): Filestack {
  const { directory, keySecret, serves, once, spoolDir, processing, multipart, now = Date.now, ...rest } = parts
  const context: Context = {
    ...rest,
    directory,
    now,
    authority: createAuthority({ keySecret, now }),
    download: createDownload({ once, limit: rest.limits.uploadBytes }),
  }
  const api = createRest({ ...context, spool: createSpool(spoolDir), processed: createProcessed(context) })
  const cdn = processing(context)
  const sessions = multipart(context)
  const isKey = (segment: string) => findApp(directory, segment) !== undefined

  function route(exchange: Exchange, door: Door): Promise<void> | void {
    const segments = segmentsOf(exchange.target)
    const [first, second] = segments
    const bound = door.project === undefined ? undefined : appOfProject(directory, door.project)
    if (door.project !== undefined && bound === undefined) return refuse(exchange, NO_APP)
    switch (first) {
      case 'api':
        return api.handle(exchange, segments.slice(1), door)
      case 'multipart': {
        const step = STEPS.find((name) => name === second)
        return step === undefined ? refuse(exchange, NO_ROUTE) : sessions.handle(exchange, step, door)
      }
      case 'process':
        return segments.length === 1 ? cdn.process(exchange, bound) : refuse(exchange, NO_ROUTE)
      case 'prefetch':
        return answerPrefetch(exchange)
      // The hosted picker's pages.
      case 'dialog':
      case 'picker':
      case undefined:
        return refuse(exchange, NO_ROUTE)
      default:
        return cdn.handle(exchange, bound)
    }
  }

  async function answer(exchange: Exchange, door: Door): Promise<void> {
    try {
      if (exchange.req.method === 'OPTIONS') return sendPreflight(exchange)
      await route(exchange, door)
    } catch (error) {
      // Nobody is left to be answered.
      if (exchange.res.destroyed || exchange.signal.aborted) return
      // A part must not be taken for the whole.
      if (exchange.res.headersSent) return void exchange.res.destroy()
      const refusal = refusalOf(error)
      const facts = { id: exchange.id, uuid: uuidOf(exchange) }
      if (refusal === UNEXPECTED) parts.log.error({ ...facts, err: error }, 'a request failed unexpectedly')
      else if (refusal.status >= 500) parts.log.warn({ ...facts, err: causeOf(error) }, refusal.message)
      refuse(exchange, refusal)
    }
  }

  function surface(project: string | undefined): Surface {
    return {
      name: 'filestack',
      owns(target, atBoundHost) {
        if (atBoundHost) return project !== undefined
        return (RESERVED.test(target) || isCdnPath(pathOf(target), isKey)) && serves()
      },
      handle: (exchange) => answer(exchange, { project }),
      refuse: (exchange, status) => refuse(exchange, refusalOfStatus(status)),
      loggable,
    }
  }

  return { ...surface(undefined), bind: ({ project }) => surface(project) }
}

const RESERVED = /^\/(?:api\/(?:store|file|preview|clients|path)|multipart|process|prefetch|dialog|picker)(?:[/?]|$)/

/** Raw segments of a path, without empty ones at the end: a trailing slash is accepted (filestack §1.1). */
function segmentsOf(target: string): readonly string[] {
  const path = pathOf(target).slice(1).replace(/\/+$/, '')
  return path === '' ? [] : path.split('/')
}

function refuse(exchange: Exchange, refusal: Refusal): void {
  const { status, message, retryAfterSeconds } = refusal
  if (/^\/multipart(?:[/?]|$)/.test(exchange.target)) {
    sendRefusal(exchange, refusal, Date.now())
    return
  }
  const later = retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]
  sendError(exchange, status, message, later)
}

/** What the HTTP parser or the dispatcher decided. */
function refusalOfStatus(status: number): Refusal {
  if (status === 404) return NO_ROUTE
  if (status === 500) return UNEXPECTED
  return { status, message: STATUS_CODES[status] ?? 'Bad Request' }
}

function causeOf(error: unknown): unknown {
  return isFault(error) ? (error.cause ?? error) : error
}

import { STATUS_CODES } from 'node:http'
import type { Directory } from '../../catalog/model.ts'
import type { Exchange, Log, Surface } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import { CORS, sendHealth, sendRefusal } from './answers.ts'
import { NO_ROUTE, type Refusal, refusalOf } from './faults.ts'
import { formOf, parseAddress } from './grammar.ts'
import { createPictures, type PeekingDelivery } from './pictures.ts'
import { createPurge } from './purge.ts'
import { createWarmup } from './warmup.ts'

export type PixboostOptions = {
  readonly directory: Directory
  readonly delivery: PeekingDelivery
  readonly jobs: Pick<Jobs, 'add'>
  /** Where this server is reached; URLs to be warmed up begin with it. Asked when needed: the port may be known late. */
  readonly publicUrl: () => string
  /** Host names bound to this dialect, lower case without port: URLs to be warmed up may begin with them too. */
  readonly hosts?: readonly string[]
  /** Project that the engine form `/img/…` is served for; it must have `engineRoutes` on. Default: none, the routes do not exist. */
  readonly engineProject?: () => string | undefined
  readonly log: Log
  /** Milliseconds of a clock that only goes forward. Default: the process's. */
  readonly now?: () => number
  /** Milliseconds between two purges of one project. Default: a minute (pixboost §15). */
  readonly purgeEveryMs?: number
}

/** The Pixboost dialect: everything below `/api/2/img`, `/health`, and `/img` where a project opened it. */
export function createPixboost(options: PixboostOptions): Surface {
  const { directory, delivery, jobs, log, hosts = [], engineProject = () => undefined } = options
  const answerPicture = createPictures({ directory, delivery, engineProject, log })
  const answerPurge = createPurge({
    directory,
    delivery,
    everyMs: options.purgeEveryMs ?? 60_000,
    now: options.now ?? (() => performance.now()),
    log,
  })
  const answerWarmup = createWarmup({
    directory,
    jobs,
    isOwn: (authority) => isOwn(authority, options.publicUrl(), hosts),
    log,
  })

  function engineOpen(): boolean {
    const id = engineProject()
    return id !== undefined && directory.project(id)?.settings.pixboost.engineRoutes === true
  }

  return {
    name: 'pixboost',

    owns(target) {
      const form = formOf(target)
      return form === 'api' || isHealth(target) || (form === 'engine' && engineOpen())
    },

    handle(exchange) {
      const { req, target } = exchange
      switch (req.method) {
        case 'GET':
        case 'HEAD':
          return isHealth(target) ? sendHealth(exchange) : answerPicture(exchange)
        case 'OPTIONS':
          return sendText(exchange, 204, CORS)
        case 'DELETE':
          if (formOf(target) === 'api' && !isWarmup(target)) return answerPurge(exchange)
          break
        case 'POST':
          if (isWarmup(target)) return answerWarmup(exchange)
          break
      }
      return refuse(exchange, 405)
    },

    refuse,

    loggable,
  }
}

/** Keys, secrets, and what a source's URL may hold of either: its query and its user info, encoded or not. */
function loggable(target: string): string {
  return target
    .replace(/(\?|%3f).*$/is, '')
    .replace(/\bauth(=|%3d).*$/is, 'auth=…')
    .replace(/(\/\/|%2f%2f)(?:(?!%2f)[^/])*(@|%40)/gi, '$1…@')
}

function refuse(exchange: Exchange, status: number): void {
  const more = status === 405 ? ['Allow', allowed(exchange.target)] : []
  sendRefusal(exchange, refusalOfStatus(status, exchange.id), more)
}

/** What the HTTP parser, the dispatcher or the method alone decided. */
function refusalOfStatus(status: number, id: string): Refusal {
  if (status === 404) return NO_ROUTE
  if (status === 500) return refusalOf(undefined, { vary: undefined, upstreamErrors: 'mapped', id })
  return { status, text: (STATUS_CODES[status] ?? 'bad request').toLowerCase() }
}

function allowed(target: string): string {
  if (isWarmup(target)) return 'POST, OPTIONS'
  return formOf(target) === 'api' ? 'GET, HEAD, DELETE, OPTIONS' : 'GET, HEAD, OPTIONS'
}

function isHealth(target: string): boolean {
  return target === '/health' || target.startsWith('/health?')
}

/** `warmup` alone behind the prefix: it can be no alias (pixboost §12). */
function isWarmup(target: string): boolean {
  const address = parseAddress(target)
  return address?.form === 'api' && address.rest === 'warmup'
}

function isOwn(authority: string, publicUrl: string, hosts: readonly string[]): boolean {
  const url = URL.parse(`http://${authority}`)
  if (url === null || url.hostname === '') return false
  // A page may ask over http what is public over https: the port counts, where one is written, the scheme does not.
  return url.host === URL.parse(publicUrl)?.host || hosts.includes(url.hostname)
}

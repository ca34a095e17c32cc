/** Processing URLs and `POST /process` (filestack §4). */
import { readBody as readBytes } from '../../../http/body.ts'
import type { Exchange } from '../../../http/exchange.ts'
import { sendJson, sendPlain, sendPreflight } from '../answers.ts'
import { type App, findApp } from '../app.ts'
import type { Context } from '../context.ts'
import { NO_APP, type Refusal, refusing } from '../faults.ts'
import { findFile } from '../file.ts'
import { flagsOf, metadataOf } from '../metadata.ts'
import { createParameters, credentialsOf, queryOf } from '../parameters.ts'
import { appAt, type Door } from '../wish.ts'
import { cdnRefusal } from './cdn-faults.ts'
import { isDebug, readChain } from './chain.ts'
import type { CdnRequest, RawTask } from './grammar.ts'
import type { Order, Wanted, Work } from './order.ts'
import { type Body, readBody } from './process-body.ts'
import { type Source as Described, describe, reportOf } from './report.ts'
import { resultOf } from './result.ts'
import { prepare, run } from './run.ts'
import { malformed } from './scan.ts'
import type { Source } from './source-text.ts'
import { createTargets } from './targets.ts'

export type Processing = {
  /**
   * Answers every target at the root that is not the file API's: `/{apikey?}/{tasks}/{source}`, `/{handle}/metadata`.
   *
   * @param bound the app of the host that was asked
   */
  handle(exchange: Exchange, bound?: App): Promise<void>
  /** Answers `POST /process`. */
  process(exchange: Exchange, bound?: App): Promise<void>
}

/** A request before its tasks are understood. */
type Unread = Omit<Order, 'chain'> & { readonly tasks: readonly RawTask[] }

const BODY = { bytes: 1_048_576, milliseconds: 30_000 }

export function createProcessing(context: Context): Processing {
  const read = createTargets(context.directory)

  /** Errors as answers; whose request it is becomes known on the way. */
  async function answering(exchange: Exchange, work: (seen: (app: App) => void) => Promise<void>): Promise<void> {
    let application: string | undefined
    try {
      await work((app) => {
        application = app.key.publicKey
      })
    } catch (error) {
      refuse(exchange, error, application)
    }
  }

  /** What an error becomes; what is not the caller's doing goes into the log. */
  function judged({ id }: Exchange, error: unknown, application: string | undefined): Refusal {
    const refusal = cdnRefusal(error, application)
    if (refusal.status === 500) context.log.error({ id, err: error }, 'a processing URL failed unexpectedly')
    else if (refusal.status > 501) context.log.warn({ id, err: error }, refusal.message)
    return refusal
  }

  function refuse(exchange: Exchange, error: unknown, application: string | undefined): void {
    const { res, signal } = exchange
    // Nobody is left to be answered.
    if (res.destroyed || signal.aborted) return
    const refusal = judged(exchange, error, application)
    if (res.headersSent) return void res.destroy()
    sendPlain(exchange, refusal.status, refusal.message, retrying(refusal))
  }

  async function metadata(work: Work, request: CdnRequest, seen: (app: App) => void): Promise<void> {
    const { context, exchange, door } = work
    const { apikey, source, query } = request
    const keyed = apikey === undefined ? door : { project: appAt(context.directory, door, apikey).project.id }
    const { file, app } = await findFile(context, keyed, source.kind === 'handle' ? source.handle : '')
    seen(app)
    const parameters = createParameters(queryOf(`?${query}`))
    const credentials = readChain(request.tasks).credentials ?? credentialsOf(exchange, parameters)
    const flags = flagsOf((name) => parameters.text(name)?.toLowerCase() === 'true')
    const { signal } = exchange
    sendJson(exchange, 200, await metadataOf(context, { file, app, credentials, flags, signal }))
  }

  async function report(work: Work, unread: Unread, seen: (app: App) => void): Promise<void> {
    const started = context.now()
    let valid = false
    let source: Described = { url: urlOf(unread.sources[0]), mimetype: null, size: null }
    let refusal: Refusal | undefined
    let application = unread.app?.key.publicKey
    try {
      const order = { ...unread, chain: readChain(unread.tasks) }
      valid = true
      const ready = await prepare(work, order, (app) => {
        application = app.key.publicKey
        seen(app)
      })
      source = await describe(work, ready)
      await resultOf(work, ready)
    } catch (error) {
      refusal = judged(work.exchange, error, application)
    }
    const { tasks } = unread
    const about = { apikey: application, tasks, source, valid, started, ...(refusal && { refusal }) }
    sendJson(work.exchange, refusal?.status ?? 200, reportOf(context, about))
  }

  async function answer(work: Work, unread: Unread, seen: (app: App) => void): Promise<void> {
    if (isDebug(unread.tasks)) return report(work, unread, seen)
    const { tasks, ...rest } = unread
    return run(work, { ...rest, chain: readChain(tasks) }, seen)
  }

  return {
    handle(exchange, bound) {
      const door = doorOf(bound)
      switch (exchange.req.method) {
        case 'OPTIONS':
          return Promise.resolve(sendPreflight(exchange))
        case 'GET':
        case 'HEAD':
        case 'POST':
          return answering(exchange, async (seen) => {
            exchange.req.resume()
            const work = { context, exchange, door }
            const request = read(exchange.target)
            if (request.metadata) return metadata(work, request, seen)
            return answer(work, orderOf(work, request, seen), seen)
          })
        default:
          return Promise.resolve(sendPlain(exchange, 405, 'method not allowed', ['Allow', 'GET, HEAD, POST, OPTIONS']))
      }
    },
    process(exchange, bound) {
      const door = doorOf(bound)
      return answering(exchange, async (seen) => {
        const bytes = await readBytes(exchange, BODY)
        const body: Body = readBody(context.directory, door, bytes.toString('utf8'))
        if (body.app !== undefined) seen(body.app)
        return answer({ context, exchange, door }, body, seen)
      })
    },
  }
}

/** `bound`: the app of the host that was asked. */
function doorOf(bound: App | undefined): Door {
  return { project: bound?.project.id }
}

function orderOf({ context, door }: Work, request: CdnRequest, seen: (app: App) => void): Unread {
  const { apikey, tasks, source, query } = request
  const app = apikey === undefined ? undefined : findApp(context.directory, apikey)
  if (app !== undefined) {
    if (door.project !== undefined && door.project !== app.project.id) throw refusing(NO_APP)
    seen(app)
  }
  const parameters = createParameters(queryOf(`?${query}`))
  const policy = parameters.text('policy')
  const signature = parameters.text('signature')
  return {
    tasks,
    sources: wantedOf(source),
    isList: source.kind === 'list',
    ...(app !== undefined && { app }),
    credentials: { ...(policy !== undefined && { policy }), ...(signature !== undefined && { signature }) },
    parameters,
  }
}

function wantedOf(source: Source): readonly [Wanted, ...Wanted[]] {
  const [first, ...rest] = source.kind === 'list' ? source.sources.map((one) => ({ source: one })) : [{ source }]
  if (first === undefined) throw malformed('the list of sources is empty')
  return [first, ...rest]
}

function urlOf({ source }: Wanted): string {
  switch (source.kind) {
    case 'handle':
      return source.handle
    case 'url':
      return source.url
    case 'alias':
      return `src://${source.alias}/${source.path}`
  }
}

function retrying({ retryAfterSeconds }: Refusal): readonly string[] {
  return retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]
}

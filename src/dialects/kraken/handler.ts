import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import type { Directory } from '../../catalog/model.ts'
import { Fault, isFault } from '../../faults.ts'
import { readBody } from '../../http/body.ts'
import type { Exchange, Surface } from '../../http/exchange.ts'
import { type Form, readForm } from '../../http/multipart.ts'
import { sendStored } from '../../http/respond.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Spooled, Taken } from '../../optimizer/optimizer.ts'
import { type Account, accountOf, isUsedUp, statusOf } from './account.ts'
import { failure, jsonOf, resultId, sendJson, sendRefusal } from './answers.ts'
import { type Json, parseBody, parseFields } from './body.ts'
import { KRAKEN_JOB, krakenId, type Payload, type Secret } from './callback.ts'
import { compileVersions } from './compile.ts'
import {
  FILE_BYTES,
  FILE_TOO_LARGE,
  NO_FILE,
  NO_JSON,
  NO_ROUTE,
  QUOTA_USED,
  type Refusal,
  refusalOf,
  refusing,
  UNEXPECTED,
} from './faults.ts'
import { nameOfUpload, nameOfUrl } from './names.ts'
import { readWish, type Wish } from './parameters.ts'
import { type Performing, perform } from './perform.ts'
import { type Seen, sandboxAnswer } from './sandbox.ts'

export type KrakenOptions = Performing & {
  readonly directory: Directory
  readonly jobs: Pick<Jobs, 'add'>
  /** Path under which temporary results are served here. Default `/results`. */
  readonly resultsPath?: string
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number
}

/** Requests are small; this also bounds what the queue seals. */
const JSON_BYTES = 60 * 1024
const JSON_LIMITS = { bytes: JSON_BYTES, milliseconds: 30_000 }
/** A file above the limit is read to its end, within reason, so that its sender gets the answer. */
const FORM_LIMITS = { bytes: FILE_BYTES * 2, fieldBytes: JSON_BYTES, milliseconds: 600_000 }

/** The Kraken.io dialect: `/v1/url`, `/v1/upload`, `/user_status` and the temporary results (kraken §1). */
export function createKraken(options: KrakenOptions): Surface {
  const { directory, optimizer, usage, jobs, log, resultsUrl, resultsPath = '/results', now = Date.now } = options

  /** Who asks, and whether there is quota left; the sandbox needs none (kraken §1.3, §9). */
  function enter(json: Json): Account {
    const account = accountOf(json, directory)
    if (json.dev !== true && isUsedUp(account, usage)) throw refusing(QUOTA_USED)
    return account
  }

  async function answerStatus(exchange: Exchange): Promise<void> {
    const account = accountOf(parseBody(await readJson(exchange)), directory)
    sendJson(exchange, 200, JSON.stringify(statusOf(account, usage)))
  }

  async function answerUrl(exchange: Exchange): Promise<void> {
    const json = parseBody(await readJson(exchange))
    const account = enter(json)
    const wish = readWish(json, { by: 'url', s3Endpoint: account.s3Endpoint })
    const name = nameOfUrl(wish.url ?? '')
    if (wish.sandbox) return sendJson(exchange, 200, sandboxAnswer(wish, { name, resultsUrl: resultsUrl() }))
    const task: Asked = { json, account, wish, name, source: { kind: 'url', url: wish.url ?? '' } }
    if (wish.answer.kind === 'callback') return enqueue(exchange, task, randomUUID())
    await answer(exchange, task)
  }

  async function answerUpload(exchange: Exchange): Promise<void> {
    /** What is to be removed in the end, unless a job needs it. */
    let mine: string | undefined
    try {
      const form = await asked(
        readForm(exchange, FORM_LIMITS, async (body) => {
          const received = await optimizer.spool.receive(body, FILE_BYTES)
          mine = received.id
          return received
        }),
        FILE_TOO_LARGE,
      )
      const json = parseFields(form.fields)
      const account = enter(json)
      const wish = readWish(json, { by: 'upload', s3Endpoint: account.s3Endpoint })
      const { name, spooled } = uploadOf(form)
      const source: Taken = { kind: 'spooled', id: spooled.id }
      const task: Asked = { json, account, wish, name, source }
      if (wish.sandbox || wish.answer.kind === 'callback') {
        const facts = await optimizer.look(source, FILE_BYTES)
        // Types that are not taken are refused at once, not by callback (kraken §7).
        compileVersions(wish, facts, { name, id: undefined })
        if (wish.sandbox) {
          const seen: Seen = { bytes: spooled.bytes, width: facts.width, height: facts.height }
          return sendJson(exchange, 200, sandboxAnswer(wish, { name, seen, resultsUrl: resultsUrl() }))
        }
        const job = randomUUID()
        mine = await optimizer.spool.accept(spooled.id, job)
        await enqueue(exchange, { ...task, source: { kind: 'spooled', id: mine } }, job)
        mine = undefined
        return
      }
      await answer(exchange, task)
    } finally {
      if (mine !== undefined) await optimizer.spool.remove(mine)
    }
  }

  async function answer(exchange: Exchange, { account, wish, name, source }: Asked): Promise<void> {
    const outcome = await perform({ account, wish, source, name, logId: exchange.id }, options, exchange.signal)
    if (outcome.kind === 'done') sendJson(exchange, 200, jsonOf(outcome.fields))
    else sendRefusal(exchange, outcome.refusal)
  }

  /** Hands the work to the queue, and answers when it is on the disk. */
  async function enqueue(exchange: Exchange, { json, account, name, source }: Asked, job: string): Promise<void> {
    const { auth: _, ...request } = json
    const payload: Payload = {
      project: account.project.id,
      name,
      upload: source.kind === 'spooled' ? source.id : undefined,
    }
    const secret: Secret = { request }
    await jobs.add(KRAKEN_JOB, payload, { id: job, secret, project: account.project.id })
    sendJson(exchange, 200, jsonOf([['id', krakenId(job)]]))
  }

  async function answerResult(exchange: Exchange, id: string): Promise<void> {
    const result = await optimizer.result(id)
    if (result === undefined) return sendRefusal(exchange, NO_ROUTE)
    const { file, size, type, etag, expires } = result
    const seconds = Math.max(0, Math.floor((expires.getTime() - now()) / 1000))
    const open = (range?: { readonly start: number; readonly end: number }) => createReadStream(file, range ?? {})
    await sendStored(exchange, { body: { kind: 'file', open }, size, contentType: type, etag }, [
      'Cache-Control',
      `public, max-age=${seconds}`,
    ])
  }

  function route({ req, target }: Exchange): (exchange: Exchange) => Promise<void> | void {
    const path = pathOf(target)
    if (req.method === 'POST') {
      if (path === '/v1/url') return answerUrl
      if (path === '/v1/upload') return answerUpload
      if (path === '/user_status') return answerStatus
    }
    const id = path.startsWith(resultsPath) ? resultId(path.slice(resultsPath.length)) : undefined
    if (id !== undefined && (req.method === 'GET' || req.method === 'HEAD')) {
      return (exchange) => answerResult(exchange, id)
    }
    // Any other method, too (kraken §1).
    return (exchange) => sendRefusal(exchange, NO_ROUTE)
  }

  return {
    name: 'kraken',

    owns(target, bound) {
      // Unknown paths below /v1 are answered here too, until another dialect has some of its own there.
      return bound || /^\/(v1|user_status)(?![\w.-])/.test(target) || target.startsWith(`${resultsPath}/api/`)
    },

    async handle(exchange) {
      const from = pathOf(exchange.target) === '/v1/upload' ? 'upload' : 'url'
      try {
        await route(exchange)(exchange)
      } catch (error) {
        if (exchange.signal.aborted) return
        if (!isFault(error)) log.error({ id: exchange.id, err: error }, 'a request failed unexpectedly')
        sendRefusal(exchange, refusalOf(error, from))
      }
    },

    refuse(exchange, status) {
      if (status === 404) return sendRefusal(exchange, NO_ROUTE)
      const message = status === 500 ? UNEXPECTED.message : (STATUS_CODES[status] ?? 'Bad Request')
      sendJson(exchange, status, jsonOf(failure(message)))
    },
  }
}

type Asked = {
  readonly json: Json
  readonly account: Account
  readonly wish: Wish
  readonly name: string
  readonly source: Taken
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

function readJson(exchange: Exchange): Promise<Buffer> {
  return asked(readBody(exchange, JSON_LIMITS), { ...NO_JSON, status: 413 })
}

/** What cannot be read as a request holds no JSON, in the contract's words. */
async function asked<T>(reading: Promise<T>, tooLarge: Refusal): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (isFault(error, 'too-large')) throw refusing(tooLarge)
    if (isFault(error, 'bad-parameter')) throw refusing(NO_JSON)
    if (isFault(error, 'timed-out')) throw refusing({ status: 408, message: 'The request took too long' })
    throw error
  }
}

/** The file of a form that is otherwise in order: size is looked at after the parameters (kraken §1.3). */
function uploadOf({ file }: Form<Spooled>): { readonly name: string; readonly spooled: Spooled } {
  if (file === undefined) throw refusing(NO_FILE)
  const { outcome, filename } = file
  if (outcome.status === 'fulfilled') return { name: nameOfUpload(filename), spooled: outcome.value }
  if (isFault(outcome.reason, 'too-large')) throw refusing(FILE_TOO_LARGE)
  throw outcome.reason instanceof Error ? outcome.reason : new Fault('bad-parameter', 'the upload broke off')
}

import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Directory, Project } from '../../catalog/model.ts'
import { isFault } from '../../faults.ts'
import type { Exchange, Log, Surface } from '../../http/exchange.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Optimizer } from '../../optimizer/optimizer.ts'
import { callerOf } from './account.ts'
import { type Answer, sendFailure, sendJson } from './answers.ts'
import { type Call, readFetch, readUpload } from './calls.ts'
import { refusalOf } from './faults.ts'
import { completed, enqueue, stateOf } from './queue.ts'
import { readRequest } from './request.ts'
import { parseResultPath, sendResult } from './results.ts'
import { createWork } from './work.ts'

export type CompressorOptions = {
  readonly directory: Directory
  readonly optimizer: Optimizer
  readonly jobs: Jobs
  /** Where this server is reached; every URL of a temporary result begins with it. */
  readonly publicUrl: () => string
  readonly log: Log
  /** Milliseconds since 1970. Default: the system's. */
  readonly clock?: () => number
  /** Largest input in bytes. Default 256 MiB. */
  readonly sourceBytes?: number
  /** Larger inputs are worked on asynchronously. Default 32 MB (compressor §4.2). */
  readonly syncBytes?: number
  /** Milliseconds after which a call becomes asynchronous. Default 20 s. */
  readonly syncMs?: number
}

const SOURCE_BYTES = 256 * 1024 * 1024
const SYNC_BYTES = 32 * 1024 * 1024
const SYNC_MS = 20_000
/** Finished calls that can be read under /jobs although they never were jobs. */
const RECENT = { max: 10_000, ttl: 3_600_000 }

/** The Compressor dialect: `/1.0/…` and temporary results under `/results/{n}/{id}/{name}`. */
export function createCompressor(options: CompressorOptions): Surface {
  const { directory, optimizer, jobs, log, clock = Date.now } = options
  const { sourceBytes = SOURCE_BYTES, syncBytes = SYNC_BYTES, syncMs = SYNC_MS } = options
  const work = createWork(options)
  const recent = new LRUCache<string, { readonly project: string; readonly answer: Answer }>(RECENT)
  /** Per project, since the start of the process. */
  const usage = new Map<string, { requests: number; bytes: number }>()

  async function answerCall(exchange: Exchange, id: string, project: Project, call: 'fetch' | 'upload'): Promise<void> {
    const handed = call === 'fetch' ? await readFetch(exchange) : await readUpload(exchange, optimizer, sourceBytes)
    const { upload } = handed
    /** What is to be removed in the end, unless a job needs it. */
    let mine = upload?.spool
    try {
      const answer = await answerNow(exchange, id, project, call, handed)
      if (answer !== undefined) {
        recent.set(id, { project: project.id, answer })
        count(project.id, answer.input.size)
        return sendJson(exchange, 200, answer)
      }
      if (mine !== undefined) mine = await optimizer.spool.accept(mine, id)
      const needed = upload && { spool: mine ?? '', filename: upload.filename }
      await enqueue(jobs, { id, project: project.id, call, values: handed.values, upload: needed })
      mine = undefined
      count(project.id, upload?.bytes ?? 0)
      sendJson(exchange, 202, { id, status: 'enqueued' })
    } finally {
      if (mine !== undefined) await optimizer.spool.remove(mine)
    }
  }

  /** The answer, or nothing when the call has to be worked on later: a webhook, a large input, long work (§4.2). */
  async function answerNow(
    { signal }: Exchange,
    id: string,
    project: Project,
    call: 'fetch' | 'upload',
    { values, upload }: Call,
  ): Promise<Answer | undefined> {
    const request = readRequest(values, call, project)
    if (request.webhook !== undefined || (upload?.bytes ?? 0) > syncBytes) return undefined
    const patience = AbortSignal.timeout(syncMs)
    const task = { id, project: project.id, request, upload: withoutBytes(upload) }
    const filling = work.fill(task, syncBytes, AbortSignal.any([signal, patience]))
    try {
      return await Promise.race([filling, until(patience)])
    } catch (error) {
      if (signal.aborted) throw error
      if (patience.aborted || isLargeInput(error, syncBytes)) return undefined
      throw error
    }
  }

  function count(project: string, bytes: number): void {
    const before = usage.get(project) ?? { requests: 0, bytes: 0 }
    usage.set(project, { requests: before.requests + 1, bytes: before.bytes + bytes })
  }

  async function answerJob(exchange: Exchange, id: string, project: Project, job: string): Promise<void> {
    const known = recent.get(job)
    const state = known?.project === project.id ? completed(known.answer) : stateOf(await status(job), project.id)
    if (state === undefined) sendFailure(exchange, id, { status: 404, message: 'there is no such job' })
    else sendJson(exchange, 200, state)
  }

  async function status(job: string) {
    return UUID.test(job) ? jobs.status(job) : undefined
  }

  function answerAccount(exchange: Exchange, { id }: Project): void {
    const account = { id, plan: 'self-hosted', usage: usage.get(id) ?? { requests: 0, bytes: 0 } }
    sendJson(exchange, 200, { success: true, account })
  }

  async function answer(exchange: Exchange, id: string): Promise<void> {
    const { req } = exchange
    const route = routeOf(exchange.target)
    if (route === undefined) return sendFailure(exchange, id, NOT_FOUND)
    const method = req.method === 'HEAD' && route.method === 'GET' ? 'GET' : req.method
    if (method !== route.method) {
      const allow = route.method === 'GET' ? 'GET, HEAD' : route.method
      return sendFailure(exchange, id, { status: 405, message: 'the method is not allowed' }, ['Allow', allow])
    }
    if (route.kind === 'result') {
      if (!(await sendResult(exchange, optimizer, route.address, clock()))) sendFailure(exchange, id, NOT_FOUND)
      return
    }
    const project = callerOf(req.headers.authorization, directory)
    if (project === undefined) {
      return sendFailure(exchange, id, { status: 401, message: 'the API key is missing or not valid' })
    }
    if (route.kind === 'account') return answerAccount(exchange, project)
    if (route.kind === 'job') return answerJob(exchange, id, project, route.job)
    return answerCall(exchange, id, project, route.kind)
  }

  return {
    name: 'compressor',

    owns(target) {
      return /^\/1\.0(?:[/?]|$)/.test(target) || /^\/results\/\d+\//.test(target)
    },

    async handle(exchange) {
      const id = randomUUID()
      try {
        await answer(exchange, id)
      } catch (err) {
        if (exchange.signal.aborted) return
        const refusal = refusalOf(err)
        if (!isFault(err)) log.error({ id, request: exchange.id, err }, 'a compressor call failed')
        // What may still be on its way is no longer read.
        sendFailure(exchange, id, refusal)
      }
    },

    refuse(exchange, status) {
      const message = (STATUS_CODES[status] ?? 'bad request').toLowerCase()
      sendFailure(exchange, randomUUID(), { status, message })
    },
  }
}

type Route =
  | { readonly kind: 'fetch' | 'upload'; readonly method: 'POST' }
  | { readonly kind: 'account'; readonly method: 'GET' }
  | { readonly kind: 'job'; readonly method: 'GET'; readonly job: string }
  | {
      readonly kind: 'result'
      readonly method: 'GET'
      readonly address: NonNullable<ReturnType<typeof parseResultPath>>
    }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NOT_FOUND = { status: 404, message: 'not found' }

function routeOf(target: string): Route | undefined {
  const path = target.split('?')[0] ?? ''
  if (path === '/1.0/fetch') return { kind: 'fetch', method: 'POST' }
  if (path === '/1.0/upload') return { kind: 'upload', method: 'POST' }
  if (path === '/1.0/account') return { kind: 'account', method: 'GET' }
  const job = /^\/1\.0\/jobs\/([^/]+)$/.exec(path)?.[1]
  if (job !== undefined) return { kind: 'job', method: 'GET', job: job.toLowerCase() }
  const address = parseResultPath(path)
  return address === undefined ? undefined : { kind: 'result', method: 'GET', address }
}

function withoutBytes(upload: Call['upload']) {
  return upload === undefined ? undefined : { spool: upload.spool, filename: upload.filename }
}

/** Only the size of the file itself: pixels above a limit would be so later too. */
function isLargeInput(error: unknown, limit: number): boolean {
  return isFault(error, 'too-large') && error.context.stage === 'source' && error.context.limit === limit
}

/** Rejects when the signal aborts. */
function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

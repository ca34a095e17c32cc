import type { Directory } from '../../catalog/model.ts'
import { type Fault, isFault } from '../../faults.ts'
import type { JobKind, RunningJob } from '../../jobs/jobs.ts'
import { announce } from '../../jobs/webhook.ts'
import type { Taken } from '../../optimizer/optimizer.ts'
import { accountOfProject } from './account.ts'
import { type Fields, failure, formOf, jsonOf } from './answers.ts'
import { isJson, type Json } from './body.ts'
import { UNEXPECTED } from './faults.ts'
import { readWish, type Wish } from './parameters.ts'
import { type Performing, perform } from './perform.ts'

/** The kind under which `main.ts` names the work to the queue. */
export const KRAKEN_JOB = 'kraken.optimise'

/** One delivery and three retries, 30 s each (kraken §7). */
const DELIVERIES = 4
const TIMEOUT_SECONDS = 30
/** Seconds before work that failed for a passing reason is tried again. */
const DELAYS = [5, 30]

/** What the queue holds in the clear. */
export type Payload = { readonly project: string; readonly name: string; readonly upload: string | undefined }
/** What it seals: the request without its credentials for this server; the caller's store keys and URLs are in it. */
export type Secret = { readonly request: Json }

/** A queue's id, a UUID, as Kraken's 32 hex digits. */
export function krakenId(jobId: string): string {
  return jobId.replaceAll('-', '')
}

export type CallbackOptions = Performing & {
  readonly directory: Directory
  /** Pictures at once, in this process. */
  readonly workers: number
  readonly queueLength: number
}

/**
 * Work whose result is told by a callback: done after the answer, also when the process dies meanwhile. The outcome is announced
 * once, good or bad, always in the same words. Work that failed for a passing reason is tried again before.
 */
export function createKrakenJob(options: CallbackOptions): JobKind {
  const { directory, optimizer, workers, queueLength } = options

  async function tell(job: RunningJob, wish: Wish, fields: Fields): Promise<void> {
    await announce(job, { ...callbackOf(wish, krakenId(job.id), fields), timeoutSeconds: TIMEOUT_SECONDS }, DELIVERIES)
  }

  function open(payload: unknown, secret: unknown) {
    const { project, name, upload } = readPayload(payload)
    const owner = directory.project(project)
    if (owner === undefined) return undefined
    const account = accountOfProject(owner)
    const by = upload === undefined ? 'url' : 'upload'
    const wish = readWish(readSecret(secret), { by, s3Endpoint: account.s3Endpoint })
    const source: Taken = upload === undefined ? { kind: 'url', url: wish.url ?? '' } : { kind: 'spooled', id: upload }
    return { account, wish, source, name }
  }

  return {
    workers,
    queueLength,
    attempts: DELAYS.length + 1,
    delays: DELAYS,
    timeLimit: 300,
    async handler(payload, signal, job) {
      const task = open(payload, job.secret)
      // The project is gone: nobody waits any more.
      if (task === undefined) return { success: false }
      const outcome = await perform({ ...task, id: krakenId(job.id), logId: job.id }, options, signal)
      if (outcome.kind === 'failed') {
        signal.throwIfAborted()
        if (isPassing(outcome.error) && job.attempt < job.attempts) throw outcome.error
      }
      const fields = outcome.kind === 'done' ? outcome.fields : failure(outcome.refusal.message)
      await tell(job, task.wish, fields)
      return { success: outcome.kind === 'done' }
    },
    async onDead(payload, _reason, job) {
      const task = open(payload, job.secret)
      if (task === undefined) return
      await tell(job, task.wish, failure(UNEXPECTED.message))
    },
    async onEnded(payload) {
      const { upload } = readPayload(payload)
      if (upload !== undefined) await optimizer.spool.remove(upload)
    },
    // The uploads of every dialect: each is named after its job, whatever kind that is.
    onStart: (status) =>
      optimizer.spool.tidy(async (id) => {
        const job = await status(id)
        return job !== undefined && (job.state === 'waiting' || job.state === 'running')
      }),
  }
}

const PASSING: ReadonlySet<Fault['code']> = new Set(['overloaded', 'disk-full'])
const PASSING_AT_STORE: ReadonlySet<Fault['code']> = new Set(['source-unreachable', 'source-timeout', 'source-refused'])

/** Whether trying again may help. */
function isPassing(error: unknown): boolean {
  if (!isFault(error)) return true
  return PASSING.has(error.code) || (error.context.stage === 'store' && PASSING_AT_STORE.has(error.code))
}

/** The callback's request: a form, or JSON when asked for and for sets (kraken §7). */
export function callbackOf({ answer, results }: Wish, id: string, outcome: Fields) {
  const fields: Fields = [['id', id], ...outcome]
  const asJson = results.kind === 'set' || (answer.kind === 'callback' && answer.json)
  const type = asJson ? 'application/json' : 'application/x-www-form-urlencoded'
  return {
    url: answer.kind === 'callback' ? answer.url : '',
    headers: { 'content-type': type },
    body: Buffer.from(asJson ? jsonOf(fields) : formOf(fields)),
  }
}

function readPayload(payload: unknown): Payload {
  if (isJson(payload)) {
    const { project, name, upload } = payload
    if (
      typeof project === 'string' &&
      typeof name === 'string' &&
      (upload === undefined || typeof upload === 'string')
    ) {
      return { project, name, upload }
    }
  }
  throw new Error('not the payload of an optimisation')
}

function readSecret(secret: unknown): Json {
  if (isJson(secret) && isJson(secret.request)) return secret.request
  throw new Error('not the secret of an optimisation')
}

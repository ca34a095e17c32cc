import type { Directory } from '../../catalog/model.ts'
import { Fault, isFault } from '../../faults.ts'
import type { Log } from '../../http/exchange.ts'
import type { JobKind, JobStatus, Jobs, RunningJob } from '../../jobs/jobs.ts'
import { announce } from '../../jobs/webhook.ts'
import { type Answer, type Failure, failureOf } from './answers.ts'
import { refusalOf } from './faults.ts'
import { isObject } from './fields.ts'
import { readRequest, USER_AGENT } from './request.ts'
import type { Upload, Work } from './work.ts'

/** The kind of job under which `main.ts` registers `createCompressorJob`. */
export const COMPRESSOR_JOB = 'compressor.job'
const ATTEMPTS = 4
const DELAYS = [2, 10, 60]
/** Records outlive the temporary file they tell of (compressor §4.2). */
const RECORD_SECONDS = 2 * 3600
/** Faults that may be gone a while later. */
const PASSING = ['overloaded', 'timed-out', 'disk-full', 'source-unreachable', 'source-timeout'] as const

/** Compressor §4.3: ten seconds each, tried again five times. */
const DELIVERY = { timeoutSeconds: 10, attempts: 6 }

/** A call as it came, for the queue. */
export type Waiting = {
  readonly id: string
  readonly project: string
  readonly call: 'fetch' | 'upload'
  readonly values: Readonly<Record<string, unknown>>
  readonly upload: Upload | undefined
}

/**
 * Hands a call to the queue. What the caller sent may hold keys, so all of it is sealed. Faults of the queue (overloaded,
 * too-large).
 */
export async function enqueue(jobs: Jobs, { id, project, call, values, upload }: Waiting): Promise<void> {
  await jobs.add(COMPRESSOR_JOB, { call, upload }, { id, project, secret: values, expiresAfter: RECORD_SECONDS })
}

/** What became of a job, in the words of compressor §4.2. `undefined` for a job of another kind or project. */
export function stateOf(status: JobStatus | undefined, project: string): object | undefined {
  if (status === undefined || status.kind !== COMPRESSOR_JOB || status.project !== project) return undefined
  const { id } = status
  switch (status.state) {
    case 'waiting':
      return { id, status: 'enqueued' }
    case 'running':
      return { id, status: 'processing' }
    case 'dead':
      return failed(failureOf(id, LOST))
    case 'done':
      return isOutcome(status.result) ? completed(status.result) : failed(failureOf(id, LOST))
  }
}

/** The body that tells of a finished job. */
export function completed(outcome: Answer | Failure): object {
  if ('success' in outcome) return failed(outcome)
  const { id, ...rest } = outcome
  return { id, status: 'completed', ...rest }
}

function failed({ success, id, code, message }: Failure): object {
  return { success, id, status: 'failed', code, message }
}

const LOST = { status: 500, message: 'the work could not be finished' }

/** What the job wrote itself, read back. */
function isOutcome(value: unknown): value is Answer | Failure {
  return isObject(value) && typeof value.id === 'string' && (value.success === false || typeof value.url === 'string')
}

export type CompressorJobOptions = {
  readonly work: Work
  readonly directory: Pick<Directory, 'project'>
  /** Takes an upload away that nobody needs any more. */
  readonly removeUpload: (spool: string) => Promise<void>
  /** Largest input in bytes. */
  readonly sourceBytes: number
  readonly log: Log
  readonly workers: number
}

/** The job behind every call that is not answered at once. */
export function createCompressorJob(options: CompressorJobOptions): JobKind {
  const { work, directory, removeUpload, log } = options

  /** Tells the caller how it ended. */
  async function tell(job: RunningJob, outcome: Answer | Failure): Promise<void> {
    const webhook = webhookIn(job.secret)
    if (webhook === undefined) return
    const headers = { 'user-agent': USER_AGENT, 'content-type': 'application/json' }
    const body = Buffer.from(JSON.stringify(outcome))
    await announce(job, { url: webhook, headers, body, timeoutSeconds: DELIVERY.timeoutSeconds }, DELIVERY.attempts)
  }

  async function outcomeOf(payload: Payload, signal: AbortSignal, job: RunningJob): Promise<Answer | Failure> {
    try {
      const project = directory.project(job.project ?? '')
      if (project === undefined || !isObject(job.secret)) throw new Fault('not-found', 'the account is gone')
      const request = readRequest(job.secret, payload.call, project)
      return await work.fill(
        { id: job.id, project: project.id, request, upload: payload.upload },
        options.sourceBytes,
        signal,
      )
    } catch (err) {
      if (signal.aborted) throw err
      if (job.attempt < job.attempts && PASSING.some((code) => isFault(err, code))) throw err
      if (!isFault(err)) log.error({ id: job.id, err }, 'a compressor job failed')
      return failureOf(job.id, refusalOf(err))
    }
  }

  return {
    workers: options.workers,
    queueLength: 10_000,
    attempts: ATTEMPTS,
    delays: DELAYS,
    async handler(payload, signal, job) {
      const outcome = await outcomeOf(readPayload(payload), signal, job)
      await tell(job, outcome)
      return outcome
    },
    onDead: (_payload, _reason, job) => tell(job, failureOf(job.id, LOST)),
    async onEnded(payload) {
      const { upload } = readPayload(payload)
      if (upload !== undefined) await removeUpload(upload.spool)
    },
  }
}

type Payload = { readonly call: 'fetch' | 'upload'; readonly upload: Upload | undefined }

/** What `enqueue` wrote. */
function readPayload(payload: unknown): Payload {
  const fields = isObject(payload) ? payload : {}
  const upload = isObject(fields.upload) ? fields.upload : {}
  const { spool, filename } = upload
  return {
    call: fields.call === 'upload' ? 'upload' : 'fetch',
    upload: typeof spool === 'string' && typeof filename === 'string' ? { spool, filename } : undefined,
  }
}

function webhookIn(secret: unknown): string | undefined {
  const webhook = isObject(secret) ? secret.webhook : undefined
  const url = isObject(webhook) ? webhook.url : undefined
  return typeof url === 'string' ? url : undefined
}

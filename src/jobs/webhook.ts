import { Fault, isFault } from '../faults.ts'
import type { JobHandler, JobKind, RunningJob } from './jobs.ts'

/** The kind under which `main.ts` names webhooks to the queue. */
export const WEBHOOK = 'webhook'

export type Webhook = {
  /** Absolute, http or https. Kept sealed: callers put tokens there. */
  readonly url: string
  /** Sent as they are; `Content-Type` belongs here. Kept sealed. */
  readonly headers: Readonly<Record<string, string>>
  /** The same bytes on every delivery. */
  readonly body: Uint8Array
  /** How long one delivery may take until the status is known. */
  readonly timeoutSeconds: number
}

/**
 * Sends a request and resolves with the status of the answer, whatever it is; follows no redirect. Throws Faults as
 * `storage` does, address-forbidden and key-invalid among them, and the reason of an abort.
 */
export type Post = (
  url: string,
  request: {
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
    readonly signal: AbortSignal
  },
) => Promise<number>

/** Seconds before the second, third … delivery. */
const DELAYS = [10, 60, 300, 900, 3600]

/**
 * Queues a webhook that tells the outcome of a job: delivered at least once, always with the same body, also when the job
 * itself runs twice with different outcomes; the first one counts. `attempts`: deliveries tried at most.
 */
export function announce(job: RunningJob, webhook: Webhook, attempts: number): Promise<{ readonly id: string }> {
  const { url, headers, body, timeoutSeconds } = webhook
  const payload = { body: Buffer.from(body).toString('base64'), timeoutSeconds }
  return job.follow(WEBHOOK, WEBHOOK, payload, { secret: { url, headers }, attempts })
}

/**
 * How webhooks are delivered. Any 2xx acknowledges. Every other answer, redirects included, and every broken connection is
 * a failed delivery and tried again with growing delays (kraken §7, compressor §4.3), except 410 Gone, a forbidden
 * address and a URL that is none: those end it at once.
 */
export function webhookKind(options: {
  readonly post: Post
  readonly workers: number
  readonly queueLength: number
  /** Seconds. */
  readonly delays?: readonly number[]
}): JobKind {
  const { post, workers, queueLength, delays = DELAYS } = options
  return {
    ...{ workers, queueLength, delays },
    attempts: delays.length + 1,
    timeLimit: 120,
    handler: createWebhookHandler(post),
    worthRetrying: (error) => !isFault(error) || !FINAL.has(error.code),
  }
}

const FINAL: ReadonlySet<string> = new Set(['address-forbidden', 'key-invalid', 'bad-parameter', 'object-missing'])

function createWebhookHandler(post: Post): JobHandler {
  return async (payload, stop, job) => {
    const { url, headers, body, timeoutSeconds } = parse(payload, job.secret)
    const late = AbortSignal.timeout(timeoutSeconds * 1000)
    const status = await post(url, { headers, body, signal: AbortSignal.any([stop, late]) })
    if (status >= 200 && status < 300) return { status }
    const context = { status }
    if (status === 410) throw new Fault('object-missing', 'the receiver wants no more of it', { context })
    throw new Fault('source-refused', `the receiver answered ${status}`, { context })
  }
}

function parse(payload: unknown, secret: unknown): Webhook {
  if (isRecord(payload) && isRecord(secret)) {
    const { body, timeoutSeconds } = payload
    const { url, headers } = secret
    if (
      typeof body === 'string' &&
      typeof timeoutSeconds === 'number' &&
      typeof url === 'string' &&
      isHeaders(headers)
    ) {
      return { url, headers, body: Buffer.from(body, 'base64'), timeoutSeconds }
    }
  }
  throw new Fault('bad-parameter', 'not the payload of a webhook')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string')
}

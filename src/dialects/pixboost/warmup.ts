import type { Directory } from '../../catalog/model.ts'
import type { DeliveryService } from '../../delivery/delivery.ts'
import { Fault, isFault } from '../../faults.ts'
import { readBody } from '../../http/body.ts'
import type { Exchange, Log } from '../../http/exchange.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import { workflowCaller } from './account.ts'
import { sendDone, sendRefusal } from './answers.ts'
import { refusalOf, UNAUTHORISED } from './faults.ts'
import { formOf, parseAddress } from './grammar.ts'
import { EVERY_OFFER } from './negotiation.ts'
import { type Reading, readPicture } from './request.ts'

/** The kind under which `main.ts` names the handler to the queue. */
export const WARMUP = 'pixboost.warmup'
/** Pixboost §15, soft. */
const URLS = 20
const BODY = { bytes: 64 * 1024, milliseconds: 10_000 }

/** What the queue holds: URLs carry public keys only, no secret. */
type Payload = { readonly project: string; readonly images: readonly string[] }

export type WarmupOptions = {
  readonly directory: Directory
  readonly jobs: Pick<Jobs, 'add'>
  /** Whether an authority (host, maybe port) names this server. */
  readonly isOwn: (authority: string) => boolean
  readonly log: Log
}

/**
 * Answers `POST /api/2/img/warmup?auth=SECRET`: checks that every URL is a transformation of this server and of the secret's
 * project, hands the work to the queue, says 202 (pixboost §13).
 */
export function createWarmup({ directory, jobs, isOwn, log }: WarmupOptions) {
  /** What is wrong with the list of URLs, if anything. */
  function problem(images: unknown, project: string): string | undefined {
    if (!Array.isArray(images) || images.length === 0) return 'images should be a list of URLs'
    if (images.length > URLS) return `images should have at most ${URLS} URLs`
    for (const [index, image] of images.entries()) {
      const reading = typeof image === 'string' ? readUrl(image, isOwn, directory) : undefined
      if (reading?.kind !== 'picture' || reading.delivery.project !== project) {
        return `images[${index}] is not a transformation URL of this account`
      }
    }
    return undefined
  }

  return async function warmup(exchange: Exchange): Promise<void> {
    const address = parseAddress(exchange.target)
    const caller = address && workflowCaller(address.query, directory)
    if (caller === undefined) return sendRefusal(exchange, UNAUTHORISED)
    try {
      const { images } = parseBody(await readBody(exchange, BODY))
      const wrong = problem(images, caller.project.id)
      if (wrong !== undefined) return sendRefusal(exchange, { status: 400, text: wrong })
      await jobs.add(WARMUP, { project: caller.project.id, images })
      sendDone(exchange, 202)
    } catch (error) {
      if (isFault(error, 'bad-parameter')) return sendRefusal(exchange, { status: 400, text: error.message })
      if (isFault(error, 'timed-out')) return sendRefusal(exchange, { status: 408, text: 'request timeout' })
      if (isFault(error, 'too-large')) return sendRefusal(exchange, { status: 413, text: 'request body is too large' })
      if (!isFault(error)) log.error({ id: exchange.id, err: error }, 'a warm-up failed unexpectedly')
      sendRefusal(exchange, refusalOf(error, { vary: undefined, upstreamErrors: 'mapped', id: exchange.id }))
    }
  }
}

/**
 * Runs the work that `createWarmup` queued: each URL in every format the server can produce, since no viewer's `Accept` is
 * known. One after the other, so that viewers never wait behind it; a picture that fails is logged and left out. Throws the
 * reason of an abort: what was not warmed is left to the next try, and what was is in the cache.
 */
export function createWarmupHandler({
  directory,
  delivery,
  log,
}: {
  readonly directory: Directory
  readonly delivery: DeliveryService
  readonly log: Log
}) {
  return async (payload: unknown, signal: AbortSignal): Promise<void> => {
    const { project, images } = parsePayload(payload)
    for (const image of images) {
      const done = new Set<string>()
      for (const offer of EVERY_OFFER) {
        signal.throwIfAborted()
        // The key may have gone since; the host was checked when the work was accepted.
        const reading = readUrl(image, () => true, directory, offer)
        if (reading?.kind !== 'picture' || reading.delivery.project !== project) break
        const same = JSON.stringify([reading.delivery.sources, reading.delivery.offer])
        if (done.has(same)) continue
        done.add(same)
        try {
          await delivery.deliver(reading.delivery, signal)
        } catch (error) {
          signal.throwIfAborted()
          log.warn({ project, code: isFault(error) ? error.code : 'unknown', err: error }, 'a picture was not warmed')
        }
      }
    }
  }
}

function parseBody(bytes: Buffer): { readonly images?: unknown } {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // Told below, like any other body that is no object.
  }
  throw new Fault('bad-parameter', 'body should be JSON with a list of images')
}

function parsePayload(payload: unknown): Payload {
  if (typeof payload === 'object' && payload !== null && 'project' in payload && 'images' in payload) {
    const { project, images } = payload
    if (typeof project === 'string' && Array.isArray(images) && images.every((image) => typeof image === 'string')) {
      return { project, images }
    }
  }
  throw new Fault('bad-parameter', 'not the payload of a warm-up')
}

/** A URL exactly as pages write it (pixboost §13), read like a request for it: nothing is normalised on the way. */
function readUrl(
  image: string,
  isOwn: (authority: string) => boolean,
  directory: Directory,
  offer: readonly string[] = [],
): Reading | undefined {
  const [, scheme = '', authority = '', target = ''] = /^(https?):\/\/([^/?#\\]+)(\/[^#]*)/i.exec(image) ?? []
  if (!isOwn(authority)) return undefined
  // Browsers send what is not ASCII as UTF-8 bytes; targets have one character per byte.
  const raw = Buffer.from(target, 'utf8').toString('latin1')
  if (formOf(raw) !== 'api') return undefined
  const senses = {
    avif: offer.includes('avif'),
    webp: offer.includes('webp'),
    jxl: false,
    saveData: false,
    gzip: true,
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
  } as const
  return readPicture(raw, senses, directory, undefined)
}

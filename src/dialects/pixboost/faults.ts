import type { PixboostSettings } from '../../catalog/model.ts'
import { type FaultCode, isFault } from '../../faults.ts'
import type { Operation } from './grammar.ts'

/** An error as pixboost §11 answers it: one line of text. */
export type Refusal = {
  readonly status: number
  readonly text: string
  /** `Vary` stands on 5xx and source errors of the operations that negotiate (pixboost §10). */
  readonly vary?: string | undefined
  readonly retryAfterSeconds?: number
}

export const NO_ROUTE: Refusal = { status: 404, text: '404 page not found' }
export const UNAUTHORISED: Refusal = { status: 401, text: 'auth param is missing or not accepted' }
export const HOST_REFUSED: Refusal = { status: 401, text: 'host of the image is not allowed' }
export const NO_SOURCE: Refusal = { status: 400, text: 'url param is required' }
export const DOT_SEGMENT: Refusal = { status: 400, text: 'url param should not have . or .. segments' }
const READING = "Error reading image: '"
const TRANSFORMING = "Error transforming image: '"

/** A URL that is none, or has a scheme nobody fetches: class "source" of §11. */
export function badUrl(vary: string | undefined): Refusal {
  return { status: 500, text: `${READING}the URL cannot be fetched'`, vary }
}

/** `Vary` of an operation (pixboost §10, §16): asis has none. */
export function varyOf(operation: Operation, { saveData }: Pick<PixboostSettings, 'saveData'>): string | undefined {
  if (operation === 'asis') return undefined
  return saveData ? 'Accept, Save-Data' : 'Accept'
}

/**
 * What an error of delivery becomes. Texts are fixed: they never hold a URL, a bucket or what a store said. Errors that are no
 * Fault become an opaque 500 with the request's id.
 */
export function refusalOf(
  error: unknown,
  {
    vary,
    upstreamErrors,
    id,
  }: {
    readonly vary: string | undefined
    readonly upstreamErrors: PixboostSettings['upstreamErrors']
    readonly id: string
  },
): Refusal {
  if (!isFault(error)) return { status: 500, text: `${TRANSFORMING}internal error ${id}'`, vary }
  const { status, text, upstream } = ANSWERS[error.code]
  const seconds = error.context.retryAfterSeconds
  return {
    status: upstream === true && upstreamErrors === 'always500' ? 500 : status,
    text,
    ...(status === 400 || status === 401 ? {} : { vary }),
    ...(status === 503 ? { retryAfterSeconds: typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1 } : {}),
  }
}

type Answer = {
  readonly status: number
  readonly text: string
  /** What a source did: one switch turns all of these into 500, as the engine answers (pixboost §11). */
  readonly upstream?: true
}

const reading = (why: string) => `${READING}${why}'`
const transforming = (why: string) => `${TRANSFORMING}${why}'`

const ANSWERS: Readonly<Record<FaultCode, Answer>> = {
  'object-missing': { status: 404, text: reading('it does not exist'), upstream: true },
  'access-denied': { status: 403, text: reading('the source denies access'), upstream: true },
  'store-misconfigured': { status: 500, text: reading('the source is not set up correctly'), upstream: true },
  'source-unreachable': { status: 500, text: reading('the source cannot be reached'), upstream: true },
  'source-refused': { status: 500, text: reading('the source answered with an unexpected status'), upstream: true },
  'source-timeout': { status: 504, text: reading('the source did not answer in time'), upstream: true },
  // Private ranges are refused like a host that is not allowed (pixboost §3).
  'address-forbidden': { status: 401, text: HOST_REFUSED.text },
  'key-invalid': { status: 400, text: 'url param is not acceptable' },
  'not-an-image': { status: 500, text: transforming('it is not an image of a known format') },
  'image-corrupt': { status: 500, text: transforming('it is damaged') },
  'too-large': { status: 413, text: 'image is too large' },
  'bad-parameter': { status: 400, text: 'a param cannot be used with this image' },
  unsupported: { status: 500, text: transforming('its format is not supported') },
  unauthorised: { status: 401, text: UNAUTHORISED.text },
  private: { status: 403, text: reading('it is private') },
  'not-found': NO_ROUTE,
  'store-refused': { status: 500, text: reading('the source refused') },
  'read-only': { status: 500, text: reading('the source refused') },
  conflict: { status: 500, text: reading('the source changed meanwhile') },
  'limit-reached': { status: 429, text: 'limit of calls reached' },
  overloaded: { status: 503, text: 'server is busy' },
  'timed-out': { status: 504, text: transforming('it took too long') },
  'disk-full': { status: 500, text: transforming('no space left') },
}

import { type FaultCode, isFault } from '../../faults.ts'

/** An error as imagekit §10.2 answers it: a short body and the reason in `ik-error`. */
export type Refusal = {
  readonly status: number
  readonly text: string
  /** `{CODE} - {explanation}`; absent where nothing may be told. */
  readonly error?: string
  readonly retryAfterSeconds?: number
}

const BAD_TRANSFORMATION = 'Bad transformation request'

export const NO_ACCOUNT: Refusal = {
  status: 404,
  text: 'Not Found',
  error: 'ENOENT - There is no such account or URL-endpoint',
}
export const UNSIGNED: Refusal = { status: 401, text: 'Unauthorized', error: 'EAUTH - A valid signature is required' }
export const BAD_SIGNATURE: Refusal = { status: 401, text: 'Unauthorized', error: 'EAUTH - The signature is not valid' }
export const EXPIRED: Refusal = { status: 401, text: 'Unauthorized', error: 'EAUTH - The signature has expired' }
export const UNNAMED: Refusal = badRequest('Only named transformations are allowed')

function badRequest(explanation: string): Refusal {
  return { status: 400, text: BAD_TRANSFORMATION, error: `EINVAL - ${explanation}` }
}

/**
 * What an error becomes. Only the messages of our own reading of the URL are told; what a store said, its names and addresses
 * are not. Errors that are no Fault are an opaque 500 with the request's id.
 */
export function refusalOf(error: unknown, id: string): Refusal {
  if (!isFault(error)) return { status: 500, text: 'Internal Server Error', error: `UNIDENTIFIED - ${id}` }
  if (error.code === 'bad-parameter' || error.code === 'unsupported') {
    const { parameter, limit: most } = error.context
    if (most !== undefined) return limit(error.message)
    const { message } = error
    const told = message.startsWith(`${parameter} `) || message.includes(`'${parameter}`)
    const about = typeof parameter === 'string' && !told ? `${parameter}: ` : ''
    return { ...badRequest(''), error: `EINVAL - ${about}${message}` }
  }
  const answer = ANSWERS[error.code]
  if (answer.status !== 503) return answer
  const seconds = error.context.retryAfterSeconds
  return { ...answer, retryAfterSeconds: typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1 }
}

/** What the HTTP parser, the dispatcher or the method alone decided. */
export function refusalOfStatus(status: number, id: string): Refusal {
  if (status === 404) return NO_ACCOUNT
  if (status === 500) return refusalOf(undefined, id)
  return status === 405
    ? { status, text: 'Method Not Allowed' }
    : { status, text: 'Bad Request', error: 'EINVAL - The request cannot be read' }
}

const missing = (error: string): Refusal => ({ status: 404, text: 'Not Found', error })
const limit = (explanation: string): Refusal => ({ status: 400, text: 'Bad Request', error: `ELIMIT - ${explanation}` })

const ANSWERS: Readonly<Record<Exclude<FaultCode, 'bad-parameter' | 'unsupported'>, Refusal>> = {
  'object-missing': missing('ENOENT - No file was found at the specified path'),
  'access-denied': missing('EACCES - The origin denies access to the file'),
  'store-misconfigured': missing('EACCES - The origin does not accept its credentials'),
  'source-unreachable': missing('ECONNREFUSED - No connection to the origin'),
  'source-refused': missing('UNIDENTIFIED - The origin answered with an unexpected status'),
  'source-timeout': missing('UNIDENTIFIED - The origin did not answer in time'),
  'address-forbidden': missing('EACCES - The address is not among the allowed ones'),
  'key-invalid': badRequest('The path is not acceptable'),
  'not-an-image': badRequest('The file is not an image of a known format'),
  'image-corrupt': badRequest('The image is damaged'),
  'too-large': limit('The image, or what it would become, is above a limit'),
  unauthorised: UNSIGNED,
  private: { ...UNSIGNED, error: 'EAUTH - The file is private' },
  'not-found': missing('ENOENT - No file was found at the specified path'),
  'store-refused': missing('UNIDENTIFIED - The origin refused'),
  'read-only': missing('UNIDENTIFIED - The origin refused'),
  conflict: missing('UNIDENTIFIED - The file changed meanwhile'),
  'limit-reached': { status: 429, text: 'Too Many Requests', error: 'ELIMIT - The limit of calls is reached' },
  overloaded: { status: 503, text: 'Service Unavailable', error: 'ELIMIT - The server is busy' },
  'timed-out': { status: 504, text: 'Gateway Timeout', error: 'ETIMEDOUT - It took too long' },
  'disk-full': { status: 500, text: 'Internal Server Error', error: 'UNIDENTIFIED - No space is left' },
}

/** Errors in the words of the multipart upload protocol (filestack §2.5, §5). */
import { type Fault, type FaultCode, isFault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendJson } from './answers.ts'
import { printable, type Refusal, refusing, UNEXPECTED } from './faults.ts'
import { PolicyRefusal } from './policy.ts'

export const NO_UPLOAD: Refusal = { status: 404, message: 'Upload not found' }
export const BAD_POLICY: Refusal = { status: 403, message: 'Invalid App policy' }
export const BAD_ADDRESS: Refusal = { status: 403, message: 'The address of this part is not valid any more' }
export const NO_METHOD: Refusal = { status: 405, message: 'Method not allowed' }

/** 400 that names a field, nested ones as `store:region`. */
export function invalid(field: string): Fault {
  return refusing({ status: 400, message: `invalid params: ${field}` })
}

/** `timestamp`: seconds since the epoch. */
export function sendRefusal(exchange: Exchange, { status, message, retryAfterSeconds }: Refusal, now: number): void {
  const later = retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]
  const allow = status === 405 ? ['Allow', 'POST, PUT, OPTIONS'] : []
  sendJson(exchange, status, { error: message, timestamp: Math.floor(now / 1000) }, [...later, ...allow])
}

/**
 * What an error becomes. What passes by itself, or might, is a 5xx, which clients try again; 4xx they never do. What is neither a
 * Fault nor a PolicyRefusal is opaque: the log has it.
 */
export function uploadRefusal(error: unknown): Refusal {
  if (error instanceof PolicyRefusal) return BAD_POLICY
  if (!isFault(error)) return UNEXPECTED
  const { filestackStatus, parameter, option } = error.context
  if (typeof filestackStatus === 'number') return { status: filestackStatus, message: error.message }
  const named = parameter ?? option
  if (typeof named === 'string') {
    if (error.code === 'bad-parameter' || error.code === 'access-denied' || named === 'acl')
      return refused(named, error)
  }
  return ANSWERS[error.code]
}

const FIELDS: Readonly<Record<string, string>> = {
  location: 'store:location',
  container: 'store:container',
  acl: 'store:access',
}

function refused(parameter: string, { message }: Fault): Refusal {
  const field = FIELDS[parameter]
  // What was asked of a store can be many things: the caller is told which.
  const text = field === undefined ? parameter : `${field}: ${printable(message)}`
  return { status: 400, message: `invalid params: ${text}` }
}

const STORE: Refusal = { status: 502, message: 'storage provider error' }
const LATER: Refusal = { status: 503, message: 'Too much work is waiting', retryAfterSeconds: 1 }

const ANSWERS: Readonly<Record<FaultCode, Refusal>> = {
  'bad-parameter': { status: 400, message: 'invalid params: body' },
  'object-missing': STORE,
  'not-found': NO_UPLOAD,
  'access-denied': STORE,
  'store-misconfigured': STORE,
  'store-refused': STORE,
  'source-unreachable': STORE,
  'source-refused': STORE,
  'source-timeout': STORE,
  'disk-full': { status: 507, message: 'No space is left' },
  'address-forbidden': STORE,
  'key-invalid': { status: 400, message: 'invalid params: store:path' },
  'read-only': { status: 400, message: 'invalid params: store:location: the store is not writable' },
  'not-an-image': UNEXPECTED,
  'image-corrupt': UNEXPECTED,
  'too-large': { status: 413, message: 'The file is too large' },
  unsupported: { status: 501, message: 'This is not built here' },
  unauthorised: BAD_POLICY,
  private: BAD_POLICY,
  conflict: { status: 409, message: 'The file is being made, or is there already' },
  'limit-reached': { status: 429, message: 'The upload was sent in more pieces than it needs' },
  overloaded: LATER,
  'timed-out': { status: 408, message: 'The request took too long' },
}

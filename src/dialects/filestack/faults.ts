/** Errors in the words of filestack §1.4 and §2.5. */
import { Fault, type FaultCode, isFault } from '../../faults.ts'
import { type PolicyReason, PolicyRefusal } from './policy.ts'

export type Refusal = { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number }

export const NO_APP: Refusal = { status: 403, message: 'Invalid Application' }
export const NO_FILE: Refusal = { status: 404, message: 'File not found' }
export const NO_ROUTE: Refusal = { status: 404, message: 'Not found' }
export const BAD_CONVERSION: Refusal = { status: 400, message: 'Invalid conversion params' }
export const UNEXPECTED: Refusal = { status: 500, message: 'Internal server error' }

/** A fault whose message is meant for the caller, answered with this status. */
export function refusing({ status, message }: Refusal, cause?: unknown): Fault {
  return new Fault('bad-parameter', message, { context: { filestackStatus: status }, cause })
}

/** 400 that names a parameter. */
export function badParameter(parameter: string, problem: string): Fault {
  return refusing({ status: 400, message: `Invalid parameter ${parameter}: ${problem}` })
}

/** 400 for a URL that could not be downloaded; what the network said goes into the log only. */
export function badUrl(url: string, error: unknown): Fault {
  const reason = isFault(error) ? (URL_REASONS[error.code] ?? 'it cannot be read') : 'it cannot be read'
  return refusing({ status: 400, message: `Invalid URL file ${printable(url)} - ${reason}` }, error)
}

const URL_REASONS: Readonly<Partial<Record<FaultCode, string>>> = {
  'object-missing': 'not found',
  'access-denied': 'access denied',
  'source-unreachable': 'the server cannot be reached, or the connection broke off',
  'source-refused': 'the server answered with an unexpected status',
  'source-timeout': 'the server did not answer in time',
  'timed-out': 'the server did not answer in time',
  'address-forbidden': 'the address is not allowed',
  'key-invalid': 'not an http or https URL',
  'too-large': 'the file is too large',
  unsupported: 'its content coding is not known',
  'image-corrupt': 'its content coding is damaged',
}

/** 502 for a store that failed: its kind is told, what it said is not. */
export function storageFailure(location: string, error: unknown): Fault {
  const reason = (isFault(error) && STORE_REASONS[error.code]) || 'it does not work'
  return refusing({ status: 502, message: `storage provider error: ${location}: ${reason}` }, error)
}

const STORE_REASONS: Readonly<Partial<Record<FaultCode, string>>> = {
  'access-denied': 'access denied',
  'store-misconfigured': 'the store refuses the credentials, the region or the bucket',
  'store-refused': 'the store refuses to write',
  'source-unreachable': 'the store cannot be reached',
  'source-timeout': 'the store did not answer in time',
  'disk-full': 'no space is left',
}

/** A policy's refusal in the words of the REST API (filestack §2.5). */
export function policyText(reason: PolicyReason): string {
  return `This action has been secured by the developer of this website. Error: ${reasonText(reason)}`
}

function reasonText(reason: PolicyReason): string {
  switch (reason.kind) {
    case 'missing': {
      const { signature, policy } = reason
      const given = (text: string | undefined) => (text === undefined ? 'None' : printable(text))
      return `Proper credentials not provided. Signature: ${given(signature)} Policy: ${given(policy)}`
    }
    case 'signature':
      return 'The signature was not valid'
    case 'encoding':
      return 'policy was not properly url-safe base64 encoded'
    case 'expired':
      return 'The policy has expired'
    case 'content':
      return reason.member === undefined
        ? `The policy ${reason.problem}`
        : `The policy's ${reason.member} ${reason.problem}`
    case 'mismatch':
      return `The policy's ${reason.member} ${reason.problem}`
  }
}

/**
 * What an error becomes on the REST API. What is neither a Fault nor a PolicyRefusal is opaque: the log has it under the uuid of
 * the answer.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof PolicyRefusal) return { status: 403, message: policyText(error.reason) }
  if (!isFault(error)) return UNEXPECTED
  const { filestackStatus, parameter } = error.context
  if (typeof filestackStatus === 'number') return { status: filestackStatus, message: error.message }
  if (error.code === 'bad-parameter') {
    const named = typeof parameter === 'string' ? `Invalid parameter ${parameter}: ` : ''
    return { status: 400, message: `${named}${error.message}` }
  }
  const answer = ANSWERS[error.code]
  if (answer.status !== 503) return answer
  const seconds = error.context.retryAfterSeconds
  return { ...answer, retryAfterSeconds: typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1 }
}

const STORE: Refusal = { status: 502, message: 'storage provider error' }

const ANSWERS: Readonly<Record<Exclude<FaultCode, 'bad-parameter'>, Refusal>> = {
  'object-missing': NO_FILE,
  'not-found': NO_FILE,
  'access-denied': STORE,
  'store-misconfigured': STORE,
  'store-refused': STORE,
  'source-unreachable': STORE,
  'source-refused': STORE,
  'source-timeout': STORE,
  'disk-full': STORE,
  'address-forbidden': { status: 400, message: 'The address is not allowed' },
  'key-invalid': { status: 400, message: 'Invalid parameter path: not acceptable as the key of an object' },
  'read-only': { status: 400, message: 'Invalid parameter location: the store is not writable' },
  'not-an-image': BAD_CONVERSION,
  'image-corrupt': BAD_CONVERSION,
  'too-large': { status: 413, message: 'The file is too large' },
  unsupported: { status: 501, message: 'This is not built here' },
  unauthorised: { status: 403, message: 'Access denied' },
  private: { status: 403, message: 'Access denied' },
  conflict: { status: 409, message: 'The file is being changed by somebody else' },
  'limit-reached': { status: 429, message: 'Too many requests' },
  overloaded: { status: 503, message: 'Too much work is waiting' },
  'timed-out': { status: 504, message: 'It took too long' },
}

/** Something of the request, short and in printable characters. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300)
}

/** Runs `work` that says where an object goes: what the caller asked for in vain is a bad parameter. */
export function placing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isFault(error, 'access-denied')) throw badParameter('container', 'the store does not reach it')
    throw error
  }
}

/** Awaits the writing of an object: what the store failed with is a 502, what the caller sent keeps its own status. */
export async function storing<T>(location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isFault(error) ? storingFailure(location, error) : error
  }
}

function storingFailure(location: string, fault: Fault): Error {
  const { filestackStatus, option, bound, limit } = fault.context
  if (typeof filestackStatus === 'number') return fault
  if (option === 'acl') return badParameter('access', 'the store takes no public objects')
  if (bound === 'most' || bound === 'least') {
    const problem = bound === 'most' ? `allows at most ${limit} bytes` : `asks for at least ${limit} bytes`
    return new PolicyRefusal({ kind: 'mismatch', member: 'size', problem })
  }
  if (fault.code === 'timed-out') return refusing({ status: 408, message: 'The request took too long' }, fault)
  return STORE_FAULTS.has(fault.code) ? storageFailure(location, fault) : fault
}

const STORE_FAULTS: ReadonlySet<FaultCode> = new Set([
  'access-denied',
  'store-misconfigured',
  'store-refused',
  'source-unreachable',
  'source-refused',
  'source-timeout',
  'disk-full',
])

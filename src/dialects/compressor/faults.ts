import { type FaultCode, isFault } from '../../faults.ts'

/** An error as compressor §7 answers it. */
export type Refusal = { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number }

/** Status and text of each fault; `own`: the fault's message was written for the caller. */
const ANSWERS: Readonly<Record<FaultCode, { readonly status: number; readonly message: string; readonly own?: true }>> =
  {
    'object-missing': { status: 422, message: 'it does not exist' },
    'access-denied': { status: 422, message: 'access is denied' },
    'store-misconfigured': { status: 422, message: 'its credentials, region or bucket are refused' },
    'source-unreachable': { status: 422, message: 'it cannot be reached' },
    'source-refused': { status: 422, message: 'it answered with an unexpected status' },
    'source-timeout': { status: 422, message: 'it did not answer in time' },
    'address-forbidden': { status: 422, message: 'its address is not public' },
    'key-invalid': { status: 422, message: 'it is not acceptable' },
    'not-an-image': { status: 415, message: 'the file is not of a kind that is handled' },
    'image-corrupt': { status: 422, message: 'the file cannot be decoded' },
    'too-large': { status: 413, message: 'the file is too large' },
    'bad-parameter': { status: 422, message: 'an option cannot be used', own: true },
    unsupported: { status: 415, message: 'the file is of a format that is not handled', own: true },
    unauthorised: { status: 401, message: 'the API key is missing or not valid' },
    private: { status: 403, message: 'access is denied' },
    'not-found': { status: 404, message: 'not found' },
    'store-refused': { status: 422, message: 'it refuses the object', own: true },
    'read-only': { status: 422, message: 'it may not be written to' },
    conflict: { status: 422, message: 'it changed meanwhile' },
    'limit-reached': { status: 429, message: 'too many requests' },
    overloaded: { status: 503, message: 'the server is busy' },
    'timed-out': { status: 503, message: 'the work took too long' },
    'disk-full': { status: 500, message: 'the server has no space left' },
  }

/**
 * What an error becomes. Texts hold no URL, no bucket and nothing that a store said but its error code. Errors that are no
 * Fault become an opaque 500.
 */
export function refusalOf(error: unknown): Refusal {
  if (!isFault(error)) return { status: 500, message: 'internal error' }
  const { status, message, own } = ANSWERS[error.code]
  const { context } = error
  if (context.malformed === true) return { status: 400, message: error.message }
  if (context.stage === 'store') return { status: 422, message: storeMessage(error.message, message, context.reason) }
  if (error.code === 'overloaded' || error.code === 'limit-reached' || error.code === 'timed-out') {
    const seconds = context.retryAfterSeconds
    return { status, message, retryAfterSeconds: typeof seconds === 'number' ? Math.max(1, Math.ceil(seconds)) : 1 }
  }
  const fetching = context.stage === 'source' && status === 422 && own === undefined && error.code !== 'image-corrupt'
  if (fetching) return { status, message: `url cannot be fetched: ${message}` }
  return { status, message: own === true ? error.message : message }
}

/** The provider's error code stands in the text (compressor §6). */
function storeMessage(said: string, general: string, reason: unknown): string {
  const code =
    typeof reason === 'string' && reason !== 'acl-disabled' && reason !== 'not-implemented' ? ` (${reason})` : ''
  const why = reason === 'acl-disabled' || reason === 'not-implemented' ? said : general
  return `store failed: ${why}${code}`
}

import { Fault, type FaultCode, isFault } from '../../faults.ts'

/** An error as kraken §7 answers it. */
export type Refusal = { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number }

/** Largest file, bytes (kraken §7). */
export const FILE_BYTES = 33_554_432

export const NO_JSON: Refusal = {
  status: 400,
  message: 'Incoming request body does not contain a valid JSON object',
}
/** The misspelling is part of the contract. */
export const UNKNOWN_KEY: Refusal = {
  status: 401,
  message: 'Unnknown API Key. Please check your API key and try again.',
}
export const FILE_TOO_LARGE: Refusal = {
  status: 413,
  message: `File size too large. The maximum file size is ${FILE_BYTES} bytes (32 MB)`,
}
export const TYPE_REFUSED: Refusal = { status: 415, message: 'File type not supported' }
export const SVG_TO_WEBP: Refusal = { status: 415, message: 'WebP compression is non available for SVG images' }
export const QUOTA_USED: Refusal = { status: 429, message: 'Request limit reached' }
export const NO_FILE: Refusal = { status: 422, message: 'No file was provided' }
export const NO_ROUTE: Refusal = { status: 404, message: 'Not found' }
export const UNEXPECTED: Refusal = {
  status: 500,
  message: 'Kraken has encountered an unexpected error and cannot fulfill your request',
}

/** A fault whose message is meant for the caller, answered with this status. */
export function refusing(refusal: Refusal): Fault {
  return new Fault(refusal.status === 415 ? 'unsupported' : 'bad-parameter', refusal.message, {
    context: { krakenStatus: refusal.status },
  })
}

/** A parameter that cannot be used: 422 with this message. */
export function invalid(message: string): Fault {
  return refusing({ status: 422, message })
}

/**
 * What an error becomes. What is no Fault is opaque: the log has it. `from`: a URL that holds no picture cannot be got, an
 * upload that is none has a type that is not supported (kraken §7).
 */
export function refusalOf(error: unknown, from: 'url' | 'upload', store = 's3'): Refusal {
  if (!isFault(error)) return UNEXPECTED
  const { krakenStatus, stage, reason } = error.context
  if (typeof krakenStatus === 'number') return { status: krakenStatus, message: error.message }
  if (error.code === 'overloaded') return BUSY
  if (stage === 'store') return storeRefusal(error, store)
  if (stage === 'source' && error.code === 'not-an-image') return from === 'url' ? UNREACHABLE : TYPE_REFUSED
  if (error.code === 'too-large') return reason === 'file-size' ? FILE_TOO_LARGE : TOO_MANY_PIXELS
  return ANSWERS[error.code] ?? UNEXPECTED
}

const UNREACHABLE: Refusal = { status: 422, message: "Couldn't get this file" }
const BUSY: Refusal = { status: 503, message: 'Too much work is waiting, please try again later', retryAfterSeconds: 1 }
const TOO_MANY_PIXELS: Refusal = { status: 422, message: 'The image has more pixels than this server works on' }
const DAMAGED: Refusal = { status: 422, message: 'The image is damaged or cannot be decoded' }

const ANSWERS: Readonly<Partial<Record<FaultCode, Refusal>>> = {
  'object-missing': UNREACHABLE,
  'access-denied': UNREACHABLE,
  'source-unreachable': UNREACHABLE,
  'source-refused': UNREACHABLE,
  'source-timeout': UNREACHABLE,
  'address-forbidden': UNREACHABLE,
  'not-an-image': TYPE_REFUSED,
  unsupported: TYPE_REFUSED,
  'image-corrupt': DAMAGED,
  'timed-out': { status: 422, message: 'The image takes too long to optimize' },
  'bad-parameter': { status: 422, message: 'A parameter cannot be used with this image' },
  'key-invalid': { status: 422, message: 'The path of the store is not acceptable' },
  'limit-reached': QUOTA_USED,
}

/** What the store answered is said by its code: that is no secret and helps, its own words may be neither. */
function storeRefusal({ code, message, context }: Fault, store: string): Refusal {
  const { reason } = context
  const named = typeof reason === 'string' && /^[A-Z]/.test(reason) ? ` (${reason})` : ''
  return { status: 422, message: `Error pushing file to ${store}: ${DETAILS[code] ?? message}${named}` }
}

const DETAILS: Readonly<Partial<Record<FaultCode, string>>> = {
  'store-misconfigured': 'the store refuses the credentials, the region or the bucket',
  'access-denied': 'access denied',
  'source-unreachable': 'the store cannot be reached',
  'source-timeout': 'the store did not answer in time',
  'source-refused': 'the store does not work',
  'address-forbidden': 'the endpoint is outside of what callers may reach',
}

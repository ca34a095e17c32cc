import { Fault, isFault, systemCode } from '../faults.ts'

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EPROTO',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_ABORTED',
])
const TIMED_OUT = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/**
 * The Fault for a broken connection, whatever the transport calls it: source-timeout, source-unreachable, or a Fault that
 * the guard threw inside. `undefined` when the error says nothing about a connection.
 */
export function connectionFault(error: unknown): Fault | undefined {
  if (isFault(error)) return error
  if (!(error instanceof Error)) return undefined
  const code = systemCode(error) ?? ''
  // The SDK of S3 calls broken connections timeouts, too.
  if (TIMED_OUT.has(code) || (error.name === 'TimeoutError' && !UNREACHABLE.has(code)))
    return new Fault('source-timeout', undefined, { cause: error })
  // With several addresses every attempt's error is inside.
  if (error instanceof AggregateError) {
    const inner = error.errors.map(connectionFault).find((fault) => fault !== undefined)
    if (inner !== undefined) return inner
  }
  if (UNREACHABLE.has(code) || isTlsCode(code) || isParserCode(code)) {
    return new Fault('source-unreachable', undefined, { cause: error, context: { reason: code } })
  }
  if (error.message === 'aborted' || error.message.includes('socket hang up')) {
    return new Fault('source-unreachable', undefined, { cause: error })
  }
  return error.cause === undefined ? undefined : connectionFault(error.cause)
}

/** A certificate that cannot be believed: nobody trustworthy answered. */
function isTlsCode(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code)
}

/** Bytes that are no HTTP. */
function isParserCode(code: string): boolean {
  return code.startsWith('HPE_') || code.startsWith('UND_ERR_HEADERS_OVERFLOW')
}

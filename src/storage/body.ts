import { Fault, isFault } from '../faults.ts'
import type { PutBody, PutOptions } from './object-store.ts'

/** What a body is checked against while it flows. */
export type BodyRules = {
  /** Bytes that must come, no more and no less. */
  readonly size?: number | undefined
  /** Bytes at which the answer is given up with Fault too-large. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Turns whatever the transport throws into a Fault. */
  readonly translate: (error: unknown) => unknown
  /** Frees the transport; called once, at the end, on failure, or when the reader leaves. */
  readonly release: () => void
}

/**
 * The body of an answer, watched: it ends with exactly `size` bytes or with Fault source-unreachable, passes no byte
 * beyond `maxBytes`, and stops when `signal` aborts, also between two reads. A reader that leaves early frees the transport.
 */
export function watchedBody(source: AsyncIterable<Uint8Array>, rules: BodyRules): AsyncIterable<Uint8Array> {
  let released = false
  const release = () => {
    if (released) return
    released = true
    rules.signal?.removeEventListener('abort', release)
    rules.release()
  }
  if (rules.signal?.aborted) release()
  else rules.signal?.addEventListener('abort', release, { once: true })

  let iterator: AsyncIterator<Uint8Array> | undefined
  let seen = 0
  let ended = false
  const end = () => {
    ended = true
    release()
  }
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (ended) return { done: true, value: undefined }
        try {
          throwIfAborted(rules.signal)
          iterator ??= source[Symbol.asyncIterator]()
          const step = await iterator.next()
          if (step.done === true) {
            throwIfAborted(rules.signal)
            if (rules.size !== undefined && seen !== rules.size) throw cutOff(seen, rules.size)
            end()
            return { done: true, value: undefined }
          }
          seen += step.value.byteLength
          if (rules.size !== undefined && seen > rules.size) throw cutOff(seen, rules.size)
          checkSize(seen, rules.maxBytes)
          return { done: false, value: step.value }
        } catch (error) {
          end()
          throw abortReason(rules.signal) ?? (isFault(error) ? error : rules.translate(error))
        }
      },
      async return() {
        end()
        return { done: true, value: undefined }
      },
    }),
  }
}

/** Throws Fault too-large when `bytes` is above the limit; unknown numbers pass. */
export function checkSize(bytes: number | undefined, maxBytes: number | undefined): void {
  if (bytes !== undefined && maxBytes !== undefined && bytes > maxBytes) {
    throw new Fault('too-large', `the object is larger than ${maxBytes} bytes`, { context: { limit: maxBytes } })
  }
}

/** A body on its way into a store. */
export type Outgoing = {
  /** Ends in Fault bad-parameter when it is not as long as announced, and in the reason when the caller aborts. */
  readonly chunks: AsyncGenerator<Uint8Array>
  /** Throws what the caller's own body, length or signal failed with, so that it is not taken for a fault of the store. */
  rethrow(): void
}

/** Watches a body that a caller hands in; empty chunks are left out. */
export function outgoing(body: PutBody, { size, signal }: Pick<PutOptions, 'size' | 'signal'>): Outgoing {
  let failure: { readonly error: unknown } | undefined
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let seen = 0
    const iterator = (body instanceof Uint8Array ? single(body) : body)[Symbol.asyncIterator]()
    const next = async () => {
      try {
        throwIfAborted(signal)
        const step = await untilAborted(iterator.next(), signal)
        seen += step.done === true ? 0 : step.value.byteLength
        if (size !== undefined && (seen > size || (step.done === true && seen < size))) throw wrongLength(seen, size)
        return step
      } catch (error) {
        failure = { error }
        throw error
      }
    }
    try {
      for (let step = await next(); step.done !== true; step = await next()) {
        if (step.value.byteLength > 0) yield step.value
      }
    } finally {
      // Not awaited: a body that stalls would hold back the answer.
      iterator.return?.().then(undefined, () => undefined)
    }
  }
  return {
    chunks: chunks(),
    rethrow() {
      if (failure !== undefined) throw failure.error
    },
  }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function wrongLength(seen: number, size: number): Fault {
  return new Fault('bad-parameter', 'the body is not as long as announced', { context: { option: 'size', seen, size } })
}

/** Every `get` must be read to its end or let go with this: it frees the file or socket behind the body. */
export async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}

/** The whole body in one piece; at most `maxBytes`, else Fault too-large. */
export async function readAll(body: AsyncIterable<Uint8Array>, maxBytes?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    checkSize(size, maxBytes)
    chunks.push(chunk)
  }
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  return Buffer.concat(chunks, size)
}

/**
 * What an aborted call ends with: Fault source-timeout when the signal was a clock, a Fault that was given as the reason,
 * else the reason itself (the caller left; that is no fault of the store). `undefined` while not aborted.
 */
export function abortReason(signal: AbortSignal | undefined): unknown {
  if (signal?.aborted !== true) return undefined
  const reason: unknown = signal.reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new Fault('source-timeout', undefined, { cause: reason })
  }
  return reason
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal)
}

/** The outcome of `work`, or the reason of the abort as soon as it happens; `work` itself goes on unheard. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortReason(signal))
    // Making the promise may itself have led to the abort.
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function cutOff(seen: number, size: number): Fault {
  return new Fault('source-unreachable', 'the body is not as long as announced', { context: { seen, size } })
}

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
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (TIMED_OUT.has(code) || error.name === 'TimeoutError')
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

import { Fault, isFault } from '../faults.ts'
import { abortReason, throwIfAborted } from './abort.ts'

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

function cutOff(seen: number, size: number): Fault {
  return new Fault('source-unreachable', 'the body is not as long as announced', { context: { seen, size } })
}

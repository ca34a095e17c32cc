import { createHash } from 'node:crypto'
import { Fault } from '../faults.ts'
import { untilAborted } from '../storage/abort.ts'
import type { SizeBounds } from './uploads.ts'

export type IntakeRules = {
  /** Bytes of the largest upload. */
  readonly limit: number
  readonly bounds?: SizeBounds
  /** Length of the body, when it is known. */
  readonly size?: number
  /** Milliseconds that the body may keep silent while somebody waits for its next piece. */
  readonly silenceMs: number
  readonly signal: AbortSignal
}

/** A body on its way into a store: watched, measured and digested while it flows, never held. */
export type Intake = {
  /** Ends in Fault too-large, bad-parameter (too short, empty), timed-out, the reason of an abort, or in what the body throws. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Whether the whole body has been handed on. */
  readonly ended: boolean
  /** Of what has flowed; digests may be asked for once, at the end. */
  measured(): { readonly size: number; readonly digests: { readonly md5: string; readonly sha256: string } }
  /** Lets the body go when its chunks are not wanted after all. */
  release(): void
}

/**
 * Waits for the first bytes, so that an empty body, or one that is announced outside of its bounds, costs the store nothing. The
 * body is let go when it is refused.
 */
export async function takeIn(body: AsyncIterable<Uint8Array>, rules: IntakeRules): Promise<Intake> {
  const { size, bounds = {}, limit, silenceMs, signal } = rules
  const source = body[Symbol.asyncIterator]()
  // Not awaited: a body that stalls would hold back the answer.
  const letGo = () => void source.return?.().then(undefined, () => undefined)
  const next = () => untilAborted(speaking(source.next(), silenceMs), signal)
  const digests = { md5: createHash('md5'), sha256: createHash('sha256') }
  let seen = 0
  let ended = false

  function count(chunk: Uint8Array): Uint8Array {
    seen += chunk.byteLength
    checkMost(seen, limit, bounds)
    if (size !== undefined && seen > size) throw wrongLength(seen, size)
    digests.md5.update(chunk)
    digests.sha256.update(chunk)
    return chunk
  }

  async function first(): Promise<Uint8Array> {
    if (size !== undefined) {
      checkMost(size, limit, bounds)
      checkLeast(size, bounds)
    }
    for (;;) {
      const step = await next()
      if (step.done === true) throw empty()
      if (step.value.byteLength > 0) return count(step.value)
    }
  }

  async function* flow(begin: Uint8Array): AsyncGenerator<Uint8Array> {
    try {
      yield begin
      for (let step = await next(); step.done !== true; step = await next()) yield count(step.value)
      checkLeast(seen, bounds)
      if (size !== undefined && seen < size) throw wrongLength(seen, size)
      ended = true
    } finally {
      letGo()
    }
  }

  let begin: Uint8Array
  try {
    begin = await first()
  } catch (error) {
    letGo()
    throw error
  }
  return {
    chunks: flow(begin),
    get ended() {
      return ended
    },
    measured: () => ({
      size: seen,
      digests: { md5: digests.md5.digest('hex'), sha256: digests.sha256.digest('hex') },
    }),
    release: letGo,
  }
}

/** The next piece of a body, or Fault timed-out. */
async function speaking<T>(next: Promise<T>, silenceMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Fault('timed-out', 'the body stopped coming')), silenceMs)
  try {
    return await Promise.race([next, promise])
  } finally {
    clearTimeout(timer)
  }
}

function checkMost(size: number, limit: number, { most }: SizeBounds): void {
  if (most !== undefined && size > most) {
    throw new Fault('too-large', `the file is larger than ${most} bytes`, {
      context: { parameter: 'size', bound: 'most', limit: most },
    })
  }
  if (size > limit) throw new Fault('too-large', `the file is larger than ${limit} bytes`, { context: { limit } })
}

function checkLeast(size: number, { least }: SizeBounds): void {
  if (size === 0) throw empty()
  if (least !== undefined && size < least) {
    throw new Fault('bad-parameter', `the file is smaller than ${least} bytes`, {
      context: { parameter: 'size', bound: 'least', limit: least },
    })
  }
}

function wrongLength(seen: number, size: number): Fault {
  return new Fault('bad-parameter', 'the body is not as long as announced', {
    context: { parameter: 'body', seen, size },
  })
}

function empty(): Fault {
  return new Fault('bad-parameter', 'the file is empty', { context: { parameter: 'body' } })
}

import { Fault } from '../faults.ts'
import { throwIfAborted, untilAborted } from './abort.ts'
import type { PutBody, PutOptions } from './object-store.ts'

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

import { setTimeout as wait } from 'node:timers/promises'
import { Fault } from '../../src/faults.ts'
import type { ObjectAnswer, ObjectStore } from '../../src/storage/object-store.ts'

export type Method = 'head' | 'get' | 'put' | 'delete' | 'list' | 'presign'

/** What goes wrong; a member may be changed while the store is in use. */
export type Chaos = {
  /** Milliseconds before each call. */
  slowness?: number
  /** Thrown instead of the call; a function decides per call (counted from 1). */
  fail?: Fault | ((method: Method, call: number) => Fault | undefined)
  /** Bodies break off after this many bytes, as from a broken connection. */
  truncateAfter?: number
  /** Milliseconds before each chunk of a body. */
  drip?: number
}

export type ChaosStore = ObjectStore & { readonly chaos: Chaos; readonly calls: readonly Method[] }

/** Any store, made unreliable: slow calls, faults, bodies that drip or break off. */
export function withChaos(store: ObjectStore, chaos: Chaos = {}): ChaosStore {
  const calls: Method[] = []
  const before = async (method: Method, signal?: AbortSignal) => {
    calls.push(method)
    if (chaos.slowness !== undefined) await wait(chaos.slowness, undefined, signal === undefined ? {} : { signal })
    const fault = typeof chaos.fail === 'function' ? chaos.fail(method, calls.length) : chaos.fail
    if (fault !== undefined) throw fault
  }
  const spoil = (answer: ObjectAnswer): ObjectAnswer =>
    answer.kind === 'object' ? { ...answer, body: spoiled(answer.body, chaos) } : answer
  return {
    chaos,
    calls,
    capabilities: store.capabilities,
    async head(key, options) {
      await before('head', options?.signal)
      return store.head(key, options)
    },
    async get(key, options) {
      await before('get', options?.signal)
      return spoil(await store.get(key, options))
    },
    async put(key, body, options) {
      await before('put', options?.signal)
      return store.put(key, body, options)
    },
    async delete(key) {
      await before('delete')
      return store.delete(key)
    },
    async list(prefix, options) {
      await before('list')
      return store.list(prefix, options)
    },
    async presign(key, method, expiresSeconds) {
      await before('presign')
      return store.presign(key, method, expiresSeconds)
    },
    close: () => store.close(),
  }
}

async function* spoiled(body: AsyncIterable<Uint8Array>, chaos: Chaos): AsyncGenerator<Uint8Array> {
  let left = chaos.truncateAfter ?? Number.POSITIVE_INFINITY
  for await (const chunk of body) {
    if (chaos.drip !== undefined) await wait(chaos.drip)
    if (chunk.byteLength > left) {
      if (left > 0) yield chunk.subarray(0, left)
      throw new Fault('source-unreachable', 'the connection broke')
    }
    left -= chunk.byteLength
    yield chunk
  }
}

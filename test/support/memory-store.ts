import { createHash } from 'node:crypto'
import { Fault } from '../../src/faults.ts'
import type { ObjectAnswer, ObjectHead, ObjectKey, ObjectStore } from '../../src/storage/object-store.ts'

export type MemoryObject = {
  readonly bytes: Buffer
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** `undefined` = the store names none. Default: a digest of the bytes. */
  readonly etag?: string | undefined
  readonly lastModified?: Date
  /** What the head announces; default the truth. */
  readonly size?: number | undefined
}

/** A store in memory that counts, waits and fails as a test wishes. */
export type MemoryStore = ObjectStore & {
  readonly objects: Map<string, MemoryObject>
  readonly calls: { get: number; unchanged: number; head: number; put: number; delete: number; list: number }
  /** Thrown by every read while set. */
  failure: Error | undefined
  /** While set, reads wait for it. */
  hold: Promise<void> | undefined
  /** Resolves when this many reads have begun. */
  reading(count: number): Promise<void>
  /** The headers of the last read. */
  headers: Readonly<Record<string, string>> | undefined
  set(key: string, object: Buffer | MemoryObject): void
}

export function createMemoryStore(): MemoryStore {
  const objects = new Map<string, MemoryObject>()
  const calls = { get: 0, unchanged: 0, head: 0, put: 0, delete: 0, list: 0 }
  const begun: { readonly count: number; resolve(): void }[] = []
  let reads = 0
  const nameOf = ({ bucket, key }: ObjectKey) => (bucket === undefined ? key : `${bucket}:${key}`)

  async function find(key: ObjectKey, signal: AbortSignal | undefined): Promise<MemoryObject> {
    reads += 1
    for (const { count, resolve } of begun) if (reads >= count) resolve()
    const { hold } = store
    if (hold) await Promise.race([hold, aborted(signal)])
    signal?.throwIfAborted()
    if (store.failure) throw store.failure
    const object = objects.get(nameOf(key))
    if (!object) throw new Fault('object-missing')
    return object
  }

  const store: MemoryStore = {
    objects,
    calls,
    failure: undefined,
    hold: undefined,
    headers: undefined,
    reading(count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      begun.push({ count, resolve })
      if (reads >= count) resolve()
      return promise
    },
    set(key, object) {
      objects.set(key, Buffer.isBuffer(object) ? { bytes: object } : object)
    },
    capabilities: { write: true, acl: false, tags: false, storageClass: false, metadata: true, presign: false },
    async head(key, options) {
      calls.head += 1
      store.headers = options?.headers
      return headOf(await find(key, options?.signal))
    },
    async get(key, options): Promise<ObjectAnswer> {
      calls.get += 1
      store.headers = options?.headers
      const object = await find(key, options?.signal)
      const head = headOf(object)
      if (options?.ifNoneMatch !== undefined && options.ifNoneMatch === head.etag) {
        calls.unchanged += 1
        return { kind: 'unchanged' }
      }
      return { kind: 'object', head, body: chunks(object.bytes) }
    },
    async put(key, body, options) {
      calls.put += 1
      if (store.failure) throw store.failure
      const bytes = Buffer.isBuffer(body) ? body : await collect(body)
      objects.set(nameOf(key), { bytes, contentType: options?.contentType })
      return { version: headOf({ bytes }).version }
    },
    async delete(key) {
      calls.delete += 1
      if (store.failure) throw store.failure
      objects.delete(nameOf(key))
    },
    async list(prefix, options = {}) {
      calls.list += 1
      if (store.failure) throw store.failure
      const { after = '', limit = 1000 } = options
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
      const entries = keys.slice(0, limit).map((key) => {
        const head = headOf(objects.get(key) ?? { bytes: Buffer.alloc(0) })
        return { key, size: head.size ?? 0, lastModified: head.lastModified, etag: head.etag }
      })
      return { entries, more: keys.length > limit }
    },
    async presign() {
      throw new Fault('unsupported')
    },
    async close() {},
  }
  return store
}

function headOf(object: MemoryObject): ObjectHead {
  const etag = 'etag' in object ? object.etag : `"${createHash('md5').update(object.bytes).digest('hex')}"`
  const dated = object.lastModified && `${object.lastModified.getTime()}-${object.bytes.length}`
  return {
    version: etag ?? dated,
    etag,
    size: 'size' in object ? object.size : object.bytes.length,
    lastModified: object.lastModified,
    contentType: object.contentType,
    contentEncoding: object.contentEncoding,
    metadata: object.metadata ?? {},
  }
}

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

async function collect(body: AsyncIterable<Uint8Array> | Uint8Array): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body)
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

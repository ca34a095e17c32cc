import { untilAborted } from '../storage/abort.ts'
import type { ObjectKey, ObjectStore, PartStore, PutOptions } from '../storage/object-store.ts'

/** Bodies up to this many bytes go to the store in one piece; longer ones in parts of as much at least. */
const PART_BYTES = 8 * 1024 * 1024
/** Parts under way, or being filled. */
const AT_ONCE = 2
/** S3's most. */
const PARTS = 10_000

type Options = PutOptions & { readonly signal: AbortSignal }

/**
 * Stores a body that is long, or may be, within two buffers of 8 MB that are used again and again: the garbage of fresh ones would be
 * many times that. The object appears whole or not at all; parts of an upload that fails are dropped. `most` is what `chunks` is bounded
 * by, in bytes. Stores without parts take the body as it is. Throws the store's Faults and what `chunks` throws.
 */
export async function putLarge(
  { store, object }: { readonly store: ObjectStore; readonly object: ObjectKey },
  chunks: AsyncIterable<Uint8Array>,
  { size, ...options }: Options,
  most: number,
): Promise<{ readonly version: string | undefined }> {
  const { parts } = store
  if (parts === undefined || (size !== undefined && size <= PART_BYTES)) {
    return store.put(object, chunks, { ...options, ...(size !== undefined && { size }) })
  }
  const slicer = createSlicer(chunks)
  try {
    const short = await untilAborted(slicer.ifWithin(PART_BYTES), options.signal)
    if (short !== undefined) return await store.put(object, short, { ...options, size: short.byteLength })
    const bytes = Math.max(PART_BYTES, Math.ceil((size ?? most) / PARTS))
    return await putParts(parts, object, slicer, bytes, options)
  } finally {
    slicer.end()
  }
}

async function putParts(parts: PartStore, object: ObjectKey, slicer: Slicer, bytes: number, options: Options) {
  const upload = await parts.begin(object, options)
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const etags: { readonly part: number; readonly etag: string }[] = []

  async function send(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    for (;;) {
      const slice = await untilAborted(slicer.fill(buffer), signal)
      if (slice === undefined) return
      const { part, size } = slice
      const { etag } = await parts.put(object, upload, { part, size }, buffer.subarray(0, size), signal)
      etags.push({ part, etag })
    }
  }

  try {
    await allOrFirstError(Array.from({ length: AT_ONCE }, send), (error) => stop.abort(error))
    return await parts.complete(object, upload, etags)
  } catch (error) {
    // What cannot be dropped now is left to the bucket's lifecycle rules.
    await parts.abort(object, upload).catch(() => undefined)
    throw error
  }
}

/** Waits for all; `stop` is called at the first failure, which is thrown when the others have ended too. */
async function allOrFirstError(works: readonly Promise<void>[], stop: (error: unknown) => void): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  await Promise.all(
    works.map((work) =>
      work.catch((error: unknown) => {
        failure ??= { error }
        stop(failure.error)
      }),
    ),
  )
  if (failure !== undefined) throw failure.error
}

type Slicer = ReturnType<typeof createSlicer>

/** Cuts a body into consecutive slices, for several who ask at once. */
function createSlicer(chunks: AsyncIterable<Uint8Array>) {
  const source = chunks[Symbol.asyncIterator]()
  /** Read, and not handed on yet. */
  const pending: Uint8Array[] = []
  let ended = false
  let part = 0
  let last: Promise<unknown> = Promise.resolve()

  async function read(): Promise<boolean> {
    if (ended) return false
    const step = await source.next()
    ended = step.done === true
    if (step.done !== true) pending.push(step.value)
    return !ended
  }

  async function fillNext(buffer: Buffer) {
    let size = 0
    while (size < buffer.length && (pending.length > 0 || (await read()))) {
      const chunk = pending.shift()
      if (chunk === undefined) break
      const taken = chunk.subarray(0, buffer.length - size)
      buffer.set(taken, size)
      size += taken.length
      if (taken.length < chunk.length) pending.unshift(chunk.subarray(taken.length))
    }
    return size === 0 ? undefined : { part: ++part, size }
  }

  return {
    /** The whole body when it is no longer than this; else nothing of it is lost. */
    async ifWithin(bytes: number): Promise<Buffer | undefined> {
      let size = 0
      while (await read()) {
        size += pending.at(-1)?.byteLength ?? 0
        if (size > bytes) return undefined
      }
      return Buffer.concat(pending)
    },
    /** Fills the buffer with what comes next; less than all of it at the end of the body. Undefined when nothing is left. */
    fill(buffer: Buffer): Promise<{ readonly part: number; readonly size: number } | undefined> {
      const mine = last.then(() => fillNext(buffer))
      last = mine.catch(() => undefined)
      return mine
    },
    /** Not awaited: a body that stalls would hold back the answer. */
    end() {
      source.return?.().then(undefined, () => undefined)
    },
  }
}

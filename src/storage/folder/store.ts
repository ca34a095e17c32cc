import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import path from 'node:path'
import mime from 'mime'
import { Fault, isFault } from '../../faults.ts'
import { abortReason, throwIfAborted } from '../abort.ts'
import { checkSize, watchedBody } from '../body.ts'
import { checkKey, checkPrefix } from '../keys.ts'
import type {
  Capabilities,
  ObjectEntry,
  ObjectHead,
  ObjectKey,
  ObjectStore,
  PutOptions,
  StoreConfig,
} from '../object-store.ts'
import { outgoing } from '../outgoing.ts'
import { folderFault } from './faults.ts'
import { walk } from './list.ts'
import { openFolder, rootOf, segmentsOf } from './paths.ts'
import { versionOf } from './version.ts'
import { writeFile } from './write.ts'

export type FolderConfig = Extract<StoreConfig, { provider: 'folder' }>

/**
 * Files hold bytes and nothing else: a sidecar for metadata could not change in one step with its file, and would litter
 * a folder that people look into. The content type follows from the extension.
 */
const CAPABILITIES: Capabilities = {
  write: true,
  acl: false,
  tags: false,
  storageClass: false,
  metadata: false,
  presign: false,
}

const PAGE = 1000
const CHUNK = 256 * 1024
/** A pipe or device must not block the thread that opens it. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * A folder of this machine; `bucket` names a sub-folder of it. Symbolic links below the root are never followed: what is
 * behind one is missing. The root may be a link itself, the operator named it.
 */
export function createFolderStore(config: FolderConfig): ObjectStore {
  return {
    capabilities: CAPABILITIES,

    async head(object, { signal } = {}) {
      return reading(signal, async () => {
        const { file, head } = await openFile(config.path, object)
        await file.close()
        return head
      })
    },

    async get(object, { range, ifNoneMatch, maxBytes, signal } = {}) {
      return reading(signal, async () => {
        const { file, head } = await openFile(config.path, object)
        try {
          throwIfAborted(signal)
          if (ifNoneMatch !== undefined && (ifNoneMatch === head.etag || ifNoneMatch === '*')) {
            await file.close()
            return { kind: 'unchanged' }
          }
          const start = range?.start ?? 0
          if (range !== undefined && start >= head.size) throw unsatisfiable()
          const end = Math.min(range?.end ?? head.size - 1, head.size - 1)
          const size = end - start + 1
          checkSize(size, maxBytes)
          const body = watchedBody(readFile(file, start, end), {
            size,
            maxBytes,
            signal,
            translate: (error) => folderFault(error, 'read'),
            release: () => file.close().catch(() => undefined),
          })
          return { kind: 'object', head, body }
        } catch (error) {
          await file.close()
          throw error
        }
      })
    },

    async put(object, body, options = {}) {
      refuseExtras(options)
      const segments = segmentsOf(checkKey(object.key))
      if (segments === undefined) {
        throw new Fault('key-invalid', 'a folder cannot hold this key', { context: { problem: 'no file name' } })
      }
      const source = outgoing(body, options)
      try {
        return await writeFile(await rootOf(config.path, object.bucket), segments, source.chunks, options.signal)
      } catch (error) {
        source.rethrow()
        throw abortReason(options.signal) ?? folderFault(error, 'write')
      }
    },

    async delete(object) {
      const segments = segmentsOf(checkKey(object.key))
      if (segments === undefined) return
      try {
        const folder = await openFolder(await rootOf(config.path, object.bucket), segments.slice(0, -1), false)
        try {
          await unlink(folder.at(segments[segments.length - 1] ?? segments[0]))
        } finally {
          await folder.close()
        }
      } catch (error) {
        const fault = folderFault(error, 'read')
        // EPERM and EISDIR are what unlinking a folder ends in: no object of that name.
        if (fault.code !== 'object-missing') throw folderFault(error, 'write')
      }
    },

    async list(prefix, { limit = PAGE, after = '', bucket } = {}) {
      checkPrefix(prefix)
      const entries: ObjectEntry[] = []
      try {
        for await (const entry of walk(await rootOf(config.path, bucket), prefix, after)) {
          if (entries.length >= limit) return { entries, more: true }
          entries.push(entry)
        }
      } catch (error) {
        throw folderFault(error, 'read')
      }
      return { entries, more: false }
    },

    async presign() {
      throw new Fault('unsupported', 'a folder has no URLs')
    },

    close: async () => undefined,
  }
}

type FileHead = ObjectHead & { readonly size: number }

async function openFile(root: string, object: ObjectKey): Promise<{ file: FileHandle; head: FileHead }> {
  const segments = segmentsOf(checkKey(object.key))
  if (segments === undefined) throw new Fault('object-missing')
  const folder = await openFolder(await rootOf(root, object.bucket), segments.slice(0, -1), false)
  let file: FileHandle
  try {
    file = await open(folder.at(segments[segments.length - 1] ?? segments[0]), READ_FLAGS)
  } finally {
    await folder.close()
  }
  try {
    const stat = await file.stat({ bigint: true })
    if (!stat.isFile()) throw new Fault('object-missing')
    const version = versionOf(stat)
    return {
      file,
      head: {
        version,
        etag: version,
        size: Number(stat.size),
        lastModified: stat.mtime,
        // A bare name is no extension, though `mime` takes it for one.
        contentType: mime.getType(path.extname(object.key) || '.') ?? undefined,
        contentEncoding: undefined,
        metadata: {},
      },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Fresh buffers each time: readers keep what they get. */
async function* readFile(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = start
  while (at <= end) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at + 1))
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function reading<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    throwIfAborted(signal)
    return await work()
  } catch (error) {
    throw abortReason(signal) ?? (isFault(error) ? error : folderFault(error, 'read'))
  }
}

/** What would be lost is refused by name, as a bucket without it does. Type and caching headers are not kept either, but change no bytes. */
function refuseExtras(options: PutOptions): void {
  const asked = (['acl', 'storageClass', 'tags', 'metadata'] as const).find((option) => {
    const value = options[option]
    return value !== undefined && (typeof value === 'string' || Object.keys(value).length > 0)
  })
  const encoded = options.contentEncoding !== undefined && options.contentEncoding !== 'identity'
  const option = asked ?? (encoded ? 'contentEncoding' : undefined)
  if (option !== undefined) {
    throw new Fault('store-refused', `a folder keeps no ${option}`, { context: { reason: 'not-implemented', option } })
  }
}

function unsatisfiable(): Fault {
  return new Fault('bad-parameter', 'the range lies beyond the end', { context: { reason: 'range' } })
}

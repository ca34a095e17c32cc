import { mkdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Connection } from '../../catalog/model.ts'
import { Fault, isFault } from '../../faults.ts'
import { createFolderStore } from '../../storage/folder/store.ts'
import { joinPrefix } from '../../storage/keys.ts'
import type { ObjectStore } from '../../storage/object-store.ts'
import { objectPlace } from './bucket.ts'

/** Where optimised pictures are stored. */
export type Destination = {
  /** Names the object of that key among all files and buckets, as `Found.place` does. */
  place(key: string): string
  has(key: string): Promise<boolean>
  put(key: string, bytes: Uint8Array, type: string, metadata: Readonly<Record<string, string>>): Promise<void>
  /** The local folder, when it is one. */
  readonly folder: string | undefined
}

/** Whether `--store` names a folder of this machine and not a connection: it has a slash or begins with a dot. */
export function isFolder(given: string): boolean {
  return given.startsWith('.') || /[/\\]/.test(given)
}

/** A folder of this machine, made with the first picture. */
export async function toFolder(given: string): Promise<Destination> {
  const folder = await realpath(given).catch(() => resolve(given))
  const destination = overStore(createFolderStore({ provider: 'folder', path: folder }), {
    keyOf: (key) => key,
    place: (key) => resolve(folder, key),
    folder,
  })
  return {
    ...destination,
    async put(...what) {
      await mkdir(folder, { recursive: true })
      await destination.put(...what)
    },
  }
}

/** A connection; its prefix holds. Fault read-only when it may not be written to. */
export async function toConnection(connection: Connection, store: ObjectStore): Promise<Destination> {
  if (!connection.write || !store.capabilities.write) {
    throw new Fault('read-only', `the connection “${connection.alias}” is not writable`)
  }
  const { path, bucket, container, prefix } = connection
  const keyOf = (key: string) => joinPrefix(prefix, key)
  const root = path === undefined ? undefined : await realpath(path).catch(() => resolve(path))
  return overStore(store, {
    keyOf,
    place: (key) =>
      root === undefined ? objectPlace(connection, bucket ?? container, keyOf(key)) : resolve(root, keyOf(key)),
    folder: root === undefined ? undefined : resolve(root, prefix),
  })
}

type Naming = Pick<Destination, 'place' | 'folder'> & { keyOf(key: string): string }

function overStore(store: ObjectStore, { keyOf, place, folder }: Naming): Destination {
  return {
    place,
    folder,
    async has(key) {
      try {
        await store.head({ key: keyOf(key) })
        return true
      } catch (error) {
        if (isFault(error, 'object-missing') || isFault(error, 'store-misconfigured')) return false
        throw error
      }
    },
    async put(key, bytes, contentType, metadata) {
      const kept = store.capabilities.metadata && Object.keys(metadata).length > 0 ? { metadata } : {}
      await store.put({ key: keyOf(key) }, bytes, { size: bytes.byteLength, contentType, ...kept })
    },
  }
}

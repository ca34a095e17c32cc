import { LRUCache } from 'lru-cache'
import type { Connection, Directory } from '../catalog/model.ts'
import { Fault, isFault } from '../faults.ts'
import { checkKey, joinPrefix } from '../storage/keys.ts'
import type { ObjectKey, ObjectStore, PutOptions, StoreConfig } from '../storage/object-store.ts'
import type { Log } from './log.ts'
import type { Push, PushTarget, Stored } from './optimizer.ts'
import { putOptions } from './put-options.ts'

export type PushOptions = {
  readonly directory: Pick<Directory, 'project'>
  readonly storeOf: (connection: Connection) => ObjectStore
  readonly once: (config: StoreConfig) => ObjectStore
  readonly log: Log
}

/** A place where an object is to be put, opened and checked. */
export type Destination = {
  put(bytes: Buffer, signal: AbortSignal): Promise<Stored>
  /** Takes back what was put. */
  undo(): Promise<void>
}

/**
 * Opens where a result goes. Nothing is sent yet, so that a wish that cannot be met costs no work. The destination's `put`
 * throws the store's Faults; an ACL that is only a default is left out where the bucket takes none, and that is remembered for
 * the bucket (S3 switches ACLs off for every new one).
 *
 * Fault not-found for an unknown connection, read-only for one that is not writable, access-denied for a bucket it does not
 * reach, key-invalid, bad-parameter.
 */
export function createPushing({ directory, storeOf, once, log }: PushOptions) {
  /** Buckets that take no ACL. */
  const aclless = new LRUCache<string, true>({ max: 1000 })
  /** The results of one request share their store, and with it what it found out, such as the bucket's region. */
  const shared = new WeakMap<StoreConfig, ObjectStore>()

  function callersStore(config: StoreConfig): ObjectStore {
    const store = shared.get(config) ?? once(config)
    shared.set(config, store)
    return store
  }

  function openTarget(project: string, target: PushTarget, key: string): Opened {
    if (target.kind === 'credentials')
      return { ...callers(target.config), store: callersStore(target.config), key: { key } }
    const connection = directory.project(project)?.connections.find(({ alias }) => alias === target.alias)
    if (connection === undefined) {
      throw new Fault('not-found', `there is no connection ${target.alias}`, { context: { connection: target.alias } })
    }
    if (!connection.write) throw new Fault('read-only', `the connection ${connection.alias} is not writable`)
    const own = connection.provider === 'azure' ? connection.container : connection.bucket
    const object = objectKey(connection, own, key, target.bucket)
    const bucket = target.bucket ?? own
    return { store: storeOf(connection), key: object, bucket, id: `${connection.id}.${connection.revision}/${bucket}` }
  }

  return function open(project: string, push: Push, name: string, type: string): Destination {
    const wish = push.options
    const options = putOptions(wish, type)
    const { store, key, bucket, id } = openTarget(project, push.target, objectName(push.key, name))
    const isDefault = wish.acl !== undefined && !wish.acl.asked
    checkCapabilities(store, options, isDefault)
    const bare: PutOptions = { ...options }
    Reflect.deleteProperty(bare, 'acl')

    async function put(bytes: Buffer, signal: AbortSignal): Promise<Stored> {
      const at = (withoutAcl: boolean): Stored => ({ kind: 'stored', bucket, key: key.key, withoutAcl })
      const sized = { size: bytes.byteLength, signal }
      if (isDefault && (aclless.has(id) || !store.capabilities.acl)) {
        await store.put(key, bytes, { ...bare, ...sized })
        return at(true)
      }
      try {
        await store.put(key, bytes, { ...options, ...sized })
        return at(false)
      } catch (error) {
        if (!refusesAcl(error)) throw error
        if (!isDefault) throw aclRefused(error)
      }
      await store.put(key, bytes, { ...bare, ...sized })
      aclless.set(id, true)
      log.warn({ project, bucket }, 'the bucket takes no ACLs: objects are stored without the default one')
      return at(true)
    }

    return {
      put,
      undo: () => store.delete(key),
    }
  }
}

type Opened = {
  readonly store: ObjectStore
  readonly key: ObjectKey
  readonly bucket: string | undefined
  /** Names the bucket among all buckets of all stores. */
  readonly id: string
}

function callers(config: Extract<PushTarget, { kind: 'credentials' }>['config']) {
  if (config.provider === 'azure') return { bucket: config.container, id: `${config.accountName}/${config.container}` }
  return { bucket: config.bucket, id: `${config.endpoint ?? ''}/${config.region ?? ''}/${config.bucket ?? ''}` }
}

/** The prefix bounds the connection's own bucket; other buckets must be allowed. */
function objectKey(
  connection: Connection,
  own: string | undefined,
  key: string,
  bucket: string | undefined,
): ObjectKey {
  if (bucket === undefined || bucket === own) return { key: joinPrefix(connection.prefix, key) }
  if (connection.buckets.length > 0 && !connection.buckets.includes(bucket)) {
    throw new Fault('access-denied', `the connection ${connection.alias} does not reach that bucket`)
  }
  return { key, bucket }
}

/** A wish to the object's place: a folder gets the name appended, a slash in front goes. */
function objectName(key: string, name: string): string {
  const bare = key.replace(/^\/+/, '')
  return checkKey(bare === '' || bare.endsWith('/') ? bare + name : bare)
}

/** What a store says of itself that it cannot do is refused before any work. */
function checkCapabilities({ capabilities }: ObjectStore, options: PutOptions, aclIsDefault: boolean): void {
  const refuse = (option: string, what: string) => {
    throw new Fault('store-refused', `the store takes no ${what}`, { context: { option, reason: 'not-implemented' } })
  }
  if (options.acl !== undefined && !aclIsDefault && !capabilities.acl) refuse('acl', 'ACLs')
  if (options.storageClass !== undefined && !capabilities.storageClass) refuse('storageClass', 'storage classes')
  if (options.tags !== undefined && !capabilities.tags) refuse('tags', 'tags')
  if (options.metadata !== undefined && !capabilities.metadata) refuse('metadata', 'metadata')
}

function refusesAcl(error: unknown): error is Fault {
  return isFault(error, 'store-refused') && error.context.option === 'acl'
}

function aclRefused(fault: Fault): Fault {
  const message =
    fault.context.reason === 'acl-disabled'
      ? 'the bucket has ACLs disabled (Object Ownership is "bucket owner enforced"): enable ACLs there, or ask for none'
      : 'the store takes no ACLs: ask for none'
  return new Fault('store-refused', message, { context: fault.context, cause: fault })
}

import { randomUUID } from 'node:crypto'
import type { Connection } from '../catalog/model.ts'
import { Fault, type FaultCode, isFault } from '../faults.ts'
import { joinPrefix } from '../storage/keys.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { Permission } from './policy.ts'
import { reasonOf } from './reasons.ts'

/** One thing that was tried. `unknown`: the store's answer does not tell. */
export type Finding = {
  readonly what: 'reach' | 'list' | 'read' | 'write' | 'delete'
  readonly result: 'ok' | 'refused' | 'failed' | 'unknown'
  readonly detail: string
  /** The S3 permission that is missing, for `refused`; the one in doubt, for `unknown`. */
  readonly permission?: Permission
}

/** Faults after which nothing else needs to be tried: the store itself cannot be used. */
const FATAL: readonly FaultCode[] = [
  'store-misconfigured',
  'source-unreachable',
  'source-timeout',
  'address-forbidden',
  'disk-full',
]

/** What to try instead of what the connection itself names. */
export type Trial = {
  readonly bucket?: string | undefined
  /** An object that exists, below the prefix: reading it tells what a missing one may not. */
  readonly object?: string | undefined
}

/**
 * Tries what a connection is for, with real requests: listing, reading, and — only when the connection may write — storing
 * and removing one small object. A connection without a bucket of its own is tried on `bucket`. Throws no Fault of the
 * store: what it answers is the finding.
 */
export async function examine(
  store: ObjectStore,
  connection: Connection,
  { bucket = connection.bucket, object }: Trial = {},
): Promise<readonly Finding[]> {
  if (connection.provider === 's3' && bucket === undefined) {
    return [
      { what: 'reach', result: 'unknown', detail: 'the connection has no bucket of its own: name one with --bucket' },
    ]
  }
  const place = { store, connection, where: bucket === undefined ? {} : { bucket } }
  const findings: Finding[] = []
  // A web server has no listing; reading is tried at once.
  if (connection.provider !== 'web') {
    const listing = await tryList(place)
    findings.push(listing)
    if (listing.result === 'failed') return findings
  }
  if (connection.read) findings.push(await tryRead(place, object, findings.at(0)?.result === 'ok'))
  if (connection.write && findings.at(-1)?.result !== 'failed') findings.push(...(await tryWrite(place)))
  return findings
}

type Place = {
  readonly store: ObjectStore
  readonly connection: Connection
  readonly where: { readonly bucket?: string }
}

async function tryList({ store, connection, where }: Place): Promise<Finding> {
  try {
    const { entries } = await store.list(connection.prefix === '' ? '' : `${connection.prefix}/`, {
      limit: 1,
      ...where,
    })
    return {
      what: 'list',
      result: 'ok',
      detail: entries.length > 0 ? 'objects are there' : 'nothing is stored here yet',
    }
  } catch (error) {
    return judge('list', 's3:ListBucket', error)
  }
}

/**
 * Asks for the object that is named, else for one that does not exist: S3 says 404 to those who may list and read, 403 to all
 * others (pixboost §12).
 */
async function tryRead(
  { store, connection, where }: Place,
  object: string | undefined,
  mayList: boolean,
): Promise<Finding> {
  try {
    const key = joinPrefix(connection.prefix, object ?? `tintype-missing-${randomUUID()}`)
    const answer = await store.get({ key, ...where })
    // A web server that answers anything for everything can be read from.
    if (answer.kind === 'object') for await (const _ of answer.body) break
    return { what: 'read', result: 'ok', detail: 'objects can be read' }
  } catch (error) {
    if (isFault(error, 'object-missing')) {
      return object === undefined
        ? { what: 'read', result: 'ok', detail: 'a missing object is told as missing' }
        : { what: 'read', result: 'failed', detail: `there is no object ${object}` }
    }
    if (isFault(error, 'access-denied') && connection.provider === 's3' && !mayList && object === undefined) {
      return {
        what: 'read',
        result: 'unknown',
        permission: 's3:GetObject',
        detail: 'without s3:ListBucket a missing object is refused too: name one that exists with --object',
      }
    }
    return judge('read', 's3:GetObject', error)
  }
}

async function tryWrite({ store, connection, where }: Place): Promise<readonly Finding[]> {
  const name = { key: joinPrefix(connection.prefix, `tintype-test-${randomUUID()}`), ...where }
  try {
    await store.put(name, Buffer.from('written by tintype connection test\n'), { contentType: 'text/plain' })
  } catch (error) {
    return [judge('write', 's3:PutObject', error)]
  }
  const written: Finding = { what: 'write', result: 'ok', detail: 'an object was stored' }
  try {
    await store.delete(name)
    return [written, { what: 'delete', result: 'ok', detail: 'and removed again' }]
  } catch (error) {
    const finding = judge('delete', 's3:DeleteObject', error)
    return [written, { ...finding, detail: `${finding.detail}; ${name.key} is left behind` }]
  }
}

/** What a store's error means for the thing that was tried. Errors that are no Fault are defects and go on. */
function judge(what: Finding['what'], permission: Permission, error: unknown): Finding {
  if (!(error instanceof Fault)) throw error
  const detail = reasonOf(error)
  if (FATAL.includes(error.code)) return { what: 'reach', result: 'failed', detail }
  if (error.code === 'access-denied') return { what, result: 'refused', permission, detail: 'the store denies it' }
  const refused = error.code === 'store-refused' || error.code === 'read-only'
  return refused ? { what, result: 'refused', permission, detail } : { what, result: 'failed', detail }
}

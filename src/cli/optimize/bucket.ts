import type { Connection, Project } from '../../catalog/model.ts'
import { Fault } from '../../faults.ts'
import type { ObjectStore } from '../../storage/object-store.ts'
import { connectionOf } from '../session.ts'
import type { Found } from './found.ts'
import { PICTURE_NAME } from './local.ts'

const PAGE = 1000

/** `s3://bucket/prefix`, taken apart; `undefined` for anything else. */
export function bucketUrl(given: string): { readonly bucket: string; readonly prefix: string } | undefined {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(given)
  return match === null ? undefined : { bucket: match[1] ?? '', prefix: match[2] ?? '' }
}

/**
 * The connection that reaches a bucket: the named one, or the only one of the project. The prefix of a connection bounds its own
 * bucket. Fault not-found, bad-parameter when several reach it, access-denied.
 */
export function connectionTo(project: Project, url: string, alias: string | undefined): Connection {
  const { bucket, prefix } = bucketUrl(url) ?? { bucket: '', prefix: '' }
  const reaches = (one: Connection) => one.provider === 's3' && (one.bucket === bucket || one.buckets.includes(bucket))
  const named = alias === undefined ? undefined : connectionOf(project, alias)
  const [connection, ...others] = named === undefined ? project.connections.filter(reaches) : [named]
  if (connection === undefined) {
    throw new Fault('not-found', `project “${project.id}” has no connection to the bucket ${bucket}`)
  }
  if (others.length > 0) {
    const aliases = [connection, ...others].map((one) => one.alias).join(', ')
    throw new Fault('bad-parameter', `say which connection to ${bucket} with --connection: ${aliases}`)
  }
  const any = connection.bucket === undefined && connection.buckets.length === 0
  if (connection.provider !== 's3' || !(reaches(connection) || any)) {
    throw new Fault('access-denied', `the connection “${connection.alias}” does not reach the bucket ${bucket}`)
  }
  if (!connection.read) throw new Fault('access-denied', `the connection “${connection.alias}” may not read`)
  const bound = connection.bucket === bucket ? connection.prefix.replace(/^\/+|\/+$/g, '') : ''
  if (bound !== '' && prefix !== bound && !prefix.startsWith(`${bound}/`)) {
    throw new Fault('access-denied', `the connection “${connection.alias}” reaches only s3://${bucket}/${bound}/`)
  }
  return connection
}

/** Names an object among all buckets of all stores. */
export function objectPlace({ endpoint = '' }: Connection, bucket: string | undefined, key: string): string {
  return `s3:${endpoint}/${bucket ?? ''}/${key}`
}

/** The object of that key, or every picture below it as below a folder. */
export async function* findInBucket(url: string, connection: Connection, store: ObjectStore): AsyncGenerator<Found> {
  const { bucket, prefix } = bucketUrl(url) ?? { bucket: '', prefix: '' }
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.list(prefix, { limit: PAGE, bucket, ...(after !== undefined && { after }) })
    more = page.more && page.entries.length > 0
    after = page.entries.at(-1)?.key
    for (const { key, size, etag, lastModified } of page.entries) {
      const named = key === prefix
      if (!named && !(key.startsWith(folder) && PICTURE_NAME.test(key))) continue
      yield {
        name: `s3://${bucket}/${key}`,
        key: named ? key.slice(key.lastIndexOf('/') + 1) : key.slice(folder.length),
        place: objectPlace(connection, bucket, key),
        size,
        version: `${size}-${etag ?? lastModified?.toISOString() ?? ''}`,
        read: () => readObject(store, { bucket, key }, size),
      }
    }
  }
}

/** An object that has grown since it was listed is not read to its end: Fault too-large. */
async function readObject(store: ObjectStore, key: { bucket: string; key: string }, maxBytes: number) {
  const answer = await store.get(key, { maxBytes })
  if (answer.kind === 'unchanged') throw new Fault('object-missing')
  const { contentEncoding, metadata } = answer.head
  if (contentEncoding !== undefined && contentEncoding !== '' && contentEncoding !== 'identity') {
    throw new Fault('unsupported', `the object is stored with content coding ${contentEncoding}`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { bytes: Buffer.concat(chunks), metadata }
}

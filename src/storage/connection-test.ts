import { randomUUID } from 'node:crypto'
import { type FaultCode, isFault } from '../faults.ts'
import { discard } from './body.ts'
import { joinPrefix } from './keys.ts'
import type { ObjectStore } from './object-store.ts'

/** What a connection is to be used for, and where. */
export type Use = {
  readonly bucket?: string
  readonly prefix: string
  readonly read: boolean
  readonly write: boolean
}

/** What one permission is for; the names of S3 stand in `bucketPolicy`. */
export type Permission = 'list' | 'get' | 'put' | 'delete'

/** `unknown`: the store's answer does not tell. `not-offered`: this kind of store has no such thing. `failed`: not a matter of permissions. */
export type Finding = {
  readonly permission: Permission
  readonly s3: string
  readonly result: 'granted' | 'missing' | 'unknown' | 'not-offered' | 'failed'
  readonly fault?: FaultCode
  readonly message: string
}

const S3: Readonly<Record<Permission, string>> = {
  list: 's3:ListBucket',
  get: 's3:GetObject',
  put: 's3:PutObject',
  delete: 's3:DeleteObject',
}

/**
 * Tries, harmlessly, what a connection is for and says which permission is missing: lists at most one key, reads that one
 * or a key that surely does not exist, and (only with `write`) writes, reads and deletes a tiny object of its own below the
 * prefix. Throws nothing that the store said: that is in the findings.
 */
export async function testConnection(store: ObjectStore, use: Use): Promise<readonly Finding[]> {
  const where = use.bucket === undefined ? {} : { bucket: use.bucket }
  const findings: Finding[] = []
  let known: string | undefined

  const listed = await attempt('list', async () => {
    const folder = use.prefix.replace(/^\/+|\/+$/g, '')
    const { entries } = await store.list(folder === '' ? '' : `${folder}/`, { limit: 1, ...where })
    known = entries[0]?.key
  })
  findings.push(listed)
  // Wrong keys, no such bucket, no connection: every further try would say the same.
  if (listed.result === 'failed') return findings

  const probe = joinPrefix(use.prefix, `tintype-probe-${randomUUID()}`)
  let written = false
  if (use.write) {
    const put = await attempt('put', async () => {
      await store.put({ key: probe, ...where }, Buffer.from('Tintype was here'), { contentType: 'text/plain' })
      written = true
    })
    findings.push(put)
  }
  if (use.read) findings.push(await tryGet(store, { key: written ? probe : (known ?? probe), ...where }, listed))
  if (written) findings.push(await attempt('delete', () => store.delete({ key: probe, ...where })))
  return findings
}

/** S3 says 404 for a missing key to those who may list, and 403 to all others, whether they may read or not. */
async function tryGet(
  store: ObjectStore,
  object: { readonly key: string; readonly bucket?: string },
  listed: Finding,
): Promise<Finding> {
  let exists = false
  const finding = await attempt('get', async () => {
    try {
      const answer = await store.get(object)
      exists = true
      if (answer.kind === 'object') await discard(answer.body)
    } catch (error) {
      if (!isFault(error, 'object-missing')) throw error
    }
  })
  if (finding.result !== 'missing' || exists || listed.result === 'granted') return finding
  return {
    ...finding,
    result: 'unknown',
    message: 'cannot be told without the permission to list: a missing object is refused like a forbidden one',
  }
}

async function attempt(permission: Permission, work: () => Promise<void>): Promise<Finding> {
  const base = { permission, s3: S3[permission] }
  try {
    await work()
    return { ...base, result: 'granted', message: 'works' }
  } catch (error) {
    if (!isFault(error)) throw error
    const { code, message, context } = error
    if (code === 'access-denied') {
      return { ...base, result: 'missing', fault: code, message: `refused: ${S3[permission]} is missing` }
    }
    if (code === 'unsupported') return { ...base, result: 'not-offered', fault: code, message }
    const reason = context.reason ?? context.status
    return {
      ...base,
      result: 'failed',
      fault: code,
      message: reason === undefined ? message : `${message} (${reason})`,
    }
  }
}

/** An IAM policy, as JSON to be pasted. */
export type Policy = {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}
type Statement = {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string
}

/**
 * The IAM policy that grants what a connection needs and no more: reading below the prefix, and with `write` storing, canned
 * ACLs, deleting, and giving up uploads in parts. Listing has no condition on the prefix: S3 looks at that permission,
 * without any prefix, when it decides whether a missing object is answered 404 or 403 (pixboost §12).
 */
export function bucketPolicy(use: Use & { readonly bucket: string }): Policy {
  const prefix = use.prefix.replace(/^\/+|\/+$/g, '')
  const actions = [
    ...(use.read ? ['s3:GetObject'] : []),
    ...(use.write ? ['s3:PutObject', 's3:PutObjectAcl', 's3:DeleteObject', 's3:AbortMultipartUpload'] : []),
  ]
  const bucket = `arn:aws:s3:::${use.bucket}`
  const objects = `${bucket}/${prefix === '' ? '' : `${literal(prefix)}/`}*`
  const listing: Statement = { Sid: 'TintypeBucket', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: bucket }
  if (actions.length === 0) return { Version: '2012-10-17', Statement: [listing] }
  const access: Statement = { Sid: 'TintypeObjects', Effect: 'Allow', Action: actions, Resource: objects }
  return { Version: '2012-10-17', Statement: [listing, access] }
}

/** Characters that a policy would take for wildcards or variables. */
function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`)
}

import type { Directory, Project } from '../../catalog/model.ts'
import type { Usage } from '../../optimizer/usage.ts'
import { isJson, type Json } from './body.ts'
import { refusing, UNKNOWN_KEY } from './faults.ts'

export type Account = {
  readonly project: Project
  /** Endpoint of `s3_store` that the operator set for the project. */
  readonly s3Endpoint: string | undefined
  /** Bytes of input per calendar month; absent: as many as it likes. */
  readonly quotaBytes: number | undefined
}

/**
 * Who asks: `auth` of the request, whose key and secret belong together (kraken §1.3). Fault with status 401.
 */
export function accountOf(json: Json, directory: Directory): Account {
  const auth = isJson(json.auth) ? json.auth : {}
  const { api_key: publicKey, api_secret: secret } = auth
  if (typeof publicKey !== 'string' || typeof secret !== 'string') throw refusing(UNKNOWN_KEY)
  const owner = directory.bySecret(secret)
  const known = owner !== undefined && owner.key.publicKey === publicKey
  const open = known && (owner.key.dialects.length === 0 || owner.key.dialects.includes('kraken'))
  if (!open) throw refusing(UNKNOWN_KEY)
  return accountOfProject(owner.project)
}

/** The account of a project, its settings read. */
export function accountOfProject(project: Project): Account {
  const settings = project.settings.others.kraken
  const { quotaBytes, s3Endpoint } = isJson(settings) ? settings : {}
  return {
    project,
    s3Endpoint: typeof s3Endpoint === 'string' && s3Endpoint !== '' ? s3Endpoint.replace(/\/+$/, '') : undefined,
    quotaBytes: typeof quotaBytes === 'number' && quotaBytes > 0 ? quotaBytes : undefined,
  }
}

/** Quota told to accounts that have none: 1 PiB. */
const UNBOUNDED = 2 ** 50

/** Name of the account in the usage counters. */
export function usageName({ project }: Account): string {
  return `kraken/${project.id}`
}

export function isUsedUp(account: Account, usage: Usage): boolean {
  return account.quotaBytes !== undefined && usage.used(usageName(account)).bytes >= account.quotaBytes
}

/** The answer of `/user_status` (kraken §7). */
export function statusOf(account: Account, usage: Usage) {
  const total = account.quotaBytes ?? UNBOUNDED
  const used = usage.used(usageName(account)).bytes
  return {
    success: true,
    active: true,
    plan_name: 'Self-hosted',
    quota_total: total,
    quota_used: used,
    quota_remaining: total - used,
  }
}

/** Whose URL it is, and whether it may be served (imagekit §1.4, §11). */
import type { Directory, Key, Project } from '../../catalog/model.ts'
import { isWhollyNamed } from './chain.ts'
import { BAD_SIGNATURE, EXPIRED, type Refusal, UNNAMED, UNSIGNED } from './faults.ts'
import { type Endpoint, withoutPrefix } from './origins.ts'
import { expiryOf, judge, type Verdict } from './signature.ts'

/** A host name served at its root: one endpoint of one project, both gone from the URL. */
export type Bound = { readonly project: string; readonly endpoint: string }

/** Opens the private key that belongs to a public one. */
export type KeySecret = (publicKey: string) => string | undefined

export type Address = {
  readonly project: Project
  /** The raw target behind the project, or behind the root of a bound host. */
  readonly rest: string
}

/**
 * The project of a raw target; nothing when there is none, or when all of its keys are for other dialects.
 */
export function addressOf(target: string, directory: Directory, bound: Bound | undefined): Address | undefined {
  const parts = bound === undefined ? /^\/ik\/([^/?]+)(?:\/(.*))?(?:\?.*)?$/s.exec(target) : undefined
  if (bound === undefined && (parts === null || parts === undefined)) return undefined
  const project = directory.project(bound === undefined ? (parts?.[1] ?? '') : bound.project)
  if (project === undefined || !isServed(project)) return undefined
  return { project, rest: bound === undefined ? (parts?.[2] ?? '') : target.slice(1) }
}

/** A key may be narrowed to some dialects; a project without keys is served to everybody. */
function isServed({ keys }: Project): boolean {
  return keys.length === 0 || keys.some(serves)
}

function serves({ dialects }: Key): boolean {
  return dialects.length === 0 || dialects.includes('imagekit')
}

/** Hosts that absolute URLs of this project may name. */
export function allowedHostsOf({ keys }: Project): readonly string[] {
  return [...new Set(keys.filter(serves).flatMap(({ allowedHosts }) => allowedHosts))]
}

/**
 * Judges the signature of a URL with every private key of the project, and against every endpoint that it may have been
 * signed for: clients take off what they were told is the endpoint (imagekit §11.1).
 */
export function judgeAddress(
  { project, rest }: Address,
  endpoints: readonly Endpoint[],
  keySecret: KeySecret,
  now: number,
): Verdict {
  if (!/[?&]ik-s=/.test(rest)) return 'unsigned'
  const rests = new Set([rest, ...endpoints.flatMap(({ prefix }) => withoutPrefix(rest, prefix) ?? [])])
  let expired = false
  for (const key of project.keys.filter(serves)) {
    const secret = keySecret(key.publicKey)
    if (secret === undefined) continue
    for (const one of rests) {
      const verdict = judge(one, secret, now)
      if (verdict === 'valid') return 'valid'
      expired ||= verdict === 'expired'
    }
  }
  return expired ? 'expired' : 'invalid'
}

/** What the request may see, until when (milliseconds); or why it may not be answered at all. */
export type Permission =
  | { readonly kind: 'granted'; readonly seesPrivate: boolean; readonly until?: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Signatures and the account's restrictions; `chain` as written (imagekit §11.3, §11.4). */
export function permissionOf({ project, rest }: Address, chain: string, verdict: Verdict): Permission {
  const { restrictUnsigned, restrictUnnamed } = project.settings.imagekit.settings
  if (verdict === 'invalid') return { kind: 'refused', refusal: BAD_SIGNATURE }
  if (verdict === 'expired') return { kind: 'refused', refusal: EXPIRED }
  if (verdict === 'unsigned' && restrictUnsigned) return { kind: 'refused', refusal: UNSIGNED }
  const named = isWhollyNamed(chain)
  if (restrictUnnamed && chain !== '' && !named) return { kind: 'refused', refusal: UNNAMED }
  const expiry = verdict === 'valid' ? expiryOf(rest) : undefined
  return {
    kind: 'granted',
    seesPrivate: verdict === 'valid' || named,
    ...(expiry !== undefined && { until: expiry }),
  }
}

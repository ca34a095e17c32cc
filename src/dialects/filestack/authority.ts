/** Who may do what: policies (filestack §2) and Basic credentials of an app. */
import type { SizeBounds } from '../../uploads/uploads.ts'
import { type App, keysOf } from './app.ts'
import {
  type Expression,
  equals,
  type Policy,
  type PolicyMember,
  PolicyRefusal,
  readPolicy,
  verifiedPolicy,
} from './policy.ts'

/** What a policy can allow (filestack §2.3). */
export type Call = 'read' | 'stat' | 'exif' | 'pick' | 'store' | 'write' | 'writeUrl' | 'convert' | 'remove'

/** What a request brings. An empty text counts as absent. */
export type Credentials = {
  readonly policy?: string
  readonly signature?: string
  /** HTTP Basic: user `app`, password = the app's secret. */
  readonly basic?: { readonly user: string; readonly password: string }
}

/** What a request wants. */
export type Asked = {
  /** Every one of them is needed. */
  readonly calls: readonly Call[]
  /** One of them is enough. */
  readonly anyOf?: readonly Call[]
  /** Of the file that is read or changed; of an object without a handle whatever else it is called by. */
  readonly handle?: string
  /** Of a source outside. */
  readonly url?: string
  /** As the caller named it; where it did not, `key` is looked at. */
  readonly path?: string
  /** The key that the object will have. */
  readonly key?: string
  /** Where an object will be stored; an empty text where the store has no containers. Absent: nothing is stored. */
  readonly container?: string
  /** Needs credentials even with security off. */
  readonly always?: boolean
}

export type Grant = {
  /** Sizes that the policy allows for stored bytes. */
  readonly bounds: SizeBounds
}

export type Authority = {
  /**
   * Judges a request. Credentials that are present are always judged, also with security off; a policy counts more than Basic
   * credentials beside it, since it may only narrow them. Throws PolicyRefusal.
   */
  check(app: App, credentials: Credentials, asked: Asked): Grant
}

export type AuthorityOptions = {
  /** The secret that belongs to a public key. */
  keySecret(publicKey: string): string | undefined
  /** Milliseconds since the epoch. */
  now(): number
}

const EVERYTHING: Grant = { bounds: {} }

export function createAuthority({ keySecret, now }: AuthorityOptions): Authority {
  const secretsOf = (app: App) => keysOf(app).flatMap(({ publicKey }) => keySecret(publicKey) ?? [])

  return {
    check(app, credentials, asked) {
      const policy = credentials.policy || undefined
      const signature = credentials.signature || undefined
      const { basic } = credentials
      if (policy === undefined && signature === undefined) {
        if (basic?.user === 'app') return checkBasic(basic.password, secretsOf(app))
        if (!app.settings.security && asked.always !== true) return EVERYTHING
      }
      if (policy === undefined || signature === undefined)
        throw new PolicyRefusal({ kind: 'missing', policy, signature })
      const read = readPolicy(verifiedPolicy(policy, signature, secretsOf(app)))
      if (!(read.expiry * 1000 > now())) throw new PolicyRefusal({ kind: 'expired' })
      checkCalls(read, asked)
      checkPlaces(read, asked)
      return { bounds: read.bounds }
    },
  }
}

function checkBasic(password: string, secrets: readonly string[]): Grant {
  let valid = false
  for (const secret of secrets) valid = equals(secret, password) || valid
  if (!valid) throw new PolicyRefusal({ kind: 'signature' })
  return EVERYTHING
}

function checkCalls({ calls }: Policy, { calls: needed, anyOf }: Asked): void {
  // A policy without calls allows every one but this (filestack §2.2).
  const allows = (call: Call) => (calls === undefined ? call !== 'exif' : calls.has(call))
  const refused = needed.find((call) => !allows(call))
  if (refused !== undefined) throw mismatch('call', `does not allow ${refused}`)
  if (anyOf !== undefined && !anyOf.some(allows)) throw mismatch('call', `allows none of ${anyOf.join(', ')}`)
}

function checkPlaces(policy: Policy, { handle, url, path, key, container }: Asked): void {
  if (handle !== undefined && policy.handle !== undefined && policy.handle !== handle) {
    throw mismatch('handle', 'is for another file')
  }
  if (url !== undefined && policy.url !== undefined && !policy.url.matches(url)) {
    throw mismatch('url', 'does not allow this URL')
  }
  const stored = path || key
  if (stored !== undefined && policy.path !== undefined && !matchesPath(policy.path, stored)) {
    throw mismatch('path', 'does not allow this path')
  }
  if (container !== undefined && policy.container !== undefined && !policy.container.matches(container)) {
    throw mismatch('container', 'does not allow this container')
  }
}

/** With and without a slash at the beginning (filestack §2.2). */
function matchesPath(expression: Expression, path: string): boolean {
  const bare = path.replace(/^\/+/, '')
  return expression.matches(bare) || expression.matches(`/${bare}`)
}

/** Throws PolicyRefusal when stored bytes are not as many as the policy allows. */
export function checkSize(size: number, { least, most }: SizeBounds): void {
  if (most !== undefined && size > most) throw mismatch('size', `allows at most ${most} bytes`)
  if (least !== undefined && size < least) throw mismatch('size', `asks for at least ${least} bytes`)
}

function mismatch(member: PolicyMember, problem: string): PolicyRefusal {
  return new PolicyRefusal({ kind: 'mismatch', member, problem })
}

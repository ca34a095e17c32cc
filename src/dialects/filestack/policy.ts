/** Policies and their signatures, filestack §2.1 and §2.2. Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import type { SizeBounds } from '../../uploads/uploads.ts'

/** What a policy says, read. Members that are absent restrict nothing, `exif` excepted (filestack §2.2). */
export type Policy = {
  /** Unix seconds, maybe with a fraction. */
  readonly expiry: number
  readonly calls: ReadonlySet<string> | undefined
  readonly handle: string | undefined
  readonly url: Expression | undefined
  readonly path: Expression | undefined
  readonly container: Expression | undefined
  readonly bounds: SizeBounds
}

/** A regular expression, anchored at the start only. */
export type Expression = { matches(text: string): boolean }

/** Members that a request can fail to meet. */
export type PolicyMember = 'call' | 'handle' | 'url' | 'path' | 'container' | 'size'

/** Why a request is refused; each surface words it in its own way (filestack §2.5). */
export type PolicyReason =
  /** One of the pair or both are missing where they are needed. */
  | { readonly kind: 'missing'; readonly policy: string | undefined; readonly signature: string | undefined }
  /** The signature, or the secret of Basic credentials, is wrong. */
  | { readonly kind: 'signature' }
  /** No base64 with padding. */
  | { readonly kind: 'encoding' }
  /** No JSON object, or a member that is absent, of a wrong type, or an expression that cannot be used. */
  | { readonly kind: 'content'; readonly member: string | undefined; readonly problem: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'mismatch'; readonly member: PolicyMember; readonly problem: string }

export class PolicyRefusal extends Error {
  override readonly name = 'PolicyRefusal'
  readonly reason: PolicyReason

  constructor(reason: PolicyReason) {
    super(`refused by the policy: ${reason.kind}`)
    this.reason = reason
  }
}

/**
 * The spelling of a policy that the signature holds for: the text itself, else with its blanks as `+`, which is what becomes of
 * an unescaped `+` in a query. Throws PolicyRefusal for a text that is no base64 with padding, and for a wrong signature.
 *
 * @param policy as received after one percent-decoding; never encoded anew (filestack §2.1)
 * @param secrets of every key that may have signed it; each is compared in constant time
 */
export function verifiedPolicy(policy: string, signature: string, secrets: readonly string[]): string {
  const spellings = policy.includes(' ') ? [policy, policy.replaceAll(' ', '+')] : [policy]
  if (!spellings.some(isBase64)) throw new PolicyRefusal({ kind: 'encoding' })
  for (const spelling of spellings) {
    let valid = false
    for (const secret of secrets) valid = equals(signPolicy(spelling, secret), signature) || valid
    if (valid) return spelling
  }
  throw new PolicyRefusal({ kind: 'signature' })
}

/** Lower-case hex HMAC-SHA256 of a policy's base64 text. */
export function signPolicy(policy: string, secret: string): string {
  return createHmac('sha256', secret).update(policy).digest('hex')
}

/** Whether two texts are equal, in a time that does not depend on where they differ. */
export function equals(expected: string, received: string): boolean {
  const left = Buffer.from(expected)
  const right = Buffer.from(received)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Reads the base64 text of a policy, in either alphabet. Throws PolicyRefusal for what cannot be a policy. */
export function readPolicy(text: string): Policy {
  if (!isBase64(text)) throw new PolicyRefusal({ kind: 'encoding' })
  const members = readObject(Buffer.from(text, 'base64'))
  const expiry = numberAt(members, 'expiry')
  if (expiry === undefined) throw wrong('expiry', 'is missing')
  return {
    expiry,
    calls: callsAt(members),
    handle: textAt(members, 'handle'),
    url: expressionAt(members, 'url'),
    path: expressionAt(members, 'path'),
    container: expressionAt(members, 'container'),
    bounds: boundsAt(members),
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text)
}

type Members = Readonly<Record<string, unknown>>

function readObject(bytes: Buffer): Members {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Falls through: what is no JSON is no object either.
  }
  throw new PolicyRefusal({ kind: 'content', member: undefined, problem: 'is not a JSON object' })
}

/** Clients of typed languages write `null` for what was not set. */
function at(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? (members[name] ?? undefined) : undefined
}

function textAt(members: Members, name: string): string | undefined {
  const value = at(members, name)
  if (value === undefined || typeof value === 'string') return value
  throw wrong(name, 'is not a string')
}

function numberAt(members: Members, name: string): number | undefined {
  const value = at(members, name)
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw wrong(name, 'is not a number')
}

/** `revoke` is an old name of `remove` (filestack §2.2). */
function callsAt(members: Members): ReadonlySet<string> | undefined {
  const value = at(members, 'call')
  if (value === undefined) return undefined
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  const calls = new Set<string>()
  for (const name of names) {
    if (typeof name !== 'string') throw wrong('call', 'is not a list of names')
    calls.add(name === 'revoke' ? 'remove' : name)
  }
  return calls
}

/** One client writes `max_size` and `min_size`; where both spellings stand, the narrower holds. */
function boundsAt(members: Members): SizeBounds {
  const most = ['maxSize', 'max_size'].flatMap((name) => numberAt(members, name) ?? [])
  const least = ['minSize', 'min_size'].flatMap((name) => numberAt(members, name) ?? [])
  return {
    ...(least.length > 0 && { least: Math.max(...least) }),
    ...(most.length > 0 && { most: Math.min(...most) }),
  }
}

const EXPRESSION_LENGTH = 1000
const compiled = new LRUCache<string, Expression>({ max: 256 })

/**
 * RE2 matches in linear time, whatever the expression. What it has not (references back, looking around) cannot be judged, so it
 * refuses the whole policy.
 */
function expressionAt(members: Members, name: 'url' | 'path' | 'container'): Expression | undefined {
  const source = textAt(members, name)
  if (source === undefined) return undefined
  if (source.length > EXPRESSION_LENGTH) throw wrong(name, `is longer than ${EXPRESSION_LENGTH} characters`)
  const before = compiled.get(source)
  if (before !== undefined) return before
  const expression = compile(source)
  if (expression === undefined) throw wrong(name, 'is not a regular expression that can be used')
  compiled.set(source, expression)
  return expression
}

function compile(source: string): Expression | undefined {
  try {
    const pattern = RE2JS.compile(source)
    return { matches: (text) => pattern.matcher(text).lookingAt() }
  } catch {
    return undefined
  }
}

function wrong(member: string, problem: string): PolicyRefusal {
  return new PolicyRefusal({ kind: 'content', member, problem })
}

/** Signed URLs, imagekit §11.1. Works on raw bytes of the target: nothing is decoded or encoded on the way. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** What stands for the expiry in the message of a URL that never expires. */
const NEVER = '9999999999'

export type Verdict = 'unsigned' | 'valid' | 'invalid' | 'expired'

/**
 * Judges the signature of `rest`: the raw target after the URL-endpoint and its slash, query included. `now` in milliseconds.
 * A URL counts as unsigned when it has no `ik-s`.
 */
export function judge(rest: string, privateKey: string, now: number): Verdict {
  const { bare, signature, expiry } = takeOff(rest)
  if (signature === undefined) return 'unsigned'
  // A client may have signed before it normalised characters: the encoded spelling is tried as well (§11.1).
  const spellings = new Set([bare, encodeRaw(bare)])
  const valid = [...spellings].some((spelling) => equal(sign(spelling, expiry ?? NEVER, privateKey), signature))
  if (!valid) return 'invalid'
  if (expiry !== undefined && !(Number(expiry) * 1000 >= now)) return 'expired'
  return 'valid'
}

/** Lower-case hex HMAC-SHA1 over the rest of the URL and the expiry (Unix seconds as text). */
export function sign(rest: string, expiry: string, privateKey: string): string {
  return createHmac('sha1', privateKey)
    .update(rest + expiry)
    .digest('hex')
}

/** Appends expiry and signature to `rest`, as the published clients do. */
export function signed(rest: string, privateKey: string, expiry?: number): string {
  const mark = rest.includes('?') ? '&' : '?'
  const time = expiry === undefined ? '' : `ik-t=${expiry}&`
  return `${rest}${mark}${time}ik-s=${sign(rest, String(expiry ?? NEVER), privateKey)}`
}

/** Removes the two pairs wherever they stand; order and encoding of the others stay, a query left empty goes with its `?`. */
function takeOff(rest: string): { bare: string; signature?: string; expiry?: string } {
  const mark = rest.indexOf('?')
  if (mark === -1) return { bare: rest }
  const found: { signature?: string; expiry?: string } = {}
  const kept = rest
    .slice(mark + 1)
    .split('&')
    .filter((pair) => {
      if (pair.startsWith('ik-s=')) found.signature = pair.slice(5)
      else if (pair.startsWith('ik-t=')) found.expiry = pair.slice(5)
      else return true
      return false
    })
  const path = rest.slice(0, mark)
  return { bare: kept.length === 0 ? path : `${path}?${kept.join('&')}`, ...found }
}

/** `encodeURI`, but what is encoded already stays as it is. */
function encodeRaw(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll('%25', '%')
}

function equal(expected: string, received: string): boolean {
  const left = Buffer.from(expected)
  const right = Buffer.from(received)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** When a signed URL expires, in milliseconds; undefined for one that never does. */
export function expiryOf(rest: string): number | undefined {
  const { expiry } = takeOff(rest)
  return expiry === undefined ? undefined : Number(expiry) * 1000
}

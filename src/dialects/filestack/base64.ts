/** Base64 as it streams, in both directions (filestack §1.1, §1.3). */
import { badParameter } from './faults.ts'

/** Longest beginning of a `data:` URL, bytes. */
const PREFIX_LENGTH = 1024

/**
 * Bytes of a text in base64: both alphabets, whitespace ignored, padding may be missing, the beginning `data:…;base64,` dropped.
 * Fault with status 400 for anything else, when it is come to.
 */
export async function* decodeBase64(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = ''
  let begun = false
  for await (const chunk of body) {
    rest += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1').replace(/\s+/g, '')
    if (!begun) {
      if (isUndecided(rest)) continue
      rest = withoutPrefix(rest)
      begun = true
    }
    checkAlphabet(rest)
    // The last group is kept back: only there padding may stand.
    const whole = Math.max(0, Math.floor((rest.length - 1) / 4) * 4)
    if (whole > 0) yield Buffer.from(rest.slice(0, whole), 'base64')
    rest = rest.slice(whole)
  }
  if (!begun) rest = withoutPrefix(rest)
  const padding = checkAlphabet(rest)
  const digits = rest.length - padding
  if (digits % 4 === 1 || (padding > 0 && rest.length % 4 !== 0)) throw wrong()
  if (digits > 0) yield Buffer.from(rest, 'base64')
}

/** Whether more must come before it is known if a `data:` prefix begins the text. */
function isUndecided(text: string): boolean {
  if (text.length < 5) return 'data:'.startsWith(text.toLowerCase())
  return /^data:/i.test(text) && !text.includes(',') && text.length < PREFIX_LENGTH
}

function withoutPrefix(text: string): string {
  return text.replace(/^data:[^,]{0,1000};base64,/i, '')
}

/** Number of padding characters at the end. */
function checkAlphabet(text: string): number {
  const match = /^[A-Za-z0-9+/_-]*(={0,2})$/.exec(text)
  if (match === null) throw wrong()
  return match[1]?.length ?? 0
}

function wrong() {
  return badParameter('base64decode', 'the body is not base64')
}

/** Characters that `bytes` bytes become. */
export function encodedLength(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

/** The bytes that the characters `start` to `end` (both included) of the base64 text of `size` bytes are made of. */
export function encodedRange(
  start: number,
  end: number,
  size: number,
): { readonly start: number; readonly end: number } {
  return { start: Math.floor(start / 4) * 3, end: Math.min(size, (Math.floor(end / 4) + 1) * 3) - 1 }
}

/** Base64 of what flows, as ASCII bytes. */
export async function* encodeBase64(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  for await (const chunk of body) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 3)
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1')
    rest = bytes.subarray(whole)
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1')
}

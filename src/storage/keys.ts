import { Fault } from '../faults.ts'

/** Longest object key in bytes of UTF-8, as S3 defines it. */
const KEY_BYTES = 1024

/**
 * Refuses keys that no adapter may see: empty, with NUL, with a lone surrogate (it has no UTF-8 form), longer than
 * 1,024 bytes, or with a `.` or `..` segment (some clients and servers resolve those, so a prefix could be left).
 * Returns the key unchanged. Throws Fault key-invalid.
 */
export function checkKey(key: string): string {
  const problem = keyProblem(key)
  if (problem !== undefined) throw new Fault('key-invalid', `the object key ${problem}`, { context: { problem } })
  return key
}

/** Like `checkKey`, for the prefix of a listing: it may be empty. */
export function checkPrefix(prefix: string): string {
  return prefix === '' ? prefix : checkKey(prefix)
}

/**
 * The key below a connection's prefix: `prefix` + `/` + `key`, or `key` alone when the prefix is empty or `/`. Slashes
 * around the prefix are not doubled; the key is taken as it is, and checked before anything is joined, so that it cannot
 * leave the prefix. Throws Fault key-invalid.
 */
export function joinPrefix(prefix: string, key: string): string {
  checkKey(key)
  const base = trimSlashes(prefix)
  return base === '' ? key : checkKey(`${base}/${key}`)
}

/** Whether any segment is `.` or `..`; `\` counts as a separator too when `backslash` is set. */
export function hasDotSegment(path: string, backslash = false): boolean {
  return path.split(backslash ? /[/\\]/ : '/').some((segment) => segment === '.' || segment === '..')
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty'
  if (key.includes('\0')) return 'holds a NUL'
  if (!key.isWellFormed()) return 'is not valid Unicode'
  if (Buffer.byteLength(key) > KEY_BYTES) return `is longer than ${KEY_BYTES} bytes`
  if (hasDotSegment(key)) return 'has a "." or ".." segment'
  return undefined
}

function trimSlashes(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text[start] === '/') start++
  while (end > start && text[end - 1] === '/') end--
  return text.slice(start, end)
}

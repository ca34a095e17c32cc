/**
 * Bytes that came from a store or a caller are never trusted as a page: every answer that carries such bytes, in every
 * dialect, carries these headers, so that an HTML or SVG file among the pictures runs nothing on this origin.
 */
const SANDBOX: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
]

/** `headers` (flat name/value list) with the sandbox policy added. */
export function sandboxed(headers: readonly string[]): readonly string[] {
  return [...headers, ...SANDBOX]
}

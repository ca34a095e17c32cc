import { randomBytes } from 'node:crypto'

/** 15 bytes are 20 characters of URL-safe Base64: 120 bits. */
const BYTES = 15

/**
 * 20 characters of `[A-Za-z0-9_-]` that nobody can guess; the first is never `-`, so that no command line takes one for an option
 * (filestack §0, §1.2).
 */
export function newHandle(): string {
  for (;;) {
    const handle = randomBytes(BYTES).toString('base64url')
    if (!handle.startsWith('-')) return handle
  }
}

/** Whether a text has the form of a handle. */
export function isHandle(text: string): boolean {
  return /^[A-Za-z0-9_-]{20}$/.test(text)
}

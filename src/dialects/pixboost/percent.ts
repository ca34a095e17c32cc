import { isUtf8 } from 'node:buffer'

/**
 * Percent-decodes once, as UTF-8. The input holds one character per byte, as targets arrive. Nothing when an escape is
 * broken or the bytes are not UTF-8: no object can have such a name.
 */
export function decodePercent(raw: string): string | undefined {
  if (!/[%\x80-\uffff]/.test(raw)) return raw
  const bytes = Buffer.allocUnsafe(raw.length)
  let length = 0
  for (let at = 0; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at)
    if (code > 0xff) return undefined
    if (code !== PERCENT) {
      bytes[length++] = code
      continue
    }
    const digits = raw.slice(at + 1, at + 3)
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined
    bytes[length++] = Number.parseInt(digits, 16)
    at += 2
  }
  const decoded = bytes.subarray(0, length)
  return isUtf8(decoded) ? decoded.toString('utf8') : undefined
}

/** Percent-encodes what cannot stand plainly in a path; `/`, `:` and the other reserved characters of a path stay. */
export function encodePath(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|40|24|26|2B|2C|3B|3D)/g, (octet) => decodeURIComponent(octet))
}

const PERCENT = 0x25

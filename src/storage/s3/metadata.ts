import { Fault } from '../../faults.ts'
import type { PutOptions } from '../object-store.ts'

/** S3 keeps at most this many bytes of user metadata, names included. */
const METADATA_BYTES = 2048
const TAGS = 10

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const PRINTABLE = /^[\x20-\x7e]*$/
const ENCODED_WORD = /=\?utf-8\?(?:b\?([A-Za-z0-9+/=]*)|q\?([!-~]*?))\?=/gi

/**
 * User metadata as header values. HTTP headers carry ASCII, so other values (and those whose outer blanks would be lost)
 * go as RFC 2047 encoded words, the form in which S3 itself hands out such values. Throws Fault bad-parameter for names
 * that are no header names, control characters, and more than 2 KB.
 */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const encoded: Record<string, string> = {}
  let bytes = 0
  for (const [name, value] of Object.entries(metadata)) {
    if (!TOKEN.test(name)) throw refused('metadata', 'a metadata name has characters that no header may have')
    if (!value.isWellFormed() || hasControl(value))
      throw refused('metadata', `the metadata "${name}" has control characters`)
    const plain = PRINTABLE.test(value) && value === value.trim() && !value.includes('=?')
    const text = plain ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`
    encoded[name.toLowerCase()] = text
    bytes += name.length + text.length
  }
  if (bytes > METADATA_BYTES) throw refused('metadata', `the metadata is larger than ${METADATA_BYTES} bytes`)
  return encoded
}

/** The other way round: names in lower case, encoded words decoded; a word that cannot be decoded stays as it is. */
export function decodeMetadata(metadata: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const decoded: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata ?? {})) decoded[name.toLowerCase()] = decodeWords(value)
  return decoded
}

/** Tags as S3 takes them in a header: a query string with `%20` for blanks. Throws Fault bad-parameter above 10 tags. */
export function encodeTags(tags: Readonly<Record<string, string>>): string {
  const entries = Object.entries(tags)
  if (entries.length > TAGS) throw refused('tags', `an object takes at most ${TAGS} tags`)
  if (entries.some(([name, value]) => !name.isWellFormed() || !value.isWellFormed())) {
    throw refused('tags', 'a tag is not valid Unicode')
  }
  return entries.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}

/** Refuses header values that HTTP cannot carry before the transport trips over them. Throws Fault bad-parameter. */
export function checkHeaders(options: PutOptions): void {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, acl, storageClass } = options
  const values = { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, acl, storageClass }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !PRINTABLE.test(value))
      throw refused(name, `${name} has characters that no header may have`)
  }
  if (options.expires !== undefined && Number.isNaN(options.expires.getTime()))
    throw refused('expires', 'expires is no date')
}

function decodeWords(value: string): string {
  // Blanks between two encoded words belong to the encoding (RFC 2047 §6.2).
  return value.replace(/\?=\s+=\?/g, '?==?').replace(ENCODED_WORD, (_word, base64?: string, quoted?: string) => {
    if (base64 !== undefined) return Buffer.from(base64, 'base64').toString()
    return Buffer.from(
      (quoted ?? '')
        .replaceAll('_', ' ')
        .replace(/=([0-9a-f]{2})/gi, (_hex, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString()
  })
}

function hasControl(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

function refused(option: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { option } })
}

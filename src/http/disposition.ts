const NAME_LENGTH = 1024

/** `Content-Disposition` of a file (RFC 6266): a name that every client can read, and the real one where it differs. */
export function disposition(kind: 'inline' | 'attachment', name: string): string {
  const short = name.slice(0, NAME_LENGTH)
  const plain = short.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const base = `${kind}; filename="${plain}"`
  return plain === short ? base : `${base}; filename*=UTF-8''${extended(short)}`
}

/** RFC 8187 §3.2.1. */
function extended(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
}

/** A request target split as RFC 9112 §3.2 knows it, with nothing decoded and nothing cleaned. */
export type RequestTarget =
  | { readonly form: 'origin'; readonly target: string }
  /** The authority of an absolute target counts more than the Host header (RFC 9112 §3.2.2). */
  | { readonly form: 'absolute'; readonly target: string; readonly authority: string }
  | { readonly form: 'asterisk' }
  | { readonly form: 'unknown' }

/** Reads the raw request target of a request line. */
export function readTarget(raw: string): RequestTarget {
  if (raw.startsWith('/')) return { form: 'origin', target: raw }
  if (raw === '*') return { form: 'asterisk' }
  const parts = /^https?:\/\/([^/?#]*)(.*)$/is.exec(raw)
  if (parts === null) return { form: 'unknown' }
  const [, authority = '', rest = ''] = parts
  return { form: 'absolute', target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

/** A Host header or authority as a key: lower case, without user info, port and trailing dot. */
export function hostName(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).trim()
  const name = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':', 1)[0] ?? '')
  return name.toLowerCase().replace(/\.$/, '')
}

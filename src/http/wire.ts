/** What can be known of a request that the HTTP parser refused. */
export type RequestLine = { readonly method: string; readonly target: string; readonly host: string | undefined }

/**
 * Finds the request line and the Host header in the bytes the parser choked on. Requests that came before it in the same
 * packet are skipped. Nothing when that is no HTTP.
 *
 * @param parsed offset of the offending byte
 */
export function failingRequest(packet: Buffer | undefined, parsed = 0): RequestLine | undefined {
  // Latin-1 keeps one character per byte, as Node does for targets.
  const text = packet?.toString('latin1') ?? ''
  const before = text.lastIndexOf('\r\n\r\n', Math.max(0, parsed - 1))
  const head = text.slice(before === -1 ? 0 : before + 4)
  const line = /^(?:\r?\n)*([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([^ \r\n]+)/.exec(head)
  const host = /\r?\nhost:[ \t]*([^\r\n]*)/i.exec(head)
  const [, method, target] = line ?? []
  return method === undefined || target === undefined ? undefined : { method, target, host: host?.[1] }
}

/** The status that tells a client what Node's parser error code means. */
export function statusOf(code: string | undefined): number {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    case 'HPE_INVALID_METHOD':
      return 405
    case 'HPE_INVALID_VERSION':
      return 505
    default:
      return 400
  }
}

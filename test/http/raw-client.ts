import { connect } from 'node:net'

/** An answer as it came over the wire. Header names are lower case; repeated headers are joined with a comma. */
export type RawAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Writes `request` byte for byte (latin-1) and reads until the server closes. Ask with `Connection: close`, or the server's
 * keep-alive time passes first.
 *
 * @param options.end nothing more is to come: what was begun stays unfinished
 */
export function rawRequest(
  port: number,
  request: string,
  options: { readonly end?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => {
      if (options.end === true) socket.end(request, 'latin1')
      else socket.write(request, 'latin1')
    })
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server may reset a connection that it has answered and does not want to hear more from.
      if (error.code !== 'ECONNRESET') reject(error)
    })
    socket.on('close', () => resolve(readAnswer(Buffer.concat(chunks).toString('latin1'))))
  })
}

/** Splits the first answer of what a server sent; a connection closed without a word has status 0. */
export function readAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return { status: 0, headers: {}, body: text }
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const field of fields) {
    const colon = field.indexOf(':')
    const name = field.slice(0, colon).toLowerCase()
    const value = field.slice(colon + 1).trim()
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
  }
  return { status: Number(line.split(' ')[1]), headers, body: text.slice(end + 4) }
}

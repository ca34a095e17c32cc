import { connect } from 'node:net'
import { readAnswer } from '../../http/raw-client.ts'

/** A request as a client writes it. */
export type Replay = {
  /** Every line of the head in its order; `HOST` and `LENGTH` are filled in. */
  readonly head: readonly string[]
  /** The body, piece by piece. With `Transfer-Encoding: chunked` each piece is a chunk. */
  readonly body: readonly (string | Buffer)[]
}

export type Replayed = {
  /** Whether `100 Continue` came before the body was asked for. */
  readonly continued: boolean
  readonly status: number
  readonly text: string
}

const CRLF = '\r\n'
const CONTINUE = `HTTP/1.1 100 Continue${CRLF}${CRLF}`

/**
 * Sends a request over a bare connection, byte for byte; with `Expect: 100-continue` the body waits until the server says so.
 * Resolves when an answer with a length has come.
 */
export function replay(port: number, { head, body }: Replay): Promise<Replayed> {
  const chunked = head.some((line) => /^transfer-encoding: chunked$/i.test(line))
  const expects = head.some((line) => /^expect: 100-continue$/i.test(line))
  const pieces = body.map((piece) => Buffer.from(piece))
  const bytes = Buffer.concat(chunked ? [...pieces.map(chunk), Buffer.from(`0${CRLF}${CRLF}`)] : pieces)
  const lines = head.map((line) => line.replace('HOST', `127.0.0.1:${port}`).replace('LENGTH', String(bytes.length)))
  return new Promise((resolve, reject) => {
    let said = ''
    let continued = false
    const socket = connect(port, '127.0.0.1', () => {
      socket.write([...lines, '', ''].join(CRLF), 'latin1')
      if (!expects) socket.write(bytes)
    })
    socket.on('data', (data: Buffer) => {
      said += data.toString('latin1')
      if (expects && !continued && said.startsWith(CONTINUE)) {
        continued = true
        said = said.slice(CONTINUE.length)
        socket.write(bytes)
      }
      const { status, headers, body: text } = readAnswer(said)
      if (status === 0 || text.length < Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)) return
      socket.destroy()
      resolve({ continued, status, text })
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`no whole answer: ${said}`)))
  })
}

function chunk(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(piece.length.toString(16) + CRLF), piece, Buffer.from(CRLF)])
}

import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { createDispatcher, type Dispatcher } from '../../src/http/dispatch.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { readForm } from '../../src/http/multipart.ts'
import { sendText } from '../../src/http/respond.ts'
import { listenHere } from '../support/listen.ts'

let dispatcher: Dispatcher | undefined
afterEach(() => dispatcher?.close(0))

const HEAD =
  'POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n'
const PART = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

/** A server that reads forms, each through `receive`; its port. */
function listen(receive: (body: AsyncIterable<Uint8Array>) => Promise<unknown>): Promise<number> {
  const handle = async (exchange: Exchange) => {
    const limits = { bytes: 10_000_000, milliseconds: 3_600_000, fieldBytes: 10, silenceMs: 50 }
    const outcome = await readForm(exchange, limits, receive).then(
      ({ file }) => file?.outcome.status ?? 'none',
      (error: unknown) => (isFault(error) ? error.code : 'unexpected'),
    )
    sendText(exchange, 200, [], outcome)
  }
  dispatcher = createDispatcher({
    surfaces: [
      { name: 'reader', owns: () => true, handle, refuse: (exchange, status) => sendText(exchange, status, []) },
    ],
    log: { warn: () => undefined, error: () => undefined },
  })
  return listenHere(dispatcher.server)
}

/** What came of a form. */
async function outcomeOf(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(HEAD + sent))
  const chunks: Buffer[] = []
  socket.on('data', (bytes) => chunks.push(bytes))
  await new Promise((resolve) => socket.on('close', resolve))
  return Buffer.concat(chunks).toString().split('\r\n\r\n')[1] ?? ''
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

it.each([
  ['in its file', `${PART}abc`],
  ['behind its file', `${PART}abc\r\n--x\r\nContent-Disp`],
  ['before its file', '--x\r\nContent-Dis'],
])('a form that falls silent %s is given up', async (_, text) => {
  expect(await outcomeOf(await listen(drain), chunk(text))).toBe('timed-out')
})

it('a form that waits for whoever takes its file is not silent', async () => {
  let first = true
  const port = await listen(async (body) => {
    if (first) {
      first = false
      // Lasts longer than a silence may.
      await outcomeOf(port, chunk(`${PART}abc`))
    }
    await drain(body)
  })
  const whole = `${PART}${'x'.repeat(5_000_000)}\r\n--x--\r\n`
  expect(await outcomeOf(port, `${chunk(whole)}0\r\n\r\n`)).toBe('fulfilled')
})

import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fault, isFault } from '../../src/faults.ts'
import { readBody } from '../../src/http/body.ts'
import { createDispatcher, type Dispatcher } from '../../src/http/dispatch.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { readForm } from '../../src/http/multipart.ts'
import { sendText } from '../../src/http/respond.ts'
import { listenHere } from '../support/listen.ts'
import { rawRequest } from './raw-client.ts'

const LIMITS = { bytes: 100, milliseconds: 3_600_000 }
let dispatcher: Dispatcher | undefined
afterEach(() => dispatcher?.close(0))

/** A server that reads bodies of at most 100 bytes for an hour, and what became of each. */
async function listen(
  prepare: (exchange: Exchange) => Promise<void> = async () => undefined,
  read: (exchange: Exchange) => Promise<unknown> = (exchange) => readBody(exchange, LIMITS),
) {
  const outcomes: (string | Fault['code'])[] = []
  dispatcher = createDispatcher({
    surfaces: [
      {
        name: 'reader',
        owns: () => true,
        async handle(exchange) {
          await prepare(exchange)
          const body = await read(exchange).catch((error: unknown) => {
            if (isFault(error)) return error
            throw error
          })
          outcomes.push(isFault(body) ? body.code : String(body))
          if (!exchange.res.headersSent) sendText(exchange, isFault(body) ? 400 : 200, [], 'read')
        },
        refuse: (exchange, status) => sendText(exchange, status, [], 'refused'),
      },
    ],
    log: { warn: () => undefined, error: () => undefined },
  })
  const { server } = dispatcher
  const port = await listenHere(server)
  return { port, outcomes }
}

const head = (...fields: string[]) =>
  ['POST /x HTTP/1.1', 'Host: h', 'Connection: close', ...fields, '', ''].join('\r\n')
const CHUNKED = 'Transfer-Encoding: chunked'

describe('reading a body', () => {
  it.each([
    ['with a length', `${head('Content-Length: 5')}hello`],
    ['in chunks', `${head(CHUNKED)}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`],
  ])('%s', async (_, request) => {
    const { port, outcomes } = await listen()
    expect(await rawRequest(port, request)).toMatchObject({ status: 200 })
    expect(outcomes).toEqual(['hello'])
  })

  it.each([
    ['announced', head('Content-Length: 101')],
    ['found out', `${head(CHUNKED)}65\r\n${'x'.repeat(101)}\r\n0\r\n\r\n`],
  ])('one that is too large, %s', async (_, request) => {
    const { port, outcomes } = await listen()
    expect(await rawRequest(port, request)).toMatchObject({ status: 400, headers: { connection: 'close' } })
    expect(outcomes).toEqual(['too-large'])
  })

  it('one whose sender leaves ends at once', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const { port, outcomes } = await listen(async () => begin())
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head('Content-Length: 50')}half`))
    await begun
    socket.destroy()
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })

  it('one that breaks the rules of its coding is answered by the door, and ends at once', async () => {
    const { port, outcomes } = await listen()
    expect(await rawRequest(port, `${head(CHUNKED)}2\r\nhe\r\nzz\r\n`)).toMatchObject({ status: 400, body: 'refused' })
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })

  it.each([
    ['text', (exchange: Exchange) => readBody(exchange, LIMITS)],
    ['form', (exchange: Exchange) => readForm(exchange, { ...LIMITS, fieldBytes: 10 }, async () => undefined)],
  ])('so does a %s that was broken before anybody read it', async (_, read) => {
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    const { port, outcomes } = await listen(async ({ res }) => {
      res.once('close', resolve)
      await answered
    }, read)
    const request = head(CHUNKED, 'Content-Type: multipart/form-data; boundary=x')
    expect(await rawRequest(port, `${request}zz\r\n`)).toMatchObject({ status: 400, body: 'refused' })
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })
})

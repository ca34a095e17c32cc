import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { createDispatcher, type Dispatcher } from '../../src/http/dispatch.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { incoming } from '../../src/http/incoming.ts'
import { sendText } from '../../src/http/respond.ts'
import { listenHere } from '../support/listen.ts'
import { rawRequest } from './raw-client.ts'

let dispatcher: Dispatcher | undefined
afterEach(() => dispatcher?.close(0))

/** A server that takes bodies piece by piece, and what became of each. */
async function listen(prepare: (exchange: Exchange) => Promise<void> = async () => undefined) {
  const outcomes: string[] = []
  const pieces: string[] = []
  dispatcher = createDispatcher({
    surfaces: [
      {
        name: 'reader',
        owns: () => true,
        async handle(exchange) {
          await prepare(exchange)
          try {
            for await (const piece of incoming(exchange)) pieces.push(String(piece))
            outcomes.push(pieces.join(''))
          } catch (error) {
            outcomes.push(isFault(error) ? error.code : 'unexpected')
          }
          if (!exchange.res.headersSent) sendText(exchange, 200, [])
        },
        refuse: (exchange, status) => sendText(exchange, status, [], 'refused'),
      },
    ],
    log: { warn: () => undefined, error: () => undefined },
  })
  const { server } = dispatcher
  const port = await listenHere(server)
  return { port, outcomes, pieces }
}

const head = (field: string) => ['PUT /x HTTP/1.1', 'Host: h', 'Connection: close', field, '', ''].join('\r\n')

describe('a body that streams in', () => {
  it.each([
    ['with a length', `${head('Content-Length: 5')}hello`, 'hello'],
    ['in chunks', `${head('Transfer-Encoding: chunked')}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, 'hello'],
    ['empty', head('Content-Length: 0'), ''],
  ])('comes whole: %s', async (_, request, body) => {
    const { port, outcomes } = await listen()
    expect(await rawRequest(port, request)).toMatchObject({ status: 200 })
    expect(outcomes).toEqual([body])
  })

  it.each([
    ['politely', (socket: ReturnType<typeof connect>) => socket.destroy()],
    ['rudely', (socket: ReturnType<typeof connect>) => socket.resetAndDestroy()],
  ])('ends when its sender leaves %s, though somebody waits for more', async (_, leave) => {
    const { port, outcomes, pieces } = await listen()
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head('Content-Length: 50')}half`))
    await expect.poll(() => pieces).toEqual(['half'])
    leave(socket)
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })

  it('ends when it breaks the rules of its coding, and the door has answered', async () => {
    const { port, outcomes } = await listen()
    const request = `${head('Transfer-Encoding: chunked')}2\r\nhe\r\nzz\r\n`
    expect(await rawRequest(port, request)).toMatchObject({ status: 400, body: 'refused' })
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })

  it('ends where it was broken before anybody read it', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    const { port, outcomes } = await listen(async ({ res }) => {
      res.once('close', resolve)
      await answered
    })
    expect(await rawRequest(port, `${head('Transfer-Encoding: chunked')}zz\r\n`)).toMatchObject({ status: 400 })
    await expect.poll(() => outcomes).toEqual(['bad-parameter'])
  })
})

import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readBody } from '../../src/http/body.ts'
import { type Access, createDispatcher, type Dispatcher, type DispatcherOptions } from '../../src/http/dispatch.ts'
import type { Exchange, Surface } from '../../src/http/exchange.ts'
import { sendText } from '../../src/http/respond.ts'
import { listenHere } from '../support/listen.ts'
import { rawRequest } from './raw-client.ts'

const logged: { facts: object; message: string }[] = []
const log = {
  warn: (facts: object, message: string) => void logged.push({ facts, message }),
  error: (facts: object, message: string) => void logged.push({ facts, message }),
}
const running: Dispatcher[] = []

afterEach(async () => {
  logged.length = 0
  await Promise.all(running.splice(0).map((dispatcher) => dispatcher.close(0)))
})

/** A surface that says its name, what it saw and what it refused. */
function surface(name: string, prefix: string, handle?: (exchange: Exchange) => Promise<void> | void): Surface {
  return {
    name,
    owns: (target, bound) => bound || target.startsWith(prefix),
    handle:
      handle ??
      ((exchange) =>
        sendText(
          exchange,
          200,
          [],
          `${name} ${exchange.scheme}://${exchange.host}${exchange.target} by ${exchange.id}`,
        )),
    refuse: (exchange, status) => sendText(exchange, status, ['X-Form', name], `${name} refuses`),
  }
}

async function listen(options: Partial<DispatcherOptions>): Promise<number> {
  const dispatcher = createDispatcher({ surfaces: [], log, ...options })
  running.push(dispatcher)
  return listenHere(dispatcher.server)
}

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: Example.COM:81', 'Connection: close', ...headers, '', ''].join('\r\n')

describe('finding the owner of a target', () => {
  it('asks the surfaces in order and hands on the raw target', async () => {
    const port = await listen({ surfaces: [surface('a', '/a/'), surface('b', '/')] })
    expect((await rawRequest(port, get('/a/%ZZ//x/../%2e?q=%'))).body).toMatch(
      /^a http:\/\/example\.com\/a\/%ZZ\/\/x\/\.\.\/%2e\?q=% by /,
    )
    expect((await rawRequest(port, get('/else'))).body).toMatch(/^b /)
  })

  it('reads an absolute-form target as its path, and its authority as the host', async () => {
    const port = await listen({ surfaces: [surface('a', '/a')] })
    expect((await rawRequest(port, get('http://Other.test:90/a//b?c'))).body).toMatch(
      /^a http:\/\/other\.test\/a\/\/b\?c by/,
    )
  })

  it('serves a bound host by its surface only', async () => {
    const bound = { ...surface('bound', '/'), owns: (target: string) => target.startsWith('/mine') }
    const port = await listen({ surfaces: [surface('a', '/')], hosts: new Map([['example.com', bound]]) })
    expect((await rawRequest(port, get('/mine'))).body).toMatch(/^bound /)
    const refused = await rawRequest(port, get('/elsewhere'))
    expect([refused.status, refused.headers['x-form']]).toEqual([404, 'bound'])
  })

  it('answers 404 in plain text where nobody is at home', async () => {
    const port = await listen({})
    const answer = await rawRequest(port, get('/x'))
    expect([answer.status, answer.body]).toEqual([404, '404 not found\n'])
  })

  it('believes forwarded headers only behind a trusted proxy, and the scheme only when sent once', async () => {
    const forwarded = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: cdn.test']
    const surfaces = [surface('a', '/')]
    const plain = await listen({ surfaces })
    const behind = await listen({ surfaces, trustProxy: true })
    expect((await rawRequest(plain, get('/', ...forwarded))).body).toMatch(/^a http:\/\/example\.com/)
    expect((await rawRequest(behind, get('/', ...forwarded))).body).toMatch(/^a https:\/\/cdn\.test/)
    const twice = await rawRequest(behind, get('/', 'X-Forwarded-Proto: https', 'X-Forwarded-Proto: https'))
    expect(twice.body).toMatch(/^a http:/)
  })

  it('gives every request an id of its own, whatever the client sends', async () => {
    const port = await listen({ surfaces: [surface('a', '/')] })
    const answers = await Promise.all([1, 2, 3].map(() => rawRequest(port, get('/', 'X-Request-Id: mine'))))
    const ids = answers.map(({ body }) => body.split(' by ')[1])
    expect(new Set(ids).size).toBe(3)
    expect(ids).not.toContain('mine')
  })
})

describe('what the HTTP parser does not accept', () => {
  const refused = async (request: string, options: Partial<DispatcherOptions> = {}) => {
    const port = await listen({ surfaces: [surface('a', '/a/'), surface('b', '/b/')], ...options })
    const answer = await rawRequest(port, request)
    return [answer.status, answer.headers['x-form'], answer.headers.connection]
  }

  it.each([
    ['an unknown method', 'BREW /b/x HTTP/1.1\r\nHost: h\r\n\r\n', 405],
    ['a header without a colon', 'GET /b/x HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n', 400],
    ['a head that is too large', `GET /b/x HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['a target that is too long', `GET /b/${'x'.repeat(40_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 431],
    ['bytes beyond ASCII in a target', 'GET /b/caf\xe9 HTTP/1.1\r\nHost: h\r\n\r\n', 400],
    ['no Host in HTTP/1.1', 'GET /b/x HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['an expectation nobody meets', 'GET /b/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: cake\r\n\r\n', 417],
    ['a length that is no number', 'POST /b/x HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n', 400],
    [
      'two ways to end a body',
      'POST /b/x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
  ])('%s is refused by the owner of the target', async (_case, request, status) => {
    expect(await refused(request)).toEqual([status, 'b', 'close'])
  })

  it('a request after a good one on the same connection is refused by its own owner', async () => {
    const port = await listen({ surfaces: [surface('a', '/a/'), surface('b', '/b/')] })
    const chunks: string[] = []
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /a/x HTTP/1.1\r\nHost: h\r\n\r\n'))
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk.toString())
        if (chunks.length === 1) socket.write('BREW /b/x HTTP/1.1\r\nHost: h\r\n\r\n')
      })
      socket.on('close', () => resolve())
    })
    expect(chunks.join('')).toContain('a http://h/a/x')
    expect(chunks.join('')).toContain('X-Form: b')
  })

  it('CONNECT and garbage are refused without a crash', async () => {
    const port = await listen({ surfaces: [surface('a', '/')] })
    expect((await rawRequest(port, 'CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n')).status).toBe(405)
    expect((await rawRequest(port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n')).status).toBe(400)
    expect((await rawRequest(port, 'OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')).status).toBe(204)
    expect((await rawRequest(port, get('/still-here'))).status).toBe(200)
  })

  it('a head that never ends is given up after the time for heads', async () => {
    expect(await refused('GET /b/x HTTP/1.1\r\nHost: h\r\nX: ', { timeouts: { head: 200 } })).toEqual([
      408,
      undefined,
      'close',
    ])
  })

  it('a body that breaks the rules of its own coding is refused in the form of the surface that reads it', async () => {
    const reader = surface('b', '/b/', async (exchange) => {
      await readBody(exchange, { bytes: 100, milliseconds: 5_000 }).catch(() => undefined)
    })
    const chunked = 'POST /b/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await refused(`${chunked}zz\r\n`, { surfaces: [reader] })).toEqual([400, 'b', 'close'])
  })
})

describe('when a surface fails', () => {
  it('answers 500 in the form of the surface and writes the error beside the id', async () => {
    const port = await listen({
      surfaces: [
        surface('a', '/a', () => {
          throw new Error('broken')
        }),
        surface('b', '/b', () => Promise.reject(new Error('broken too'))),
      ],
    })
    for (const [name, target] of [
      ['a', '/a'],
      ['b', '/b'],
    ] as const) {
      const answer = await rawRequest(port, get(target))
      expect([answer.status, answer.headers['x-form']]).toEqual([500, name])
    }
    expect(logged.map(({ facts }) => facts)).toMatchObject([{ surface: 'a' }, { surface: 'b' }])
  })

  it('breaks the connection when the answer has begun', async () => {
    const port = await listen({
      surfaces: [
        surface('a', '/', async ({ res }) => {
          res.writeHead(200, { 'Content-Length': '10' })
          res.write('half')
          await Promise.resolve()
          throw new Error('broken')
        }),
      ],
    })
    expect((await rawRequest(port, get('/'))).body.length).toBeLessThan(10)
  })
})

describe('the abort signal', () => {
  it('fires when the client leaves before the answer', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>()
    const port = await listen({
      surfaces: [
        surface('a', '/', ({ signal }) => {
          signal.addEventListener('abort', () => resolve())
        }),
      ],
    })
    const socket = connect(port, '127.0.0.1', () => socket.write(get('/'), () => socket.destroy()))
    await left
  })
})

describe('the access log', () => {
  it('tells of each request once, without its query, also of refused ones', async () => {
    const entries: Access[] = []
    const port = await listen({ surfaces: [surface('a', '/')], access: (_status, entry) => void entries.push(entry()) })
    await rawRequest(port, get('/x?auth=secret'))
    await rawRequest(port, 'BREW /x?auth=secret HTTP/1.1\r\n\r\n')
    await expect.poll(() => entries.length).toBe(2)
    expect(entries).toMatchObject([
      { surface: 'a', method: 'GET', target: '/x', status: 200, finished: true, remote: '127.0.0.1' },
      { surface: 'a', method: 'BREW', target: '/x', status: 405 },
    ])
  })
})

describe('closing', () => {
  it('finishes what is in flight, says Connection: close, and accepts nothing new', async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    const { promise: finish, resolve: release } = Promise.withResolvers<void>()
    const port = await listen({
      surfaces: [
        surface('a', '/', async (exchange) => {
          start()
          await finish
          sendText(exchange, 200, [], 'done')
        }),
      ],
    })
    const answer = rawRequest(port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await started
    const closed = running[0]?.close(5_000)
    await expect(rawRequest(port, get('/'))).rejects.toThrow()
    release()
    expect(await answer).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } })
    await closed
  })

  it('closes idle kept-alive connections at once and cuts what outlasts the grace', async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    const port = await listen({ surfaces: [surface('a', '/', () => start())] })
    const hanging = rawRequest(port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await started
    await running[0]?.close(50)
    expect((await hanging).status).toBe(0)
  })
})

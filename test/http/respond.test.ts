import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isFault } from '../../src/faults.ts'
import { readBody } from '../../src/http/body.ts'
import { createDispatcher } from '../../src/http/dispatch.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { acceptsGzip, firstLine } from '../../src/http/headers.ts'
import { type Sendable, sendStored, sendText, sendUnsized } from '../../src/http/respond.ts'
import { listenHere } from '../support/listen.ts'
import { rawRequest } from './raw-client.ts'

const BYTES = Buffer.from('0123456789')
const CHANGED = new Date('2024-05-01T12:00:00Z')
const HEADERS = ['Cache-Control', 'public, max-age=60', 'Vary', 'Accept', 'Access-Control-Allow-Origin', '*']
const inMemory: Sendable = {
  body: { kind: 'bytes', bytes: BYTES },
  size: BYTES.length,
  contentType: 'image/png',
  etag: '"t"',
  lastModified: CHANGED,
}

/** The same bytes as a file would give them, two at a time. */
const inFile: Sendable = {
  ...inMemory,
  body: {
    kind: 'file',
    async *open(range = { start: 0, end: BYTES.length - 1 }) {
      for (let at = range.start; at <= range.end; at += 2) yield BYTES.subarray(at, Math.min(at + 2, range.end + 1))
    },
  },
}

async function serving(handle: (exchange: Exchange) => Promise<void> | void) {
  const log = { warn: () => undefined, error: () => undefined }
  const surface = {
    name: 'test',
    owns: () => true,
    handle,
    refuse: (exchange: Exchange, status: number) => sendText(exchange, status, [], 'refused'),
  }
  const dispatcher = createDispatcher({ surfaces: [surface], log })
  const port = await listenHere(dispatcher.server)
  onTestFinished(() => dispatcher.close(0))
  const ask = (method: string, headers: readonly string[] = [], body = '') =>
    rawRequest(
      port,
      `${[`${method} / HTTP/1.1`, 'Host: h', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`,
    )
  return { port, ask }
}

describe.each([
  ['bytes in memory', inMemory],
  ['bytes in a file', inFile],
])('sending %s', (_case, stored) => {
  const ask = async (method: string, ...headers: string[]) =>
    (await serving((exchange) => sendStored(exchange, stored, HEADERS))).ask(method, headers)

  it('whole', async () => {
    const answer = await ask('GET')
    expect([answer.status, answer.body]).toEqual([200, '0123456789'])
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=60',
      vary: 'Accept',
      etag: '"t"',
      'last-modified': CHANGED.toUTCString(),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    })
  })

  it('HEAD has the same headers and no body, and ignores ranges', async () => {
    const whole = await ask('GET')
    const { date: _, ...expected } = whole.headers
    const answer = await ask('HEAD', 'Range: bytes=0-1')
    expect([answer.status, answer.body]).toEqual([200, ''])
    expect(answer.headers).toMatchObject(expected)
  })

  it('a part', async () => {
    const answer = await ask('GET', 'Range: bytes=3-7')
    expect([answer.status, answer.body]).toEqual([206, '34567'])
    expect(answer.headers).toMatchObject({ 'content-length': '5', 'content-range': 'bytes 3-7/10' })
    expect((await ask('GET', 'Range: bytes=-3')).body).toBe('789')
  })

  it('a part that does not exist is 416 with the size, and nobody may cache that', async () => {
    const answer = await ask('GET', 'Range: bytes=10-')
    expect([answer.status, answer.body]).toEqual([416, ''])
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */10', 'access-control-allow-origin': '*' })
    expect(answer.headers['cache-control']).toBeUndefined()
  })

  it('nothing when the client has it: 304 with the same caching headers', async () => {
    for (const header of ['If-None-Match: "t"', `If-Modified-Since: ${CHANGED.toUTCString()}`]) {
      const answer = await ask('GET', header)
      expect([answer.status, answer.body]).toEqual([304, ''])
      expect(answer.headers).toMatchObject({
        'cache-control': 'public, max-age=60',
        vary: 'Accept',
        'access-control-allow-origin': '*',
        etag: '"t"',
      })
      expect(answer.headers['content-length']).toBeUndefined()
    }
  })

  it('nothing when a precondition fails: 412', async () => {
    const answer = await ask('GET', 'If-Match: "other"')
    expect([answer.status, answer.headers['cache-control']]).toEqual([412, undefined])
  })
})

describe('a file that fails', () => {
  it('before its first byte is answered by the surface', async () => {
    const body = {
      kind: 'file' as const,
      // biome-ignore lint/correctness/useYield: a file that cannot be opened yields nothing
      async *open() {
        throw new Error('gone')
      },
    }
    const { ask } = await serving((exchange) => sendStored(exchange, { ...inMemory, body }, HEADERS))
    expect(await ask('GET')).toMatchObject({ status: 500, body: 'refused' })
  })

  it('in the middle breaks the connection', async () => {
    const body = {
      kind: 'file' as const,
      async *open() {
        yield BYTES.subarray(0, 4)
        throw new Error('gone')
      },
    }
    const { ask } = await serving((exchange) => sendStored(exchange, { ...inMemory, body }, HEADERS))
    expect((await ask('GET')).body.length).toBeLessThan(10)
  })
})

describe('bytes of unknown length', () => {
  const TYPE = ['Content-Type', 'application/zip']
  async function* failing(good: number) {
    for (let sent = 0; sent < good; sent++) yield BYTES
    throw new Error('no more')
  }

  it('are sent in chunks to their end, in the sandbox; HEAD takes none of them', async () => {
    let taken = 0
    let stopped = 0
    async function* twice() {
      try {
        for (; taken < 2; taken++) yield BYTES
      } finally {
        stopped++
      }
    }
    const { ask } = await serving((exchange) => sendUnsized(exchange, TYPE, twice()))
    const head = await ask('HEAD')
    expect([head.status, head.body, taken, stopped]).toEqual([200, '', 0, 0])
    const answer = await ask('GET')
    expect(answer.headers).toMatchObject({
      ...{ 'content-type': 'application/zip', 'transfer-encoding': 'chunked' },
      'x-content-type-options': 'nosniff',
    })
    expect(answer.body).toBe('a\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n')
    expect([taken, stopped]).toEqual([2, 1])
  })

  it('that fail before the first are answered by the surface, later ones break the connection', async () => {
    const before = await serving((exchange) =>
      sendUnsized(exchange, TYPE, failing(0)).catch(() => sendText(exchange, 500, [], 'failed')),
    )
    expect(await before.ask('GET')).toMatchObject({ status: 500, body: 'failed' })
    const later = await serving((exchange) => sendUnsized(exchange, TYPE, failing(1)))
    expect((await later.ask('GET')).body).not.toMatch(/(^|\r\n)0\r\n\r\n$/)
  })

  it('do not mind how they end for a client that left', async () => {
    const outcomes: string[] = []
    async function* stubborn() {
      try {
        for (;;) yield Buffer.alloc(1 << 20)
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: some sources end in an error of their own
        throw new Error('stopped')
      }
    }
    const { port } = await serving((exchange) =>
      sendUnsized(exchange, TYPE, stubborn()).then(
        () => void outcomes.push('done'),
        () => void outcomes.push('refused'),
      ),
    )
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'))
    socket.once('data', () => socket.destroy())
    await expect.poll(() => outcomes).toEqual(['done'])
  })
})

describe('a client that reads slowly or not at all', () => {
  it('is waited for, and its leaving closes the file', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<number>()
    const chunk = Buffer.alloc(256 * 1024)
    const body = {
      kind: 'file' as const,
      async *open() {
        let given = 0
        try {
          while (given < 4_000) {
            given += 1
            yield chunk
          }
        } finally {
          resolve(given)
        }
      },
    }
    const { port } = await serving((exchange) =>
      sendStored(exchange, { ...inMemory, body, size: 4_000 * chunk.length }, []),
    )
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'))
    socket.once('data', () => socket.pause())
    // The server stops when the buffers of both ends are full; then the client goes away.
    await new Promise<void>((done) => socket.once('pause', () => setImmediate(done)))
    socket.destroy()
    expect(await closed).toBeLessThan(4_000)
  })
})

describe('reading a body', () => {
  const reading = (bytes: number, milliseconds: number) =>
    serving(async (exchange) => {
      try {
        sendText(exchange, 200, [], String(await readBody(exchange, { bytes, milliseconds })))
      } catch (error) {
        sendText(exchange, 400, [], isFault(error) ? error.code : 'unknown')
      }
    })

  it('gives it whole, with a length, chunked, or none', async () => {
    const { ask } = await reading(10, 5_000)
    expect((await ask('POST', ['Content-Length: 5'], 'hello')).body).toBe('hello')
    expect((await ask('POST', ['Transfer-Encoding: chunked'], '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n')).body).toBe('hello')
    expect((await ask('POST')).body).toBe('')
  })

  it('ends at the limit, whether the length was announced or not', async () => {
    const { ask } = await reading(4, 5_000)
    expect((await ask('POST', ['Content-Length: 5'], 'hello')).body).toBe('too-large')
    expect((await ask('POST', ['Transfer-Encoding: chunked'], '3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n')).body).toBe(
      'too-large',
    )
  })

  it('ends when it trickles', async () => {
    const { ask } = await reading(10, 50)
    expect((await ask('POST', ['Content-Length: 5'], 'he')).body).toBe('timed-out')
  })
})

describe('request headers', () => {
  it('the first line of a repeated one, whatever its case', () => {
    const raw = ['Host', 'h', 'ACCEPT', 'a', 'Accept', 'b']
    expect(firstLine(raw, 'accept')).toBe('a')
    expect(firstLine(raw, 'save-data')).toBeUndefined()
  })

  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['br, GZIP;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['br, *', false],
    ['x-gzipped', false],
  ])('Accept-Encoding %s wants gzip: %s', (value, wanted) => {
    expect(acceptsGzip(value)).toBe(wanted)
  })
})

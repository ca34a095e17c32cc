import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import zlib from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Agents, createAgents } from '../../../src/storage/agents.ts'
import { discard, readAll } from '../../../src/storage/body.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import type { GetOptions, ObjectStore } from '../../../src/storage/object-store.ts'
import { createWebStore, type WebConfig } from '../../../src/storage/web/store.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'

let agents: Agents
let impatient: Agents
let origin: WebOrigin
let other: WebOrigin
beforeAll(async () => {
  agents = createAgents(createGuard({ allowPrivate: true }))
  impatient = createAgents(createGuard({ allowPrivate: true }), { connect: 300, tls: 300, idle: 300 })
  origin = await startWebOrigin()
  other = await startWebOrigin()
})
beforeEach(() => {
  origin.reset()
  other.reset()
})
afterAll(async () => {
  await Promise.all([agents.close(), impatient.close()])
  await Promise.all([origin.stop(), other.stop()])
})

const open = (config: Partial<WebConfig> = {}, through = agents) =>
  createWebStore({ provider: 'web', guarded: true, baseUrl: origin.url, ...config }, through)
const bytesOf = async (store: ObjectStore, key: string, options?: GetOptions) => {
  const answer = await store.get({ key }, options)
  return answer.kind === 'object' ? (await readAll(answer.body)).toString() : answer.kind
}

describe('reading from a web server', () => {
  it('tells the facts that the server tells', async () => {
    origin.answer('/a.png', {
      body: 'picture',
      headers: {
        etag: '"v1"',
        'content-type': 'image/png',
        'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT',
        'cache-control': 'max-age=60',
        'set-cookie': 'session=1',
      },
    })
    const expected = {
      version: '"v1"',
      etag: '"v1"',
      size: 7,
      lastModified: new Date('2015-10-21T07:28:00Z'),
      contentType: 'image/png',
      contentEncoding: undefined,
    }
    const head = await open().head({ key: 'a.png' })
    expect(head).toMatchObject(expected)
    expect(head.metadata['cache-control']).toBe('max-age=60')
    expect(head.metadata).not.toHaveProperty('set-cookie')
    const answer = await open().get({ key: 'a.png' })
    expect(answer.kind === 'object' && answer.head).toMatchObject(expected)
    if (answer.kind === 'object') await discard(answer.body)
  })

  it('has no size and no version when the server says none', async () => {
    origin.answer('/a', { body: 'abc', chunked: true })
    const answer = await open().get({ key: 'a' })
    expect(answer.kind === 'object' && answer.head).toMatchObject({ size: undefined, version: undefined })
    expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe('abc')
  })

  it('asks with GET where a server knows no HEAD', async () => {
    origin.answer('/a', (req) => (req.method === 'HEAD' ? { status: 405 } : { body: 'abc' }))
    expect((await open().head({ key: 'a' })).size).toBe(3)
  })

  it.each<[number, string]>([
    [404, 'object-missing'],
    [410, 'object-missing'],
    [401, 'access-denied'],
    [403, 'access-denied'],
    [204, 'source-refused'],
    [206, 'source-refused'],
    [302, 'source-refused'],
    [304, 'source-refused'],
    [400, 'source-refused'],
    [429, 'source-refused'],
    [500, 'source-refused'],
    [503, 'source-refused'],
    [504, 'source-timeout'],
  ])('translates the status %i into %s', async (status, code) => {
    origin.answer('*', { status })
    await expect(open().get({ key: 'a' })).rejects.toMatchObject({ code, context: { status } })
    await expect(open().head({ key: 'a' })).rejects.toMatchObject({ code, context: { status } })
  })

  it('hands a coded body through as it is, and says the coding', async () => {
    const packed = zlib.gzipSync('picture')
    origin.answer('/a', { body: packed, headers: { 'content-encoding': 'gzip' } })
    const answer = await open().get({ key: 'a' })
    expect(answer.kind === 'object' && answer.head.contentEncoding).toBe('gzip')
    expect(answer.kind === 'object' && (await readAll(answer.body)).equals(packed)).toBe(true)
  })

  it('is unchanged by ETag', async () => {
    origin.answer('/a', (req) => (req.headers['if-none-match'] === '"v1"' ? { status: 304 } : { body: 'new' }))
    expect(await bytesOf(open(), 'a', { ifNoneMatch: '"v1"' })).toBe('unchanged')
    expect(await bytesOf(open(), 'a', { ifNoneMatch: '"v0"' })).toBe('new')
  })

  it('is unchanged by last-modified and size where there is no ETag, also when the server ignores the condition', async () => {
    const modified = 'Wed, 21 Oct 2015 07:28:00 GMT'
    origin.answer('/a', { body: 'same', headers: { 'last-modified': modified } })
    const { version } = await open().head({ key: 'a' })
    expect(await bytesOf(open(), 'a', { ifNoneMatch: version ?? '' })).toBe('unchanged')
    expect(origin.requests.at(-1)?.headers['if-modified-since']).toBe(modified)
  })

  it.each([
    ['a server that knows ranges', true],
    ['a server that does not', false],
  ])('gives a range from %s', async (_, knows) => {
    origin.answer('/a', (req) =>
      knows && req.headers.range === 'bytes=2-4'
        ? { status: 206, body: '234', headers: { 'content-range': 'bytes 2-4/10' } }
        : { body: '0123456789' },
    )
    const answer = await open().get({ key: 'a' }, { range: { start: 2, end: 4 } })
    expect(answer.kind === 'object' && answer.head.size).toBe(10)
    expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe('234')
  })

  it('refuses a range that lies elsewhere than asked', async () => {
    origin.answer('/a', { status: 206, body: '012', headers: { 'content-range': 'bytes 0-2/10' } })
    await expect(open().get({ key: 'a' }, { range: { start: 2 } })).rejects.toMatchObject({ code: 'source-refused' })
  })

  it('gives up above a limit: at once when the length is known, else while it flows', async () => {
    origin.answer('/known', { body: '0123456789' })
    origin.answer('/unknown', { body: '0123456789', chunked: true })
    await expect(open().get({ key: 'known' }, { maxBytes: 9 })).rejects.toMatchObject({ code: 'too-large' })
    await expect(bytesOf(open(), 'unknown', { maxBytes: 9 })).rejects.toMatchObject({ code: 'too-large' })
    expect(await bytesOf(open(), 'unknown', { maxBytes: 10 })).toBe('0123456789')
  })

  it('notices a body that is cut off', async () => {
    origin.answer('/a', { body: '0123456789', cutAfter: 5 })
    origin.answer('/b', { body: '0123456789', cutAfter: 5, chunked: true })
    await expect(bytesOf(open(), 'a')).rejects.toMatchObject({ code: 'source-unreachable' })
    await expect(bytesOf(open(), 'b')).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('writes, lists and signs nothing', async () => {
    const store = open()
    await expect(store.put({ key: 'a' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'read-only' })
    await expect(store.delete({ key: 'a' })).rejects.toMatchObject({ code: 'read-only' })
    await expect(store.list('')).rejects.toMatchObject({ code: 'unsupported' })
    await expect(store.presign({ key: 'a' }, 'GET', 1)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(store.get({ key: 'a', bucket: 'b' })).rejects.toMatchObject({ code: 'unsupported' })
  })

  it.each(['ftp://h/', 'nonsense', 'http://h/?q=1', 'http://h/#x'])('takes no base %s', (baseUrl) => {
    expect(() => open({ baseUrl })).toThrow(expect.objectContaining({ code: 'store-misconfigured' }))
  })
})

describe('a web server that misbehaves', () => {
  it('is unreachable when nobody listens, or when no name is found', async () => {
    const gone = await startWebOrigin()
    await gone.stop()
    const store = open({ baseUrl: gone.url })
    await expect(store.get({ key: 'a' })).rejects.toMatchObject({ code: 'source-unreachable' })
    const nowhere = open({ baseUrl: 'http://nowhere.invalid' })
    await expect(nowhere.get({ key: 'a' })).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('is a timeout when it takes the request and says nothing', async () => {
    origin.answer('/a', () => undefined)
    await expect(open({}, impatient).get({ key: 'a' })).rejects.toMatchObject({ code: 'source-timeout' })
  })

  it('is a timeout when it stops in the middle', async () => {
    origin.answer('/a', (_req, res) => {
      res.writeHead(200, { 'content-length': '10' })
      res.write('01234')
      return undefined
    })
    await expect(bytesOf(open({}, impatient), 'a')).rejects.toMatchObject({ code: 'source-timeout' })
  })

  it('is a timeout when the caller has a clock', async () => {
    origin.answer('/a', () => undefined)
    await expect(open().get({ key: 'a' }, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'source-timeout',
    })
  })

  it('is unreachable when it speaks no HTTP or no TLS', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('hello, this is no protocol\r\n\r\n'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    for (const scheme of ['http', 'https']) {
      const store = open({ baseUrl: `${scheme}://127.0.0.1:${port}` })
      await expect(store.get({ key: 'a' })).rejects.toMatchObject({ code: 'source-unreachable' })
    }
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('is a timeout when TLS never begins', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(open({ baseUrl: `https://127.0.0.1:${port}` }, impatient).get({ key: 'a' })).rejects.toMatchObject({
      code: 'source-timeout',
    })
    server.close()
  })
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('are followed: %i', async (status) => {
    origin.answer('/a', { status, headers: { location: '/b c?x=1' } })
    origin.answer('/b%20c?x=1', { body: 'there' })
    expect(await bytesOf(open(), 'a')).toBe('there')
  })

  it('are followed ten times, not eleven', async () => {
    origin.answer('*', (req) => {
      const left = Number((req.url ?? '').slice(1))
      return left === 0 ? { body: 'end' } : { status: 302, headers: { location: `/${left - 1}` } }
    })
    expect(await bytesOf(open(), '10')).toBe('end')
    await expect(open().get({ key: '11' })).rejects.toMatchObject({
      code: 'source-refused',
      context: { reason: 'too-many-redirects' },
    })
  })

  it.each(['ftp://h/x', 'file:///etc/passwd', 'http://', 'data:text/plain,x'])(
    'lead to http only: %s',
    async (location) => {
      origin.answer('/a', { status: 302, headers: { location } })
      await expect(open().get({ key: 'a' })).rejects.toMatchObject({ code: 'source-refused' })
    },
  )

  it('stay within the allowed hosts, on every hop', async () => {
    const elsewhere = `http://localhost:${other.port}/x`
    origin.answer('/a', { status: 302, headers: { location: elsewhere } })
    other.answer('/x', { body: 'there' })
    const allowed = (hosts: string[]) => open({ hosts })
    await expect(allowed([]).get({ key: 'a' })).rejects.toMatchObject({ code: 'address-forbidden' })
    expect(other.requests).toEqual([])
    expect(await bytesOf(allowed(['LOCALHOST']), 'a')).toBe('there')
    expect(await bytesOf(allowed([`localhost:${other.port}`]), 'a')).toBe('there')
  })

  it('are checked before the first request of a plain URL too', async () => {
    const { baseUrl: _, ...plain } = {
      baseUrl: '',
      provider: 'web' as const,
      guarded: true,
      hosts: ['allowed.example'],
    }
    const store = createWebStore(plain, agents)
    await expect(store.get({ key: `${origin.url}/a` })).rejects.toMatchObject({ code: 'address-forbidden' })
    expect(origin.requests).toEqual([])
  })

  it('take no header of the caller to another origin, and bring none back', async () => {
    origin.answer('/start', { status: 302, headers: { location: `${other.url}/middle` } })
    other.answer('/middle', { status: 302, headers: { location: `${origin.url}/end` } })
    origin.answer('/same', { status: 302, headers: { location: '/end' } })
    origin.answer('/end', { body: 'end' })
    const headers = { Authorization: 'Bearer caller', Cookie: 'a=b', 'X-Own': '1', Accept: 'image/webp' }
    const store = open({ headers: { 'x-operator': 'secret' } })

    expect(await bytesOf(store, 'start', { headers })).toBe('end')
    for (const request of [other.requests[0], origin.requests[1]]) {
      expect(request?.headers).toMatchObject({ accept: 'image/webp' })
      for (const name of ['authorization', 'cookie', 'x-own', 'x-operator'])
        expect(request?.headers).not.toHaveProperty(name)
    }
    origin.reset()
    origin.answer('/same', { status: 302, headers: { location: '/end' } })
    origin.answer('/end', { body: 'end' })
    expect(await bytesOf(store, 'same', { headers })).toBe('end')
    expect(origin.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer caller',
      'x-own': '1',
      'x-operator': 'secret',
    })
  })

  it('use user info for its own origin only, and none that a redirect brings', async () => {
    const { port } = origin
    origin.answer('/start', { status: 302, headers: { location: `http://thief:x@127.0.0.1:${other.port}/end` } })
    other.answer('/end', { body: 'end' })
    const store = open({ baseUrl: `http://us%20er:pass@127.0.0.1:${port}` })
    expect(await bytesOf(store, 'start')).toBe('end')
    expect(origin.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us er:pass').toString('base64')}`)
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('request headers', () => {
  it('leave out what belongs to the connection', async () => {
    origin.answer('/a', { body: 'x' })
    const headers = {
      Host: 'evil.example',
      Connection: 'close, X-Named',
      'X-Named': '1',
      'Transfer-Encoding': 'chunked',
      'Content-Length': '5',
      'Proxy-Authorization': 'x',
      TE: 'trailers',
      Upgrade: 'h2c',
      Range: 'bytes=0-0',
      'If-None-Match': '"x"',
      'X-Kept': 'yes',
    }
    expect(await bytesOf(open(), 'a', { headers })).toBe('x')
    const sent = origin.requests[0]?.headers ?? {}
    expect(sent).toMatchObject({ host: `127.0.0.1:${origin.port}`, 'x-kept': 'yes' })
    for (const name of [
      'x-named',
      'transfer-encoding',
      'content-length',
      'proxy-authorization',
      'te',
      'upgrade',
      'range',
      'if-none-match',
    ]) {
      expect(sent).not.toHaveProperty(name)
    }
  })

  it.each<[string, Record<string, string>]>([
    ['a line break', { 'x-a': 'b\r\nevil: 1' }],
    ['a bad name', { 'x a': 'b' }],
    ['beyond latin-1', { 'x-a': '漢' }],
  ])('are refused with %s', async (_, headers) => {
    await expect(open().get({ key: 'a' }, { headers })).rejects.toMatchObject({ code: 'bad-parameter' })
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAgents } from '../../../src/storage/agents.ts'
import { readAll } from '../../../src/storage/body.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import type { GetOptions, ObjectStore } from '../../../src/storage/object-store.ts'
import { createS3Store } from '../../../src/storage/s3/store.ts'
import type { Effect } from '../../support/s3-proxy.ts'
import { noS3Server } from '../../support/versitygw.ts'
import { startWebOrigin } from '../../support/web-origin.ts'
import { type S3Subject, startS3 } from './subject.ts'

const MB = 1024 * 1024

describe.skipIf(noS3Server())('a bucket in real life', () => {
  let s3: S3Subject
  let store: ObjectStore
  beforeAll(async () => {
    s3 = await startS3()
    await s3.server.put(s3.bucket, 'a.txt', 'hello', { contentType: 'text/plain' })
  })
  beforeEach(() => {
    s3.proxy.reset()
    store = s3.store()
  })
  afterAll(() => s3?.stop())

  const bytesOf = async (from: ObjectStore, key: string, options?: GetOptions) => {
    const answer = await from.get({ key }, options)
    return answer.kind === 'object' ? (await readAll(answer.body)).toString() : answer.kind
  }
  const always = (effect: Effect) => s3.proxy.rule({ effect })
  const once = (effect: Effect, method?: string) =>
    s3.proxy.rule({ effect, count: 1, ...(method === undefined ? {} : { method }) })

  describe('keys on the wire', () => {
    it.each([
      ['/leading', '//leading'],
      ['//two', '///two'],
      ['a//b', '/a//b'],
      ['a/', '/a/'],
      ['with blank', '/with%20blank'],
      ['plus+', '/plus%2B'],
      ['q?x=1&y#z', '/q%3Fx%3D1%26y%23z'],
      ['100%', '/100%25'],
      ['a%2Fb', '/a%252Fb'],
      ['ü😀', '/%C3%BC%F0%9F%98%80'],
      ["!'()*", '/%21%27%28%29%2A'],
    ])('%j is asked for as %s', async (key, path) => {
      await store.get({ key }).catch(() => undefined)
      await store.head({ key }).catch(() => undefined)
      const targets = s3.proxy.requests.map(({ target }) => target.replace(/\?x-id=.*/, ''))
      expect(targets).toEqual([`/${s3.bucket}${path}`, `/${s3.bucket}${path}`])
    })

    it('stay exact with the bucket in the host name', async () => {
      const origin = await startWebOrigin()
      const agents = createAgents(
        createGuard({
          allowPrivate: true,
          resolve: (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
        }),
      )
      const virtual = createS3Store(
        {
          provider: 's3',
          bucket: 'pictures',
          endpoint: `http://s3.example:${origin.port}`,
          forcePathStyle: false,
          region: 'us-east-1',
          accessKeyId: 'a',
          secretAccessKey: 'b',
          guarded: true,
        },
        agents,
      )
      for (const key of ['/leading', 'a//b?c', 'ü ']) await virtual.get({ key }).catch(() => undefined)
      expect(origin.requests.map(({ target }) => target.replace('?x-id=GetObject', ''))).toEqual([
        '//leading',
        '/a//b%3Fc',
        '/%C3%BC%20',
      ])
      expect(origin.requests[0]?.headers.host).toBe(`pictures.s3.example:${origin.port}`)
      await agents.close()
      await origin.stop()
    })
  })

  describe('what goes wrong', () => {
    it.each<[string, Effect, string]>([
      ['AccessDenied', { kind: 'error', status: 403, code: 'AccessDenied' }, 'access-denied'],
      ['InvalidAccessKeyId', { kind: 'error', status: 403, code: 'InvalidAccessKeyId' }, 'store-misconfigured'],
      ['SignatureDoesNotMatch', { kind: 'error', status: 403, code: 'SignatureDoesNotMatch' }, 'store-misconfigured'],
      ['NoSuchBucket', { kind: 'error', status: 404, code: 'NoSuchBucket' }, 'store-misconfigured'],
      ['NoSuchKey', { kind: 'error', status: 404, code: 'NoSuchKey' }, 'object-missing'],
      ['ExpiredToken', { kind: 'expired-token' }, 'store-misconfigured'],
      ['InvalidObjectState', { kind: 'error', status: 403, code: 'InvalidObjectState' }, 'access-denied'],
      ['an unknown code', { kind: 'error', status: 418, code: 'Teapot' }, 'source-refused'],
    ])('%s', async (_, effect, code) => {
      always(effect)
      await expect(store.get({ key: 'a.txt' })).rejects.toMatchObject({ code })
    })

    it.each([
      [403, 'access-denied'],
      [404, 'object-missing'],
      [400, 'store-misconfigured'],
    ])('an answer to HEAD without body: %i', async (status, code) => {
      s3.proxy.rule({ effect: { kind: 'error', status, code: 'Hidden' }, method: 'HEAD' })
      await expect(store.head({ key: 'a.txt' })).rejects.toMatchObject({ code })
    })

    it('tells no secrets, ids or messages of the store', async () => {
      always({ kind: 'error', status: 403, code: 'InvalidAccessKeyId' })
      const fault = await store.get({ key: 'a.txt' }).catch((error: unknown) => error)
      const told = `${String(fault)} ${JSON.stringify(fault)} ${fault instanceof Error ? `${fault.stack} ${String(fault.cause)}` : ''}`
      expect(told).toContain('InvalidAccessKeyId')
      expect(told).not.toContain('AKIASECRETEXAMPLE')
      expect(told).not.toContain(s3.server.secretAccessKey)
      expect(told).not.toContain(s3.bucket)
    })

    it('wrong keys are a matter of configuration', async () => {
      await expect(s3.store({ secretAccessKey: 'wrong' }).get({ key: 'a.txt' })).rejects.toMatchObject({
        code: 'store-misconfigured',
      })
      await expect(s3.store({ accessKeyId: 'nobody' }).get({ key: 'a.txt' })).rejects.toMatchObject({
        code: 'store-misconfigured',
      })
    })

    it('a store that is away is unreachable', async () => {
      const gone = await startWebOrigin()
      await gone.stop()
      const away = s3.store({ endpoint: gone.url })
      await expect(away.get({ key: 'a' })).rejects.toMatchObject({ code: 'source-unreachable' })
      await expect(away.put({ key: 'a' }, Buffer.from('x'))).rejects.toMatchObject({ code: 'source-unreachable' })
      await expect(away.list('')).rejects.toMatchObject({ code: 'source-unreachable' })
    })

    it('a store that says nothing is a timeout', async () => {
      always({ kind: 'hang' })
      const impatient = createAgents(createGuard({ allowPrivate: true }), { connect: 200, tls: 200, idle: 200 })
      await expect(s3.store({}, impatient).get({ key: 'a.txt' })).rejects.toMatchObject({ code: 'source-timeout' })
      await expect(store.get({ key: 'a.txt' }, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
        code: 'source-timeout',
      })
      await impatient.close()
    })

    it('a body that is cut off is noticed', async () => {
      await s3.server.put(s3.bucket, 'cut', Buffer.alloc(100_000))
      once({ kind: 'truncate', bytes: 50_000 }, 'GET')
      await expect(bytesOf(store, 'cut')).rejects.toMatchObject({ code: 'source-unreachable' })
    })

    it('an answer that is no XML is refused, not a crash', async () => {
      const origin = await startWebOrigin()
      origin.answer('*', { status: 502, body: '<html>bad gateway' })
      await expect(s3.store({ endpoint: origin.url }).get({ key: 'a' })).rejects.toMatchObject({
        code: 'source-refused',
        context: { status: 502 },
      })
      origin.answer('*', { status: 200, body: 'no listing' })
      await expect(s3.store({ endpoint: origin.url }).list('')).rejects.toMatchObject({ name: 'Fault' })
      await origin.stop()
    })

    it.each(['nonsense', 'ftp://h', ''])('the endpoint %j is refused', async (endpoint) => {
      await expect(s3.store({ endpoint }).get({ key: 'a' })).rejects.toMatchObject({ code: 'store-misconfigured' })
    })

    it('half a pair of keys does not fall back to the machine’s own role', () => {
      for (const half of [{ accessKeyId: 'a' }, { secretAccessKey: 'b' }]) {
        expect(() => createS3Store({ provider: 's3', guarded: false, ...half }, s3.agents)).toThrow(
          expect.objectContaining({ code: 'store-misconfigured' }),
        )
      }
    })

    it('a caller’s endpoint never sees the machine’s own role', () => {
      expect(() =>
        createS3Store({ provider: 's3', endpoint: 'https://evil.example', guarded: true }, s3.agents),
      ).toThrow(expect.objectContaining({ code: 'store-misconfigured' }))
    })
  })

  describe('repeats what may pass', () => {
    it('throttling, a few times', async () => {
      s3.proxy.rule({ effect: { kind: 'slow-down' }, count: 2 })
      expect(await bytesOf(store, 'a.txt')).toBe('hello')
      expect(s3.proxy.requests.map(({ status }) => status)).toEqual([503, 503, 200])
    })

    it('throttling of every third request', async () => {
      s3.proxy.rule({ effect: { kind: 'slow-down' }, method: 'GET', path: /a\.txt/, every: 3 })
      for (let times = 0; times < 4; times++) expect(await bytesOf(store, 'a.txt')).toBe('hello')
      expect(s3.proxy.requests.map(({ status }) => status)).toEqual([200, 200, 503, 200, 200])
    })

    it('throttling, but not for ever', async () => {
      always({ kind: 'slow-down' })
      await expect(store.get({ key: 'a.txt' })).rejects.toMatchObject({
        code: 'source-refused',
        context: { status: 503, reason: 'SlowDown' },
      })
      expect(s3.proxy.requests.length).toBeLessThanOrEqual(5)
    })

    it('not beyond the caller’s patience', async () => {
      always({ kind: 'slow-down' })
      await expect(store.get({ key: 'a.txt' }, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
        code: 'source-timeout',
      })
    })

    it('a broken connection, for reads and writes', async () => {
      once({ kind: 'reset' })
      expect(await bytesOf(store, 'a.txt')).toBe('hello')
      once({ kind: 'reset' }, 'PUT')
      await store.put({ key: 'again' }, Buffer.from('x'))
      expect(await bytesOf(store, 'again')).toBe('x')
    })

    it('with new keys of the machine’s own role, once a session has expired', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', s3.server.accessKeyId)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the session before')
      const { region, bucket } = { region: s3.server.region, bucket: s3.bucket }
      const role = createS3Store(
        { provider: 's3', bucket, region, endpoint: s3.proxy.endpoint, guarded: false },
        s3.agents,
      )
      s3.proxy.rule({
        effect: { kind: 'expired-token' },
        count: 1,
        when: () => {
          vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.server.secretAccessKey)
          return true
        },
      })
      expect(await bytesOf(role, 'a.txt')).toBe('hello')
      expect(s3.proxy.requests.map(({ status }) => status)).toEqual([400, 200])
      vi.unstubAllEnvs()
    })

    it('a single part of a large body', async () => {
      s3.proxy.rule({ effect: { kind: 'slow-down' }, method: 'PUT', path: /partNumber=2/, count: 1 })
      await store.put({ key: 'large' }, parts(20), { size: 20 * MB })
      expect((await s3.server.bytes(s3.bucket, 'large')).byteLength).toBe(20 * MB)
    })

    it('a clock that is wrong: the next request is signed with the store’s time', async () => {
      const serverTime = new Date(Date.now() + 3 * 3600_000)
      once({ kind: 'time-skewed', serverTime })
      // The real server's clock is right, so it refuses the shifted request, and that answer shifts the time back.
      await expect(bytesOf(store, 'a.txt')).rejects.toMatchObject({ code: 'store-misconfigured' })
      expect(await bytesOf(store, 'a.txt')).toBe('hello')
      const dates = s3.proxy.requests.map(({ headers }) => String(headers['x-amz-date']))
      const shifted = serverTime.toISOString().replace(/[-:]/g, '').slice(0, 11)
      expect(dates[1]?.slice(0, 11)).toBe(shifted)
    })
  })

  describe('finds the region of a bucket', () => {
    it.each([301, 307, 400] as const)('from an answer %i, and remembers it', async (status) => {
      // Requests signed for any other region are sent on to the right one.
      s3.proxy.rule({
        effect: { kind: 'moved', region: s3.server.region, status },
        when: (req) => !String(req.headers.authorization).includes(`/${s3.server.region}/s3/`),
      })
      const lost = s3.store({ region: 'eu-central-1' })
      expect((await lost.head({ key: 'a.txt' })).size).toBe(5)
      expect(s3.proxy.requests.map((request) => request.status)).toEqual([status, 200])
      expect(await bytesOf(lost, 'a.txt')).toBe('hello')
      expect(s3.proxy.requests.map((request) => request.status)).toEqual([status, 200, 200])
    })

    it('from a store that names it only in the message, also for HEAD', async () => {
      const lost = s3.store({ region: 'eu-central-1' })
      expect((await lost.head({ key: 'a.txt' })).size).toBe(5)
      const { requests } = s3.proxy
      expect(requests.at(-1)?.status).toBe(200)
      const before = requests.length
      await lost.head({ key: 'a.txt' })
      expect(requests.length).toBe(before + 1)
    })

    it('before a large body is sent, and before a URL is signed', async () => {
      const lost = s3.store({ region: 'eu-central-1' })
      await lost.put({ key: 'far/large' }, parts(18))
      expect((await lost.head({ key: 'far/large' })).size).toBe(18 * MB)
      const { region: _, ...regionless } = { region: '', provider: 's3' as const, bucket: s3.bucket, guarded: false }
      const unsaid = createS3Store(
        {
          ...regionless,
          endpoint: s3.proxy.endpoint,
          accessKeyId: s3.server.accessKeyId,
          secretAccessKey: s3.server.secretAccessKey,
        },
        s3.agents,
      )
      expect(await unsaid.presign({ key: 'a.txt' }, 'GET', 60)).toContain(`%2F${s3.server.region}%2Fs3%2F`)
    })

    it('and gives up when the answers contradict each other', async () => {
      always({ kind: 'moved', region: 'eu-central-1' })
      await expect(store.get({ key: 'a.txt' })).rejects.toMatchObject({ code: 'store-misconfigured' })
      s3.proxy.reset()
      always({ kind: 'moved', region: '../../evil' })
      await expect(s3.store().get({ key: 'a.txt' })).rejects.toMatchObject({ code: 'store-misconfigured' })
    })
  })
})

async function* parts(megabytes: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < megabytes; sent++) yield Buffer.alloc(MB, sent)
}

import { globSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { empty, gifBomb, html, lyingPng, truncatedJpeg, truncatedPng, zip } from '../support/broken-pictures.ts'
import { decode, photo } from '../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts'
import { type Running, startServer } from '../support/server.ts'
import { missing } from '../support/skips.ts'
import { type S3Server, startS3Server } from '../support/versitygw.ts'

const READING = /^Error reading image: '[^']+'\n$/
const TRANSFORMING = /^Error transforming image: '[^']+'\n$/

/** Every way a source can fail ends in a clear answer, and the server goes on with its cache unharmed (pixboost §11). */
describe.skipIf(missing('versitygw'))('when things go wrong', () => {
  let s3: S3Server
  let proxy: S3Proxy
  let server: Running
  let bucket: string

  const connection = (alias: string, more: object = {}) => ({
    alias,
    provider: 's3',
    bucket,
    region: s3.region,
    endpoint: proxy.endpoint,
    forcePathStyle: true,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: s3.secretAccessKey,
    ...more,
  })
  const configuration = (more: object = {}) => ({
    limits: { requestTimeoutSeconds: 3, inputPixels: 20_000_000, frames: 50, sourceBytes: 5_000_000 },
    projects: [
      {
        id: 'demo',
        keys: [{ label: 'Key 1', publicKey: 'KEY', secret: 'workflow-secret' }],
        connections: [
          connection('bucket'),
          connection('nobucket', { bucket: 'there-is-no-such-bucket' }),
          connection('wrongkeys', { secretAccessKey: 'not-the-secret' }),
          connection('unknownkeys', { accessKeyId: 'NOBODY' }),
          connection('gone', { endpoint: 'http://127.0.0.1:1' }),
        ],
      },
    ],
    ...more,
  })
  const url = (alias: string, key: string, operation = 'resize?size=50') =>
    `/api/2/img/${alias}/${key}/${operation}${operation.includes('?') ? '&' : '?'}auth=KEY`

  beforeAll(async () => {
    s3 = await startS3Server()
    proxy = await startS3Proxy(s3.endpoint)
    bucket = await s3.createBucket('failures')
    await s3.put(bucket, 'good.jpg', await photo(200, 100, 'jpeg'))
    await s3.put(bucket, 'slow.jpg', await photo(200, 100, 'jpeg'))
    await s3.put(bucket, 'cut.jpg', await truncatedJpeg())
    await s3.put(bucket, 'cut.png', await truncatedPng())
    await s3.put(bucket, 'lying.png', lyingPng())
    await s3.put(bucket, 'bomb.gif', gifBomb(2000))
    await s3.put(bucket, 'zip.png', zip())
    await s3.put(bucket, 'page.jpg', html())
    await s3.put(bucket, 'empty.jpg', empty())
    await s3.put(bucket, 'large.bin', Buffer.alloc(5_000_001))
    server = await startServer({ config: configuration() })
  })
  beforeEach(() => proxy.reset())
  afterAll(async () => {
    await server?.stop()
    await proxy?.stop()
    await s3?.stop()
  })

  async function stillServes(): Promise<void> {
    const { status, bytes } = await server.get(url('bucket', 'good.jpg'))
    expect(status).toBe(200)
    expect(await decode(bytes)).toMatchObject({ width: 50, height: 25 })
  }

  it.each([
    ['cut.jpg', 500, TRANSFORMING],
    ['cut.png', 500, TRANSFORMING],
    ['lying.png', 413, /too large/],
    ['bomb.gif', 413, /too large/],
    ['zip.png', 500, TRANSFORMING],
    ['page.jpg', 500, TRANSFORMING],
    ['empty.jpg', 500, TRANSFORMING],
    ['large.bin', 413, /too large/],
    ['missing.jpg', 404, READING],
  ])('%s is answered with %d and a clear text', async (key, status, text) => {
    for (const operation of ['resize?size=50', 'fit?size=5x5', 'optimise']) {
      const answer = await server.get(url('bucket', key, operation))
      expect(answer.status, operation).toBe(status)
      expect(answer.text).toMatch(text)
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBeNull()
    }
    await stillServes()
  })

  it.each([
    ['nobucket', 500],
    ['wrongkeys', 500],
    ['unknownkeys', 500],
    ['gone', 500],
  ])('a connection with a fault (%s) is answered with %d and names nothing confidential', async (alias, status) => {
    const answer = await server.get(url(alias, 'good.jpg'))
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(READING)
    for (const secret of [bucket, 'there-is-no-such-bucket', s3.accessKeyId, 'not-the-secret', '127.0.0.1']) {
      expect(answer.text).not.toContain(secret)
    }
    await stillServes()
  })

  it('throttling is waited out', async () => {
    proxy.rule({ effect: { kind: 'slow-down' }, path: /throttled/, count: 2 })
    await s3.put(bucket, 'throttled.jpg', await photo(200, 100, 'jpeg'))
    expect((await server.get(url('bucket', 'throttled.jpg'))).status).toBe(200)
  })

  it('a body that breaks off is not taken for the whole, and nothing of it is cached', async () => {
    await s3.put(bucket, 'broken.jpg', await photo(900, 600, 'jpeg'))
    const away = proxy.rule({ effect: { kind: 'truncate', bytes: 2000 }, path: /broken/ })
    const answer = await server.get(url('bucket', 'broken.jpg'))
    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(READING)
    away()
    await expect.poll(async () => (await server.get(url('bucket', 'broken.jpg'))).status, { timeout: 10_000 }).toBe(200)
  })

  it('a store that never answers ends in 504 and leaves the others alone', async () => {
    proxy.rule({ effect: { kind: 'hang' }, path: /slow/ })
    const [slow] = await Promise.all([server.get(url('bucket', 'slow.jpg')), stillServes()])
    expect(slow.status).toBe(504)
    await stillServes()
  })

  it('what is cached is served when the store is gone, what is not is refused, and the store may come back', async () => {
    const own = await startS3Server()
    const ownBucket = await own.createBucket('own')
    await own.put(ownBucket, 'a.jpg', await photo(200, 100, 'jpeg'))
    const bridge = await startS3Proxy(own.endpoint)
    const connected = {
      alias: 'bucket',
      provider: 's3',
      bucket: ownBucket,
      region: own.region,
      endpoint: bridge.endpoint,
      forcePathStyle: true,
      accessKeyId: own.accessKeyId,
      secretAccessKey: own.secretAccessKey,
    }
    const other = await startServer({
      config: {
        cache: { revalidateSeconds: 0 },
        limits: { requestTimeoutSeconds: 5 },
        projects: [
          {
            id: 'demo',
            keys: [{ label: 'Key 1', publicKey: 'KEY', secret: 'workflow-secret' }],
            connections: [connected],
          },
        ],
      },
    })
    try {
      expect((await other.get(url('bucket', 'a.jpg'))).status).toBe(200)
      await own.stop()
      expect((await other.get(url('bucket', 'a.jpg'))).status).toBe(200)
      const answer = await other.get(url('bucket', 'b.jpg'))
      expect([500, 504]).toContain(answer.status)
      expect(answer.text).toMatch(READING)
    } finally {
      await other.stop()
      await bridge.stop()
    }
  })

  it('cached answers survive kill -9 and a restart without asking the store', async () => {
    const first = await startServer({ config: configuration() })
    const before = await first.get(url('bucket', 'good.jpg', 'fit?size=33x33'))
    expect(before.status).toBe(200)
    // Written beside the answer, whole or not at all: record, original and at last the result.
    await expect.poll(() => entries(first.folder).length).toBe(3)
    await first.kill()
    proxy.reset()
    const again = await startServer({ config: configuration(), folder: first.folder })
    try {
      const after = await again.get(url('bucket', 'good.jpg', 'fit?size=33x33'))
      expect(after.bytes.equals(before.bytes)).toBe(true)
      expect(proxy.requests).toEqual([])
    } finally {
      await again.stop()
    }
  })
})

/** What lies complete in the disk cache. */
function entries(folder: string): readonly string[] {
  return globSync('[0-9a-f][0-9a-f]/*', { cwd: `${folder}/data/cache` })
}

import { randomBytes } from 'node:crypto'
import { PutBucketCorsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type S3Subject, startS3 } from '../../storage/s3/subject.ts'
import { noS3Server } from '../../support/versitygw.ts'
import { connectionOf } from '../pixboost/account.ts'
import { sign } from './house.ts'
import { createClient, MB, type MultipartHouse, md5, openMultipartHouse } from './multipart-house.ts'

describe.skipIf(noS3Server())('a multipart upload into a bucket', () => {
  let s3: S3Subject
  let house: MultipartHouse
  let second: string
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    s3 = await startS3()
    second = await s3.server.createBucket('second')
    const { region, accessKeyId, secretAccessKey } = s3.server
    const bucket = connectionOf('bucket', {
      ...{ bucket: s3.bucket, region, endpoint: s3.proxy.endpoint, forcePathStyle: true, accessKeyId },
      ...{ prefix: 'uploads', write: true, buckets: [second] },
    })
    house = await openMultipartHouse({
      connections: [bucket],
      stores: { S3: 'bucket' },
      openSecrets: () => ({ secretAccessKey }),
    })
  })
  beforeEach(() => {
    s3.proxy.reset()
    house.configure({ directUploads: 'never', security: false })
    client = createClient(house)
  })
  afterAll(async () => {
    await house?.stop()
    await s3?.stop()
  })

  const bytesOf = (size: number) => new Uint8Array(randomBytes(size))
  const stored = (key: string, bucket = s3.bucket) => s3.server.bytes(bucket, key)

  it.each([
    ['past the server', 'always', (url: string) => url.startsWith(s3.proxy.endpoint)],
    ['through the server', 'never', (url: string) => url.startsWith(house.url)],
  ] as const)('goes %s', async (_, directUploads, isThere) => {
    house.configure({ directUploads })
    const parts = [bytesOf(6 * MB), bytesOf(6 * MB), bytesOf(123)]
    const size = 12 * MB + 123
    const started = await client.start(size, { path: 'dir/' })
    expect(started.json).toMatchObject({
      ...{ uri: expect.stringMatching(new RegExp(`^/${s3.bucket}/uploads/dir/`)), region: s3.server.region },
    })
    const listed = []
    for (const [at, bytes] of parts.entries()) {
      const asked = await client.upload(started.json, { part: at + 1, size: bytes.byteLength, md5: md5(bytes) })
      expect(isThere(asked.json.url)).toBe(true)
      const put = await client.put(asked, bytes)
      listed.push({ part_number: at + 1, etag: put.headers.get('etag') ?? '' })
    }
    const done = await client.complete(started.json, size, { parts: listed })
    expect(done.json).toMatchObject({ status: 'Stored', container: s3.bucket, size })
    expect((await stored(done.json.key)).equals(Buffer.concat(parts))).toBe(true)
    expect((await house.send('GET', `/api/file/${done.json.handle}`)).bytes.equals(Buffer.concat(parts))).toBe(true)
  })

  it('goes past the server from pages that the bucket’s rules name, and in chunks always through it', async () => {
    house.configure({ directUploads: 'auto' })
    const rule = {
      AllowedMethods: ['PUT'],
      AllowedOrigins: ['http://page.example'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
    }
    await s3.server.client.send(new PutBucketCorsCommand({ Bucket: second, CORSConfiguration: { CORSRules: [rule] } }))
    const start = (origin: string, fii = false) =>
      house.send('POST', '/multipart/start', {
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({
          ...{
            apikey: 'AhTgLagciQByzXpFGRI0Az',
            filename: 'a.bin',
            mimetype: 'application/octet-stream',
            size: 6 * MB,
            fii,
          },
          store: { location: 's3', container: second },
        }),
      })
    const urlOf = async (origin: string, slice: object = {}) => {
      const started = await start(origin, 'fii' in slice)
      return (await client.upload(started.json, { part: 1, size: 6 * MB, ...slice })).json.url
    }
    expect(await urlOf('http://page.example')).toContain(s3.proxy.endpoint)
    expect(await urlOf('http://other.example')).toContain(house.url)
    expect(await urlOf('http://page.example', { fii: true, offset: 0 })).toContain(house.url)
  })

  it('makes one part of each committed one', async () => {
    const [one, two] = [bytesOf(8 * MB), bytesOf(MB)]
    const size = 9 * MB
    const started = await client.start(size, { container: second, path: '/exact.bin' }, { fii: true })
    await client.chunk(started.json, 1, 4 * MB, one.slice(4 * MB))
    await client.chunk(started.json, 1, 0, one.slice(0, 4 * MB))
    await client.commit(started.json, 1, size)
    await client.chunk(started.json, 2, 0, two)
    await client.commit(started.json, 2, size)
    const done = await client.complete(started.json, size, { fii: true })
    // The prefix of the connection bounds its own bucket only.
    expect(done.json).toMatchObject({ container: second, key: 'exact.bin' })
    expect((await stored('exact.bin', second)).equals(Buffer.concat([one, two]))).toBe(true)
    const puts = s3.proxy.requests.filter(({ method }) => method === 'PUT').map(({ bytes }) => bytes)
    expect(puts).toEqual([8 * MB, MB])
  })

  it('into a container that is not allowed is refused by name', async () => {
    expect(await client.start(1, { container: 'elsewhere' })).toMatchObject({
      ...{ status: 400, json: { error: expect.stringMatching(/^invalid params: store:container/) } },
    })
    house.configure({ security: true })
    const bounded = createClient(house, sign({ call: ['store'], container: '^main-' }))
    expect((await bounded.start(1)).status).toBe(200)
    expect((await bounded.start(1, { container: second })).status).toBe(403)
  })

  it('says that the store is throttled, wrong or away, so that clients try again', async () => {
    const bytes = bytesOf(6 * MB)
    const started = await client.start(6 * MB)
    const asked = await client.upload(started.json, { part: 1, size: 6 * MB, md5: md5(bytes) })
    s3.proxy.rule({ effect: { kind: 'slow-down' }, method: 'PUT', count: 1 })
    expect((await client.put(asked, bytes)).status).toBe(502)
    s3.proxy.rule({ effect: { kind: 'reset' }, method: 'PUT', count: 1 })
    expect((await client.put(asked, bytes)).status).toBe(502)
    const wrong = bytes.slice()
    wrong[17] = (wrong[17] ?? 0) ^ 1
    expect((await client.put(asked, wrong)).json).toMatchObject({ error: 'invalid params: md5' })
    const put = await client.put(asked, bytes)
    const parts = [{ part_number: 1, etag: put.headers.get('etag') }]
    s3.proxy.rule({ effect: { kind: 'error', status: 500, code: 'InternalError' }, method: 'POST' })
    expect((await client.complete(started.json, 6 * MB, { parts })).status).toBe(502)
    s3.proxy.reset()
    const done = await client.complete(started.json, 6 * MB, { parts })
    expect((await stored(done.json.key)).equals(bytes)).toBe(true)
  })

  it('made public is, or is refused', async () => {
    expect((await client.start(3, { access: 'public' })).status).toBe(200)
    expect(s3.proxy.requests[0]?.headers).toMatchObject({ 'x-amz-acl': 'public-read' })
    s3.proxy.rule({ effect: { kind: 'acl-not-supported' }, method: 'POST' })
    expect(await client.start(3, { access: 'public' })).toMatchObject({
      ...{ status: 400, json: { error: expect.stringMatching(/^invalid params: store:access/) } },
    })
  })
})

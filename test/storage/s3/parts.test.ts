import { createHash, randomBytes } from 'node:crypto'
import { ListMultipartUploadsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PartSlice, PartStore } from '../../../src/storage/object-store.ts'
import { corsAllows } from '../../../src/storage/s3/cors.ts'
import { noS3Server } from '../../support/versitygw.ts'
import { type S3Subject, startS3 } from './subject.ts'

const MB = 1024 * 1024
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

describe.skipIf(noS3Server())('objects put together from parts', () => {
  let s3: S3Subject
  let parts: PartStore
  const partsOf = (config = {}) => {
    const { parts } = s3.store(config)
    if (parts === undefined) throw new Error('a bucket takes parts')
    return parts
  }
  beforeAll(async () => {
    s3 = await startS3()
  })
  beforeEach(() => {
    s3.proxy.reset()
    parts = partsOf()
  })
  afterAll(() => s3?.stop())

  const [one, two, three] = [randomBytes(5 * MB), randomBytes(6 * MB), randomBytes(1234)]
  const slice = (part: number, bytes: Uint8Array, more: Partial<PartSlice> = {}) => ({
    ...{ part, size: bytes.byteLength },
    ...more,
  })
  const put = async (key: string, upload: string, part: number, bytes: Uint8Array) => ({
    part,
    ...(await parts.put({ key }, upload, slice(part, bytes), bytes)),
  })
  const unfinished = async (key: string) => {
    const { Uploads = [] } = await s3.server.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }))
    return Uploads.filter((upload) => upload.Key === key)
  }

  it('come in any order, at once, and make one object that was not seen before', async () => {
    const key = 'ordered/a b+ü.bin'
    const upload = await parts.begin({ key }, { contentType: 'image/png' })
    const listed = await Promise.all([put(key, upload, 3, three), put(key, upload, 1, one), put(key, upload, 2, two)])
    expect(await s3.server.exists(s3.bucket, key)).toBe(false)
    expect(await parts.list({ key }, upload)).toEqual(
      listed
        .toSorted((a, b) => a.part - b.part)
        .map(({ part, etag }) => ({ part, etag, size: [0, 5 * MB, 6 * MB, 1234][part] })),
    )
    const { version } = await parts.complete({ key }, upload, listed)
    expect((await s3.server.bytes(s3.bucket, key)).equals(Buffer.concat([one, two, three]))).toBe(true)
    expect(await s3.store().head({ key })).toMatchObject({ version, contentType: 'image/png', size: 11 * MB + 1234 })
  })

  it('replace what came before under their number', async () => {
    const key = 'replaced'
    const upload = await parts.begin({ key })
    await put(key, upload, 1, two)
    const again = await put(key, upload, 1, three)
    expect(await parts.list({ key }, upload)).toEqual([{ part: 1, size: 1234, etag: again.etag }])
    await parts.complete({ key }, upload, [again])
    expect((await s3.server.bytes(s3.bucket, key)).equals(three)).toBe(true)
  })

  it('flow through as streams', async () => {
    const key = 'streamed'
    const upload = await parts.begin({ key })
    const { etag } = await parts.put({ key }, upload, slice(1, one, { md5: md5(one) }), pieces(one))
    expect(etag.replaceAll('"', '')).toBe(createHash('md5').update(one).digest('hex'))
    expect(s3.proxy.requests.at(-1)?.headers).not.toHaveProperty('content-encoding')
    await parts.complete({ key }, upload, [{ part: 1, etag }])
    expect((await s3.server.bytes(s3.bucket, key)).equals(one)).toBe(true)
  })

  it.each([
    ['bytes', (body: Uint8Array) => body],
    ['a stream', pieces],
  ])('are not stored when they are not what was announced: %s', async (_, form) => {
    const key = 'wrong'
    const upload = await parts.begin({ key })
    const bad = { code: 'bad-parameter' }
    await expect(parts.put({ key }, upload, slice(1, one, { md5: md5(two) }), form(one))).rejects.toMatchObject({
      ...bad,
      context: { option: 'md5' },
    })
    for (const size of [one.byteLength - 1, one.byteLength + 1]) {
      await expect(parts.put({ key }, upload, { part: 1, size }, form(one))).rejects.toMatchObject({
        ...bad,
        context: { option: 'size' },
      })
    }
    expect(await parts.list({ key }, upload)).toEqual([])
    await parts.abort({ key }, upload)
  })

  it('hand on the error of a body that breaks off', async () => {
    const upload = await parts.begin({ key: 'broken' })
    const broken = new Error('the sender left')
    async function* body() {
      yield one.subarray(0, MB)
      throw broken
    }
    await expect(parts.put({ key: 'broken' }, upload, slice(1, one), body())).rejects.toBe(broken)
    const leaving = new AbortController()
    async function* stalling() {
      yield one.subarray(0, MB)
      leaving.abort(broken)
      await new Promise(() => undefined)
    }
    await expect(parts.put({ key: 'broken' }, upload, slice(1, one), stalling(), leaving.signal)).rejects.toBe(broken)
    expect(await parts.list({ key: 'broken' }, upload)).toEqual([])
    await parts.abort({ key: 'broken' }, upload)
  })

  it('carry the options of a write', async () => {
    const upload = await parts.begin({ key: 'options' }, { acl: 'public-read', cacheControl: 'no-cache' })
    expect(s3.proxy.requests[0]?.headers).toMatchObject({ 'x-amz-acl': 'public-read', 'cache-control': 'no-cache' })
    await parts.abort({ key: 'options' }, upload)
    s3.proxy.rule({ effect: { kind: 'acl-not-supported' } })
    await expect(parts.begin({ key: 'options' }, { acl: 'public-read' })).rejects.toMatchObject({
      code: 'store-refused',
      context: { reason: 'acl-disabled', option: 'acl' },
    })
  })

  it('are gone once given up, which may be done twice', async () => {
    const key = 'given-up'
    const upload = await parts.begin({ key })
    const listed = await put(key, upload, 1, one)
    expect(await unfinished(key)).toHaveLength(1)
    await parts.abort({ key }, upload)
    await parts.abort({ key }, upload)
    expect(await unfinished(key)).toEqual([])
    await expect(put(key, upload, 2, one)).rejects.toMatchObject({ code: 'not-found' })
    await expect(parts.list({ key }, upload)).rejects.toMatchObject({ code: 'not-found' })
    await expect(parts.complete({ key }, upload, [listed])).rejects.toMatchObject({ code: 'not-found' })
  })

  it('refuse parts that are not there, are others, or are too small', async () => {
    const key = 'refused'
    const upload = await parts.begin({ key })
    const small = await put(key, upload, 1, three)
    const large = await put(key, upload, 2, one)
    const bad = { code: 'bad-parameter' }
    await expect(parts.complete({ key }, upload, [small, large])).rejects.toMatchObject(bad)
    await expect(parts.complete({ key }, upload, [{ ...large, part: 3 }])).rejects.toMatchObject(bad)
    await expect(parts.complete({ key }, upload, [{ part: 2, etag: small.etag }])).rejects.toMatchObject(bad)
    expect(await s3.server.exists(s3.bucket, key)).toBe(false)
    await parts.abort({ key }, upload)
  })

  it('are completed twice with one outcome, unless the object is another one by now', async () => {
    const key = 'twice'
    const upload = await parts.begin({ key })
    const listed = [await put(key, upload, 1, one), await put(key, upload, 2, two)]
    const { version } = await parts.complete({ key }, upload, listed)
    expect(await parts.complete({ key }, upload, listed)).toEqual({ version })
    // Some stores forget an upload once it is complete.
    s3.proxy.rule({ effect: { kind: 'error', status: 404, code: 'NoSuchUpload' }, method: 'POST' })
    expect(await parts.complete({ key }, upload, listed)).toEqual({ version })
    await s3.server.put(s3.bucket, key, 'another')
    await expect(parts.complete({ key }, upload, listed)).rejects.toMatchObject({ code: 'not-found' })
  })

  describe('in real life', () => {
    it('are sent again after throttling and broken connections', async () => {
      const key = 'again'
      s3.proxy.rule({ effect: { kind: 'slow-down' }, count: 1, method: 'POST' })
      const upload = await parts.begin({ key })
      s3.proxy.rule({ effect: { kind: 'slow-down' }, count: 2, method: 'PUT' })
      s3.proxy.rule({ effect: { kind: 'reset' }, count: 1, method: 'PUT' })
      const listed = [await put(key, upload, 1, one)]
      // The answer is lost, the work is done.
      s3.proxy.rule({ effect: { kind: 'truncate', bytes: 10 }, count: 1, method: 'POST' })
      await parts.complete({ key }, upload, listed)
      expect((await s3.server.bytes(s3.bucket, key)).equals(one)).toBe(true)
    })

    it('as streams are not sent again: who sent them is asked to', async () => {
      const upload = await parts.begin({ key: 'stream-once' })
      s3.proxy.rule({ effect: { kind: 'slow-down' }, count: 1, method: 'PUT' })
      const at = slice(1, one)
      await expect(parts.put({ key: 'stream-once' }, upload, at, pieces(one))).rejects.toMatchObject({
        code: 'source-refused',
        context: { status: 503 },
      })
      s3.proxy.rule({ effect: { kind: 'reset' }, count: 1, method: 'PUT' })
      await expect(parts.put({ key: 'stream-once' }, upload, at, pieces(one))).rejects.toMatchObject({
        code: 'source-unreachable',
      })
      await parts.put({ key: 'stream-once' }, upload, at, pieces(one))
      await parts.abort({ key: 'stream-once' }, upload)
    })

    it('are signed for the region where the bucket lives', async () => {
      s3.proxy.rule({
        effect: { kind: 'moved', region: s3.server.region },
        when: ({ headers }) => headers.authorization?.includes('/eu-west-9/') === true,
      })
      const begun = await partsOf({ region: 'eu-west-9' }).begin({ key: 'moved' })
      // Somebody who has not talked to the bucket yet.
      const stranger = partsOf({ region: 'eu-west-9' })
      const { url, headers } = await stranger.presign({ key: 'moved' }, begun, slice(1, one, { md5: md5(one) }), 60)
      expect(url).toContain(`%2F${s3.server.region}%2F`)
      expect(headers).toEqual({ 'Content-MD5': md5(one) })
      const answer = await fetch(url, { method: 'PUT', headers, body: one })
      expect(answer.status).toBe(200)
      const etag = answer.headers.get('etag') ?? ''
      await stranger.put({ key: 'moved' }, begun, slice(2, three), pieces(three))
      expect((await stranger.list({ key: 'moved' }, begun)).map(({ size }) => size)).toEqual([5 * MB, 1234])
      await stranger.complete({ key: 'moved' }, begun, [{ part: 1, etag }])
      expect((await s3.server.bytes(s3.bucket, 'moved')).equals(one)).toBe(true)
    })

    it('go only as they were signed for', async () => {
      const upload = await parts.begin({ key: 'signed' })
      const { url, headers } = await parts.presign({ key: 'signed' }, upload, slice(1, three, { md5: md5(three) }), 60)
      expect(url).not.toMatch(/checksum/i)
      const send = async (body: Buffer<ArrayBuffer>, more: Record<string, string>) =>
        (await fetch(url, { method: 'PUT', headers: more, body })).status
      expect(await send(three.subarray(1), { ...headers })).toBe(403)
      expect(await send(three, {})).toBe(403)
      expect(await send(three, { 'Content-MD5': md5(two) })).toBe(403)
      expect(await parts.list({ key: 'signed' }, upload)).toEqual([])
      expect(await send(three, { ...headers })).toBe(200)
      await expect(parts.presign({ key: 'signed' }, upload, slice(1, three), 0)).rejects.toMatchObject({
        code: 'bad-parameter',
      })
      await parts.abort({ key: 'signed' }, upload)
    })
  })

  describe('from browsers', () => {
    it('need a rule of the bucket that says so, and its answer is remembered', async () => {
      const bucket = await s3.server.createBucket('cors')
      expect(await parts.browsersMayPut(bucket)).toBe(false)
      await s3.server.client.send(
        new PutBucketCorsCommand({
          Bucket: bucket,
          CORSConfiguration: {
            CORSRules: [
              {
                AllowedMethods: ['GET', 'PUT'],
                AllowedOrigins: ['https://*.example.org'],
                AllowedHeaders: ['*'],
                ExposeHeaders: ['ETag'],
              },
            ],
          },
        }),
      )
      expect(await parts.browsersMayPut(bucket)).toBe(false)
      const fresh = partsOf()
      s3.proxy.reset()
      expect(await fresh.browsersMayPut(bucket)).toBe(true)
      expect(await fresh.browsersMayPut(bucket, 'https://i.example.org')).toBe(true)
      expect(await fresh.browsersMayPut(bucket, 'https://example.com')).toBe(false)
      expect(s3.proxy.requests.filter(({ target }) => target.includes('?cors'))).toHaveLength(1)
    })

    it.each([
      ['a store without CORS', { kind: 'not-implemented' }],
      ['one that does not tell', { kind: 'error', status: 403, code: 'AccessDenied' }],
      ['one that hangs up', { kind: 'reset' }],
    ] as const)('may not with %s', async (_, effect) => {
      s3.proxy.rule({ effect })
      expect(await parts.browsersMayPut()).toBe(false)
    })
  })
})

describe('the CORS rules of a bucket', () => {
  const rule = {
    AllowedMethods: ['PUT'],
    AllowedOrigins: ['http://a.example'],
    AllowedHeaders: ['Content-*'],
    ExposeHeaders: ['etag'],
  }
  const wish = { method: 'PUT', origin: 'http://a.example', headers: ['content-md5'], exposed: 'ETag' }
  it.each([
    ['all of it', {}, true],
    ['any origin', { AllowedOrigins: ['*'] }, true],
    ['another origin', { AllowedOrigins: ['http://b.example'] }, false],
    ['a pattern that is longer than the origin', { AllowedOrigins: ['http://a.example*e'] }, false],
    ['another method', { AllowedMethods: ['GET'] }, false],
    ['no headers', { AllowedHeaders: undefined }, false],
    ['nothing exposed', { ExposeHeaders: undefined }, false],
  ])('%s', (_, change, allowed) => {
    expect(corsAllows([{ ...rule, ...change }], wish)).toBe(allowed)
  })
})

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000)
}

import { GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, quadrants } from '../../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'
import { noS3Server, type S3Server, startS3Server } from '../../support/versitygw.ts'
import { type House, openHouse } from './house.ts'

describe.skipIf(noS3Server())('s3_store', () => {
  let s3: S3Server
  let proxy: S3Proxy
  let house: House
  let bucket: string
  let picture: Buffer

  beforeAll(async () => {
    s3 = await startS3Server()
    proxy = await startS3Proxy(s3.endpoint)
    house = await openHouse()
    picture = await quadrants(64, 48, 'jpeg')
  })
  beforeEach(async () => {
    proxy.reset()
    bucket = await s3.createBucket('kraken')
  })
  afterAll(async () => {
    await house?.stop()
    await proxy?.stop()
    await s3?.stop()
  })

  const store = (more: object = {}) => ({
    key: s3.accessKeyId,
    secret: s3.secretAccessKey,
    bucket,
    endpoint: proxy.endpoint,
    ...more,
  })
  const upload = (s3_store: object, more: object = {}) =>
    house.upload({ wait: true, s3_store, ...more }, picture, 'a b.jpg')
  const puts = () => proxy.requests.filter(({ method }) => method === 'PUT')

  it('puts the result at the key, with everything that was asked for', async () => {
    const before = await house.files('results')
    const { json } = await upload(
      store({
        path: '/images/header one.jpg',
        acl: 'public_read',
        metadata: { key: 'value', 'x-amz-meta-typed': 'too' },
        headers: {
          'Cache-Control': 'max-age=60',
          Expires: 'Thu, 31 Dec 2037 23:55:55 GMT',
          'x-amz-storage-class': 'STANDARD',
        },
        tags: { Tag: 'One', other: '2' },
      }),
    )
    expect(json).toMatchObject({
      success: true,
      kraked_url: `${proxy.endpoint}/${bucket}/images/header%20one.jpg`,
      file_name: 'a b.jpg',
    })
    const Key = 'images/header one.jpg'
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: bucket, Key }))
    expect(head).toMatchObject({
      ContentType: 'image/jpeg',
      CacheControl: 'max-age=60',
      ContentLength: json.kraked_size,
      Metadata: { key: 'value', typed: 'too' },
    })
    const { TagSet } = await s3.client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }))
    expect(new Map(TagSet?.map((tag) => [tag.Key, tag.Value]))).toEqual(
      new Map([
        ['Tag', 'One'],
        ['other', '2'],
      ]),
    )
    const [recorded] = puts()
    expect(recorded?.headers).toMatchObject({
      'x-amz-acl': 'public-read',
      'x-amz-storage-class': 'STANDARD',
      expires: 'Thu, 31 Dec 2037 23:55:55 GMT',
    })
    expect(await decode(await s3.bytes(bucket, Key))).toMatchObject({ width: 64, height: 48 })
    await expect.poll(() => house.files('results')).toEqual(before)
  })

  it.each([
    [undefined, 'a b.jpg'],
    ['', 'a b.jpg'],
    ['/', 'a b.jpg'],
    ['dir/', 'dir/a b.jpg'],
    ['//dir/other.bin', 'dir/other.bin'],
  ])('path %j is the key %s', async (path, key) => {
    expect((await upload(store({ path }))).json.success).toBe(true)
    expect(await s3.exists(bucket, key)).toBe(true)
  })

  it('a converted result without a path has the new extension', async () => {
    const { json } = await upload(store({ path: 'dir/' }), { convert: { format: 'png' } })
    expect(json.kraked_url.endsWith('/dir/a%20b.png')).toBe(true)
    expect(await s3.exists(bucket, 'dir/a b.png')).toBe(true)
  })

  it('each member of a set goes to its storage_path', async () => {
    const resize = [
      { id: 1, strategy: 'none', storage_path: 'set/full.jpg' },
      { id: 2, strategy: 'square', size: 8, storage_path: '/set/small/' },
    ]
    const { json } = await upload(store({ path: 'unused' }), { resize })
    expect(json.results[2].kraked_url).toBe(`${proxy.endpoint}/${bucket}/set/small/a%20b.jpg`)
    expect(await decode(await s3.bytes(bucket, 'set/small/a b.jpg'))).toMatchObject({ width: 8, height: 8 })
    expect(await s3.exists(bucket, 'set/full.jpg')).toBe(true)
    expect(await s3.exists(bucket, 'unused')).toBe(false)
  })

  it('without a storage_path a set is refused', async () => {
    const answer = await upload(store(), { resize: [{ id: 1, strategy: 'none' }] })
    expect([answer.status, answer.json.message]).toEqual([422, expect.stringContaining('storage_path')])
  })

  describe('a bucket that takes no ACLs', () => {
    it.each(['acl-not-supported', 'not-implemented'] as const)(
      '%s: the default is left out, remembered and told',
      async (kind) => {
        proxy.rule({
          effect: kind === 'not-implemented' ? { kind, header: 'x-amz-acl' } : { kind },
          when: (req) => req.headers['x-amz-acl'] !== undefined,
        })
        const first = await upload(store({ path: '1.jpg' }))
        expect(first.json).toMatchObject({ success: true, warning: expect.stringContaining('ACL') })
        expect(puts().map(({ status }) => status)).toEqual([expect.any(Number), 200])
        const second = await upload(store({ path: '2.jpg' }))
        expect(second.json.success).toBe(true)
        expect(puts()).toHaveLength(3)
        expect(JSON.stringify(house.logged)).toContain(bucket)
      },
    )

    it('fails by name when the caller asked for one', async () => {
      proxy.rule({ effect: { kind: 'acl-not-supported' }, when: (req) => req.headers['x-amz-acl'] !== undefined })
      const { status, json } = await upload(store({ path: '1.jpg', acl: 'public_read' }))
      expect([status, json.success]).toEqual([422, false])
      expect(json.message).toMatch(/^Error pushing file to s3: .*Object Ownership/)
      expect(await s3.exists(bucket, '1.jpg')).toBe(false)
    })
  })

  describe('a push that fails', () => {
    it.each([
      ['wrong keys', { secret: 'wrong' }],
      ['no such bucket', { bucket: 'not-there-at-all' }],
    ])('%s: 422, nothing kept, no secret told', async (_, more) => {
      const before = await house.files('results')
      const { status, json } = await upload(store(more))
      expect([status, json.success]).toEqual([422, false])
      expect(json.message).toMatch(/^Error pushing file to s3/)
      await expect.poll(() => house.files('results')).toEqual(before)
      expect(JSON.stringify([json, house.logged])).not.toContain(s3.secretAccessKey)
    })

    it('half-way through a set takes back what was stored', async () => {
      proxy.rule({ effect: { kind: 'error', status: 403, code: 'AccessDenied' }, method: 'PUT', path: /second/ })
      const resize = [
        { id: 1, strategy: 'none', storage_path: 'first.jpg' },
        { id: 2, strategy: 'none', storage_path: 'second.jpg' },
      ]
      const { status, json } = await upload(store(), { resize })
      expect([status, json.message]).toEqual([422, 'Error pushing file to s3: access denied (AccessDenied)'])
      expect(puts().some(({ status }) => status === 200)).toBe(true)
      expect(await s3.exists(bucket, 'first.jpg')).toBe(false)
    })

    it('for a moment, by throttling, is tried again', async () => {
      proxy.rule({ effect: { kind: 'slow-down' }, method: 'PUT', count: 1 })
      expect((await upload(store({ path: 'a.jpg' }))).json.success).toBe(true)
      expect(puts().map(({ status }) => status)).toEqual([503, 200])
    })
  })

  describe('a bucket in another region than the request says', () => {
    /** Whatever is signed for another region is sent on to the right one. */
    const elsewhere = (status: 301 | 307 | 400) =>
      proxy.rule({
        effect: { kind: 'moved', region: s3.region, status },
        when: (req) => !String(req.headers.authorization).includes(`/${s3.region}/s3/`),
      })
    const regions = () => puts().map(({ headers }) => /\/([^/]+)\/s3\//.exec(String(headers.authorization))?.[1])

    it.each([301, 307, 400] as const)('is found by the region that the answer %i names', async (status) => {
      elsewhere(status)
      const { json } = await upload(store({ path: 'far/a.jpg', region: 'eu-west-3', tags: { a: 'b' } }))
      expect(json).toMatchObject({ success: true, kraked_url: `${proxy.endpoint}/${bucket}/far/a.jpg` })
      expect(puts().map((put) => put.status)).toEqual([status, 200])
      expect(regions()).toEqual(['eu-west-3', s3.region])
      expect(puts()[1]?.headers).toMatchObject({ 'x-amz-acl': 'public-read', 'x-amz-tagging': 'a=b' })
      expect(await s3.bytes(bucket, 'far/a.jpg')).toHaveLength(json.kraked_size)
    })

    it('is found once for all members of a set', async () => {
      elsewhere(301)
      const resize = ['a', 'b', 'c'].map((id) => ({ id, strategy: 'none', storage_path: `far/${id}.jpg` }))
      const { json } = await upload(store({ region: 'eu-west-3' }), { resize })
      expect(json.success).toBe(true)
      for (const id of ['a', 'b', 'c']) expect(await s3.exists(bucket, `far/${id}.jpg`)).toBe(true)
      expect(puts().map((put) => put.status)).toEqual([301, 200, 200, 200])
    })

    it('is not followed for ever', async () => {
      proxy.rule({ effect: { kind: 'moved', region: 'eu-west-3' } })
      const { status, json } = await upload(store({ path: 'a.jpg' }))
      expect([status, json.success, json.message]).toEqual([
        422,
        false,
        expect.stringMatching(/^Error pushing file to s3: .*PermanentRedirect/),
      ])
      expect(regions()).toEqual([s3.region, 'eu-west-3'])
    })
  })

  it.each([
    [{ key: null }, 's3_store: key must be set'],
    [{ secret: '' }, 's3_store: secret must be set'],
    [{ bucket: undefined }, 's3_store: bucket must be set'],
    [{ bucket: 'a/b' }, 's3_store: bucket is not the name of a bucket'],
    [{ region: 'evil.example/' }, 's3_store: region is not a region'],
    [{ acl: 'everybody' }, 's3_store: acl must be one of the following: public_read, public-read, private'],
    [{ endpoint: 'ftp://x' }, 's3_store: endpoint has to be an http or https URL'],
    [
      { tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [i, 'x'])) },
      's3_store: at most 10 tags can be set',
    ],
    [{ metadata: 'x' }, 'metadata is not of a type(s) object'],
    [{ metadata: { a: [1] } }, 'metadata.a is not of a type(s) string'],
    [{ headers: { 'Content-Length': '5' } }, 'the header Content-Length cannot be set on an object'],
    [{ headers: { Expires: 'some day' } }, 'the header Expires has to be a date'],
    [{ path: '../other' }, 'The path of the store is not acceptable'],
  ])('%o is 422', async (more, message) => {
    const { status, json } = await upload(store(more))
    expect([status, json.message]).toEqual([422, message])
    expect(proxy.requests).toEqual([])
  })

  it('empty members mean nothing, and the region may be empty', async () => {
    const { json } = await upload(store({ region: '', acl: null, metadata: [], headers: null, tags: {}, path: null }))
    expect(json.success).toBe(true)
  })

  it("the caller's endpoint is reached under the network rules, the operator's is not in question", async () => {
    const careful = await openHouse({ allowPrivate: false, kraken: { s3Endpoint: proxy.endpoint } })
    try {
      const named = await careful.upload({ wait: true, s3_store: store() }, picture, 'a.jpg')
      expect([named.status, named.json.message]).toEqual([
        422,
        'Error pushing file to s3: the endpoint is outside of what callers may reach',
      ])
      expect(proxy.requests).toEqual([])
      const { endpoint: _, ...plain } = store()
      const { json } = await careful.upload({ wait: true, s3_store: plain }, picture, 'a.jpg')
      expect(json.kraked_url).toBe(`${proxy.endpoint}/${bucket}/a.jpg`)
      expect(await s3.exists(bucket, 'a.jpg')).toBe(true)
    } finally {
      await careful.stop()
    }
  })

  it('a callback tells where the object is', async () => {
    const { json } = await house.upload(
      { callback_url: 'https://r.test/', json: true, s3_store: store({ path: 'later.jpg' }) },
      picture,
    )
    const told = JSON.parse((await house.callback()).body)
    expect(told).toMatchObject({ id: json.id, success: true, kraked_url: `${proxy.endpoint}/${bucket}/later.jpg` })
    expect(await s3.exists(bucket, 'later.jpg')).toBe(true)
  })

  describe('gcs_store', () => {
    it('works with HMAC keys over the S3-compatible interface', async () => {
      const gcs_store = {
        bucket,
        credentials: { key: s3.accessKeyId, secret: s3.secretAccessKey },
        path: 'g.jpg',
        acl: 'publicRead',
        metadata: { a: 'b' },
        endpoint: proxy.endpoint,
      }
      const { json } = await house.upload({ wait: true, gcs_store }, picture)
      expect(json.kraked_url).toBe(`${proxy.endpoint}/${bucket}/g.jpg`)
      expect(puts()[0]?.headers).toMatchObject({ 'x-amz-acl': 'public-read', 'x-amz-meta-a': 'b' })
    })
    it('says that a service account is not supported', async () => {
      const gcs_store = { bucket, credentials: { type: 'service_account', private_key: 'secret' } }
      const { status, json } = await house.upload({ wait: true, gcs_store }, picture)
      expect([status, json.message]).toEqual([
        422,
        expect.stringMatching(/^gcs_store: service accounts are not supported/),
      ])
    })
  })

  it.each(['cf_store', 'sl_store'])('%s is 422 and named', async (name) => {
    const { status, json } = await house.upload(
      { wait: true, [name]: { user: 'u', key: 'k', container: 'c' } },
      picture,
    )
    expect([status, json.message]).toEqual([422, `${name} is not supported by this server`])
  })
})

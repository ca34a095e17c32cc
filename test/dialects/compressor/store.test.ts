import { GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readStore } from '../../../src/dialects/compressor/store.ts'
import { type AzureSubject, startAzure } from '../../storage/azure/subject.ts'
import { photo } from '../../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'
import { missing } from '../../support/skips.ts'
import { noS3Server, type S3Server, startS3Server } from '../../support/versitygw.ts'
import { connectionOf, type House, openHouse, project, sha1 } from './house.ts'

describe.skipIf(noS3Server())('compressor: store', () => {
  let s3: S3Server
  let proxy: S3Proxy
  let house: House
  let picture: Buffer
  let bucket: string
  let other: string
  beforeAll(async () => {
    s3 = await startS3Server()
    proxy = await startS3Proxy(s3.endpoint)
    bucket = await s3.createBucket('own')
    other = await s3.createBucket('other')
    const { region, accessKeyId, secretAccessKey } = s3
    const parts = { bucket, region, endpoint: proxy.endpoint, forcePathStyle: true, accessKeyId }
    const secrets = { secretAccessKey }
    house = await openHouse({
      connections: [
        { connection: connectionOf('bucket', parts), secrets },
        {
          connection: connectionOf('public', { ...parts, prefix: 'shop', publicBaseUrl: 'https://cdn.example.com/' }),
          secrets,
        },
        { connection: connectionOf('bounded', { ...parts, buckets: [bucket] }), secrets },
        { connection: connectionOf('far', { ...parts, region: 'eu-west-3' }), secrets },
        { connection: connectionOf('readonly', { ...parts, write: false }), secrets },
        { connection: connectionOf('wrong', parts), secrets: { secretAccessKey: 'wrong' } },
        { connection: connectionOf('web', { provider: 'web', baseUrl: 'http://example.com' }), secrets: {} },
      ],
    })
    picture = await photo(160, 120, 'jpeg')
    house.origin.answer('/pictures/image.jpg', { body: picture })
  })
  afterEach(() => proxy.reset())
  afterAll(async () => {
    await house?.stop()
    await proxy?.stop()
    await s3?.stop()
  })
  const push = (store: object, more: object = {}) =>
    house.fetch({ url: `${house.origin.url}/pictures/image.jpg`, store, ...more })
  const puts = () => proxy.requests.filter(({ method }) => method === 'PUT')

  it('puts the result with path, ACL, class, metadata, headers and tags, and answers the URL of the object', async () => {
    const { status, json } = await push({
      id: 'bucket',
      bucket,
      region: s3.region,
      path: '/images/photo.jpg',
      acl: 'private',
      class: 'standard-ia',
      metadata: { title: 'A photo' },
      headers: {
        'cache-control': 'max-age=60',
        'Content-Language': 'de',
        'X-Other': 'ignored',
        EXPIRES: 'Wed, 01 Jan 2031 00:00:00 GMT',
      },
      tags: { kind: 'photo + more' },
    })
    expect([status, json.message]).toEqual([200, undefined])
    expect(json.url).toBe(`${proxy.endpoint}/${bucket}/images/photo.jpg`)
    expect(puts()[0]?.headers).toMatchObject({
      'x-amz-acl': 'private',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-tagging': 'kind=photo%20%2B%20more',
      'content-language': 'de',
    })
    expect(puts()[0]?.headers).not.toHaveProperty('x-other')
    const place = { Bucket: bucket, Key: 'images/photo.jpg' }
    const head = await s3.client.send(new HeadObjectCommand(place))
    expect(head).toMatchObject({
      ContentType: 'image/jpeg',
      CacheControl: 'max-age=60',
      Metadata: { title: 'A photo' },
    })
    expect(head.ExpiresString).toBe('Wed, 01 Jan 2031 00:00:00 GMT')
    const { TagSet } = await s3.client.send(new GetObjectTaggingCommand(place))
    expect(TagSet).toEqual([{ Key: 'kind', Value: 'photo + more' }])
    expect(json.output).toMatchObject({ sha1: sha1(await s3.bytes(bucket, 'images/photo.jpg')) })
  })

  it.each([
    ['no path', undefined, 'image.jpeg'],
    ['a folder', 'thumbs/', 'thumbs/image.jpeg'],
    ['a name of another format', 'a/kept.png', 'a/kept.png'],
    ['blanks', 'a b/ü.jpg', 'a b/ü.jpg'],
  ])('takes %s as the key', async (_, path, key) => {
    const { json } = await push({ id: 'bucket', bucket, ...(path === undefined ? {} : { path }) })
    expect(json.url).toBe(`${proxy.endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`)
    expect(await s3.exists(bucket, key)).toBe(true)
    expect(puts()[0]?.headers['x-amz-acl']).toBe('public-read')
  })

  it('finds a connector by its id too, keeps to its prefix and answers its public base', async () => {
    const { json } = await push({ id: 'id-public', bucket, path: 'a.jpg' })
    expect(json.url).toBe('https://cdn.example.com/shop/a.jpg')
    expect(await s3.exists(bucket, 'shop/a.jpg')).toBe(true)
    const elsewhere = await push({ id: 'public', container: other, path: 'a.jpg' })
    expect(elsewhere.json.url).toBe(`${proxy.endpoint}/${other}/a.jpg`)
    expect(await s3.exists(other, 'a.jpg')).toBe(true)
  })

  it('leaves the default ACL out where the bucket takes none, and names Object Ownership when it was asked for', async () => {
    proxy.rule({
      method: 'PUT',
      effect: { kind: 'acl-not-supported' },
      when: (req) => req.headers['x-amz-acl'] !== undefined,
    })
    const { status } = await push({ id: 'bucket', bucket, path: 'without-acl.jpg' })
    expect(status).toBe(200)
    const asked = await push({ id: 'bucket', bucket, path: 'asked.jpg', acl: 'public-read' })
    expect([asked.status, asked.json.message]).toEqual([422, expect.stringContaining('Object Ownership')])
    expect(await s3.exists(bucket, 'asked.jpg')).toBe(false)
  })

  it.each([
    ['connector', () => ({ id: 'far', bucket, path: 'far/1.jpg' })],
    [
      'store of the request',
      () => ({
        ...{ provider: 's3', key: s3.accessKeyId, secret: s3.secretAccessKey, endpoint: proxy.endpoint },
        ...{ forcePathStyle: true, region: 'eu-west-3', bucket, path: 'far/2.jpg' },
      }),
    ],
  ])('follows a %s that says another region than the bucket is in', async (_, store) => {
    proxy.rule({
      effect: { kind: 'moved', region: s3.region },
      when: (req) => !String(req.headers.authorization).includes(`/${s3.region}/s3/`),
    })
    const wish = store()
    const { status, json } = await push({ ...wish, acl: 'private', class: 'standard-ia' })
    expect([status, json.url]).toEqual([200, `${proxy.endpoint}/${bucket}/${wish.path}`])
    expect(puts().map((put) => put.status)).toEqual([301, 200])
    expect(String(puts()[0]?.headers.authorization)).toContain('/eu-west-3/s3/')
    expect(puts()[1]?.headers).toMatchObject({ 'x-amz-acl': 'private', 'x-amz-storage-class': 'STANDARD_IA' })
    expect(json.output).toMatchObject({ sha1: sha1(await s3.bytes(bucket, wish.path)) })
  })

  it('fails with the error code of the provider, and keeps nothing', async () => {
    const refused = await push({ id: 'wrong', bucket, path: 'no.jpg' })
    expect([refused.status, refused.json.message]).toEqual([
      422,
      'store failed: its credentials, region or bucket are refused (SignatureDoesNotMatch)',
    ])
    proxy.rule({ method: 'PUT', effect: { kind: 'error', status: 403, code: 'AccessDenied' } })
    const denied = await push({ id: 'bucket', bucket, path: 'no.jpg' })
    expect([denied.status, denied.json.message]).toEqual([422, 'store failed: access is denied (AccessDenied)'])
    expect(JSON.stringify(denied.json) + house.logged.join()).not.toContain('AKIA')
    expect(await s3.exists(bucket, 'no.jpg')).toBe(false)
  })

  it('takes the keys of a store in the request itself, and stores asynchronously with them', async () => {
    const { accessKeyId: key, secretAccessKey: secret, region } = s3
    const store = { provider: 's3', key, secret, endpoint: proxy.endpoint, forcePathStyle: true, region, bucket: other }
    const direct = await push({ ...store, path: 'inline.jpg' })
    expect(direct.json.url).toBe(`${proxy.endpoint}/${other}/inline.jpg`)
    expect(await s3.exists(other, 'inline.jpg')).toBe(true)
    const later = await push({ ...store, path: 'later.jpg' }, { webhook: { url: 'http://example.com/hook' } })
    expect(later.status).toBe(202)
    expect(await house.finished(String(later.json.id))).toMatchObject({
      status: 'completed',
      url: `${proxy.endpoint}/${other}/later.jpg`,
    })
    expect(await s3.exists(other, 'later.jpg')).toBe(true)
    expect(house.logged.join()).not.toContain(secret)
  })

  it.each([
    ['no object', 'bucket', 'store must be an object'],
    ['no bucket', { id: 'bucket' }, 'store.bucket is required'],
    ['no connector', { bucket: 'b' }, 'store.id is required'],
    ['an unknown connector', { id: 'nobody', bucket: 'b' }, 'store.id is not a connector of this account'],
    ['a connector of a web server', { id: 'web', bucket: 'b' }, 'store.id must be a connector of a bucket'],
    [
      'a connector that is not writable',
      { id: 'readonly', bucket: 'b' },
      'store.id is a connector that may not be written to',
    ],
    [
      'a bucket that is not listed',
      { id: 'bounded', bucket: 'b' },
      'store.bucket is not among the buckets of the connector',
    ],
    ['a path with dots', { id: 'bucket', bucket: 'b', path: 'a/../b' }, 'store.path is not an acceptable object key'],
    ['a path of the wrong type', { id: 'bucket', bucket: 'b', path: 1 }, 'store.path must be a string'],
    ['an unknown ACL', { id: 'bucket', bucket: 'b', acl: 'world' }, /^store\.acl must be one of: public-read, private/],
    [
      'an unknown class',
      { id: 'bucket', bucket: 'b', class: 'STANDARD' },
      /^store\.class must be one of: standard, reduced/,
    ],
    [
      'metadata of the wrong type',
      { id: 'bucket', bucket: 'b', metadata: { a: 1 } },
      'store.metadata.a must be a string',
    ],
    ['headers of the wrong type', { id: 'bucket', bucket: 'b', headers: 'x' }, 'store.headers must be an object'],
    [
      'eleven tags',
      { id: 'bucket', bucket: 'b', tags: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`t${at}`, 'x'])) },
      'store.tags must have at most 10 entries',
    ],
    ['keys without a secret', { key: 'k', bucket: 'b', region: 'us-east-1' }, 'store.secret is required'],
    ['keys without a region', { key: 'k', secret: 's', bucket: 'b' }, 'store.region is required'],
    [
      'an S3 store without endpoint',
      { provider: 's3', key: 'k', secret: 's', bucket: 'b' },
      'store.endpoint is required',
    ],
  ])('refuses %s by name', async (_, store, message) => {
    const { status, json } = await house.fetch({ url: `${house.origin.url}/pictures/image.jpg`, store })
    expect(status).toBe(422)
    expect(json.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
    expect(puts()).toEqual([])
  })
})

describe('compressor: where objects of each provider lie', () => {
  const connections = [
    connectionOf('aws', { bucket: 'own', region: 'eu-west-1' }),
    connectionOf('spaces', { endpoint: 'https://nyc3.digitaloceanspaces.com' }),
    connectionOf('b2', { endpoint: 'https://s3.us-west-001.backblazeb2.com' }),
    connectionOf('google', { endpoint: 'https://storage.googleapis.com' }),
    connectionOf('azure', { provider: 'azure', accountName: 'account', container: 'own' }),
    connectionOf('minio', { endpoint: 'http://minio.example.com:9000' }),
  ]
  const shop = project('shop', [], connections)
  const read = (store: object) => readStore({ path: '', values: { store: { path: 'a/b.jpg', ...store } } }, shop)
  const stored = { kind: 'stored', bucket: 'b', key: 'a/b.jpg', withoutAcl: false } as const

  it.each([
    ['AWS', { id: 'aws', bucket: 'b', region: 'us-east-2' }, 'https://b.s3.us-east-2.amazonaws.com/a/b.jpg'],
    ['DigitalOcean', { id: 'spaces', bucket: 'b', region: 'nyc3' }, 'https://b.nyc3.digitaloceanspaces.com/a/b.jpg'],
    ['Backblaze', { id: 'b2', bucket: 'b', region: 'us-west-001' }, 'https://b.s3.us-west-001.backblazeb2.com/a/b.jpg'],
    ['Google', { id: 'google', bucket: 'b' }, 'https://storage.googleapis.com/b/a/b.jpg'],
    ['Azure', { id: 'azure', container: 'b' }, 'https://account.blob.core.windows.net/b/a/b.jpg'],
    ['another S3', { id: 'minio', bucket: 'b' }, 'http://minio.example.com:9000/b/a/b.jpg'],
    [
      'DigitalOcean with own keys',
      { provider: 'digitalocean', key: 'k', secret: 's', bucket: 'b', region: 'ams3' },
      'https://b.ams3.digitaloceanspaces.com/a/b.jpg',
    ],
    [
      'Backblaze with own keys',
      { provider: 'backblaze', key: 'k', secret: 's', bucket: 'b', region: 'eu-central-003' },
      'https://b.s3.eu-central-003.backblazeb2.com/a/b.jpg',
    ],
  ])('%s', (_, store, url) => {
    expect(read(store)?.url(stored)).toBe(url)
  })

  it.each([
    ['AWS', { id: 'aws', bucket: 'b' }, 'store.region is required'],
    ['DigitalOcean', { id: 'spaces', bucket: 'b' }, 'store.region is required'],
    [
      'another region of DigitalOcean',
      { id: 'spaces', bucket: 'b', region: 'ams3' },
      'store.region must be nyc3, the region of the connector',
    ],
    ['Backblaze', { id: 'b2', bucket: 'b', region: 'us-west-009' }, 'store.region must be one of: us-west-000'],
    [
      'a region that would be another host',
      { id: 'aws', bucket: 'b', region: 'x/../y' },
      'store.region is not a region',
    ],
  ])('wants the region of %s', (_, store, message) => {
    expect(() => read(store)).toThrow(message)
  })

  it('takes the headers, class, tags and ACL that the provider has, and passes over the others', () => {
    const wish = {
      headers: { Expires: 'x', 'Cache-Control': 'a', 'content-language': 'b', 'X-Foo': 'c' },
      class: 'glacier',
      tags: { a: 'b' },
      bucket: 'b',
    }
    const options = (store: object) => read({ ...wish, ...store })?.push.options
    expect(options({ id: 'aws', region: 'r' })).toEqual({
      acl: { value: 'public-read', asked: false },
      headers: { Expires: 'x', 'Cache-Control': 'a', 'content-language': 'b' },
      storageClass: 'GLACIER',
      tags: { a: 'b' },
    })
    expect(options({ id: 'spaces', region: 'nyc3', acl: 'private' })).toEqual({
      acl: { value: 'private', asked: true },
      headers: { 'Cache-Control': 'a' },
    })
    expect(options({ id: 'azure' })).toEqual({ headers: { 'Cache-Control': 'a', 'content-language': 'b' } })
  })

  it('guards the endpoints that callers name', () => {
    const target = read({ provider: 's3', key: 'k', secret: 's', endpoint: 'http://x', bucket: 'b' })?.push.target
    expect(target).toMatchObject({ kind: 'credentials', config: { guarded: true } })
  })
})

describe.skipIf(missing('azurite'))('compressor: store in Azure', () => {
  let azure: AzureSubject
  let house: House
  beforeAll(async () => {
    azure = await startAzure()
    const { accountName, accountKey, container, endpoint } = azure.config
    const connection = connectionOf('blobs', { provider: 'azure', accountName, container, endpoint })
    house = await openHouse({ connections: [{ connection, secrets: { accountKey } }] })
  })
  afterAll(async () => {
    await house?.stop()
    await azure?.stop()
  })

  it('puts a blob through a connector', async () => {
    const store = {
      id: 'blobs',
      container: 'main',
      path: 'a.jpg',
      metadata: { title: 'x' },
      headers: { 'cache-control': 'no-cache' },
    }
    const { status, json } = await house.upload(await photo(64, 48, 'jpeg'), 'a.jpg', { store })
    expect([status, json.url]).toEqual([200, `${azure.config.endpoint}/main/a.jpg`])
    const head = await azure.store().head({ key: 'a.jpg' })
    expect(head).toMatchObject({ contentType: 'image/jpeg', metadata: { title: 'x' } })
    expect(azure.proxy.requests.at(-1)?.answered['cache-control']).toBe('no-cache')
  })

  it('puts a blob with the keys in the request', async () => {
    const { accountName, accountKey, endpoint } = azure.config
    const store = { accountName, accountKey, endpoint, container: 'main', path: 'b.jpg' }
    const { status, json } = await house.upload(await photo(64, 48, 'jpeg'), 'b.jpg', { store })
    expect([status, json.url]).toEqual([200, `${endpoint}/main/b.jpg`])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, noise, photo } from '../support/pictures.ts'
import { type Running, startServer } from '../support/server.ts'
import { missing } from '../support/skips.ts'
import { type S3Server, startS3Server } from '../support/versitygw.ts'

/** Needs a key whose object lies below the prefix of the connection, as in pixboost §2. */
const KEY = 'prefix/another-prefix/images/hello.png'

describe.skipIf(missing('versitygw'))('pictures of a real bucket through the Pixboost API', () => {
  let s3: S3Server
  let server: Running
  let bucket: string

  beforeAll(async () => {
    s3 = await startS3Server()
    bucket = await s3.createBucket('pixboost-test-source')
    await s3.put(bucket, KEY, await photo(1400, 933, 'png'), { contentType: 'image/png' })
    await s3.put(bucket, 'prefix/another-prefix/a b+c/ünï#?.jpg', await photo(120, 80, 'jpeg'))
    await s3.put(bucket, 'prefix/outside.jpg', await noise(40, 40, 1, 'jpeg'))
    server = await startServer({
      config: {
        projects: [
          {
            id: 'demo',
            keys: [{ label: 'Key 1', publicKey: 'MTg4MjMxMzM3MA__', secret: 'workflow-secret', allowedHosts: [] }],
            connections: [
              {
                alias: 'bucket',
                name: 'Product images bucket',
                provider: 's3',
                bucket,
                region: s3.region,
                endpoint: s3.endpoint,
                forcePathStyle: true,
                prefix: 'prefix/another-prefix',
                accessKeyId: s3.accessKeyId,
                secretAccessKey: s3.secretAccessKey,
              },
            ],
          },
        ],
      },
    })
  })
  afterAll(async () => {
    await server?.stop()
    await s3?.stop()
  })

  const DOCUMENTED = '/api/2/img/bucket/images/hello.png/resize?size=200&auth=MTg4MjMxMzM3MA__'

  it('the documented URL answers a picture 200 wide', async () => {
    const { status, headers, bytes } = await server.get(DOCUMENTED)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('image/png')
    expect(await decode(bytes)).toMatchObject({ width: 200, height: 133 })
  })

  it.each([
    ['image/avif,image/webp,image/apng,image/*,*/*;q=0.8', 'image/avif'],
    ['image/webp,*/*', 'image/webp'],
    ['*/*', 'image/png'],
  ])('a browser that accepts %s gets %s', async (accept, type) => {
    const { status, headers, bytes } = await server.get(DOCUMENTED, { accept })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('vary')).toBe('Accept, Save-Data')
    expect(await decode(bytes)).toMatchObject({ width: 200, height: 133 })
  })

  it('every character of a key arrives as it is', async () => {
    const { status } = await server.get(
      '/api/2/img/bucket/a%20b+c/%C3%BCn%C3%AF%23%3F.jpg/optimise?auth=MTg4MjMxMzM3MA__',
    )
    expect(status).toBe(200)
  })

  it('a key outside of the prefix cannot be reached', async () => {
    for (const path of ['..%2Foutside.jpg', '%2E%2E%2Foutside.jpg', 'a%2F..%2F..%2Foutside.jpg']) {
      const { status } = await server.get(`/api/2/img/bucket/${path}/asis?auth=MTg4MjMxMzM3MA__`)
      expect(status, path).toBe(400)
    }
  })

  it('a purge shows the new object at once', async () => {
    const url = '/api/2/img/bucket/fresh.png/optimise?auth=MTg4MjMxMzM3MA__'
    await s3.put(bucket, 'prefix/another-prefix/fresh.png', await photo(100, 100, 'png'))
    expect(await decode((await server.get(url)).bytes)).toMatchObject({ width: 100 })
    await s3.put(bucket, 'prefix/another-prefix/fresh.png', await photo(60, 60, 'png'))
    expect(await decode((await server.get(url)).bytes)).toMatchObject({ width: 100 })
    const purged = await fetch(`${server.url}/api/2/img/bucket/fresh.png?auth=workflow-secret`, { method: 'DELETE' })
    expect(purged.status).toBe(200)
    expect(await decode((await server.get(url)).bytes)).toMatchObject({ width: 60 })
  })

  it('the log never holds the key or the secrets', () => {
    expect(server.log()).toContain('"msg":"request"')
    for (const secret of ['MTg4MjMxMzM3MA__', 'workflow-secret', s3.secretAccessKey])
      expect(server.log()).not.toContain(secret)
  })

  it('a second SIGTERM changes nothing and the server leaves with 0', async () => {
    const other = await startServer({ config: { projects: [] } })
    process.kill(other.pid, 'SIGTERM')
    expect(await other.stop()).toBe(0)
  })
})

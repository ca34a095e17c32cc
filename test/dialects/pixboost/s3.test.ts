import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, quadrants } from '../../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'
import { noS3Server, type S3Server, startS3Server } from '../../support/versitygw.ts'
import { connectionOf } from './account.ts'
import { type House, openHouse, type SealedConnection } from './house.ts'

describe.skipIf(noS3Server())('the example of the contract, in a real bucket', () => {
  let s3: S3Server
  let proxy: S3Proxy
  let house: House

  beforeAll(async () => {
    s3 = await startS3Server()
    proxy = await startS3Proxy(s3.endpoint)
    const bucket = await s3.createBucket('pixboost-test-source')
    await s3.put(bucket, 'prefix/another-prefix/images/hello.png', await quadrants(400, 200))
    await s3.put(bucket, 'prefix/another-prefix/a b+c?d#e%20é.png', await quadrants(40, 20))
    await s3.put(bucket, 'secret.png', await quadrants(8, 8))
    const sealed = (alias: string, secretAccessKey: string): SealedConnection => ({
      connection: connectionOf(alias, {
        bucket,
        prefix: 'prefix/another-prefix',
        region: s3.region,
        endpoint: proxy.endpoint,
        forcePathStyle: true,
        accessKeyId: s3.accessKeyId,
      }),
      secrets: { secretAccessKey },
    })
    house = await openHouse([sealed('s3', s3.secretAccessKey), sealed('badly', 'wrong')])
  })
  beforeEach(() => proxy.reset())
  afterAll(async () => {
    await house?.stop()
    await proxy?.stop()
    await s3?.stop()
  })

  it('answers a picture 200 wide, in the newest format the browser takes', async () => {
    const plain = await house.ask('s3/images/hello.png/resize?size=200')
    expect([plain.status, plain.type]).toEqual([200, 'image/png'])
    expect(await decode(plain.bytes)).toMatchObject({ width: 200, height: 100 })
    const browser = await house.ask('s3/images/hello.png/resize?size=200', { accept: 'image/avif,image/webp,*/*' })
    // A small PNG counts as an illustration, which is never AVIF (pixboost §7).
    expect([browser.status, browser.type]).toEqual([200, 'image/webp'])
  })

  it('takes every character of a key as it is', async () => {
    const key = encodeURIComponent('a b+c?d#e%20é.png')
    expect((await house.ask(`s3/${key}/resize?size=20`)).status).toBe(200)
  })

  it('a missing key is 404, one that the user may not see is 403, and neither disables the source', async () => {
    expect((await house.ask('s3/missing.png/optimise')).status).toBe(404)
    proxy.rule({ effect: { kind: 'error', status: 403, code: 'AccessDenied' } })
    expect((await house.ask('s3/denied.png/optimise')).status).toBe(403)
    proxy.reset()
    expect((await house.ask('s3/images/hello.png/resize?size=10')).status).toBe(200)
  })

  it('the prefix is never left', async () => {
    expect((await house.ask('s3/..%2F..%2Fsecret.png/optimise')).status).toBe(400)
    expect((await house.ask('s3/secret.png/optimise')).status).toBe(404)
  })

  it('wrong credentials and other faults of S3 are 500 and tell nothing', async () => {
    const answer = await house.ask('badly/images/hello.png/optimise')
    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(/^Error reading image: '.*'\n$/)
    expect(answer.text).not.toMatch(/pixboost-test-source|127\.0\.0\.1|Signature/)
  })
})

import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { signed } from '../../../src/dialects/imagekit/signature.ts'
import { decode, photo, quadrants } from '../../support/pictures.ts'
import { noS3Server, type S3Server, startS3Server } from '../../support/versitygw.ts'
import { connectionOf, PRIVATE_KEY } from './account.ts'
import { type House, openHouse } from './house.ts'

describe.skipIf(noS3Server())('pictures of a real bucket through ImageKit URLs', () => {
  let s3: S3Server
  let house: House

  beforeAll(async () => {
    s3 = await startS3Server()
    const bucket = await s3.createBucket('imagekit-test')
    await s3.put(bucket, 'rest-of-the-path.jpg', await photo(600, 400, 'jpeg'), { contentType: 'image/jpeg' })
    await s3.put(bucket, 'plain/image%2Bexample.jpg', await quadrants(30, 20, 'jpeg'))
    await s3.put(bucket, 'other/image+example.jpg', await quadrants(30, 20, 'jpeg'))
    const hidden = { Bucket: bucket, Key: 'hidden.jpg', Body: await quadrants(30, 20, 'jpeg') }
    await s3.client.send(new PutObjectCommand({ ...hidden, Metadata: { isprivatefile: 'true' } }))
    const store = {
      provider: 's3',
      bucket,
      region: s3.region,
      endpoint: s3.endpoint,
      forcePathStyle: true,
      accessKeyId: s3.accessKeyId,
      canonicalBaseUrl: 'https://www.example.com/media',
    } as const
    house = await openHouse({
      connections: [connectionOf('store', store), connectionOf('encoded', { ...store, encodeKeys: true })],
      openSecrets: () => ({ secretAccessKey: s3.secretAccessKey }),
    })
    house.configure({}, ENDPOINTS)
  })
  afterEach(() => house.configure({}, ENDPOINTS))
  afterAll(async () => {
    await house?.stop()
    await s3?.stop()
  })

  const ENDPOINTS = {
    endpoints: [
      { prefix: '', origins: ['store'] },
      { prefix: 'enc', origins: ['encoded'] },
    ],
  }

  it('the documented URL is a picture of 300×300, the plain URL the optimised original, both with the canonical link', async () => {
    const link = '<https://www.example.com/media/rest-of-the-path.jpg>; rel="canonical"'
    const cropped = await house.ask('tr:w-300,h-300/rest-of-the-path.jpg')
    expect(await decode(cropped.bytes)).toMatchObject({ width: 300, height: 300 })
    expect([cropped.status, cropped.headers.get('link')]).toEqual([200, link])
    const plain = await house.ask('rest-of-the-path.jpg', { accept: 'image/webp' })
    expect(await decode(plain.bytes)).toMatchObject({ width: 600, height: 400 })
    expect([plain.type, plain.headers.get('link')]).toEqual(['image/webp', link])
  })

  it('encodeKeys off: the name is decoded; on: it is read in its encoded form', async () => {
    expect((await house.ask('plain/image+example.jpg')).status).toBe(404)
    expect((await house.ask('other/image+example.jpg')).status).toBe(200)
    expect((await house.ask('enc/plain/image+example.jpg')).status).toBe(200)
    expect((await house.ask('enc/other/image+example.jpg')).status).toBe(404)
  })

  it('an object marked private needs a signature', async () => {
    const url = 'tr:w-10/hidden.jpg'
    for (let i = 0; i < 2; i++) {
      expect((await house.ask(url)).status).toBe(401)
      expect((await house.ask(signed(url, PRIVATE_KEY))).status).toBe(200)
    }
  })

  it('what is missing is told as the service tells it', async () => {
    const answer = await house.ask('tr:w-300/nothing.jpg')
    expect([answer.status, answer.text, answer.bytes.length]).toEqual([404, 'Not Found', 9])
    expect(answer.headers.get('ik-error')).toMatch(/^ENOENT - No file was found/)
  })
})

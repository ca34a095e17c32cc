import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noS3Server, type S3Server, startS3Server } from '../../support/versitygw.ts'
import { connectionOf } from '../pixboost/account.ts'
import { type House, KEY, openHouse, SECRET, signed } from './house.ts'

const run = promisify(execFile)

/** The documented calls as `curl` makes them, into a real bucket. */
describe.skipIf(noS3Server())('curl into a bucket', () => {
  let s3: S3Server
  let bucket: string
  let other: string
  let house: House
  let picture: Buffer
  let path: string

  beforeAll(async () => {
    s3 = await startS3Server()
    bucket = await s3.createBucket('uploads')
    other = await s3.createBucket('other')
    house = await openHouse({
      connections: [
        connectionOf('bucket', {
          ...{ bucket, region: s3.region, endpoint: s3.endpoint, accessKeyId: s3.accessKeyId },
          ...{ forcePathStyle: true, write: true, prefix: 'in/here' },
        }),
      ],
      openSecrets: () => ({ secretAccessKey: s3.secretAccessKey }),
      stores: { S3: 'bucket' },
    })
    picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
      .png()
      .toBuffer()
    path = join(house.dir, 'cat.png')
    await writeFile(path, picture)
    house.origin.answer('/far.png', { body: picture, headers: { 'content-type': 'image/png' } })
  })
  afterAll(async () => {
    await house?.stop()
    await s3?.stop()
  })

  const curl = async (...args: string[]) => JSON.parse((await run('curl', ['-sS', ...args])).stdout)
  const store = (query = '') => `${house.url}/api/store/S3?key=${KEY}${query}`

  test('-F fileUpload=@…', async () => {
    const blob = await curl('-F', `fileUpload=@${path}`, store())
    expect(blob).toMatchObject({ filename: 'cat.png', type: 'image/png', size: picture.length, container: bucket })
    expect(blob.key).toMatch(/^in\/here\/[A-Za-z0-9_-]{20}_cat\.png$/)
    expect(await s3.bytes(bucket, blob.key)).toEqual(picture)
    const { stdout } = await run('curl', ['-sS', blob.url], { encoding: 'buffer' })
    expect(stdout).toEqual(picture)
  })

  test('-d url=…', async () => {
    const blob = await curl('-d', `url=${house.origin.url}/far.png`, store())
    expect(blob).toMatchObject({ filename: 'far.png', type: 'image/png', size: picture.length })
    expect(await s3.bytes(bucket, blob.key)).toEqual(picture)
  })

  test('with path and mimetype, and another container', async () => {
    const blob = await curl(
      '-F',
      `fileUpload=@${path}`,
      store(`&path=/dir/1.png&mimetype=image/x-cat&container=${other}`),
    )
    expect(blob).toMatchObject({ filename: 'cat.png', type: 'image/x-cat', key: 'dir/1.png', container: other })
    expect(await s3.bytes(other, 'dir/1.png')).toEqual(picture)
    const { stdout } = await run('curl', ['-sS', '-D', '-', '-o', '/dev/null', blob.url])
    expect(stdout).toMatch(/content-type: image\/x-cat\r\n/i)
  })

  test('-d @file and --data-binary: the bytes', async () => {
    const text = join(house.dir, 'note.txt')
    await writeFile(text, 'name=value&url is no field')
    for (const [flag, file, bytes] of [
      ['-d', text, Buffer.from('name=value&url is no field')],
      ['--data-binary', path, picture],
    ] as const) {
      const blob = await curl(flag, `@${file}`, store('&filename=raw.png'))
      expect(await s3.bytes(bucket, blob.key)).toEqual(bytes)
      expect(blob).toMatchObject({ filename: 'raw.png', type: 'image/png' })
    }
  })

  test('a large file streams through, and comes back by ranges', async () => {
    const bytes = Buffer.alloc(12_000_000, 'a large file ')
    const large = join(house.dir, 'large.bin')
    await writeFile(large, bytes)
    const blob = await curl('-F', `fileUpload=@${large}`, store())
    expect(await s3.bytes(bucket, blob.key)).toEqual(bytes)
    const { stdout } = await run('curl', ['-sS', '-r', '11999990-', blob.url], { encoding: 'buffer' })
    expect(stdout).toEqual(bytes.subarray(11_999_990))
  })

  test('overwritten and removed with the secret of the app, or a policy', async () => {
    const blob = await curl('-F', `fileUpload=@${path}`, store())
    const written = await curl(
      '-u',
      `app:${SECRET}`,
      '-F',
      'fileUpload=other bytes;filename=x.txt',
      `${blob.url}?key=${KEY}`,
    )
    expect(written).toMatchObject({ handle: blob.handle, filename: 'cat.png', type: 'image/png', size: 11 })
    expect(String(await s3.bytes(bucket, blob.key))).toBe('other bytes')
    const { stdout } = await run('curl', [
      '-sS',
      '-X',
      'DELETE',
      `${blob.url}?key=${KEY}&${signed({ call: 'remove' })}`,
    ])
    expect(stdout).toBe('success')
    expect(await s3.exists(bucket, blob.key)).toBe(false)
  })

  test('a container that is not there', async () => {
    const { stdout } = await run('curl', [
      '-sS',
      '-w',
      '%{http_code}',
      '-F',
      `fileUpload=@${path}`,
      store('&container=not-there'),
    ])
    expect(stdout).toMatch(/storage provider error: S3: .*502$/)
  })
})

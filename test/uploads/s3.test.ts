/** Uploads on a real S3 server, behind a proxy that has bad moments. In full with TINTYPE_UPLOADS_FULL=1. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type S3Subject, startS3 } from '../storage/s3/subject.ts'
import { noS3Server } from '../support/versitygw.ts'
import { agreement } from './agreement.ts'
import { collect, createHouse, noise, ORDER, pieces } from './house.ts'

const FULL = process.env.TINTYPE_UPLOADS_FULL === '1'
const MB = 1024 * 1024
const TIMEOUT = FULL ? 900_000 : 120_000

describe.skipIf(noS3Server())('uploads on S3', () => {
  const house = createHouse()
  let s3: S3Subject
  beforeAll(async () => {
    s3 = await startS3()
  })
  beforeEach(() => s3.proxy.reset())
  afterAll(() => s3.stop())

  const open = (prefix: string) =>
    house.uploads({
      store: s3.store(),
      connection: { prefix, bucket: s3.bucket },
      limits: { uploadBytes: 5_368_709_120, sourceBytes: 268_435_456 },
    })
  const md5 = async (body: AsyncIterable<Uint8Array>) => {
    const hash = createHash('md5')
    for await (const chunk of body) hash.update(chunk)
    return hash.digest('hex')
  }

  it('objects carry their type; the ACL is asked for when access is public, also by an overwrite', async () => {
    const { uploads } = await open('types')
    const secret = await uploads.store(ORDER, pieces('x'))
    const open_ = await uploads.store({ ...ORDER, access: 'public' }, pieces('y'))
    await uploads.overwrite(open_, { mimetype: 'text/css' }, pieces('z'))
    const puts = s3.proxy.requests.filter(({ method }) => method === 'PUT')
    expect(puts.map(({ headers }) => [headers['x-amz-acl'], headers['content-type']])).toEqual([
      [undefined, 'image/png'],
      ['public-read', 'image/png'],
      ['public-read', 'text/css'],
    ])
    const head = (key: string) => s3.server.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: key }))
    expect((await head(secret.place.key)).ContentType).toBe('image/png')
    expect((await head(open_.place.key)).ContentType).toBe('text/css')
  })

  it.each([
    [{ kind: 'acl-not-supported' } as const, 'acl-disabled'],
    [{ kind: 'not-implemented', header: 'x-amz-acl' } as const, 'not-implemented'],
  ])('a bucket that takes no ACLs (%j) refuses public access, and nothing is left', async (effect, reason) => {
    const { uploads, records } = await open(reason)
    s3.proxy.rule({ effect, method: 'PUT', when: ({ headers }) => headers['x-amz-acl'] !== undefined })
    await expect(uploads.store({ ...ORDER, access: 'public' }, pieces('y'))).rejects.toMatchObject({
      code: 'store-refused',
      context: { option: 'acl', reason },
    })
    expect(await records.rows()).toEqual([])
    expect((await s3.store().list(`${reason}/`)).entries).toEqual([])
    expect(await uploads.store(ORDER, pieces('y'))).toMatchObject({ size: 1 })
  })

  it('an exact key that may not be looked at is written all the same', async () => {
    const { uploads } = await open('blind')
    const answer = { kind: 'error', status: 403, code: 'AccessDenied' } as const
    const end = s3.proxy.rule({ effect: answer, method: 'HEAD' })
    const file = await uploads.store({ ...ORDER, path: 'a.txt' }, pieces('y'))
    end()
    expect(String(await collect(await uploads.read(file)))).toBe('y')
  })

  it('a body of unknown length goes in parts, and is as it was', { timeout: TIMEOUT }, async () => {
    const { uploads, records } = await open('parts')
    const file = await uploads.store(ORDER, noise(20 * MB))
    expect(file.size).toBe(20 * MB)
    expect(
      s3.proxy.requests.filter(({ method, target }) => method === 'PUT' && target.includes('partNumber')),
    ).toHaveLength(3)
    expect(await md5(await uploads.read(file))).toBe(file.digests.md5)
    expect(file.digests.md5).toBe(await md5(noise(20 * MB)))
    expect((await agreement(s3.store(), records, 'parts')).problems).toEqual([])
    const part = await collect(await uploads.read(file, { start: 17 * MB, end: 17 * MB + 9 }))
    expect(part).toEqual((await collect(noise(20 * MB))).subarray(17 * MB, 17 * MB + 10))
  })

  it('a large upload that breaks off leaves no parts behind', { timeout: TIMEOUT }, async () => {
    const { uploads, records } = await open('broken')
    const broken = new Error('the connection broke')
    async function* breaking() {
      yield* noise(20 * MB)
      throw broken
    }
    await expect(uploads.store(ORDER, breaking())).rejects.toBe(broken)
    expect(await records.rows()).toEqual([])
    expect((await s3.store().list('broken/')).entries).toEqual([])
    await expect
      .poll(() => s3.proxy.requests.some(({ method, target }) => method === 'DELETE' && target.includes('uploadId')))
      .toBe(true)
  })

  it('fifty uploads lose nothing when every tenth call is told to slow down', { timeout: TIMEOUT }, async () => {
    const { uploads, records } = await open('slow')
    s3.proxy.rule({ effect: { kind: 'slow-down' }, every: 10 })
    const size = (n: number) => (FULL ? 20 * MB + n : n % 25 === 0 ? 17 * MB : 50_000 + n)
    const numbers = Array.from({ length: 50 }, (_, n) => n)
    const stored = await Promise.all(numbers.map((n) => uploads.store(ORDER, noise(size(n), n))))
    expect(s3.proxy.requests.filter(({ status }) => status === 503).length).toBeGreaterThan(4)
    s3.proxy.reset()
    for (const [n, file] of stored.entries()) {
      expect(file.size).toBe(size(n))
      expect(await md5(await uploads.read(file))).toBe(await md5(noise(size(n), n)))
    }
    const { problems, handles } = await agreement(s3.store(), records, 'slow')
    expect([problems, handles.length]).toEqual([[], 50])
  })

  describe('memory', () => {
    const grown = async (bytes: number, count: number) => {
      const { server } = s3
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const bucket = await server.createBucket('memory')
      const config = { provider: 's3', bucket, endpoint, region, accessKeyId, secretAccessKey, guarded: false }
      const script = fileURLToPath(new URL('./upload-process.ts', import.meta.url))
      const where = JSON.stringify({ config, dataDir: await house.folder() })
      const child = spawn(
        process.execPath,
        ['--max-semi-space-size=8', script, 'measure', where, String(bytes), String(count)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const [said] = await Promise.all([collect(child.stdout), once(child, 'exit')])
      const told: { before: number; grown: number; sizes: readonly number[] } = JSON.parse(String(said))
      expect(told.sizes).toEqual(Array.from({ length: count }, () => bytes))
      process.stdout.write(`${count} × ${bytes / MB} MB: grew by ${Math.round(told.grown / MB)} MB\n`)
      return told.grown
    }

    it('grows by less than 64 MB while a large body flows', { timeout: TIMEOUT }, async () => {
      expect(await grown((FULL ? 1024 : 256) * MB, 1)).toBeLessThan(64 * MB)
    })

    it('stays bounded while fifty bodies are handed in at once', { timeout: TIMEOUT }, async () => {
      expect(await grown((FULL ? 20 : 17) * MB, FULL ? 50 : 16)).toBeLessThan(600 * MB)
    })
  })
})

import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ListMultipartUploadsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { type S3Subject, startS3 } from '../storage/s3/subject.ts'
import { createMemoryStore } from '../support/memory-store.ts'
import { noS3Server } from '../support/versitygw.ts'
import { collect } from './house.ts'
import {
  chunksOf,
  createWorlds,
  fileOf,
  HOUR,
  LEASE,
  MB,
  md5,
  orderIn,
  sendParts,
  type World,
} from './sessions-house.ts'

const bad = (parameter: string) => ({ code: 'bad-parameter', context: { parameter } })
const contentOf = async (store: ObjectStore, key: string) => {
  const answer = await store.get({ key })
  return answer.kind === 'object' ? collect(answer.body) : undefined
}

describe('an upload in parts, gathered on the disk', () => {
  const worlds = createWorlds()
  let world: World
  let store: ReturnType<typeof createMemoryStore>
  beforeEach(async () => {
    store = createMemoryStore()
    world = await worlds(store)
  })

  it('becomes an object and a record, and leaves nothing behind', async () => {
    const sessions = world.open()
    const parts = [randomBytes(3 * MB), randomBytes(2 * MB), randomBytes(17)]
    const session = await sessions.start(orderIn(world, 5 * MB + 17, { path: 'a/' }))
    expect(session.id).toMatch(/^[0-9a-f]{32}$/)
    const listed = await sendParts(sessions, session, parts)
    expect(await world.spooled()).toEqual([session.id])
    expect(store.objects.size).toBe(0)
    const file = await fileOf(sessions, session, listed)
    expect(file).toMatchObject({
      ...{ handle: session.file.handle, filename: 'cat.png', mimetype: 'image/png', size: 5 * MB + 17, location: 'S3' },
      place: { connection: 'up', container: 'main', key: expect.stringMatching(/^a\/.{20}_cat\.png$/) },
    })
    expect(await world.files.find(file.handle)).toEqual(file)
    const object = store.objects.get(file.place.key)
    expect(object?.bytes.equals(Buffer.concat(parts))).toBe(true)
    expect(object?.contentType).toBe('image/png')
    expect(await world.spooled()).toEqual([])
    expect(await world.sessions.weight(session.id)).toEqual({ pieces: 0, bytes: 0 })
  })

  it('is completed once, whoever asks how often', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 9))
    const listed = await sendParts(sessions, session, [Buffer.from('123456789')])
    const all = await Promise.all([1, 2, 3, 4].map(() => sessions.complete(session, listed)))
    const [first] = all
    if (first?.kind !== 'stored') throw new Error('not yet')
    // One of another process, which knows nothing of the work under way, is told to come again.
    for (const one of all) expect(one).toEqual(first)
    const again = await sessions.find(session.id)
    expect(again?.state).toBe('done')
    expect(await world.open().complete(session, { parts: [], chunked: false })).toEqual(first)
    expect(store.calls.put).toBe(1)
    expect(await world.rows()).toHaveLength(1)
    await expect(sessions.grant(again ?? session, { part: 1, size: 9 })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('tells those who are in a hurry to come again, also one that fails meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let failing = true
    const slow: ObjectStore = {
      ...store,
      async put(...all) {
        await promise
        if (failing) throw new Fault('store-misconfigured')
        return store.put(...all)
      },
    }
    const sessions = world.open({ store: slow, patienceMs: 1 })
    const session = await sessions.start(orderIn(world, 3))
    const listed = await sendParts(sessions, session, [Buffer.from('abc')])
    expect(await sessions.complete(session, listed)).toEqual({ kind: 'merging' })
    expect(await world.open({ patienceMs: 1 }).complete(session, listed)).toEqual({ kind: 'merging' })
    resolve()
    await expect
      .poll(() => sessions.complete(session, listed).catch((error: Fault) => error.code))
      .toBe('store-misconfigured')
    failing = false
    await expect.poll(() => sessions.complete(session, listed)).toMatchObject({ kind: 'stored' })
    expect(await world.rows()).toHaveLength(1)
  })

  it('takes parts in any order and again, the last ones count', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 6))
    const take = (part: number, text: string) =>
      sessions.take(session, { part, size: text.length }, chunksOf(Buffer.from(text)))
    const two = await take(2, 'def')
    await take(1, 'xyzzy')
    const one = await take(1, 'abc')
    const folder = join(world.dir, 'parts', session.id)
    expect(await readdir(folder)).toHaveLength(2)
    const parts = [
      { part: 2, ...two },
      { part: 1, ...one },
    ]
    const file = await fileOf(sessions, session, { parts, chunked: false })
    expect(store.objects.get(file.place.key)?.bytes.toString()).toBe('abcdef')
  })

  it('takes chunks of parts, in halves and again, and counts what was committed', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 12, { chunked: true }))
    const take = (part: number, start: number, text: string) =>
      sessions.take(
        session,
        { part, start, size: text.length, md5: md5(Buffer.from(text)) },
        chunksOf(Buffer.from(text)),
      )
    await take(2, 0, 'gh')
    await expect(sessions.commit(session, 1)).rejects.toMatchObject(bad('part'))
    await take(1, 0, 'abXX')
    await expect(fileOf(sessions, session, { parts: [], chunked: true })).rejects.toMatchObject(bad('size'))
    await take(1, 2, 'cd')
    await take(1, 4, 'ef')
    await sessions.commit(session, 1)
    await sessions.commit(session, 1)
    await take(2, 2, 'ijkl')
    await sessions.commit(session, 2)
    const file = await fileOf(sessions, session, { parts: [], chunked: true })
    expect(store.objects.get(file.place.key)?.bytes.toString()).toBe('abcdefghijkl')
  })

  it('takes whole parts and chunked ones in one file', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 9, { chunked: true }))
    const bytes = (text: string) => chunksOf(Buffer.from(text))
    const one = await sessions.take(session, { part: 1, size: 3 }, bytes('abc'))
    // Its answer got lost: it comes again, in chunks.
    await sessions.take(session, { part: 2, size: 3 }, bytes('xxx'))
    await sessions.take(session, { part: 2, size: 3, start: 0 }, bytes('def'))
    await sessions.commit(session, 2)
    await sessions.take(session, { part: 3, size: 3, start: 0 }, bytes('ghi'))
    await sessions.commit(session, 3)
    const file = await fileOf(sessions, session, { parts: [{ part: 1, ...one }], chunked: true })
    expect(store.objects.get(file.place.key)?.bytes.toString()).toBe('abcdefghi')
  })

  describe('is refused', () => {
    it.each([
      ['an empty file', 0, 'bad-parameter'],
      ['a file that is too large', 201 * MB, 'too-large'],
    ])('%s', async (_, size, code) => {
      await expect(world.open().start(orderIn(world, size))).rejects.toMatchObject({ code })
    })

    it('public access, where there are no ACLs', async () => {
      await expect(world.open().start(orderIn(world, 1, { access: 'public' }))).rejects.toMatchObject({
        ...{ code: 'store-refused', context: { option: 'acl' } },
      })
    })

    it.each([
      ['part 0', { part: 0, size: 1 }, 'part'],
      ['part 10,001', { part: 10_001, size: 1 }, 'part'],
      ['an empty part', { part: 1, size: 0 }, 'size'],
      ['a part larger than the file', { part: 1, size: 10 }, 'size'],
      ['a chunk, when none were agreed on', { part: 1, size: 1, start: 0 }, 'offset'],
    ])('%s', async (_, slice, parameter) => {
      const sessions = world.open()
      const session = await sessions.start(orderIn(world, 9))
      await expect(sessions.grant(session, slice)).rejects.toMatchObject(bad(parameter))
      await expect(sessions.take(session, slice, chunksOf(Buffer.from('a')))).rejects.toMatchObject(bad(parameter))
    })

    it('a part that is not what was announced; it may come again', async () => {
      const sessions = world.open()
      const session = await sessions.start(orderIn(world, 3))
      const take = (text: string, digest?: string) =>
        sessions.take(session, { part: 1, size: 3, ...(digest && { md5: digest }) }, chunksOf(Buffer.from(text)))
      await expect(take('ab')).rejects.toMatchObject(bad('size'))
      await expect(take('abcd')).rejects.toMatchObject(bad('size'))
      await expect(take('abd', md5(Buffer.from('abc')))).rejects.toMatchObject(bad('md5'))
      const broken = new Error('the sender left')
      await expect(
        sessions.take(
          session,
          { part: 1, size: 3 },
          (async function* () {
            yield Buffer.from('a')
            throw broken
          })(),
        ),
      ).rejects.toBe(broken)
      expect(await readdir(join(world.dir, 'parts', session.id))).toEqual([])
      const { etag } = await take('abc', md5(Buffer.from('abc')))
      await fileOf(sessions, session, { parts: [{ part: 1, etag }], chunked: false })
    })

    it.each([
      [
        'a part that never came',
        [
          { part: 1, etag: 'of 1' },
          { part: 2, etag: '"x"' },
        ],
        'parts',
      ],
      ['another part than came', [{ part: 1, etag: '"x"' }], 'parts'],
      ['less than the file', [{ part: 1, etag: 'of 1' }], 'size'],
      ['nothing', [], 'size'],
    ])('%s, at the end; the rest may still come', async (_, parts, parameter) => {
      const sessions = world.open()
      const session = await sessions.start(orderIn(world, 6))
      const { etag } = await sessions.take(session, { part: 1, size: 3 }, chunksOf(Buffer.from('abc')))
      const listed = parts.map((one) => ({ ...one, etag: one.etag === 'of 1' ? etag : one.etag }))
      await expect(sessions.complete(session, { parts: listed, chunked: false })).rejects.toMatchObject(bad(parameter))
      expect(await world.rows()).toEqual([])
      const two = await sessions.take(session, { part: 2, size: 3 }, chunksOf(Buffer.from('def')))
      await fileOf(sessions, session, {
        parts: [
          { part: 1, etag },
          { part: 2, ...two },
        ],
        chunked: false,
      })
    })

    it('more pieces than a file can need', async () => {
      const sessions = world.open()
      const session = await sessions.start(orderIn(world, 6 * MB, { chunked: true }))
      const bytes = randomBytes(6 * MB)
      const take = () => sessions.take(session, { part: 1, start: 0, size: 6 * MB }, chunksOf(bytes, MB))
      await take()
      await take()
      await expect(take()).rejects.toMatchObject({ code: 'limit-reached' })
    })
  })

  describe('is swept away', () => {
    it('after its time, with all its pieces', async () => {
      const sessions = world.open()
      const [session, other] = [await sessions.start(orderIn(world, 6)), await sessions.start(orderIn(world, 3))]
      await sendParts(sessions, session, [Buffer.from('abc')])
      world.clock.ms += 2 * HOUR
      // A sign of life.
      await sendParts(sessions, other, [Buffer.from('abc')])
      world.clock.ms += 22 * HOUR + 1
      expect(await sessions.find(session.id)).toBeUndefined()
      await expect(sessions.complete(session, { parts: [], chunked: false })).rejects.toMatchObject({
        code: 'not-found',
      })
      await expect(sessions.take(session, { part: 2, size: 3 }, chunksOf(Buffer.from('abc')))).resolves.toBeDefined()
      await sessions.sweep()
      expect(await world.spooled()).toEqual([other.id])
      await expect(sessions.take(session, { part: 2, size: 3 }, chunksOf(Buffer.from('abc')))).rejects.toMatchObject({
        code: 'not-found',
      })
      // The folder of what came too late belongs to nobody.
      await sessions.sweep()
      expect(await world.spooled()).toEqual([other.id])
    })

    it('a day after it was done, without its file', async () => {
      const sessions = world.open()
      const session = await sessions.start(orderIn(world, 3))
      const file = await fileOf(sessions, session, await sendParts(sessions, session, [Buffer.from('abc')]))
      world.clock.ms += 24 * HOUR + 1
      await sessions.sweep()
      await world.uploads.sweep()
      expect(await world.sessions.unknown([session.id])).toEqual([session.id])
      expect(await world.files.find(file.handle)).toEqual(file)
      expect(store.objects.size).toBe(1)
    })
  })

  it('goes on after a restart, under the same key as before', async () => {
    const first = world.open()
    const session = await first.start(orderIn(world, 6, { path: 'exact.bin' }))
    const one = await first.take(session, { part: 1, size: 3 }, chunksOf(Buffer.from('abc')))
    await first.close()
    store.set('exact.bin', Buffer.from('older'))
    const second = world.open()
    const found = await second.find(session.id)
    expect(found).toEqual(session)
    const two = await second.take(session, { part: 2, size: 3 }, chunksOf(Buffer.from('def')))
    const file = await fileOf(second, session, {
      parts: [
        { part: 1, ...one },
        { part: 2, ...two },
      ],
      chunked: false,
    })
    expect(file.place.key).toBe('exact.bin')
    expect(store.objects.get('exact.bin')?.bytes.toString()).toBe('abcdef')
  })

  it('is given back by a server that stops while it completes, and taken up at once by the next one', async () => {
    const begun = Promise.withResolvers<void>()
    const stuck: ObjectStore = {
      ...store,
      put: (_key, _body, options) =>
        new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason))
          begun.resolve()
        }),
    }
    const first = world.open({ store: stuck })
    const session = await first.start(orderIn(world, 3))
    const listed = await sendParts(first, session, [Buffer.from('abc')])
    const asked = expect(first.complete(session, listed)).rejects.toMatchObject({ code: 'overloaded' })
    await begun.promise
    await first.close()
    await asked
    const file = await fileOf(world.open(), session, listed)
    expect(store.objects.get(file.place.key)?.bytes.toString()).toBe('abc')
  })

  it('finds the disk full: nothing stays, and the part may come again', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 3))
    async function* full() {
      yield Buffer.from('ab')
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    await expect(sessions.take(session, { part: 1, size: 3 }, full())).rejects.toMatchObject({ code: 'disk-full' })
    expect(await readdir(join(world.dir, 'parts', session.id))).toEqual([])
    await fileOf(sessions, session, await sendParts(sessions, session, [Buffer.from('abc')]))
  })

  it('lands in a folder', async () => {
    const folder = createFolderStore({ provider: 'folder', path: world.dir })
    const sessions = world.open({ store: folder })
    const session = await sessions.start(orderIn(world, 7 * MB, { path: 'pictures/' }))
    const parts = [randomBytes(6 * MB), randomBytes(MB)]
    const file = await fileOf(sessions, session, await sendParts(sessions, session, parts))
    expect(await contentOf(folder, file.place.key)).toEqual(Buffer.concat(parts))
    expect(await world.spooled()).toEqual([])
  })
})

describe.skipIf(noS3Server())('an upload in parts, put together by a bucket', () => {
  const worlds = createWorlds()
  let s3: S3Subject
  let store: ObjectStore
  let world: World
  beforeAll(async () => {
    s3 = await startS3()
  })
  beforeEach(async () => {
    s3.proxy.reset()
    store = s3.store()
    world = await worlds(store, s3.bucket)
  })
  afterAll(() => s3?.stop())

  const unfinished = async (key: string) => {
    const { Uploads = [] } = await s3.server.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }))
    return Uploads.filter((upload) => upload.Key === key)
  }
  const putsOf = (key: string) =>
    s3.proxy.requests.filter(({ method, target }) => method === 'PUT' && target.includes(key)).map(({ bytes }) => bytes)

  it('of 100 MB: parts at once, in any order, through the server, without holding them', async () => {
    const sessions = world.open()
    const bytes = randomBytes(100 * MB)
    const session = await sessions.start(orderIn(world, bytes.byteLength))
    const slices = Array.from({ length: 17 }, (_, at) => bytes.subarray(at * 6 * MB, (at + 1) * 6 * MB))
    const order = slices
      .map((slice, at) => ({ slice, part: at + 1 }))
      .sort((a, b) => ((a.part * 7) % 17) - ((b.part * 7) % 17))
    const parts: { part: number; etag: string }[] = []
    const lanes = [0, 1, 2].map(async (lane) => {
      for (const { slice, part } of order.filter((_, at) => at % 3 === lane)) {
        const about = { part, size: slice.byteLength, md5: md5(slice) }
        expect(await sessions.grant(session, about)).toEqual({ kind: 'here' })
        parts.push({ part, ...(await sessions.take(session, about, chunksOf(slice))) })
      }
    })
    await Promise.all(lanes)
    const file = await fileOf(sessions, session, { parts, chunked: false })
    const { key } = file.place
    expect((await s3.server.bytes(s3.bucket, key)).equals(bytes)).toBe(true)
    expect((await store.head({ key })).version).toBe(file.version)
    expect((await store.head({ key })).contentType).toBe('image/png')
    expect(await unfinished(key)).toEqual([])
    expect(await world.spooled()).toEqual([])
  })

  it('gathers parts that are too small for it', async () => {
    const sessions = world.open()
    const parts = [6 * MB, ...new Array<number>(5).fill(3 * MB), 100].map((size) => randomBytes(size))
    const session = await sessions.start(orderIn(world, 21 * MB + 100))
    const listed = await sendParts(sessions, session, parts)
    const file = await fileOf(sessions, session, listed)
    expect((await s3.server.bytes(s3.bucket, file.place.key)).equals(Buffer.concat(parts))).toBe(true)
    expect(putsOf(file.place.key)).toEqual([6 * MB, 15 * MB + 100])
  })

  it('puts a small file in one request', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 5))
    const file = await fileOf(sessions, session, await sendParts(sessions, session, [Buffer.from('small')]))
    expect((await s3.server.bytes(s3.bucket, file.place.key)).toString()).toBe('small')
    expect(s3.proxy.requests.map(({ method }) => method)).toEqual(['PUT'])
  })

  it('gets a part per commit, and the last one at the end', async () => {
    const sessions = world.open()
    const parts = [randomBytes(8 * MB), randomBytes(8 * MB), randomBytes(MB)]
    const session = await sessions.start(orderIn(world, 17 * MB, { chunked: true }))
    const [one, two, three] = parts
    if (!one || !two || !three) throw new Error('three parts')
    // The first one went whole; its answer got lost.
    await sessions.take(session, { part: 1, size: 8 * MB }, chunksOf(randomBytes(8 * MB)))
    const chunk = (part: number, bytes: Buffer, start: number, end: number) =>
      sessions.take(session, { part, start, size: end - start }, chunksOf(bytes.subarray(start, end)))
    await chunk(1, one, 0, 8 * MB)
    await Promise.all([sessions.commit(session, 1), sessions.commit(session, 1)])
    await Promise.all([chunk(2, two, 4 * MB, 8 * MB), chunk(2, two, 0, 5 * MB), chunk(3, three, 0, MB)])
    await sessions.commit(session, 2)
    await sessions.commit(session, 2)
    await sessions.commit(session, 3)
    expect(await world.sessions.weight(session.id)).toEqual({ pieces: 1, bytes: MB })
    const file = await fileOf(sessions, session, { parts: [], chunked: true })
    expect((await s3.server.bytes(s3.bucket, file.place.key)).equals(Buffer.concat(parts))).toBe(true)
  })

  it('may get parts from the sender itself, by signed URLs', async () => {
    const sessions = world.open()
    const parts = [randomBytes(6 * MB), randomBytes(6 * MB), randomBytes(77)]
    const session = await sessions.start(orderIn(world, 12 * MB + 77, { directUploads: 'always' }))
    const listed: { part: number; etag: string }[] = []
    for (const [at, bytes] of parts.entries()) {
      const found = (await sessions.find(session.id)) ?? session
      const target = await sessions.grant(found, { part: at + 1, size: bytes.byteLength, md5: md5(bytes) })
      if (target.kind !== 'store') throw new Error(`part ${at + 1} should go to the store`)
      const answer = await fetch(target.url, { method: 'PUT', headers: { ...target.headers }, body: bytes })
      listed.push({ part: at + 1, etag: answer.headers.get('etag') ?? '' })
    }
    const wrong = listed.map((one) => (one.part === 2 ? { ...one, etag: '"x"' } : one))
    await expect(sessions.complete(session, { parts: wrong, chunked: false })).rejects.toMatchObject(bad('parts'))
    const short = { parts: listed.slice(0, 2), chunked: false }
    await expect(sessions.complete(session, short)).rejects.toMatchObject(bad('size'))
    const file = await fileOf(sessions, session, { parts: listed, chunked: false })
    expect((await s3.server.bytes(s3.bucket, file.place.key)).equals(Buffer.concat(parts))).toBe(true)
  })

  it('gets parts from pages only when its rules let them', async () => {
    const sessions = world.open()
    const kind = async (more: object) => {
      const session = await sessions.start(orderIn(world, 6 * MB, { directUploads: 'auto', ...more }))
      return (await sessions.grant(session, { part: 1, size: 6 * MB })).kind
    }
    expect(await kind({})).toBe('here')
    await s3.server.client.send(
      new PutBucketCorsCommand({
        Bucket: s3.bucket,
        CORSConfiguration: {
          CORSRules: [
            {
              AllowedMethods: ['PUT'],
              AllowedOrigins: ['http://a.example'],
              AllowedHeaders: ['*'],
              ExposeHeaders: ['ETag'],
            },
          ],
        },
      }),
    )
    const fresh = await worlds(s3.store(), s3.bucket)
    const other = fresh.open()
    const order = orderIn(fresh, 6 * MB, { directUploads: 'auto', origin: 'http://a.example' })
    expect(await other.grant(await other.start(order), { part: 1, size: 6 * MB })).toMatchObject({ kind: 'store' })
    const stranger = await other.start({ ...order, origin: 'http://b.example' })
    expect(await other.grant(stranger, { part: 1, size: 6 * MB })).toEqual({ kind: 'here' })
    const never = await other.start({ ...order, directUploads: 'never' })
    expect(await other.grant(never, { part: 1, size: 6 * MB })).toEqual({ kind: 'here' })
  })

  it('is let know of a wrong digest, and of a sender who left in the middle', async () => {
    const sessions = world.open()
    const bytes = randomBytes(6 * MB)
    const session = await sessions.start(orderIn(world, 6 * MB))
    const slice = { part: 1, size: 6 * MB }
    await expect(
      sessions.take(session, { ...slice, md5: md5(Buffer.from('x')) }, chunksOf(bytes)),
    ).rejects.toMatchObject({ code: 'bad-parameter', context: { option: 'md5' } })
    const left = new Error('left')
    await expect(
      sessions.take(
        session,
        slice,
        (async function* () {
          yield bytes.subarray(0, MB)
          throw left
        })(),
      ),
    ).rejects.toBe(left)
    s3.proxy.rule({ effect: { kind: 'slow-down' }, method: 'PUT', count: 1 })
    await expect(sessions.take(session, slice, chunksOf(bytes))).rejects.toMatchObject({ code: 'source-refused' })
    const { etag } = await sessions.take(session, slice, chunksOf(bytes))
    const file = await fileOf(sessions, session, { parts: [{ part: 1, etag }], chunked: false })
    expect((await s3.server.bytes(s3.bucket, file.place.key)).equals(bytes)).toBe(true)
  })

  it('forgets what was never finished', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 12 * MB))
    const { key } = session.file.place
    await sendParts(sessions, session, [randomBytes(6 * MB)])
    expect(await unfinished(key)).toHaveLength(1)
    world.clock.ms += 24 * HOUR + 1
    s3.proxy.rule({ effect: { kind: 'error', status: 500, code: 'InternalError' }, method: 'DELETE' })
    await sessions.sweep()
    expect(await world.sessions.unknown([session.id])).toEqual([])
    s3.proxy.reset()
    await sessions.sweep()
    expect(await unfinished(key)).toEqual([])
    expect(await world.sessions.unknown([session.id])).toEqual([session.id])
  })

  it('may have lost the parts: then the upload is over', async () => {
    const sessions = world.open()
    const session = await sessions.start(orderIn(world, 6 * MB))
    const listed = await sendParts(sessions, session, [randomBytes(6 * MB)])
    s3.proxy.rule({ effect: { kind: 'error', status: 404, code: 'NoSuchUpload' }, method: 'POST' })
    await expect(sessions.complete(session, listed)).rejects.toMatchObject({ code: 'not-found' })
    expect(await sessions.find(session.id)).toBeUndefined()
    world.clock.ms += LEASE
    await world.uploads.sweep()
    expect(await world.rows()).toEqual([])
    expect(await contentOf(store, session.file.place.key).catch(() => 'none')).toBe('none')
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import type { SizeBounds } from '../../src/uploads/uploads.ts'
import { withChaos } from '../support/chaos.ts'
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts'
import { collect, createHouse, noise, ORDER, pieces } from './house.ts'

const house = createHouse()
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const text = async (body: Promise<AsyncIterable<Uint8Array>>) => String(await collect(await body))
const EXACT = { ...ORDER, path: '/dir/a.txt', mimetype: 'text/plain' }
const AT = 'dir/a.txt'

/** A body that waits in its middle, and says when it has come that far. */
function halting(...[begin, end]: readonly [string, string]) {
  const reached = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  let letGo = false
  async function* body() {
    try {
      yield Buffer.from(begin)
      reached.resolve()
      await go.promise
      yield Buffer.from(end)
    } finally {
      letGo = true
    }
  }
  return { body: body(), reached: reached.promise, go: go.resolve, isLetGo: () => letGo }
}

describe('store', () => {
  it('puts the bytes under a generated key and records what flowed', async () => {
    const { uploads, memory } = await house.uploads({ now: () => 1000 })
    const file = await uploads.store({ ...ORDER, region: 'eu-west-1' }, pieces('one ', '', 'two'))
    expect(file.place).toEqual({
      connection: 'up',
      container: 'main',
      key: expect.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{19}_cat\.png$/),
    })
    expect(file).toMatchObject({
      size: 7,
      mimetype: 'image/png',
      uploadedMs: 1000,
      location: 'S3',
      region: 'eu-west-1',
    })
    expect(file.digests).toEqual({
      md5: md5('one two'),
      sha256: createHash('sha256').update('one two').digest('hex'),
    })
    expect(memory.objects.get(file.place.key)).toMatchObject({ contentType: 'image/png' })
    expect(await uploads.find(file.handle)).toEqual(file)
    expect(await text(uploads.read(file))).toBe('one two')
  })

  it('is not found before it is whole', async () => {
    const { uploads, records } = await house.uploads()
    const { body, reached, go } = halting('one', 'two')
    const storing = uploads.store(ORDER, body)
    await reached
    await expect.poll(records.rows).toMatchObject([{ state: 'arriving' }])
    const [row] = await records.rows()
    expect(await uploads.find(row?.handle ?? '')).toBeUndefined()
    go()
    expect(await uploads.find((await storing).handle)).toMatchObject({ size: 6 })
  })

  it('makes a new handle for a key that is taken, and the older handle shows the new content', async () => {
    const { uploads, memory } = await house.uploads()
    const older = await uploads.store({ ...EXACT, mimetype: 'image/png' }, pieces('older'))
    const newer = await uploads.store(EXACT, pieces('newest'))
    expect(newer.handle).not.toBe(older.handle)
    expect([...memory.objects.keys()]).toEqual([AT])
    expect(await uploads.find(older.handle)).toMatchObject({
      ...{ size: 6, mimetype: 'text/plain', version: newer.version, digests: newer.digests },
    })
  })

  it.each<[string, { bounds?: SizeBounds; size?: number }, string, object]>([
    ['an empty body', {}, '', { code: 'bad-parameter', context: { parameter: 'body' } }],
    ['a body announced as empty', { size: 0 }, '12345', { code: 'bad-parameter', context: { parameter: 'body' } }],
    ['a body above the limit', {}, 'x'.repeat(101), { code: 'too-large', context: { limit: 100 } }],
    ['a body announced above the limit', { size: 101 }, '12345', { code: 'too-large', context: { limit: 100 } }],
    ['too many bytes', { bounds: { most: 4 } }, '12345', { code: 'too-large', context: { bound: 'most', limit: 4 } }],
    [
      'too few bytes',
      { bounds: { least: 6 } },
      '12345',
      { code: 'bad-parameter', context: { bound: 'least', limit: 6 } },
    ],
    [
      'too few announced',
      { bounds: { least: 6 }, size: 5 },
      '12345',
      { code: 'bad-parameter', context: { parameter: 'size' } },
    ],
    ['more than announced', { size: 4 }, '12345', { code: 'bad-parameter' }],
    ['less than announced', { size: 6 }, '12345', { code: 'bad-parameter' }],
  ])('refuses %s and leaves nothing', async (_name, order, body, fault) => {
    const { uploads, records, memory } = await house.uploads({
      limits: { uploadBytes: 100, sourceBytes: 100 },
    })
    await expect(
      uploads.store({ ...ORDER, ...order }, pieces(...body.slice(0, 2), body.slice(2))),
    ).rejects.toMatchObject(fault)
    expect(await records.rows()).toEqual([])
    expect(memory.objects.size).toBe(0)
  })

  it('takes what lies on the bounds', async () => {
    const { uploads } = await house.uploads({ limits: { uploadBytes: 5, sourceBytes: 100 } })
    expect(await uploads.store({ ...ORDER, bounds: { least: 5, most: 5 }, size: 5 }, pieces('12345'))).toMatchObject({
      size: 5,
    })
  })

  it('leaves nothing when the body breaks', async () => {
    const { uploads, records, memory } = await house.uploads()
    const broken = new Error('the connection broke')
    for (const order of [ORDER, EXACT]) await expect(uploads.store(order, breaking(broken))).rejects.toBe(broken)
    expect([memory.objects.size, await records.rows()]).toEqual([0, []])
  })

  it('leaves nothing when the sender goes', async () => {
    const { uploads, records, memory } = await house.uploads()
    const sender = new AbortController()
    const { body, reached, isLetGo, go } = halting('one', 'two')
    const storing = uploads.store(ORDER, body, sender.signal)
    await reached
    const reason = new Error('gone')
    sender.abort(reason)
    await expect(storing).rejects.toBe(reason)
    expect([memory.objects.size, await records.rows()]).toEqual([0, []])
    go()
    await expect.poll(isLetGo).toBe(true)
  })

  it('leaves nothing when the store refuses', async () => {
    const memory = createMemoryStore()
    const store = withChaos(memory, { fail: (method) => (method === 'put' ? new Fault('store-refused') : undefined) })
    const { uploads, records } = await house.uploads({ store })
    for (const order of [ORDER, EXACT]) {
      await expect(uploads.store(order, pieces('x'))).rejects.toMatchObject({ code: 'store-refused' })
    }
    expect(await records.rows()).toEqual([])
  })

  it('leaves it to the sweeper when nobody knows whether the object came', async () => {
    const memory = createMemoryStore()
    const { put } = memory
    const store = Object.assign(memory, {
      async put(...all: Parameters<MemoryStore['put']>) {
        await put(...all)
        throw new Fault('source-unreachable')
      },
    })
    const { uploads, records } = await house.uploads({ store })
    await expect(uploads.store(ORDER, pieces('x'))).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(await records.rows()).toMatchObject([{ state: 'arriving' }])
    records.clock.ms += 60_001
    await uploads.sweep()
    expect([memory.objects.size, await records.rows()]).toEqual([0, []])
  })

  it('gives up a body that falls silent', async () => {
    const { uploads, records } = await house.uploads({ silenceMs: 20 })
    await expect(uploads.store(ORDER, halting('one', 'two').body)).rejects.toMatchObject({ code: 'timed-out' })
    expect(await records.rows()).toEqual([])
  })

  it('refuses public access where the store takes no ACLs, before it touches the body', async () => {
    const { uploads, memory } = await house.uploads()
    const body = pieces('x')
    await expect(uploads.store({ ...ORDER, access: 'public' }, body)).rejects.toMatchObject({
      code: 'store-refused',
      context: { option: 'acl' },
    })
    expect((await body.next()).value).toEqual(Buffer.from('x'))
    expect(memory.calls.put).toBe(0)
  })

  it('ends what is under way when the server stops', async () => {
    const { uploads, records } = await house.uploads()
    const { body, reached } = halting('one', 'two')
    const storing = uploads.store(ORDER, body)
    const refused = expect(storing).rejects.toMatchObject({ code: 'overloaded' })
    await reached
    await uploads.close()
    await refused
    expect(await records.rows()).toEqual([])
  })
})

describe('how many bodies flow at once', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => n)

  it('is bounded for large ones, and those that wait are not read', async () => {
    const { store, open, most } = holding()
    const { uploads } = await house.uploads({ store })
    let read = 0
    async function* counted() {
      for await (const chunk of noise(200_000)) {
        read += chunk.length
        yield chunk
      }
    }
    const all = Promise.all(many(50).map(() => uploads.store(ORDER, counted())))
    await expect.poll(most).toBe(8)
    // Their first pieces at most.
    expect(read).toBeLessThan(8 * 200_000 + 50 * 65_536 + 1)
    open()
    expect(new Set((await all).map(({ handle }) => handle)).size).toBe(50)
    expect(most()).toBe(8)
  })

  it('lets small ones pass large ones', async () => {
    const { store, open, most } = holding((size) => size === undefined)
    const { uploads } = await house.uploads({ store })
    const large = Promise.all(many(9).map(() => uploads.store(ORDER, noise(200_000))))
    await expect.poll(most).toBe(8)
    expect(await uploads.store({ ...ORDER, size: 3 }, pieces('abc'))).toMatchObject({ size: 3 })
    open()
    expect(await large).toHaveLength(9)
  })
})

describe('overwrite', () => {
  it('changes content, size, digests, version and time, and nothing else', async () => {
    const { uploads, records, memory } = await house.uploads()
    const before = await uploads.store(ORDER, pieces('before'))
    records.clock.ms += 5000
    const after = await uploads.overwrite(before, {}, pieces('and after'))
    const { size, digests, version, uploadedMs, ...rest } = after
    expect({
      ...rest,
      size: 6,
      digests: before.digests,
      version: before.version,
      uploadedMs: uploadedMs - 5000,
    }).toEqual(before)
    expect({ size, digests }).toMatchObject({ size: 9, digests: { md5: md5('and after') } })
    expect(version).not.toBe(before.version)
    expect(memory.objects.get(before.place.key)).toMatchObject({ contentType: 'image/png' })
    expect(await uploads.find(before.handle)).toEqual(after)
    expect(await text(uploads.read(after))).toBe('and after')
  })

  it('changes the type when one is given', async () => {
    const { uploads, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    expect(await uploads.overwrite(file, { mimetype: 'text/csv' }, pieces('a,b'))).toMatchObject({
      mimetype: 'text/csv',
    })
    expect(memory.objects.get(file.place.key)).toMatchObject({ contentType: 'text/csv' })
  })

  it('leaves the old bytes and the old record when it fails', async () => {
    const { uploads } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    const broken = new Error('the connection broke')
    await expect(uploads.overwrite(file, {}, breaking(broken))).rejects.toBe(broken)
    await expect(uploads.overwrite(file, { bounds: { most: 3 } }, pieces('four'))).rejects.toMatchObject({
      code: 'too-large',
    })
    expect(await uploads.find(file.handle)).toEqual(file)
    expect(await text(uploads.read(file))).toBe('before')
  })

  it('is a conflict while the file is being overwritten, and the file stays readable', async () => {
    const { uploads } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    const { body, reached, go } = halting('one', 'two')
    const overwriting = uploads.overwrite(file, {}, body)
    await reached
    await expect(uploads.overwrite(file, {}, pieces('other'))).rejects.toMatchObject({ code: 'conflict' })
    await expect(uploads.remove(file)).rejects.toMatchObject({ code: 'conflict' })
    await expect(uploads.remove(file, { keepObject: true })).rejects.toMatchObject({ code: 'conflict' })
    expect(await text(uploads.read((await uploads.find(file.handle)) ?? file))).toBe('before')
    go()
    expect(await overwriting).toMatchObject({ size: 6 })
  })

  it('of a file that is gone is object-missing', async () => {
    const { uploads, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('before'))
    await uploads.remove(file)
    await expect(uploads.overwrite(file, {}, pieces('x'))).rejects.toMatchObject({ code: 'object-missing' })
    expect(memory.objects.size).toBe(0)
  })
})

describe('remove', () => {
  it('takes object and record, once', async () => {
    const { uploads, records, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('x'))
    await uploads.remove(file)
    expect([memory.objects.size, await records.rows()]).toEqual([0, []])
    expect(await uploads.find(file.handle)).toBeUndefined()
    await expect(uploads.remove(file)).rejects.toMatchObject({ code: 'object-missing' })
    await expect(uploads.read(file)).rejects.toMatchObject({ code: 'object-missing' })
  })

  it('leaves the object when asked to', async () => {
    const { uploads, records, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('x'))
    await uploads.remove(file, { keepObject: true })
    expect([memory.objects.size, await records.rows()]).toEqual([1, []])
    await expect(uploads.remove(file, { keepObject: true })).rejects.toMatchObject({ code: 'object-missing' })
  })

  it('leaves an object that another file shares, until the last one goes', async () => {
    const { uploads, memory } = await house.uploads()
    const [one, two] = [await uploads.store(EXACT, pieces('x')), await uploads.store(EXACT, pieces('y'))]
    await uploads.remove(one)
    expect(await text(uploads.read(two))).toBe('y')
    await uploads.remove(two)
    expect(memory.objects.size).toBe(0)
  })

  it('is told and undone when the store refuses it', async () => {
    const store = withChaos(createMemoryStore())
    const { uploads } = await house.uploads({ store })
    const file = await uploads.store(ORDER, pieces('x'))
    store.chaos.fail = new Fault('access-denied')
    await expect(uploads.remove(file)).rejects.toMatchObject({ code: 'access-denied' })
    store.chaos.fail = undefined
    expect(await text(uploads.read((await uploads.find(file.handle)) ?? { ...file, project: '' }))).toBe('x')
  })

  it('is carried out later when the store cannot be reached', async () => {
    const memory = createMemoryStore()
    const store = withChaos(memory)
    const { uploads, records } = await house.uploads({ store })
    const file = await uploads.store(ORDER, pieces('x'))
    store.chaos.fail = new Fault('source-unreachable')
    await expect(uploads.remove(file)).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(await uploads.find(file.handle)).toBeUndefined()
    records.clock.ms += 60_001
    await uploads.sweep()
    expect(await records.rows()).toHaveLength(1)
    store.chaos.fail = undefined
    records.clock.ms += 60_001
    await uploads.sweep()
    expect([memory.objects.size, await records.rows()]).toEqual([0, []])
  })
})

describe('a connection that is not what it was', () => {
  it.each([
    ['may not be written', { write: false }, 'read-only'],
    ['has another name', { alias: 'other' }, 'not-found'],
    ['has another bucket and reaches no others', { bucket: 'new', buckets: ['new'] }, 'access-denied'],
  ])('%s: the file stays', async (_name, connection, code) => {
    const { uploads, records, memory } = await house.uploads()
    const file = await uploads.store(ORDER, pieces('x'))
    const changed = await house.uploads({ records, store: memory, connection })
    await expect(changed.uploads.remove(file)).rejects.toMatchObject({ code })
    await expect(changed.uploads.overwrite(file, {}, pieces('y'))).rejects.toMatchObject({ code })
    expect(await text(uploads.read(file))).toBe('x')
  })

  it('may not be read', async () => {
    const { uploads } = await house.uploads({ connection: { read: false } })
    const file = await uploads.store(ORDER, pieces('x'))
    await expect(uploads.read(file)).rejects.toMatchObject({ code: 'access-denied' })
  })
})

async function* breaking(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun')
  throw error
}

/** A store whose writes wait until it is opened, and which says how many it had at once. */
function holding(held: (size: number | undefined) => boolean = () => true) {
  const memory = createMemoryStore()
  const { put } = memory
  const opened = Promise.withResolvers<void>()
  let now = 0
  let most = 0
  const store = Object.assign(memory, {
    async put(...[key, body, options]: Parameters<MemoryStore['put']>) {
      most = Math.max(most, ++now)
      if (held(options?.size)) await opened.promise
      const written = await put(key, body, options)
      now--
      return written
    },
  })
  return { store, open: opened.resolve, most: () => most }
}

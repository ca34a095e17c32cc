import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createGate } from '../../src/engine/gate.ts'
import { Fault } from '../../src/faults.ts'
import { bytesOf, textOf } from './bodies.ts'
import { latch } from './latch.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

describe('private pictures', () => {
  test.each([
    ['isprivatefile', 'true'],
    ['is-private-file', 'True'],
  ])('are refused before anything is answered (%s: %s)', async (name, value) => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', { bytes: Buffer.from('A'), metadata: { [name]: value } })
    await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'private' })
    await expect(delivery.deliver(ask('a.jpg', { plan: asIs }))).rejects.toMatchObject({ code: 'private' })
    expect(engine.calls.probe).toBe(0)
  })

  test('stay refused when a request that may see them has filled the cache, also after a restart', async () => {
    const { delivery, store, restart } = await createRoom()
    store.set('a.jpg', { bytes: Buffer.from('A'), metadata: { isprivatefile: 'true' } })
    expect((await delivery.deliver(ask('a.jpg', { seesPrivate: true }))).from).toBe('computed')
    expect(delivery.peek(ask('a.jpg'))).toBeUndefined()
    await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'private' })
    expect((await delivery.deliver(ask('a.jpg', { seesPrivate: true }))).from).toBe('memory')
    const again = await restart()
    await expect(again.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'private' })
    expect((await again.deliver(ask('a.jpg', { seesPrivate: true }))).from).toBe('disk')
  })

  test('are no layers either', async () => {
    const { delivery, store } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    store.set('logo', { bytes: Buffer.from('L'), metadata: { isprivatefile: 'true' } })
    const wish = ask('a.jpg', { plan: turned(1, picture('logo')) })
    await expect(delivery.deliver(wish)).rejects.toMatchObject({ code: 'private' })
    await delivery.deliver({ ...wish, seesPrivate: true })
    await expect(delivery.deliver(wish)).rejects.toMatchObject({ code: 'private' })
  })

  test('`false` marks nothing', async () => {
    const { delivery, store } = await createRoom()
    store.set('a.jpg', { bytes: Buffer.from('A'), metadata: { isprivatefile: 'false' } })
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('computed')
  })
})

describe('several candidates', () => {
  const two = { sources: [picture('a'), picture('b')] as const }

  test('the first that has the picture answers; a known absence is not asked for again at once', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('b', Buffer.from('B'))
    expect(await textOf(await delivery.deliver(ask('a', two)))).toBe('B|1||')
    expect(delivery.peek(ask('a', two))?.from).toBe('memory')
    expect(store.calls.get).toBe(2)
    store.set('a', Buffer.from('A'))
    clock.advance(2001)
    expect(await textOf(await delivery.deliver(ask('a', two)))).toBe('A|1||')
  })

  test('a failing store moves on; when no other has the picture its failure is reported, and no default is served', async () => {
    const { delivery, store } = await createRoom({ options: {} })
    const get = store.get.bind(store)
    store.get = (key, options) => (key.key === 'a' ? Promise.reject(new Fault('access-denied')) : get(key, options))
    store.set('default', Buffer.from('D'))
    await expect(delivery.deliver(ask('a', { ...two, instead: picture('default') }))).rejects.toMatchObject({
      code: 'access-denied',
    })
    store.set('c', Buffer.from('C'))
    expect(await textOf(await delivery.deliver(ask('a', { sources: [picture('a'), picture('c')] })))).toBe('C|1||')
  })

  test('a picture that cannot be decoded does not move on', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', Buffer.alloc(0))
    store.set('b', Buffer.from('B'))
    await expect(delivery.deliver(ask('a', two))).rejects.toMatchObject({ code: 'not-an-image' })
  })

  test('a missing layer is no missing picture', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', Buffer.from('A'))
    store.set('b', Buffer.from('B'))
    const wish = ask('a', { ...two, plan: turned(1, picture('logo')), instead: picture('b') })
    await expect(delivery.deliver(wish)).rejects.toMatchObject({ code: 'object-missing' })
  })

  test('an object that vanished since its record was written moves on', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', Buffer.alloc(30_000_000, 65))
    store.set('b', Buffer.from('B'))
    await delivery.deliver(ask('a', { ...two, plan: turned(1) }))
    await delivery.settled()
    await delivery.purge('demo', picture('a'))
    store.objects.delete('a')
    expect(await textOf(await delivery.deliver(ask('a', { ...two, plan: turned(2) })))).toBe('B|1||')
  })
})

describe('the default picture', () => {
  test('stands in when no source has the picture, with the same plan', async () => {
    const { delivery, store } = await createRoom()
    store.set('default', Buffer.from('D'))
    const wish = ask('a', { sources: [picture('a'), picture('b')], instead: picture('default'), plan: turned(1) })
    expect(await textOf(await delivery.deliver(wish))).toBe('D|1||')
    expect((await delivery.deliver(wish)).source.source).toEqual(picture('default'))
  })

  test('missing itself is a missing picture', async () => {
    const { delivery } = await createRoom()
    await expect(delivery.deliver(ask('a', { instead: picture('d') }))).rejects.toMatchObject({
      code: 'object-missing',
    })
  })
})

describe('limits', () => {
  test.each([
    ['said', undefined],
    ['not said', { size: undefined }],
  ])('a source above the limit is refused, its size %s', async (_name, said) => {
    const { delivery, store } = await createRoom({ limits: { sourceBytes: 100_000 } })
    store.set('a', { bytes: Buffer.alloc(100_001), ...said })
    await expect(delivery.deliver(ask('a'))).rejects.toMatchObject({ code: 'too-large' })
    expect(delivery.stats().memory.entries).toBe(0)
  })

  test('a smaller limit of the request holds, cached or not', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', Buffer.alloc(1000, 65))
    await delivery.deliver(ask('a'))
    await expect(delivery.deliver(ask('a', { limits: { sourceBytes: 999 } }))).rejects.toMatchObject({
      code: 'too-large',
    })
    expect((await delivery.deliver(ask('a', { limits: { sourceBytes: 1000 } }))).from).toBe('memory')
  })

  test('an object that ends before its announced size is no object', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', { bytes: Buffer.from('AAAA'), size: 10 })
    await expect(delivery.deliver(ask('a'))).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(delivery.stats().disk.entries).toBe(0)
  })

  test('a full fetch gate is said', async () => {
    const fetchGate = createGate({ slots: 1, queue: { length: 0, waitMs: 10 } })
    const { delivery, store } = await createRoom({ options: { fetchGate } })
    store.set('a', Buffer.from('A'))
    store.set('b', Buffer.from('B'))
    const gate = latch()
    store.hold = gate.wait
    const first = delivery.deliver(ask('a'))
    await store.reading(1)
    await expect(delivery.deliver(ask('b'))).rejects.toMatchObject({ code: 'overloaded' })
    gate.open()
    await first
  })
})

describe('content codings', () => {
  test('are undone before the picture is transformed', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', { bytes: gzipSync('A'), contentEncoding: 'gzip' })
    const answer = await delivery.deliver(ask('a'))
    expect([await textOf(answer), answer.contentEncoding]).toEqual(['A|1||', undefined])
  })

  test('stay undone when a transformation comes out as the source', async () => {
    const { delivery, store, engine, restart } = await createRoom()
    store.set('a', { bytes: gzipSync('A'), contentEncoding: 'gzip' })
    engine.answer = 'untouched'
    expect(await textOf(await delivery.deliver(ask('a')))).toBe('A')
    const answer = await (await restart()).deliver(ask('a'))
    expect([await textOf(answer), answer.contentEncoding, answer.from]).toEqual(['A', undefined, 'disk'])
  })

  test('that blow up are refused at the limit', async () => {
    const { delivery, store } = await createRoom({ limits: { sourceBytes: 1_000_000 } })
    store.set('a', { bytes: gzipSync(Buffer.alloc(50_000_000)), contentEncoding: 'gzip' })
    await expect(delivery.deliver(ask('a'))).rejects.toMatchObject({ code: 'too-large' })
  })

  test('that are damaged are a damaged picture', async () => {
    const { delivery, store } = await createRoom()
    store.set('a', { bytes: Buffer.from('no gzip'), contentEncoding: 'gzip' })
    await expect(delivery.deliver(ask('a'))).rejects.toMatchObject({ code: 'image-corrupt' })
    expect((await bytesOf(await delivery.deliver(ask('a', { plan: asIs })))).length).toBe(7)
  })
})

describe('time', () => {
  test('who waited too long is told so; the work goes on and serves the next', async () => {
    const { delivery, store, engine, clock } = await createRoom({ limits: { requestTimeoutSeconds: 5 } })
    store.set('a', Buffer.from('A'))
    const gate = latch()
    engine.hold = gate.wait
    const leaving = new AbortController()
    const slow = delivery.deliver(ask('a'), leaving.signal)
    await engine.rendering(1)
    clock.advance(5001)
    await expect(slow).rejects.toMatchObject({ code: 'timed-out' })
    leaving.abort(new Error('answered, connection closed'))
    gate.open()
    await delivery.settled()
    expect((await delivery.deliver(ask('a'))).from).toBe('memory')
    expect(engine.calls.render).toBe(1)
  })

  test('a store that never answers does not hold its place for ever', async () => {
    const { delivery, store, clock } = await createRoom({ limits: { requestTimeoutSeconds: 5 } })
    store.hold = latch().wait
    const slow = delivery.deliver(ask('a'))
    await store.reading(1)
    clock.advance(5001)
    // It is the source that was too slow, not the work.
    await expect(slow).rejects.toMatchObject({ code: 'source-timeout' })
    clock.advance(5001)
    await delivery.settled()
    expect(delivery.stats().running).toBe(0)
  })

  test('closing waits for work in flight', async () => {
    const { delivery, store, engine, restart } = await createRoom()
    store.set('a', Buffer.from('A'))
    const gate = latch()
    engine.hold = gate.wait
    const work = delivery.deliver(ask('a'))
    await engine.rendering(1)
    const closing = restart()
    gate.open()
    expect((await (await closing).deliver(ask('a'))).from).toBe('disk')
    await work
  })
})

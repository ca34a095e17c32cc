import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { textOf } from './bodies.ts'
import { latch } from './latch.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

const LATER = 301_000
const url = 'http://i.example.com/a.jpg'
const web = { kind: 'url', url } as const

describe('a record that is due', () => {
  test('is believed until then', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    clock.advance(299_000)
    await delivery.deliver(ask('a.jpg'))
    expect(store.calls).toMatchObject({ get: 1, head: 0 })
  })

  test('serves the cached answer at once and is checked behind it, one check at a time', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    const gate = latch()
    store.hold = gate.wait
    clock.advance(LATER)
    for (let at = 0; at < 3; at += 1) expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
    gate.open()
    await delivery.settled()
    expect(store.calls).toMatchObject({ get: 1, head: 1 })
    await delivery.deliver(ask('a.jpg'))
    expect(store.calls).toMatchObject({ get: 1, head: 1 })
  })

  test('of a URL is checked by If-None-Match', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set(url, Buffer.from('A'))
    await delivery.deliver(ask(web))
    clock.advance(LATER)
    await delivery.deliver(ask(web))
    await delivery.settled()
    expect(store.calls).toMatchObject({ get: 2, unchanged: 1, head: 0 })
  })

  test('of a web connection whose server refuses HEAD is checked by If-None-Match', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    store.head = () => Promise.reject(new Fault('source-refused'))
    await delivery.deliver(ask('a.jpg'))
    clock.advance(LATER)
    await delivery.deliver(ask('a.jpg'))
    await delivery.settled()
    expect(store.calls.unchanged).toBe(1)
  })

  test('is due at once when sources are not believed at all: the check comes before the answer', async () => {
    const { delivery, store } = await createRoom({ cache: { revalidateSeconds: 0 } })
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    store.set('a.jpg', Buffer.from('B'))
    expect(await textOf(await delivery.deliver(ask('a.jpg')))).toBe('B|1||')
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
    store.failure = new Fault('source-unreachable')
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
  })

  test('of a source without any version is checked by reading it again', async () => {
    const { delivery, store, clock, engine } = await createRoom()
    store.set(url, { bytes: Buffer.from('A'), etag: undefined })
    await delivery.deliver(ask(web))
    for (const [text, renders] of [
      ['A', 1],
      ['B', 2],
    ] as const) {
      store.set(url, { bytes: Buffer.from(text), etag: undefined })
      clock.advance(LATER)
      await delivery.deliver(ask(web))
      await delivery.settled()
      expect(await textOf(await delivery.deliver(ask(web)))).toBe(`${text}|1||`)
      expect(engine.calls.render).toBe(renders)
    }
  })

  test.each([
    ['object', picture('a.jpg'), 'a.jpg'],
    ['url', web, url],
  ] as const)('whose %s has changed gives the old answer once, then the new one', async (_kind, ref, key) => {
    const { delivery, store, clock } = await createRoom()
    store.set(key, Buffer.from('A'))
    await delivery.deliver(ask(ref))
    store.set(key, Buffer.from('B'))
    clock.advance(LATER)
    expect(await textOf(await delivery.deliver(ask(ref)))).toBe('A|1||')
    await delivery.settled()
    expect(await textOf(await delivery.deliver(ask(ref)))).toBe('B|1||')
  })

  test('is checked first when a new variant must be computed', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg', { plan: turned(1) }))
    store.set('a.jpg', Buffer.from('B'))
    clock.advance(LATER)
    expect(await textOf(await delivery.deliver(ask('a.jpg', { plan: turned(2) })))).toBe('B|1||')
  })

  test('keeps its facts when the source has not changed', async () => {
    const { delivery, store, clock, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg', { plan: turned(1) }))
    clock.advance(LATER)
    await delivery.deliver(ask('a.jpg', { plan: turned(2) }))
    await delivery.deliver(ask('a.jpg', { plan: turned(3) }))
    expect(engine.calls.probe).toBe(1)
  })
})

describe('while the store is down', () => {
  test('what is cached is served, also new variants of a cached original', async () => {
    const { delivery, store, clock } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    store.failure = new Fault('source-unreachable')
    clock.advance(LATER)
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
    await delivery.settled()
    expect(await textOf(await delivery.deliver(ask('a.jpg', { plan: turned(2) })))).toBe('A|1||')
    // The failed check is not repeated with every request.
    expect(store.calls.head).toBe(1)
    clock.advance(11_000)
    await delivery.deliver(ask('a.jpg'))
    await delivery.settled()
    expect(store.calls.head).toBe(2)
  })

  test('but not for ever', async () => {
    const { delivery, store, clock } = await createRoom({ cache: { servableSeconds: 3600 } })
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    store.failure = new Fault('source-unreachable')
    clock.advance(3_601_000)
    await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'source-unreachable' })
    store.failure = undefined
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
  })
})

describe('an object that is gone', () => {
  test.each(['object-missing', 'access-denied'] as const)(
    '(%s) is not served any more once that is known',
    async (code) => {
      const { delivery, store, clock } = await createRoom()
      store.set('a.jpg', Buffer.from('A'))
      await delivery.deliver(ask('a.jpg'))
      await delivery.deliver(ask('a.jpg', { plan: asIs }))
      store.failure = new Fault(code)
      clock.advance(LATER)
      expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
      await delivery.settled()
      await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code })
      await expect(delivery.deliver(ask('a.jpg', { plan: asIs }))).rejects.toMatchObject({ code })
      expect(delivery.stats().disk.entries).toBe(0)
    },
  )

  test('spares the store for two seconds and is then asked for again', async () => {
    const { delivery, store, clock } = await createRoom()
    for (let at = 0; at < 3; at += 1) {
      await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'object-missing' })
    }
    expect(store.calls.get).toBe(1)
    store.set('a.jpg', Buffer.from('A'))
    clock.advance(2001)
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('computed')
  })
})

test('an object that was marked private without a change of its bytes is refused after the check', async () => {
  const { delivery, store, clock } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  await delivery.deliver(ask('a.jpg'))
  store.set('a.jpg', { bytes: Buffer.from('A'), metadata: { isprivatefile: 'true' } })
  clock.advance(LATER)
  await delivery.deliver(ask('a.jpg'))
  await delivery.settled()
  await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'private' })
})

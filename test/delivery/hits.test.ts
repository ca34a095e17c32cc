import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { textOf } from './bodies.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

describe('the first and the second request', () => {
  test('the first is computed, the second comes from memory without store or engine', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    const first = await delivery.deliver(ask('a.jpg'))
    const second = await delivery.deliver(ask('a.jpg'))
    expect([first.from, second.from]).toEqual(['computed', 'memory'])
    expect(await textOf(second)).toBe('A|1||')
    expect(second.etag).toBe(first.etag)
    expect(store.calls).toMatchObject({ get: 1, head: 0 })
    expect(engine.calls.render).toBe(1)
  })

  test('peek answers what memory holds without a promise, and nothing else', async () => {
    const { delivery, store } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    expect(delivery.peek(ask('a.jpg'))).toBeUndefined()
    const first = await delivery.deliver(ask('a.jpg'))
    expect(delivery.peek(ask('a.jpg'))?.etag).toBe(first.etag)
    expect(delivery.peek(ask('a.jpg', { plan: turned(91) }))).toBeUndefined()
  })

  test('several sizes of one picture cost one read of the source', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    for (const degrees of [1, 2, 3]) await delivery.deliver(ask('a.jpg', { plan: turned(degrees) }))
    expect(store.calls.get).toBe(1)
    expect(engine.calls).toMatchObject({ probe: 1, render: 3 })
  })

  test('the offer is part of the key as far as the plan can choose from it', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg', { offer: ['webp'] }))
    const both = await delivery.deliver(ask('a.jpg', { offer: ['avif', 'webp'] }))
    expect([both.from, both.contentType]).toEqual(['memory', 'image/webp'])
    await delivery.deliver(ask('a.jpg', { offer: ['avif'] }))
    expect(engine.calls.render).toBe(2)
  })

  test('projects do not share entries', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg'))
    await delivery.deliver(ask('a.jpg', { project: 'other' }))
    expect([store.calls.get, engine.calls.render]).toEqual([2, 2])
  })

  test('after a restart neither store nor engine are asked', async () => {
    const { delivery, store, engine, restart } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    const first = await delivery.deliver(ask('a.jpg'))
    const again = await restart()
    store.failure = new Fault('source-unreachable')
    const second = await again.deliver(ask('a.jpg'))
    expect([second.from, second.etag, await textOf(second)]).toEqual(['disk', first.etag, 'A|1||'])
    expect(second.picture).toEqual(first.picture)
    expect((await again.deliver(ask('a.jpg'))).from).toBe('memory')
    expect(engine.calls.render).toBe(1)
  })

  test('"recompute" looks into no cache but fills it; "none" does neither', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('a.jpg', Buffer.from('A'))
    await delivery.deliver(ask('a.jpg', { caching: 'none' }))
    expect(delivery.stats().memory.entries).toBe(0)
    await delivery.deliver(ask('a.jpg', { caching: 'recompute' }))
    await delivery.deliver(ask('a.jpg', { caching: 'recompute' }))
    expect([store.calls.get, engine.calls.render]).toEqual([3, 3])
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
  })
})

describe('untouched bytes', () => {
  test('go out byte for byte with the type and coding that the source says', async () => {
    const { delivery, store, engine } = await createRoom()
    store.set('page', { bytes: Buffer.from('not gzip at all'), contentType: 'text/html', contentEncoding: 'gzip' })
    const first = await delivery.deliver(ask('page', { plan: asIs }))
    expect(await textOf(first)).toBe('not gzip at all')
    expect(first).toMatchObject({ contentType: 'text/html', contentEncoding: 'gzip', from: 'computed' })
    expect(first.picture).toBeUndefined()
    expect((await delivery.deliver(ask('page', { plan: asIs }))).from).toBe('memory')
    expect(engine.calls.probe).toBe(0)
  })

  test('without a type of the source the bytes decide', async () => {
    const { delivery, store } = await createRoom()
    store.set('x', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;'))
    store.set('y', Buffer.from('something else'))
    expect((await delivery.deliver(ask('x', { plan: asIs }))).contentType).toBe('image/gif')
    expect((await delivery.deliver(ask('y', { plan: asIs }))).contentType).toBe('application/octet-stream')
  })

  test('a plan that comes out as "the source" is remembered, its bytes stand once on disk', async () => {
    const { delivery, store, engine, restart } = await createRoom()
    store.set('a.jpg', { bytes: Buffer.alloc(400_000, 1), contentType: 'application/octet-stream' })
    engine.answer = 'untouched'
    const first = await delivery.deliver(ask('a.jpg'))
    expect([first.size, first.contentType]).toEqual([400_000, 'image/jpeg'])
    expect((await delivery.deliver(ask('a.jpg'))).from).toBe('memory')
    const again = await restart()
    const second = await again.deliver(ask('a.jpg'))
    expect(second).toMatchObject({ from: 'disk', size: 400_000, contentType: 'image/jpeg', etag: first.etag })
    expect(again.stats().disk.bytes).toBeLessThan(450_000)
    expect([engine.calls.render, store.calls.get]).toEqual([1, 1])
  })
})

test('a source with headers of the caller is read for each request alone and leaves nothing behind', async () => {
  const { delivery, store } = await createRoom()
  const url = 'http://i.example.com/a.jpg'
  store.set(url, Buffer.from('A'))
  const mine = ask({ kind: 'url', url, headers: { authorization: 'Bearer x' } })
  await Promise.all([delivery.deliver(mine), delivery.deliver(mine)])
  expect(store.calls.get).toBe(2)
  expect(store.headers).toEqual({ authorization: 'Bearer x' })
  expect(delivery.stats()).toMatchObject({ memory: { entries: 0 }, disk: { entries: 0 } })
})

test('what a connection meant before it was edited is not served', async () => {
  let revision = 1
  const { delivery, store } = await createRoom({ options: { identity: () => `bucket@${revision}` } })
  store.set('a.jpg', { bytes: Buffer.from('A'), etag: '"1"' })
  await delivery.deliver(ask('a.jpg'))
  revision = 2
  store.set('a.jpg', { bytes: Buffer.from('B'), etag: '"1"' })
  expect(await textOf(await delivery.deliver(ask('a.jpg')))).toBe('B|1||')
})

test('a web source is asked with the normalised headers of its ref, and each pair is cached by itself', async () => {
  const { delivery, store } = await createRoom()
  const url = 'http://i.example.com/a'
  store.set(url, Buffer.from('A'))
  const withAsk = (accept: string) => ask({ kind: 'url', url, ask: { accept, encoding: 'gzip' } }, { plan: asIs })
  await delivery.deliver(withAsk('image/webp'))
  expect(store.headers).toEqual({ accept: 'image/webp', 'accept-encoding': 'gzip' })
  await delivery.deliver(withAsk('image/avif'))
  await delivery.deliver(withAsk('image/webp'))
  expect(store.calls.get).toBe(2)
})

test('further sources are part of the key at their version', async () => {
  const { delivery, store, clock } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  store.set('logo', Buffer.from('L1'))
  const wish = ask('a.jpg', { plan: turned(90, picture('logo')) })
  expect(await textOf(await delivery.deliver(wish))).toBe('A|2||L1')
  store.set('logo', Buffer.from('L2'))
  clock.advance(301_000)
  await delivery.deliver(wish)
  await delivery.settled()
  expect(await textOf(await delivery.deliver(wish))).toBe('A|2||L2')
})

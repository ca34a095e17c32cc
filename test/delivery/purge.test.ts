import { expect, test } from 'vitest'
import { textOf } from './bodies.ts'
import { latch } from './latch.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

test('a purge drops every variant, the original and the record', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  store.set('b.jpg', Buffer.from('B'))
  for (const plan of [turned(1), turned(2), asIs]) await delivery.deliver(ask('a.jpg', { plan }))
  await delivery.deliver(ask('b.jpg'))
  expect(await delivery.purge('demo', picture('a.jpg'))).toBe(4)
  store.set('a.jpg', Buffer.from('new'))
  expect(await textOf(await delivery.deliver(ask('a.jpg', { plan: turned(1) })))).toBe('new|1||')
  expect((await delivery.deliver(ask('b.jpg'))).from).toBe('memory')
  expect(engine.calls.render).toBe(4)
})

test('nothing cached is no error', async () => {
  const { delivery } = await createRoom()
  expect(await delivery.purge('demo', picture('never.jpg'))).toBe(0)
})

test('it reaches what an earlier run left on disk', async () => {
  const { delivery, store, restart, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  store.set('logo', Buffer.from('L'))
  await delivery.deliver(ask('a.jpg', { plan: turned(1) }))
  await delivery.deliver(ask('a.jpg', { plan: turned(2, picture('logo')) }))
  const again = await restart()
  // Record, original and the picture that uses it; the other record, original and picture stay.
  expect(await again.purge('demo', picture('logo'))).toBe(3)
  expect((await again.deliver(ask('a.jpg', { plan: turned(1) }))).from).toBe('disk')
  expect((await again.deliver(ask('a.jpg', { plan: turned(2, picture('logo')) }))).from).toBe('computed')
  expect(await again.purge('demo', picture('a.jpg'))).toBe(4)
  expect(engine.calls.render).toBe(3)
})

test('what used the source as a layer goes too', async () => {
  const { delivery, store } = await createRoom()
  for (const key of ['a', 'b', 'logo']) store.set(key, Buffer.from(key))
  const layered = ask('a', { plan: turned(1, picture('logo')) })
  await delivery.deliver(layered)
  await delivery.deliver(ask('b'))
  await delivery.purge('demo', picture('logo'))
  expect((await delivery.deliver(layered)).from).toBe('computed')
  expect((await delivery.deliver(ask('b'))).from).toBe('memory')
})

test('every variety that a web source was asked for goes with it', async () => {
  const { delivery, store } = await createRoom()
  const url = 'http://i.example.com/a'
  store.set(url, Buffer.from('A'))
  const ref = (accept: string) => ({ kind: 'url', url, ask: { accept, encoding: 'gzip' } }) as const
  for (const accept of ['image/webp', '']) await delivery.deliver(ask(ref(accept), { plan: asIs }))
  await delivery.purge('demo', { kind: 'url', url })
  store.set(url, Buffer.from('B'))
  expect(await textOf(await delivery.deliver(ask(ref(''), { plan: asIs })))).toBe('B')
})

test('a source whose name begins alike, and the same one of another project, stay', async () => {
  const { delivery, store } = await createRoom()
  store.set('a', Buffer.from('A'))
  store.set('ab', Buffer.from('AB'))
  await delivery.deliver(ask('ab'))
  await delivery.deliver(ask('a', { project: 'demo2' }))
  await delivery.purge('demo', picture('a'))
  expect((await delivery.deliver(ask('ab'))).from).toBe('memory')
  expect((await delivery.deliver(ask('a', { project: 'demo2' }))).from).toBe('memory')
})

test('work that began before the purge is answered but not stored', async () => {
  const { delivery, store, engine, restart } = await createRoom()
  store.set('a.jpg', { bytes: Buffer.from('old'), etag: '"1"' })
  const gate = latch()
  engine.hold = gate.wait
  const early = delivery.deliver(ask('a.jpg'))
  await engine.rendering(1)
  await delivery.purge('demo', picture('a.jpg'))
  store.set('a.jpg', { bytes: Buffer.from('new'), etag: '"1"' })
  const late = delivery.deliver(ask('a.jpg'))
  gate.open()
  expect(await textOf(await early)).toBe('old|1||')
  expect(await textOf(await late)).toBe('new|1||')
  expect(await textOf(await delivery.deliver(ask('a.jpg')))).toBe('new|1||')
  expect(await textOf(await (await restart()).deliver(ask('a.jpg')))).toBe('new|1||')
})

test('a read that began before the purge is not stored', async () => {
  const { delivery, store } = await createRoom()
  store.set('a.jpg', { bytes: Buffer.from('old'), etag: '"1"' })
  const gate = latch()
  store.hold = gate.wait
  const early = delivery.deliver(ask('a.jpg'))
  await delivery.purge('demo', picture('a.jpg'))
  gate.open()
  await early
  store.set('a.jpg', { bytes: Buffer.from('new'), etag: '"1"' })
  expect(await textOf(await delivery.deliver(ask('a.jpg')))).toBe('new|1||')
})

test('a purge forgets that the object was missing', async () => {
  const { delivery, store } = await createRoom()
  await expect(delivery.deliver(ask('a.jpg'))).rejects.toMatchObject({ code: 'object-missing' })
  store.set('a.jpg', Buffer.from('A'))
  await delivery.purge('demo', picture('a.jpg'))
  expect((await delivery.deliver(ask('a.jpg'))).from).toBe('computed')
})

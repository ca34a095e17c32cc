import { expect, test } from 'vitest'
import { textOf } from './bodies.ts'
import { latch } from './latch.ts'
import { ask, createRoom, picture, turned } from './room.ts'

test('the same request twice at once is one read and one computation', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  const both = await Promise.all([1, 2, 3].map(() => delivery.deliver(ask('a.jpg'))))
  expect(new Set(both.map(({ etag }) => etag)).size).toBe(1)
  expect([store.calls.get, engine.calls.render]).toEqual([1, 1])
})

test('different sizes of one source at once are one read', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  await Promise.all([1, 2, 3, 4].map((degrees) => delivery.deliver(ask('a.jpg', { plan: turned(degrees) }))))
  expect([store.calls.get, engine.calls.render]).toEqual([1, 4])
})

test('also when the record is known but the bytes were not kept', async () => {
  const { delivery, store } = await createRoom({ cache: { diskBytes: 0, memoryBytes: 400_000 } })
  store.set('a.jpg', Buffer.alloc(200_000, 65))
  await delivery.deliver(ask('a.jpg'))
  await Promise.all([1, 2, 3].map((degrees) => delivery.deliver(ask('a.jpg', { plan: turned(degrees) }))))
  expect(store.calls.get).toBe(2)
})

test('a caller who leaves gets his own reason at once and takes nothing from the others', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  const gate = latch()
  engine.hold = gate.wait
  const leaving = new AbortController()
  const first = delivery.deliver(ask('a.jpg'), leaving.signal)
  const second = delivery.deliver(ask('a.jpg'))
  await engine.rendering(1)
  leaving.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  gate.open()
  expect(await textOf(await second)).toBe('A|1||')
  expect(engine.calls.render).toBe(1)
})

test('work that all callers left before it began is dropped', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  const gate = latch()
  store.hold = gate.wait
  const leaving = new AbortController()
  const both = [1, 2].map(() => delivery.deliver(ask('a.jpg'), leaving.signal))
  leaving.abort(new Error('gone'))
  for (const one of both) await expect(one).rejects.toThrow('gone')
  gate.open()
  await delivery.settled()
  expect(engine.calls).toMatchObject({ probe: 0, render: 0 })
  expect((await delivery.deliver(ask('a.jpg'))).from).toBe('computed')
})

test('who joins work that is just being dropped gets an answer all the same', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  const gate = latch()
  store.hold = gate.wait
  const leaving = new AbortController()
  const first = delivery.deliver(ask('a.jpg'), leaving.signal)
  leaving.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  const second = delivery.deliver(ask('a.jpg'))
  gate.open()
  expect(await textOf(await second)).toBe('A|1||')
  expect([store.calls.get, engine.calls.render]).toEqual([1, 1])
})

test('a caller who left already starts nothing', async () => {
  const { delivery, store } = await createRoom()
  await expect(delivery.deliver(ask('a.jpg'), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  expect(store.calls.get).toBe(0)
})

test('a failure reaches all who waited and is not kept', async () => {
  const { delivery, store, engine } = await createRoom()
  store.set('a.jpg', Buffer.from('A'))
  engine.failure = new Error('broken')
  const both = [1, 2].map(() => delivery.deliver(ask('a.jpg')))
  for (const one of both) await expect(one).rejects.toThrow('broken')
  engine.failure = undefined
  expect((await delivery.deliver(ask('a.jpg'))).from).toBe('computed')
  expect(engine.calls.render).toBe(2)
})

test('a layer that many pictures use at once is read once', async () => {
  const { delivery, store } = await createRoom()
  for (const key of ['a', 'b', 'c', 'logo']) store.set(key, Buffer.from(key))
  const plan = turned(90, picture('logo'))
  const answers = await Promise.all(['a', 'b', 'c'].map((key) => delivery.deliver(ask(key, { plan }))))
  expect(await Promise.all(answers.map(textOf))).toEqual(['a|2||logo', 'b|2||logo', 'c|2||logo'])
  expect(store.calls.get).toBe(4)
})

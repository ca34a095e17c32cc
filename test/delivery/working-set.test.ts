import { describe, expect, test } from 'vitest'
import { createWorkingSet } from '../../src/delivery/working-set.ts'
import { latch } from './latch.ts'
import { ask, createRoom, createTestClock } from './room.ts'

describe('room for work under way', () => {
  test('is given first come, first served, and never beyond the limit', async () => {
    const room = createWorkingSet(100, createTestClock())
    const first = await room.take(60)
    const order: string[] = []
    const large = room.take(50).then((lease) => {
      order.push('large')
      return lease
    })
    const small = room.take(10).then((lease) => {
      order.push('small')
      return lease
    })
    expect(room.used).toBe(60)
    first.release()
    const leases = await Promise.all([large, small])
    expect([order, room.used]).toEqual([['large', 'small'], 60])
    for (const lease of leases) lease.release()
    expect(room.used).toBe(0)
  })

  test('is kept as long as anybody holds it', async () => {
    const room = createWorkingSet(100, createTestClock())
    const lease = await room.take(60)
    lease.retain()
    lease.release()
    expect(room.used).toBe(60)
    lease.release()
    expect(room.used).toBe(0)
  })

  test('more than all of it is all of it', async () => {
    const room = createWorkingSet(100, createTestClock())
    const lease = await room.take(1000)
    expect(room.used).toBe(100)
    lease.release()
  })

  test('that does not come in time is an overload; who waits behind moves up', async () => {
    const clock = createTestClock()
    const room = createWorkingSet(100, clock)
    await room.take(60)
    const large = room.take(50)
    clock.advance(10_000)
    const small = room.take(30)
    clock.advance(5001)
    await expect(large).rejects.toMatchObject({ code: 'overloaded' })
    await small
    expect(room.used).toBe(90)
  })
})

test('large pictures at once wait for each other instead of filling memory', async () => {
  const { delivery, store, engine } = await createRoom({ limits: { workingBytes: 250_000 }, cache: { memoryBytes: 0 } })
  for (const key of ['a', 'b', 'c', 'd']) store.set(key, Buffer.alloc(100_000, key))
  const gate = latch()
  engine.hold = gate.wait
  const all = ['a', 'b', 'c', 'd'].map((key) => delivery.deliver(ask(key)))
  await engine.rendering(2)
  expect(delivery.stats().working).toBe(200_000)
  gate.open()
  expect((await Promise.all(all)).map(({ from }) => from)).toEqual(Array(4).fill('computed'))
  await delivery.settled()
  expect(delivery.stats().working).toBe(0)
})

test('several sizes of one picture share its room', async () => {
  const { delivery, store, engine } = await createRoom({ limits: { workingBytes: 250_000 } })
  store.set('a', Buffer.alloc(100_000, 65))
  const gate = latch()
  engine.hold = gate.wait
  const all = [ask('a', { offer: ['webp'] }), ask('a')].map((one) => delivery.deliver(one))
  await engine.rendering(2)
  expect(delivery.stats().working).toBe(100_000)
  gate.open()
  await Promise.all(all)
})

test('a failed read gives its room back', async () => {
  const { delivery, store } = await createRoom()
  store.set('a', { bytes: Buffer.from('AAAA'), size: 10 })
  await expect(delivery.deliver(ask('a'))).rejects.toThrow()
  expect(delivery.stats().working).toBe(0)
})

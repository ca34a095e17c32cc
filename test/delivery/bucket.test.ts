import { expect, test } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { createMemoryStore } from '../support/memory-store.ts'
import { textOf } from './bodies.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

/** A node with a memory of its own and the shared bucket, without a disk. */
async function createNode(results = createMemoryStore()) {
  const cache = { diskBytes: 0, bucket: { store: results, prefix: 'cache/' } }
  return { results, ...(await createRoom({ cache })) }
}

test('what one node has computed another takes from the bucket, without store or engine', async () => {
  const one = await createNode()
  one.store.set('a', Buffer.from('A'))
  const first = await one.delivery.deliver(ask('a'))
  await one.delivery.settled()
  expect([...one.results.objects.keys()].every((key) => key.startsWith('cache/'))).toBe(true)
  const other = await createNode(one.results)
  const second = await other.delivery.deliver(ask('a'))
  expect([second.from, second.etag, await textOf(second)]).toEqual(['bucket', first.etag, 'A|1||'])
  expect([other.store.calls.get, other.engine.calls.render]).toEqual([0, 0])
  expect((await other.delivery.deliver(ask('a'))).from).toBe('memory')
})

test('what the bucket had is written to the disk on the way', async () => {
  const one = await createNode()
  one.store.set('a', Buffer.from('A'))
  await one.delivery.deliver(ask('a'))
  await one.delivery.settled()
  const other = await createRoom({ cache: { bucket: { store: one.results, prefix: 'cache/' } } })
  expect((await other.delivery.deliver(ask('a'))).from).toBe('bucket')
  const again = await other.restart({ cache: { memoryBytes: 0, bucket: { store: createMemoryStore(), prefix: '' } } })
  expect((await again.deliver(ask('a'))).from).toBe('disk')
})

test('a purge empties it, layers included', async () => {
  const { delivery, store, results } = await createNode()
  for (const key of ['a', 'b', 'logo']) store.set(key, Buffer.from(key))
  await delivery.deliver(ask('a', { plan: turned(1, picture('logo')) }))
  await delivery.deliver(ask('b', { plan: asIs }))
  await delivery.settled()
  const before = results.objects.size
  // Record, original and the picture that uses it; the mark is no entry of its own.
  expect(await delivery.purge('demo', picture('logo'))).toBe(3)
  expect(results.objects.size).toBe(before - 4)
  await delivery.purge('demo', picture('a'))
  await delivery.purge('demo', picture('b'))
  expect(results.objects.size).toBe(0)
})

test('a damaged entry is a miss and goes', async () => {
  const one = await createNode()
  one.store.set('a', Buffer.from('A'))
  await one.delivery.deliver(ask('a'))
  await one.delivery.settled()
  for (const [key, { bytes }] of one.results.objects) {
    if (bytes.includes('A|1||')) one.results.set(key, bytes.subarray(0, -1))
  }
  const other = await createNode(one.results)
  other.store.set('a', Buffer.from('A'))
  expect(await textOf(await other.delivery.deliver(ask('a')))).toBe('A|1||')
  expect(other.engine.calls.render).toBe(1)
})

test('a bucket that fails is said once, left alone for a while, and costs no answer', async () => {
  const { delivery, store, results, warnings, clock } = await createNode()
  store.set('a', Buffer.from('A'))
  results.failure = new Fault('source-unreachable')
  for (const degrees of [1, 2, 3]) await delivery.deliver(ask('a', { plan: turned(degrees) }))
  await delivery.settled()
  expect(warnings).toHaveLength(1)
  expect(results.calls.get).toBe(1)
  results.failure = undefined
  clock.advance(31_000)
  await delivery.deliver(ask('a', { plan: turned(4) }))
  await delivery.settled()
  expect(results.objects.size).toBeGreaterThan(0)
})

test('a purge that the bucket refuses is not called done', async () => {
  const { delivery, store, results } = await createNode()
  store.set('a', Buffer.from('A'))
  await delivery.deliver(ask('a'))
  await delivery.settled()
  results.failure = new Fault('access-denied')
  await expect(delivery.purge('demo', picture('a'))).rejects.toMatchObject({ code: 'access-denied' })
})

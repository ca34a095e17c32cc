import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/faults.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import { withChaos } from '../support/chaos.ts'
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts'
import { agreement } from './agreement.ts'
import { createHouse, noise, ORDER, openUploads, pieces, type Records } from './house.ts'
import { mortal } from './mortal.ts'

const LEASE_MS = 60_000
const EXACT = { ...ORDER, path: 'a.txt', mimetype: 'text/plain' }
const HOUR_MS = 3_600_000
const house = createHouse()

/** A body that waits in its middle. */
function halting() {
  const reached = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  async function* body() {
    yield Buffer.from('one ')
    reached.resolve()
    await go.promise
    yield Buffer.from('two')
  }
  return { body: body(), reached: reached.promise, go: go.resolve }
}

async function agreed(store: MemoryStore, records: Records) {
  const { problems, contents, handles } = await agreement(store, records, 'p')
  expect(problems).toEqual([])
  return { contents, handles }
}

/** Somebody who is slower than its lease, and somebody who takes it for dead. */
async function slow(store: MemoryStore = createMemoryStore()) {
  const records = await house.records()
  const options = { connection: { prefix: 'p' }, store, records, sweepMs: HOUR_MS, leaseMs: LEASE_MS }
  const sleeper = await house.uploads(options)
  const other = await house.uploads(options)
  const oversleep = async () => {
    records.clock.ms += LEASE_MS + 1
    await other.uploads.sweep()
  }
  return { sleeper: sleeper.uploads, other: other.uploads, records, store, oversleep }
}

describe('whoever oversleeps its lease', () => {
  it.each([
    ['a store', ORDER],
    ['a store under an exact key', EXACT],
  ])('%s: fails and leaves nothing', async (_name, order) => {
    const { sleeper, records, store, oversleep } = await slow()
    const { body, reached, go } = halting()
    const storing = sleeper.store(order, body)
    await reached
    await oversleep()
    expect(await records.rows()).toEqual([])
    go()
    await expect(storing).rejects.toMatchObject({ code: 'conflict' })
    expect(await agreed(store, records)).toEqual({ contents: [], handles: [] })
  })

  it('a store over an older object: what came is recorded', async () => {
    const { sleeper, other, records, store, oversleep } = await slow()
    await other.store(EXACT, pieces('older'))
    const { body, reached, go } = halting()
    const storing = sleeper.store(EXACT, body)
    await reached
    await oversleep()
    go()
    await expect(storing).rejects.toMatchObject({ code: 'conflict' })
    expect((await agreed(store, records)).contents).toEqual(['one two'])
  })

  it('an overwrite: the record follows what came', async () => {
    const { sleeper, other, records, store, oversleep } = await slow()
    const file = await other.store(EXACT, pieces('older'))
    const { body, reached, go } = halting()
    const overwriting = sleeper.overwrite(file, {}, body)
    await reached
    await oversleep()
    expect(await other.find(file.handle)).toEqual(file)
    go()
    await expect(overwriting).rejects.toMatchObject({ code: 'conflict' })
    expect((await agreed(store, records)).contents).toEqual(['one two'])
    expect(await other.find(file.handle)).toMatchObject({ size: 7 })
  })

  it('a store whose successor is still at work: waits for it', async () => {
    const { sleeper, records, store } = await slow()
    const { body, reached, go } = halting()
    const storing = sleeper.store(ORDER, body)
    await reached
    records.clock.ms += LEASE_MS + 1
    const [taken] = await records.files.takeOver(LEASE_MS, 1)
    go()
    const refused = expect(storing).rejects.toMatchObject({ code: 'conflict' })
    await expect.poll(() => store.objects.size).toBe(1)
    await taken?.forget()
    await refused
    expect(await agreed(store, records)).toEqual({ contents: [], handles: [] })
  })

  it('is told at once when it looks: the write is broken off', async () => {
    const store = createMemoryStore()
    const { put } = store
    const endless = Object.assign(store, {
      put(...[key, body, options]: Parameters<MemoryStore['put']>) {
        const { promise, reject } = Promise.withResolvers<never>()
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason))
        return Promise.race([put(key, body, options), promise])
      },
    })
    const records = await house.records()
    const { uploads } = await house.uploads({ records, store: endless, leaseMs: 60, sweepMs: HOUR_MS })
    const { body, reached } = halting()
    const storing = expect(uploads.store(ORDER, body)).rejects.toMatchObject({ code: 'conflict' })
    await reached
    records.clock.ms += HOUR_MS
    // Renewals have moved the lease; a moment comes when the other is faster.
    await expect
      .poll(async () => {
        records.clock.ms += HOUR_MS
        return (await records.files.takeOver(HOUR_MS, 1)).length
      })
      .toBe(1)
    await expect
      .poll(async () => {
        records.clock.ms += HOUR_MS + 1
        const [taken] = await records.files.takeOver(HOUR_MS, 1)
        return taken?.forget()
      })
      .toBe(true)
    await storing
  })
})

describe('a lease', () => {
  it('is renewed while a body flows', async () => {
    const { uploads, records } = await house.uploads({ leaseMs: 90, sweepMs: HOUR_MS })
    const { body, reached, go } = halting()
    const storing = uploads.store(ORDER, body)
    await reached
    const lease = async () => Number((await records.rows())[0]?.lease_until)
    const before = await lease()
    records.clock.ms += 50
    await expect.poll(lease).toBe(before + 50)
    go()
    await storing
    expect(await records.rows()).toMatchObject([{ state: 'stored', holder: null, lease_until: null }])
  })
})

describe('the sweeper', () => {
  /** A process that ended after its object came. */
  async function leftBehind(records: Records, store: MemoryStore, order = ORDER) {
    const world = mortal(records.files, store, { call: order === EXACT ? 5 : 3, phase: 'after' })
    const options = { connection: { prefix: 'p' }, leaseMs: LEASE_MS, sweepMs: HOUR_MS, now: () => records.clock.ms }
    const doomed = await openUploads({ ...options, files: world.files, store: world.store })
    await expect.poll(() => world.calls).toEqual(['takeOver'])
    await expect(doomed.store(order, pieces('one'))).rejects.toThrow()
    await doomed.close()
    expect(world.calls.at(-1)).toBe('put')
    expect(store.objects.size).toBe(1)
  }

  it('begins by itself, at the start', async () => {
    const [records, store] = [await house.records(), createMemoryStore()]
    await leftBehind(records, store)
    records.clock.ms += LEASE_MS + 1
    await house.uploads({ records, store, connection: { prefix: 'p' } })
    await expect.poll(records.rows).toEqual([])
    expect(store.objects.size).toBe(0)
  })

  it('comes back regularly', async () => {
    const [records, store] = [await house.records(), createMemoryStore()]
    await house.uploads({ records, store, connection: { prefix: 'p' }, sweepMs: 5 })
    await leftBehind(records, store)
    records.clock.ms += LEASE_MS + 1
    await expect.poll(records.rows).toEqual([])
    expect(store.objects.size).toBe(0)
  })

  it('tries again later while the store cannot be reached, and goes on with the others', async () => {
    const [records, memory] = [await house.records(), createMemoryStore()]
    for (let n = 0; n < 3; n++) {
      memory.objects.clear()
      await leftBehind(records, memory)
    }
    const store = withChaos(memory)
    const { uploads } = await house.uploads({
      records,
      store,
      connection: { prefix: 'p' },
      leaseMs: LEASE_MS,
      sweepMs: HOUR_MS,
    })
    const down = new Fault('source-unreachable')
    let deletes = 0
    store.chaos.fail = () => (++deletes === 2 ? down : undefined)
    records.clock.ms += LEASE_MS + 1
    await uploads.sweep()
    expect(await records.rows()).toHaveLength(1)
    store.chaos.fail = undefined
    await uploads.sweep()
    expect(await records.rows()).toHaveLength(1)
    records.clock.ms += LEASE_MS + 1
    await uploads.sweep()
    expect(await records.rows()).toEqual([])
  })

  it('leaves files of a connection that is gone for later', async () => {
    const [records, store] = [await house.records(), createMemoryStore()]
    await leftBehind(records, store)
    records.clock.ms += LEASE_MS + 1
    const without = await house.uploads({ records, store, connection: { alias: 'other' }, leaseMs: LEASE_MS })
    await without.uploads.sweep()
    expect(await records.rows()).toMatchObject([{ state: 'leaving' }])
    records.clock.ms += LEASE_MS + 1
    const again = await house.uploads({ records, store })
    await again.uploads.sweep()
    expect([store.objects.size, await records.rows()]).toEqual([0, []])
  })

  it('settles more than it takes at once', async () => {
    const [records, store] = [await house.records(), createMemoryStore()]
    const place = { connection: 'up', container: 'main' }
    for (let n = 0; n < 40; n++) {
      const handle = `handle-${n}`
      store.set(handle, Buffer.from('x'))
      const file = { handle, apiKey: '', filename: '', mimetype: '', size: 0, location: 'S3', uploadedMs: 0 }
      await records.files.arriving(
        { ...file, project: 'demo', access: 'private', digests: {}, place: { ...place, key: handle } },
        LEASE_MS,
      )
    }
    records.clock.ms += LEASE_MS + 1
    const { uploads } = await house.uploads({ records, store })
    await uploads.sweep()
    expect([store.objects.size, await records.rows()]).toEqual([0, []])
  })

  it('takes an object that a neighbour has stored meanwhile for the neighbour’s', async () => {
    const [records, store] = [await house.records(), createMemoryStore()]
    const { uploads } = await house.uploads({ records, store, connection: { prefix: 'p' }, leaseMs: LEASE_MS })
    await uploads.store(EXACT, pieces('oldest'))
    const world = mortal(records.files, store, { call: 4, phase: 'after' })
    const options = { connection: { prefix: 'p' }, leaseMs: LEASE_MS, sweepMs: HOUR_MS, now: () => records.clock.ms }
    const doomed = await openUploads({ ...options, files: world.files, store: world.store })
    await expect.poll(() => world.calls).toEqual(['takeOver'])
    await expect(doomed.store(EXACT, pieces('never comes'))).rejects.toThrow()
    expect(world.calls.slice(1)).toEqual(['head', 'arriving', 'neighbours'])
    const theirs = await uploads.store(EXACT, pieces('theirs'))
    records.clock.ms += LEASE_MS + 1
    await uploads.sweep()
    const { handles, contents } = await agreed(store, records)
    expect([handles.length, contents]).toEqual([2, ['theirs']])
    expect(await uploads.find(theirs.handle)).toEqual(theirs)
  })

  describe('may end anywhere itself', () => {
    const cases = [
      { name: 'a store', order: ORDER, older: false },
      { name: 'a store under a free key', order: EXACT, older: false },
      { name: 'a store over an older object', order: EXACT, older: true },
    ]
    it.each(cases)('the next one goes on with $name', { timeout: 60_000 }, async ({ order, older }) => {
      const records = await house.records()
      const options = { connection: { prefix: 'p' }, leaseMs: LEASE_MS, sweepMs: HOUR_MS, now: () => records.clock.ms }
      for (let call = 1, ended = true; ended; call++) {
        const store = createMemoryStore()
        const heir = await openUploads({ ...options, files: records.files, store })
        if (older) await heir.store(order, pieces('older'))
        await leftBehind(records, store, order)
        records.clock.ms += LEASE_MS + 1
        const world = mortal(records.files, store, { call, phase: 'after' })
        const sweeping = await openUploads({ ...options, files: world.files, store: world.store })
        await sweeping.sweep().catch(() => undefined)
        await sweeping.close()
        ended = world.dead
        records.clock.ms += LEASE_MS + 1
        await heir.sweep()
        await heir.close()
        const { contents, handles } = await agreed(store, records)
        expect(contents, world.calls.join()).toEqual(older ? ['one'] : [])
        for (const handle of handles) await records.files.forget(handle)
        if (!ended) expect(call).toBeGreaterThan(4)
      }
    })
  })
})

describe('a removal and a store under the same key', () => {
  it('see each other: the store waits, and its object stays', async () => {
    const memory = createMemoryStore()
    const gate = Promise.withResolvers<void>()
    const { delete: remove } = memory
    const store = Object.assign(memory, {
      async delete(key: Parameters<MemoryStore['delete']>[0]) {
        await gate.promise
        await remove(key)
      },
    })
    const { uploads, records } = await house.uploads({ store, connection: { prefix: 'p' } })
    const older = await uploads.store(EXACT, pieces('older'))
    const removing = uploads.remove(older)
    await expect.poll(records.rows).toMatchObject([{ state: 'leaving' }])
    const storing = uploads.store(EXACT, pieces('newer'))
    await expect.poll(() => memory.calls.head).toBeGreaterThan(2)
    gate.resolve()
    await removing
    const newer = await storing
    expect(await agreed(memory, records)).toEqual({ contents: ['newer'], handles: [newer.handle] })
  })

  it('agree in the end, in whatever order they come', { timeout: 60_000 }, async () => {
    const store = createMemoryStore()
    const { uploads, records } = await house.uploads({ store, connection: { prefix: 'p' } })
    for (let round = 0; round < 10; round++) {
      const older = await uploads.store(EXACT, pieces('older'))
      const [, newer] = await Promise.all([uploads.remove(older), uploads.store(EXACT, pieces('newer'))])
      expect(await agreed(store, records)).toEqual({ contents: ['newer'], handles: [newer.handle] })
      await uploads.remove(newer)
    }
  })
})

describe('many who write one object at once', () => {
  it('leave records that tell what lies there in the end', { timeout: 60_000 }, async () => {
    const path = await house.folder()
    const store = createFolderStore({ provider: 'folder', path })
    const { uploads, records } = await house.uploads({ store, connection: { prefix: 'p' } })
    for (let round = 0; round < 5; round++) {
      const size = (n: number) => 1 + ((n * 37) % 11) * 100_000
      const numbers = Array.from({ length: 8 }, (_, n) => n)
      const stored = await Promise.all(numbers.map((n) => uploads.store(EXACT, noise(size(n), n))))
      const { problems, handles } = await agreement(store, records, 'p')
      expect([problems, handles.length]).toEqual([[], 8])
      const [first, second] = stored
      if (first === undefined || second === undefined) throw new Error('nothing was stored')
      await Promise.all([
        uploads.overwrite(first, {}, noise(300_000, 11)),
        uploads.overwrite(second, {}, noise(200_000, 12)),
      ])
      expect((await agreement(store, records, 'p')).problems).toEqual([])
      await Promise.all(stored.map((file) => uploads.remove(file)))
      expect(await records.rows()).toEqual([])
    }
  })
})

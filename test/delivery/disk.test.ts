import { randomBytes } from 'node:crypto'
import * as nodeFiles from 'node:fs/promises'
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Files } from '../../src/delivery/surroundings.ts'
import { bytesOf, textOf } from './bodies.ts'
import { asIs, ask, createRoom, picture, turned } from './room.ts'

/** All files below a directory with their sizes. */
async function filesIn(dir: string): Promise<{ path: string; size: number }[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })))
}

/** The file that holds these bytes. */
async function fileWith(dir: string, text: string): Promise<string> {
  for (const { path } of await filesIn(dir)) if ((await readFile(path)).includes(text)) return path
  throw new Error('no such file')
}

/** The operating system's refusal. */
const refusal = (code: string) => Object.assign(new Error(`${code}: refused`), { code })

describe('bounds', () => {
  test('neither level ever holds more bytes than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(30), fc.nat(60_000)), { minLength: 5, maxLength: 40 }),
        async (requests) => {
          const cache = { memoryBytes: 300_000, diskBytes: 300_000 }
          const { delivery, store, dir } = await createRoom({ cache })
          for (const [name, size] of requests) {
            store.set(`${name}-${size}`, randomBytes(size + 1))
            await delivery.deliver(ask(`${name}-${size}`, { plan: asIs }))
            expect(delivery.stats().memory.bytes).toBeLessThanOrEqual(cache.memoryBytes)
          }
          await delivery.settled()
          const onDisk = (await filesIn(dir)).reduce((sum, { size }) => sum + size, 0)
          expect(onDisk).toBeLessThanOrEqual(cache.diskBytes)
          expect(delivery.stats().disk.bytes).toBeGreaterThanOrEqual(onDisk)
          expect(delivery.stats().disk.bytes).toBeLessThanOrEqual(cache.diskBytes)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('the longest unused goes first, on both levels', async () => {
    const cache = { memoryBytes: 0, diskBytes: 600_000 }
    const { delivery, store } = await createRoom({ cache })
    for (const key of ['a', 'b', 'c', 'd', 'e']) store.set(key, Buffer.alloc(100_000, key))
    for (const key of ['a', 'b', 'c', 'd']) await delivery.deliver(ask(key, { plan: asIs }))
    await delivery.settled()
    expect((await delivery.deliver(ask('a', { plan: asIs }))).from).toBe('disk')
    await delivery.deliver(ask('e', { plan: asIs }))
    await delivery.settled()
    await delivery.deliver(ask('f', { plan: asIs })).catch(() => undefined)
    expect((await delivery.deliver(ask('a', { plan: asIs }))).from).toBe('disk')
  })

  test('the order of use survives a restart, and a smaller bound is kept to at once', async () => {
    const { delivery, store, clock, restart } = await createRoom()
    for (const key of ['a', 'b', 'c']) {
      store.set(key, Buffer.alloc(100_000, key))
      await delivery.deliver(ask(key, { plan: asIs }))
      clock.advance(700_000)
    }
    const again = await restart({ cache: { memoryBytes: 0 } })
    for (const key of ['c', 'a']) await again.deliver(ask(key, { plan: asIs }))
    const small = await restart({ cache: { memoryBytes: 0, diskBytes: 230_000 } })
    await small.settled()
    expect(small.stats().disk.bytes).toBeLessThanOrEqual(230_000)
    for (const key of ['a', 'c']) expect((await small.deliver(ask(key, { plan: asIs }))).from).toBe('disk')
    expect((await small.deliver(ask('b', { plan: asIs }))).from).toBe('computed')
  })

  test('without memory the disk answers, without both everything is computed', async () => {
    const first = await createRoom({ cache: { memoryBytes: 0 } })
    first.store.set('a', Buffer.from('A'))
    await first.delivery.deliver(ask('a'))
    await first.delivery.settled()
    expect((await first.delivery.deliver(ask('a'))).from).toBe('disk')
    const second = await createRoom({ cache: { memoryBytes: 0, diskBytes: 0 } })
    second.store.set('a', Buffer.from('A'))
    await second.delivery.deliver(ask('a'))
    expect((await second.delivery.deliver(ask('a'))).from).toBe('computed')
  })
})

describe('damaged entries', () => {
  const damages: [string, (path: string) => Promise<void>][] = [
    ['cut off', async (path) => truncate(path, (await stat(path)).size - 1)],
    ['empty', async (path) => truncate(path, 0)],
    ['longer than it was', (path) => appendFile(path, 'x')],
    ['changed in its bytes', (path) => flip(path, -3)],
    ['changed in its head', (path) => flip(path, 60)],
    ['something else', (path) => writeFile(path, 'hello')],
  ]
  test.each(damages)('%s: a miss, computed anew and replaced', async (_name, damage) => {
    const { delivery, store, dir, restart, warnings } = await createRoom()
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    await damage(await fileWith(dir, 'A|1||'))
    const again = await restart()
    expect(await textOf(await again.deliver(ask('a')))).toBe('A|1||')
    expect(again.stats().misses).toBe(1)
    expect(warnings).toContain('a damaged cache entry was removed')
    expect((await (await restart()).deliver(ask('a'))).from).toBe('disk')
  })

  test('an entry that stands under another name is not taken', async () => {
    const { delivery, store, dir, restart } = await createRoom()
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a', { plan: turned(1) }))
    await delivery.deliver(ask('a', { plan: turned(2), offer: ['webp'] }))
    await delivery.settled()
    await writeFile(await fileWith(dir, 'A|1|webp'), await readFile(await fileWith(dir, 'A|1||')))
    const again = await restart()
    expect(await textOf(await again.deliver(ask('a', { plan: turned(2), offer: ['webp'] })))).toBe('A|1|webp|')
  })

  test('a large one is checked before it is streamed for the first time', async () => {
    const { delivery, store, dir, restart } = await createRoom()
    store.set('a', Buffer.concat([Buffer.from('large'), Buffer.alloc(3_000_000, 7)]))
    await delivery.deliver(ask('a', { plan: asIs }))
    await delivery.settled()
    await flip(await fileWith(dir, 'large'), -100)
    const again = await restart()
    const answer = await again.deliver(ask('a', { plan: asIs }))
    expect(answer.from).toBe('computed')
    expect((await bytesOf(answer)).at(-100)).toBe(7)
  })

  async function flip(path: string, at: number): Promise<void> {
    const bytes = await readFile(path)
    const index = at < 0 ? bytes.length + at : at
    bytes[index] = (bytes[index] ?? 0) ^ 1
    await writeFile(path, bytes)
  }
})

describe('large bodies', () => {
  test('are streamed from their file, also by range', async () => {
    const { delivery, store, restart } = await createRoom()
    const bytes = randomBytes(3_000_000)
    store.set('a', bytes)
    await delivery.deliver(ask('a', { plan: asIs }))
    const answer = await (await restart()).deliver(ask('a', { plan: asIs }))
    expect([answer.body.kind, answer.from, answer.size]).toEqual(['file', 'disk', 3_000_000])
    expect(bytes.equals(await bytesOf(answer))).toBe(true)
    expect(
      bytes.subarray(1_000_000, 1_500_001).equals(await bytesOf(answer, { start: 1_000_000, end: 1_500_000 })),
    ).toBe(true)
    expect(await bytesOf(answer, { start: 2_999_999, end: 2_999_999 })).toEqual(bytes.subarray(-1))
  })

  test('outlive the eviction of their file', async () => {
    const { delivery, store, restart } = await createRoom()
    const bytes = randomBytes(3_000_000)
    store.set('a', bytes)
    await delivery.deliver(ask('a', { plan: asIs }))
    const again = await restart()
    const answer = await again.deliver(ask('a', { plan: asIs }))
    await again.purge('demo', picture('a'))
    expect(bytes.equals(await bytesOf(answer))).toBe(true)
  })

  test('that nobody reads give their file back', async () => {
    const { delivery, store, restart, clock } = await createRoom()
    store.set('a', randomBytes(3_000_000))
    await delivery.deliver(ask('a', { plan: asIs }))
    const answer = await (await restart()).deliver(ask('a', { plan: asIs }))
    clock.advance(61_000)
    await expect(bytesOf(answer)).rejects.toMatchObject({ code: 'overloaded' })
  })
})

describe('a file system that refuses', () => {
  const failing = (code: string): Partial<Files> => ({
    open: (path, flags, mode) => (flags === 'wx' ? Promise.reject(refusal(code)) : nodeFiles.open(path, flags, mode)),
  })
  test.each(['ENOSPC', 'EACCES', 'EROFS', 'EIO'])(
    '(%s) is said once and costs nothing but the disk level',
    async (code) => {
      const { delivery, store, warnings, dir, engine } = await createRoom({ files: failing(code) })
      for (const key of ['a', 'b', 'c']) store.set(key, Buffer.from(key))
      for (const key of ['a', 'b', 'c']) await delivery.deliver(ask(key))
      await delivery.settled()
      expect((await delivery.deliver(ask('a'))).from).toBe('memory')
      expect(warnings).toHaveLength(1)
      expect(engine.calls.render).toBe(3)
      expect(await filesIn(dir)).toEqual([])
    },
  )

  test('comes back when the file system does', async () => {
    let full = true
    const open: Files['open'] = (path, flags, mode) =>
      full && flags === 'wx' ? Promise.reject(refusal('ENOSPC')) : nodeFiles.open(path, flags, mode)
    const { delivery, store, clock } = await createRoom({ files: { open } })
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a', { plan: turned(1) }))
    await delivery.settled()
    full = false
    clock.advance(31_000)
    await delivery.deliver(ask('a', { plan: turned(2) }))
    await delivery.settled()
    expect(delivery.stats().disk.entries).toBeGreaterThan(0)
  })

  test('a write that breaks off leaves no temporary file', async () => {
    const open: Files['open'] = async (path, flags, mode) => {
      const handle = await nodeFiles.open(path, flags, mode)
      if (flags === 'wx') handle.write = () => Promise.reject(refusal('ENOSPC'))
      return handle
    }
    const { delivery, store, dir } = await createRoom({ files: { open } })
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    expect(await filesIn(dir)).toEqual([])
  })

  test('full although the bound is not reached: the oldest entries give way', async () => {
    let full = false
    const rename: Files['rename'] = (from, to) =>
      full ? Promise.reject(refusal('ENOSPC')) : nodeFiles.rename(from, to)
    const { delivery, store } = await createRoom({ files: { rename } })
    for (const key of ['a', 'b', 'c', 'd']) store.set(key, Buffer.alloc(50_000, key))
    for (const key of ['a', 'b', 'c']) await delivery.deliver(ask(key, { plan: asIs }))
    await delivery.settled()
    const before = delivery.stats().disk.bytes
    full = true
    await delivery.deliver(ask('d', { plan: asIs }))
    await delivery.settled()
    expect(delivery.stats().disk.bytes).toBeLessThan(before)
  })

  test('a file that cannot be opened now is a miss, and is there later', async () => {
    let exhausted = false
    const open: Files['open'] = (path, flags, mode) =>
      exhausted ? Promise.reject(refusal('EMFILE')) : nodeFiles.open(path, flags, mode)
    const { delivery, store } = await createRoom({ files: { open }, cache: { memoryBytes: 0 } })
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    exhausted = true
    expect((await delivery.deliver(ask('a'))).from).toBe('computed')
    exhausted = false
    expect((await delivery.deliver(ask('a'))).from).toBe('disk')
  })

  test('other users of the machine cannot look into the cache', async () => {
    const { delivery, store, dir } = await createRoom()
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    for (const shard of await readdir(dir)) expect((await stat(join(dir, shard))).mode & 0o077).toBe(0)
  })

  test('a directory that is a file: served without the disk', async () => {
    const room = await createRoom()
    const file = join(room.dir, 'file')
    await writeFile(file, 'not a directory')
    const delivery = await room.restart({ cache: { dir: file } })
    room.store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    expect((await delivery.deliver(ask('a'))).from).toBe('memory')
    expect(await readFile(file, 'utf8')).toBe('not a directory')
  })

  test('a purge is kept to even when files cannot be removed', async () => {
    const unlink: Files['unlink'] = () => Promise.reject(refusal('EROFS'))
    const { delivery, store, engine } = await createRoom({ files: { unlink }, cache: { memoryBytes: 0 } })
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    await delivery.purge('demo', picture('a'))
    await delivery.deliver(ask('a'))
    expect(engine.calls.render).toBe(2)
  })

  test('a directory that was emptied under the server fills again', async () => {
    const { delivery, store, dir } = await createRoom({ cache: { memoryBytes: 0 } })
    store.set('a', Buffer.from('A'))
    await delivery.deliver(ask('a'))
    await delivery.settled()
    await nodeFiles.rm(dir, { recursive: true })
    expect((await delivery.deliver(ask('a'))).from).toBe('computed')
    await delivery.settled()
    await delivery.deliver(ask('a'))
    await delivery.settled()
    expect((await delivery.deliver(ask('a'))).from).toBe('disk')
  })
})

test('temporary files of a crashed run are cleared, files of others are left alone', async () => {
  const { delivery: first, dir, restart } = await createRoom()
  await first.settled()
  await mkdir(join(dir, 'tmp'), { recursive: true })
  await writeFile(join(dir, 'tmp', 'half'), 'half an entry')
  await writeFile(join(dir, 'notes.txt'), 'mine')
  await mkdir(join(dir, 'ab'), { recursive: true })
  await writeFile(join(dir, 'ab', 'notes.txt'), 'mine')
  const delivery = await restart()
  await delivery.settled()
  expect((await filesIn(dir)).map(({ path }) => path.slice(dir.length)).sort()).toEqual(['/ab/notes.txt', '/notes.txt'])
})

test('entries are answered while an earlier run’s directory is still being looked through', async () => {
  const { delivery, store, restart } = await createRoom()
  store.set('a', Buffer.from('A'))
  await delivery.deliver(ask('a'))
  let look: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    look = resolve
  })
  const rm: Files['rm'] = async (path, options) => {
    await held
    await nodeFiles.rm(path, options)
  }
  const again = await restart({ files: { rm } })
  expect((await again.deliver(ask('a'))).from).toBe('disk')
  look()
})

import { expect, it } from 'vitest'
import type { FileRecord, Written } from '../../src/catalog/files.ts'
import { openRecords } from '../uploads/house.ts'
import { onBothDatabases } from './places.ts'

const FILE: FileRecord = {
  ...{
    handle: 'aaaaaaaaaaaaaaaaaaaa',
    project: 'demo',
    apiKey: 'public',
    filename: 'Zoë 猫.png',
    mimetype: 'image/png',
  },
  ...{ size: 0, location: 'S3', place: { connection: 'up', container: 'main', key: 'a/b.png' }, access: 'private' },
  ...{ uploadedMs: 1000, digests: {} },
}
const WRITTEN: Written = {
  ...{
    size: 5_368_709_120,
    mimetype: 'image/png',
    digests: { md5: 'aa' },
    version: '"v1"',
    uploadedMs: 1_763_000_000_123,
  },
}
const LEASE = 60_000
const other = (handle: string): FileRecord => ({ ...FILE, handle: handle.repeat(20) })

onBothDatabases((places) => {
  async function open() {
    const opened = await openRecords(await places.place())
    closing.push(opened.close)
    return opened
  }
  const closing: (() => Promise<void>)[] = []
  const opened = (name: string, test: (records: Awaited<ReturnType<typeof open>>) => Promise<void>) =>
    it(name, async () => {
      const records = await open()
      try {
        await test(records)
      } finally {
        for (const close of closing.splice(0)) await close()
      }
    })

  opened('a file is found with all that was told of it, once its object is there', async ({ files }) => {
    const full: FileRecord = { ...FILE, region: 'eu-west-1', access: 'public', sourceUrl: 'https://example.org/?a=b' }
    const held = await files.arriving(full, LEASE)
    expect(held).toMatchObject({ state: 'arriving', record: full })
    expect(held).not.toHaveProperty('previousVersion')
    expect(await files.find(FILE.handle)).toBeUndefined()
    expect(await held.stored(WRITTEN)).toBe(true)
    expect(await files.find(FILE.handle)).toEqual({ ...full, ...WRITTEN })
    expect(await held.stored(WRITTEN)).toBe(false)
    expect(await held.forget()).toBe(false)
  })

  opened('a container that is not named is none', async ({ files }) => {
    const record = { ...FILE, place: { connection: 'disk', key: 'a' } }
    await (await files.arriving(record, LEASE)).stored(WRITTEN)
    expect((await files.find(FILE.handle))?.place).toEqual(record.place)
  })

  opened('a handle is given once', async ({ files }) => {
    await files.arriving(FILE, LEASE)
    await expect(files.arriving(FILE, LEASE)).rejects.toThrow()
  })

  opened('one overwrite at a time, of a stored file only', async ({ files }) => {
    expect(await files.changing(FILE.handle, LEASE)).toBeUndefined()
    const held = await files.arriving(FILE, LEASE)
    expect(await files.changing(FILE.handle, LEASE)).toBeUndefined()
    await held.stored(WRITTEN)
    const changing = await files.changing(FILE.handle, LEASE)
    expect(changing).toMatchObject({ state: 'changing', record: { ...FILE, ...WRITTEN } })
    expect(await files.changing(FILE.handle, LEASE)).toBeUndefined()
    expect(await files.leaving(FILE.handle, LEASE)).toBeUndefined()
    expect(await files.forget(FILE.handle)).toBe(false)
    expect(await files.find(FILE.handle)).toEqual({ ...FILE, ...WRITTEN })
    expect(await changing?.unchanged()).toBe(true)
    expect(await files.find(FILE.handle)).toEqual({ ...FILE, ...WRITTEN })
    const after = { size: 1, mimetype: 'text/plain', digests: {}, version: undefined, uploadedMs: 3 }
    expect(await (await files.changing(FILE.handle, LEASE))?.stored(after)).toBe(true)
    const { version: _none, ...told } = after
    expect(await files.find(FILE.handle)).toEqual({ ...FILE, ...told })
  })

  opened('of many who overwrite or remove at once, one may', async ({ files }) => {
    await (await files.arriving(FILE, LEASE)).stored(WRITTEN)
    const all = await Promise.all([
      ...Array.from({ length: 8 }, () => files.changing(FILE.handle, LEASE)),
      ...Array.from({ length: 8 }, () => files.leaving(FILE.handle, LEASE)),
    ])
    expect(all.filter((held) => held !== undefined)).toHaveLength(1)
  })

  opened('a file that leaves is found by nobody, and goes or comes back', async ({ files, rows }) => {
    await (await files.arriving(FILE, LEASE)).stored(WRITTEN)
    const leaving = await files.leaving(FILE.handle, LEASE)
    expect(await files.find(FILE.handle)).toBeUndefined()
    expect(await leaving?.unchanged()).toBe(true)
    expect(await files.find(FILE.handle)).toBeDefined()
    expect(await (await files.leaving(FILE.handle, LEASE))?.forget()).toBe(true)
    expect(await rows()).toEqual([])
  })

  opened('a stored file is forgotten, its object left, once', async ({ files, rows }) => {
    const held = await files.arriving(FILE, LEASE)
    expect(await files.forget(FILE.handle)).toBe(false)
    await held.stored(WRITTEN)
    expect([await files.forget(FILE.handle), await files.forget(FILE.handle)]).toEqual([true, false])
    expect(await rows()).toEqual([])
  })

  opened('what is learned is added, unless the content has changed since', async ({ files }) => {
    await (await files.arriving(FILE, LEASE)).stored(WRITTEN)
    const known: FileRecord = { ...FILE, ...WRITTEN }
    await files.learn(known, { digests: { sha1: 'bb' } })
    await files.learn({ ...known, digests: { md5: 'aa', sha1: 'bb' } }, { sides: { width: 3, height: 2 } })
    const now = { ...known, digests: { md5: 'aa', sha1: 'bb' }, sides: { width: 3, height: 2 } }
    expect(await files.find(FILE.handle)).toEqual(now)
    await files.learn({ ...known, version: '"v0"' }, { sides: 'none' })
    await files.learn({ ...known, version: undefined }, { sides: 'none' })
    await files.learn({ ...known, uploadedMs: 1 }, { sides: 'none' })
    expect(await files.find(FILE.handle)).toEqual(now)
    await files.learn(now, { sides: 'none' })
    expect(await files.find(FILE.handle)).toEqual({ ...now, sides: 'none' })
  })

  opened('an object that was replaced is recorded by whoever knew the latest', async ({ files }) => {
    await (await files.arriving(FILE, LEASE)).stored({ ...WRITTEN, sides: { width: 1, height: 1 } })
    const known: FileRecord = { ...FILE, ...WRITTEN }
    expect(await files.replaced({ ...known, version: '"v0"' }, { size: 1, version: '"v9"' })).toBe(false)
    expect(await files.replaced(known, { size: 7, version: '"v2"' })).toBe(true)
    expect(await files.find(FILE.handle)).toEqual({ ...known, size: 7, version: '"v2"', digests: {} })
    expect(await files.replaced(known, { size: 8, version: '"v3"' })).toBe(false)
  })

  opened('files of one object know of each other, and of its new content', async ({ files }) => {
    const [a, b, elsewhere] = [other('a'), other('b'), { ...other('c'), project: 'other' }]
    for (const record of [a, b, elsewhere]) await (await files.arriving(record, LEASE)).stored(WRITTEN)
    expect(await files.neighbours(a)).toEqual([{ handle: b.handle, state: 'stored', version: '"v1"' }])
    const leaving = await files.leaving(b.handle, LEASE)
    expect(await files.neighbours(a)).toMatchObject([{ state: 'leaving' }])
    await leaving?.unchanged()
    const held = await files.arriving(other('d'), LEASE, '"v1"')
    expect(held.previousVersion).toBe('"v1"')
    const after: Written = { size: 9, mimetype: 'text/csv', digests: {}, version: '"v2"', uploadedMs: 4, sides: 'none' }
    await held.stored(after)
    expect(await files.find(a.handle)).toEqual({ ...a, ...after })
    expect(await files.find(b.handle)).toEqual({ ...b, ...after })
    expect(await files.find(elsewhere.handle)).toEqual({ ...elsewhere, ...WRITTEN })
  })

  opened('a file that shares its object stays held until somebody has looked', async ({ files, clock }) => {
    const alone = await files.arriving(other('a'), LEASE)
    expect(await alone.recorded(WRITTEN)).toBe('settled')
    expect(await alone.recorded(WRITTEN)).toBeUndefined()
    const held = await files.arriving(other('b'), LEASE)
    const after = { ...WRITTEN, version: '"v2"' }
    expect(await held.recorded(after)).toBe('held')
    expect(await files.find(other('a').handle)).toMatchObject({ version: '"v2"' })
    expect(await files.find(other('b').handle)).toMatchObject({ version: '"v2"' })
    clock.ms += LEASE + 1
    expect(await files.takeOver(LEASE, 10)).toMatchObject([{ state: 'changing', record: { version: '"v2"' } }])
    expect(await held.unchanged()).toBe(false)
  })

  opened('what nobody renews is taken over, and its holder can do nothing more', async ({ files, clock, rows }) => {
    const held = await files.arriving(FILE, LEASE, '"v0"')
    clock.ms += LEASE - 1
    expect(await held.renew(LEASE)).toBe(true)
    clock.ms += LEASE - 1
    expect(await files.takeOver(LEASE, 10)).toEqual([])
    clock.ms += 2
    const [taken] = await files.takeOver(LEASE, 10)
    expect(taken).toMatchObject({ state: 'arriving', record: FILE, previousVersion: '"v0"' })
    expect(await files.takeOver(LEASE, 10)).toEqual([])
    const vain = [held.renew(LEASE), held.stored(WRITTEN), held.unchanged(), held.leaves(), held.forget()]
    expect(await Promise.all(vain)).toEqual([false, false, false, false, false])
    expect(await taken?.leaves()).toBe(true)
    expect(await rows()).toMatchObject([{ state: 'leaving' }])
    clock.ms += LEASE + 1
    const [again] = await files.takeOver(LEASE, 10)
    expect(again).toMatchObject({ state: 'leaving' })
    expect(await again?.forget()).toBe(true)
    expect(await rows()).toEqual([])
  })

  opened('of many who take over at once, each gets others, the oldest first', async ({ files, clock }) => {
    for (const letter of 'abcdefgh') {
      await files.arriving(other(letter), LEASE)
      clock.ms += 1
    }
    clock.ms += LEASE
    const [first] = await files.takeOver(LEASE, 1)
    expect(first?.record.handle).toBe(other('a').handle)
    const taken = (await Promise.all(Array.from({ length: 4 }, () => files.takeOver(LEASE, 10)))).flat()
    expect(taken.map(({ record }) => record.handle).sort()).toEqual(
      [...'bcdefgh'].map((letter) => other(letter).handle),
    )
  })

  opened('a stored file is never taken over', async ({ files, clock }) => {
    await (await files.arriving(FILE, LEASE)).stored(WRITTEN)
    clock.ms += 10 * LEASE
    expect(await files.takeOver(LEASE, 10)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import { collect, createHouse, ORDER, pieces } from './house.ts'

const house = createHouse()
const EXACT = { ...ORDER, path: 'a.txt', mimetype: 'text/plain' }

async function onFolder() {
  const path = await house.folder()
  const store = createFolderStore({ provider: 'folder', path })
  const { uploads, records } = await house.uploads({ store })
  const file = await uploads.store(EXACT, pieces('0123456789'))
  const behindOurBack = (content: string) => store.put({ key: 'a.txt' }, Buffer.from(content))
  const read = async (...args: Parameters<typeof uploads.read>) => {
    const content = await uploads.read(...args)
    return { text: String(await collect(content)), file: content.file }
  }
  return { uploads, records, file, behindOurBack, read }
}

describe('read', () => {
  it.each([
    [{ start: 0, end: 0 }, '0'],
    [{ start: 2, end: 4 }, '234'],
    [{ start: 7 }, '789'],
    [undefined, '0123456789'],
  ])('gives the range %j', async (range, expected) => {
    const { file, read } = await onFolder()
    expect(await read(file, range)).toEqual({ text: expected, file })
  })

  it('refuses a range beyond the end', async () => {
    const { file, read } = await onFolder()
    await expect(read(file, { start: 10 })).rejects.toMatchObject({ code: 'bad-parameter' })
  })

  it('stops when its reader leaves', async () => {
    const { file, read } = await onFolder()
    const reason = new Error('gone')
    await expect(read(file, undefined, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

describe('an object that somebody else replaced', () => {
  it('is read whole, with a record that is true of it from then on', async () => {
    const { uploads, file, behindOurBack, read } = await onFolder()
    const { version } = await behindOurBack('longer than it was before')
    const { text, file: told } = await read(file)
    expect(text).toBe('longer than it was before')
    expect(told).toEqual({ ...file, size: 25, version, digests: {} })
    expect(await uploads.find(file.handle)).toEqual(told)
    expect((await uploads.digests(told, ['md5'])).md5).not.toBe(file.digests.md5)
  })

  it('is noticed when its size is the same', async () => {
    const { uploads, file, behindOurBack, read } = await onFolder()
    await behindOurBack('9876543210')
    expect(await read(file, { start: 0, end: 1 })).toMatchObject({ text: '98', file: { size: 10, digests: {} } })
    expect(await uploads.find(file.handle)).toMatchObject({ digests: {} })
  })

  it.each([
    ['longer', 'longer than it was before', 25],
    ['shorter than the range', '01', 2],
  ])('is a conflict for a range when it is %s, and right at the second look', async (_name, content, size) => {
    const { uploads, file, behindOurBack, read } = await onFolder()
    await behindOurBack(content)
    await expect(read(file, { start: 5 })).rejects.toMatchObject({ code: 'conflict' })
    const now = await uploads.find(file.handle)
    expect(now).toMatchObject({ size })
    expect(now && (await read(now, { start: 1 }))).toMatchObject({ text: content.slice(1) })
  })

  it('is told by the newest record when it was this server that replaced it', async () => {
    const { uploads, file, read } = await onFolder()
    const newer = await uploads.overwrite(file, { mimetype: 'text/csv' }, pieces('a,b'))
    expect(await read(file)).toEqual({ text: 'a,b', file: newer })
    expect(await uploads.find(file.handle)).toEqual(newer)
  })

  it('does not lose what another process has recorded meanwhile', async () => {
    const { uploads, records, file, behindOurBack, read } = await onFolder()
    await behindOurBack('somebody else’s')
    await uploads.overwrite(file, {}, pieces('ours'))
    const now = await uploads.find(file.handle)
    await read(file)
    expect(await uploads.find(file.handle)).toEqual(now)
    expect(await records.rows()).toHaveLength(1)
  })
})

import { beforeEach, expect, it, vi } from 'vitest'
import type { Files } from '../../src/catalog/files.ts'
import type { UploadPiece, UploadSession } from '../../src/catalog/upload-sessions.ts'
import { onBothDatabases } from './places.ts'

const LEASE = 60_000

onBothDatabases((places) => {
  let now = 0
  beforeEach(() => {
    now = Date.now()
    vi.useFakeTimers({ now, toFake: ['Date'] })
    return () => vi.useRealTimers()
  })
  const later = (milliseconds: number) => {
    now += milliseconds
    vi.setSystemTime(now)
  }
  const opened = async () => {
    const { uploadSessions: sessions, files } = await places.open(await places.place())
    return { sessions, files }
  }
  const session = (id: string, more: Partial<UploadSession> = {}): UploadSession => ({
    ...{ id, secret: `secret of ${id}`, exact: true, chunked: false, direct: true, storeUpload: 'upload' },
    ...{ expiresMs: now + 3_600_000, state: 'open' },
    file: {
      ...{ handle: `handle-of-${id}`, project: 'demo', apiKey: 'key', filename: 'ü.png', mimetype: 'image/png' },
      ...{ size: 60 * 2 ** 30, location: 'S3', place: { connection: 'bucket', key: 'a/b' }, access: 'public' },
    },
    ...more,
  })
  const piece = (part: number, seq: number, more: Partial<UploadPiece> = {}): UploadPiece => ({
    ...{ part, seq, start: 0, size: 6 * 2 ** 30, etag: '"e"', file: `${part}-${seq}`, committed: true },
    ...more,
  })

  it('keeps sessions as they are, until their time is over', async () => {
    const { sessions } = await opened()
    const one = session('one')
    const two = session('two', { storeUpload: undefined, exact: false, chunked: true, direct: false })
    await sessions.add(one)
    await sessions.add({
      ...two,
      file: { ...two.file, region: 'eu', place: { connection: 'c', container: 'd', key: 'k' } },
    })
    expect(await sessions.find('one')).toEqual(one)
    expect(await sessions.find('two')).toMatchObject({
      ...{ chunked: true, exact: false, direct: false, file: { region: 'eu', place: { container: 'd' } } },
    })
    expect(await sessions.find('two')).not.toHaveProperty('storeUpload')
    expect(await sessions.unknown(['one', 'none'])).toEqual(['none'])
    later(1_800_000)
    await sessions.learn('one', { expiresMs: now + 3_600_000, partSize: 6 * 2 ** 30 })
    later(1_800_000)
    expect(await sessions.find('one')).toMatchObject({ id: 'one', partSize: 6 * 2 ** 30 })
    await sessions.learn('one', { expiresMs: now + 1 })
    expect(await sessions.find('one')).toMatchObject({ partSize: 6 * 2 ** 30, expiresMs: now + 1 })
    expect(await sessions.find('two')).toBeUndefined()
    expect(await sessions.claim('two', LEASE)).toBeUndefined()
  })

  it('gives a session to one who completes it, and to another when that one is silent', async () => {
    const { sessions } = await opened()
    await sessions.add(session('one'))
    const claims = await Promise.all([1, 2, 3].map(() => sessions.claim('one', LEASE)))
    const [first] = claims.filter((claim) => claim !== undefined)
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
    expect(await first?.merging({ parts: [{ part: 1, etag: '"x"' }], previousVersion: 'v' })).toBe(true)
    later(LEASE - 1)
    expect(await first?.renew(LEASE)).toBe(true)
    later(LEASE - 1)
    expect(await sessions.claim('one', LEASE)).toBeUndefined()
    expect(await sessions.takeStuck(LEASE, 9)).toEqual([])
    later(2)
    const [second] = await sessions.takeStuck(LEASE, 9)
    expect(second?.session).toMatchObject({
      ...{ state: 'completing', merge: { parts: [{ part: 1, etag: '"x"' }], previousVersion: 'v' } },
    })
    expect(await first?.renew(LEASE)).toBe(false)
    expect(await first?.done()).toBe(false)
    expect(await second?.letGo()).toBe(true)
    const third = await sessions.claim('one', LEASE)
    expect(await third?.reopen()).toBe(true)
    expect(await sessions.find('one')).toEqual(session('one', { expiresMs: expect.any(Number) }))
    expect(await (await sessions.claim('one', LEASE))?.done()).toBe(true)
    expect(await sessions.find('one')).toMatchObject({ state: 'done' })
    expect(await sessions.claim('one', LEASE)).toBeUndefined()
  })

  it('gives expired sessions to one sweeper, but not from under somebody who is completing', async () => {
    const { sessions } = await opened()
    for (const id of ['open', 'held', 'done']) await sessions.add(session(id))
    await sessions.addPiece('open', piece(1, 1))
    await (await sessions.claim('done', LEASE))?.done()
    later(3_600_000 - 1)
    await sessions.claim('held', LEASE)
    later(1)
    const taken = await Promise.all([sessions.takeExpired(LEASE, 9), sessions.takeExpired(LEASE, 9)])
    expect(
      taken
        .flat()
        .map(({ session: { id } }) => id)
        .sort(),
    ).toEqual(['done', 'open'])
    expect(await sessions.find('open')).toBeUndefined()
    for (const held of taken.flat()) expect(await held.forget()).toBe(true)
    expect(await sessions.pieces('open')).toEqual([])
    later(LEASE)
    expect((await sessions.takeExpired(LEASE, 9)).map(({ session: { id } }) => id)).toEqual(['held'])
  })

  it('keeps pieces in order, and forgets what is replaced', async () => {
    const { sessions } = await opened()
    await sessions.add(session('one'))
    for (const one of [piece(2, 5, { committed: false }), piece(1, 9), piece(2, 3)]) await sessions.addPiece('one', one)
    expect(await sessions.pieces('one')).toEqual([piece(1, 9), piece(2, 3), piece(2, 5, { committed: false })])
    expect(await sessions.weight('one')).toEqual({ pieces: 3, bytes: 18 * 2 ** 30 })
    await sessions.commit('one', 2)
    expect(await sessions.pieces('one', 2)).toEqual([piece(2, 3), piece(2, 5)])
    expect(await sessions.dropPieces('one', 2, 5)).toEqual(['2-3'])
    expect(await sessions.pieces('one', 2)).toEqual([piece(2, 5)])
    expect(await sessions.weight('none')).toEqual({ pieces: 0, bytes: 0 })
    await sessions.dropAllPieces('one')
    expect(await sessions.pieces('one')).toEqual([])
  })

  it('takes back the announcement of a file, or leaves it to the sweeper, but touches no stored one', async () => {
    const { sessions, files } = await opened()
    const record = (handle: string) => ({
      ...session('x').file,
      ...{ handle, uploadedMs: 1, digests: {} },
    })
    await files.arriving(record('gone'), LEASE)
    await sessions.withdraw('gone')
    await files.arriving(record('gone'), LEASE)
    await files.arriving(record('left'), LEASE)
    await sessions.abandon('left')
    const held = await files.arriving(record('stored'), LEASE)
    await held.stored({ size: 1, mimetype: 'image/png', digests: {}, version: 'v', uploadedMs: 2 })
    await sessions.withdraw('stored')
    await sessions.abandon('stored')
    expect(await files.find('stored')).toMatchObject({ size: 1 })
    expect((await takenOver(files)).map(({ record: { handle } }) => handle)).toEqual(['left'])
  })
})

const takenOver = (files: Files) => files.takeOver(LEASE, 9)

import { randomBytes } from 'node:crypto'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import type { Listed } from '../../src/uploads/sessions.ts'
import { type S3Subject, startS3 } from '../storage/s3/subject.ts'
import { createMemoryStore } from '../support/memory-store.ts'
import { noS3Server } from '../support/versitygw.ts'
import { collect } from './house.ts'
import { createWorlds, fileOf, HOUR, LEASE, MB, orderIn, sendParts, type World } from './sessions-house.ts'
import { Death, type Fate, mortality } from './sessions-mortal.ts'

/** More calls than any completion makes; the first three are the sweeper's. */
const CALLS = 18
const SWEEPING = 3
/** Before a call is the same as after the one before it. */
const FATES = Array.from({ length: CALLS - SWEEPING }, (_, at) => ({ call: at + SWEEPING, phase: 'after' as const }))

type Stage = { readonly store: ObjectStore; readonly bucket?: string; readonly parts: readonly Buffer[] }

/** The object under a key as text, or nothing. */
async function objectAt(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  const answer = await store.get({ key }).catch(() => undefined)
  return answer?.kind === 'object' ? collect(answer.body) : undefined
}

/** A process that dies while it completes; the calls that it made. */
async function completing(world: World, { store, parts }: Stage, path: string | undefined, fate?: Fate) {
  const before = world.open()
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const session = await before.start(orderIn(world, size, path === undefined ? {} : { path }))
  const listed: Listed = await sendParts(before, session, parts)
  const mortal = mortality(fate)
  const dying = world.open({
    store: mortal.seen(store),
    files: mortal.seen(world.files),
    sessions: mortal.seen({ ...world.sessions, takeExpired: async () => [], takeStuck: async () => [] }),
  })
  // Its sweeper looks around when it starts.
  await dying.sweep().catch(() => undefined)
  const outcome = await dying.complete(session, listed).catch((error: unknown) => error)
  return { session, listed, outcome, calls: mortal.calls, content: Buffer.concat(parts) }
}

function crashes(
  stage: () => Promise<Stage>,
  unfinished: (key: string) => Promise<number> = async () => 0,
  keys: readonly ('exact' | 'generated')[] = ['generated'],
): void {
  const worlds = createWorlds()

  const run = async (fate: Fate, path: string | undefined) => {
    const { store, bucket, parts } = await stage()
    const world = await worlds(store, bucket)
    if (path !== undefined) await store.put({ key: path }, Buffer.from('older'))
    const told = await completing(world, { store, parts }, path, fate)
    expect(told.outcome instanceof Death).toBe(told.calls.length >= fate.call)
    return { world, store, key: told.session.file.place.key, ...told }
  }

  const fates = FATES.map(({ call, phase }) => [`${phase} call ${call}`, { call, phase }] as const)
  const path = () => `exact/${randomBytes(6).toString('hex')}.bin`
  const paths = () => keys.map((key) => (key === 'exact' ? path() : undefined))

  it.each(fates)('goes on in another process: %s', async (_, fate) => {
    for (const exact of paths()) {
      const { world, store, session, listed, content, key } = await run(fate, exact)
      world.clock.ms += LEASE + 1
      const next = world.open()
      const file = await fileOf(next, session, listed)
      expect(file).toMatchObject({ handle: session.file.handle, size: content.byteLength })
      expect((await objectAt(store, key))?.equals(content)).toBe(true)
      expect((await store.head({ key })).version).toBe(file.version)
      // Nobody undoes it later.
      for (const hours of [1, 30]) {
        world.clock.ms += hours * HOUR
        await next.sweep()
        await world.uploads.sweep()
      }
      expect(await world.files.find(file.handle)).toEqual(file)
      expect(await world.rows()).toHaveLength(1)
      expect((await objectAt(store, key))?.equals(content)).toBe(true)
      expect(await world.spooled()).toEqual([])
      expect(await unfinished(key)).toBe(0)
    }
  })

  it.each(fates)('is finished by the sweeper, or as if it had not been: %s', async (_, fate) => {
    for (const wait of [LEASE + 1, 30 * HOUR]) {
      for (const exact of paths()) {
        const { world, store, content, key } = await run(fate, exact)
        world.clock.ms += wait
        const next = world.open()
        await next.sweep()
        world.clock.ms += 30 * HOUR
        await next.sweep()
        await world.uploads.sweep()
        const [record, ...more] = await world.rows()
        expect(more).toEqual([])
        const object = await objectAt(store, key)
        if (record === undefined) {
          expect(object?.toString()).toBe(exact === undefined ? undefined : 'older')
        } else {
          expect(record).toMatchObject({ state: 'stored', size: content.byteLength })
          expect(object?.equals(content)).toBe(true)
          expect(record.version).toBe((await store.head({ key })).version)
        }
        expect(await world.spooled()).toEqual([])
        expect(await unfinished(key)).toBe(0)
      }
    }
  })

  it('needs no more calls than are tried here', async () => {
    const { calls, outcome } = await run({ call: 1000, phase: 'before' }, path())
    expect(outcome).toMatchObject({ kind: 'stored' })
    expect(calls.length, String(calls)).toBeLessThan(CALLS)
    expect(calls).toEqual(expect.arrayContaining(['claim', 'merging', 'withdraw', 'arriving', 'stored', 'done']))
  })
}

describe('a process that dies while it completes an upload in a store in memory', () => {
  crashes(async () => ({ store: createMemoryStore(), parts: [Buffer.from('abc'), Buffer.from('de')] }), undefined, [
    'generated',
    'exact',
  ])
})

describe('a process that dies while it completes an upload in a folder', () => {
  const worlds = createWorlds()
  crashes(async () => {
    const { dir } = await worlds(createMemoryStore())
    return {
      store: createFolderStore({ provider: 'folder', path: dir }),
      parts: [Buffer.from('abc'), Buffer.from('de')],
    }
  })
})

describe.skipIf(noS3Server())('a process that dies while it completes an upload in a bucket', () => {
  let s3: S3Subject
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(() => s3?.stop())
  const parts = [randomBytes(5 * MB), randomBytes(MB), randomBytes(MB)]

  crashes(
    async () => ({ store: s3.store(), bucket: s3.bucket, parts }),
    async (key) => {
      const { Uploads = [] } = await s3.server.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }))
      return Uploads.filter((upload) => upload.Key === key).length
    },
  )
})

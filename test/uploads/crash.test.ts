import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FileRecord } from '../../src/catalog/files.ts'
import { createFolderStore } from '../../src/storage/folder/store.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import type { Uploads } from '../../src/uploads/uploads.ts'
import { type S3Subject, startS3 } from '../storage/s3/subject.ts'
import { createMemoryStore } from '../support/memory-store.ts'
import { noS3Server } from '../support/versitygw.ts'
import { agreement, type Kept } from './agreement.ts'
import { createHouse, ORDER, openUploads, pieces, type Records } from './house.ts'
import { type Fate, mortal } from './mortal.ts'

const LEASE_MS = 60_000
const EXACT = { ...ORDER, path: 'dir/exact.txt', mimetype: 'text/plain' }
const gone = new Error('the client left')

async function* interrupted(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun')
  throw gone
}

/** What lies there before, made by a process that lives on. */
type Before = (uploads: Uploads, store: ObjectStore, prefix: string) => Promise<readonly FileRecord[]>
const nothing: Before = async () => []
const one: Before = async (uploads) => [await uploads.store(EXACT, pieces('old content'))]
const two: Before = async (uploads) => [
  await uploads.store(EXACT, pieces('old content')),
  await uploads.store(EXACT, pieces('old content, again')),
]
const foreign: Before = async (_uploads, store, prefix) => {
  await store.put({ key: `${prefix}/dir/exact.txt` }, Buffer.from('somebody else’s'))
  return []
}

type Deed = {
  readonly name: string
  readonly before: Before
  readonly act: (uploads: Uploads, before: readonly FileRecord[]) => Promise<unknown>
  /** Contents that may lie in the store afterwards. */
  readonly contents: readonly string[]
  /** Whether it is tried on a real server too. */
  readonly onS3?: boolean
}

const first = ([file]: readonly FileRecord[]): FileRecord => {
  if (file === undefined) throw new Error('nothing was there before')
  return file
}

const DEEDS: readonly Deed[] = [
  {
    name: 'a store under a generated key',
    onS3: true,
    before: nothing,
    act: (uploads) => uploads.store(ORDER, pieces('new ', 'content')),
    contents: ['new content'],
  },
  {
    name: 'a store under a free exact key',
    before: nothing,
    act: (uploads) => uploads.store(EXACT, pieces('new ', 'content')),
    contents: ['new content'],
  },
  {
    name: 'a store over an object that has a record',
    onS3: true,
    before: one,
    act: (uploads) => uploads.store(EXACT, pieces('new ', 'content')),
    contents: ['old content', 'new content'],
  },
  {
    name: 'a store over an object of somebody else',
    before: foreign,
    act: (uploads) => uploads.store(EXACT, pieces('new ', 'content')),
    contents: ['somebody else’s', 'new content'],
  },
  {
    name: 'a store whose sender leaves',
    before: nothing,
    act: (uploads) => uploads.store(ORDER, interrupted()),
    contents: [],
  },
  {
    name: 'a store over an object whose sender leaves',
    before: one,
    act: (uploads) => uploads.store(EXACT, interrupted()),
    contents: ['old content'],
  },
  {
    name: 'an overwrite',
    onS3: true,
    before: one,
    act: (uploads, before) => uploads.overwrite(first(before), { mimetype: 'text/csv' }, pieces('new ', 'content')),
    contents: ['old content', 'new content'],
  },
  {
    name: 'an overwrite whose sender leaves',
    before: one,
    act: (uploads, before) => uploads.overwrite(first(before), {}, interrupted()),
    contents: ['old content'],
  },
  {
    name: 'an overwrite of an object of two records',
    before: two,
    act: (uploads, before) => uploads.overwrite(first(before), {}, pieces('new ', 'content')),
    contents: ['old content, again', 'new content'],
  },
  {
    name: 'a removal',
    before: one,
    act: (uploads, before) => uploads.remove(first(before)),
    contents: ['old content'],
  },
  {
    name: 'a removal of one of two records',
    before: two,
    act: (uploads, before) => uploads.remove(first(before)),
    contents: ['old content, again'],
  },
  {
    name: 'a removal of both of two records',
    onS3: true,
    before: two,
    act: (uploads, before) => Promise.all(before.map((file) => uploads.remove(file))),
    contents: ['old content, again'],
  },
]

const LARGE = 'x'.repeat(9_000_000)
const inParts: Deed = {
  name: 'a store in parts',
  before: one,
  act: (uploads) => uploads.store(EXACT, pieces(LARGE)),
  contents: ['old content', LARGE],
}

const house = createHouse()

/** One life after another: each ends at another call; after each, somebody else cleans up. Returns how many lives there were. */
async function everyDeath(deed: Deed, store: ObjectStore, records: Records): Promise<number> {
  let lives = 0
  for (let call = 1; ; call++) {
    const live = (phase: Fate['phase']) => life(deed, { call, phase }, `${deed.name}/${call}/${phase}`, store, records)
    const name = await live('before')
    if (name === undefined) return lives
    await live('after')
    if (name === 'put') await live('during')
    lives += name === 'put' ? 3 : 2
  }
}

/** The name of the call that it ended at; undefined when the deed was done before its fate could strike. */
async function life(deed: Deed, fate: Fate, prefix: string, store: ObjectStore, records: Records) {
  const { files, clock } = records
  const options = { connection: { prefix }, leaseMs: LEASE_MS, sweepMs: 3_600_000, now: () => clock.ms }
  const heir = await openUploads({ ...options, files, store })
  const before = await deed.before(heir, store, prefix)
  const [was] = (await agreement(store, records, prefix)).contents
  const world = mortal(files, store, { ...fate, call: fate.call + 1 })
  // Its own first look for what was left behind is the first call.
  const doomed = await openUploads({ ...options, files: world.files, store: world.store })
  await expect.poll(() => world.calls).toEqual(['takeOver'])
  const outcome = await deed.act(doomed, before).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await doomed.close()
  clock.ms += LEASE_MS + 1
  await heir.sweep()
  await heir.close()

  const where = `${deed.name}, ${fate.phase} ${world.calls[fate.call]} (${fate.call})`
  const told: readonly Kept[] = 'value' in outcome && isFile(outcome.value) ? [outcome.value] : []
  const found = await agreement(store, records, prefix)
  expect(found.problems, where).toEqual([])
  for (const content of found.contents) expect(deed.contents, where).toContain(content)
  // Nobody was told of a record that means an older object.
  const known = before.map(({ handle }) => handle)
  if (found.contents.every((content) => content === was))
    expect(known, where).toEqual(expect.arrayContaining(found.handles))
  for (const { handle } of told) expect(found.handles, where).toContain(handle)
  return world.dead ? world.calls[fate.call] : undefined
}

function isFile(value: unknown): value is FileRecord {
  return typeof value === 'object' && value !== null && 'handle' in value
}

function everyDeed(makeStore: () => Promise<ObjectStore>, deeds = DEEDS) {
  for (const deed of deeds) {
    it(`${deed.name}: objects and records agree, wherever it ends`, { timeout: 120_000 }, async () => {
      const lives = await everyDeath(deed, await makeStore(), await house.records())
      expect(lives).toBeGreaterThan(3)
    })
  }
}

describe('a process that ends anywhere, on the store in memory', () => everyDeed(async () => createMemoryStore()))

describe('a process that ends anywhere, on a folder', () =>
  everyDeed(async () => {
    const path = join(await house.folder(), 'store')
    await mkdir(path)
    return createFolderStore({ provider: 'folder', path })
  }))

describe.skipIf(noS3Server())('a process that ends anywhere, on S3', () => {
  let s3: S3Subject
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(() => s3.stop())
  everyDeed(async () => s3.store(), [...DEEDS.filter(({ onS3 }) => onS3), inParts])
})

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmbeddedJobs } from '../../src/catalog/jobs.ts'
import { createJobs } from '../../src/jobs/create-jobs.ts'
import { createPgBossJobs } from '../../src/jobs/pg-boss-store.ts'
import type { JobStore } from '../../src/jobs/store.ts'
import { QUIET, VAULT } from './places.ts'

describe('opening the queue', () => {
  let dataDir = ''
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tintype-jobs-'))
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  const open = (store: JobStore) => createJobs({ store, kinds: {}, sealing: VAULT, log: QUIET })
  const embedded = (folder = dataDir) => open(createEmbeddedJobs({ dataDir: folder }))

  it('makes a file that only its owner reads, in a folder that is made when it is missing', async () => {
    const folder = join(dataDir, 'new', 'data')
    const jobs = await embedded(folder)
    expect((await stat(join(folder, 'jobs.sqlite'))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await jobs.close()
    await jobs.close()
  })

  it('puts every commit on the disk before it is believed', async () => {
    const jobs = await embedded()
    const raw = new DatabaseSync(join(dataDir, 'jobs.sqlite'))
    expect(raw.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    raw.close()
    await jobs.close()
  })

  it('refuses a file that a newer version made', async () => {
    const jobs = await embedded()
    await jobs.close()
    const raw = new DatabaseSync(join(dataDir, 'jobs.sqlite'))
    raw.exec('pragma user_version = 99')
    raw.close()
    await expect(embedded()).rejects.toThrow(/newer version/)
  })

  it('says why when the folder cannot be made, and when Postgres does not answer, without its password', async () => {
    await expect(embedded('/dev/null/data')).rejects.toThrow(/ENOTDIR/)
    const opening = open(createPgBossJobs({ database: 'postgres://u:pass-word@127.0.0.1:1/d', log: QUIET }))
    await expect(opening).rejects.toThrow(/ECONNREFUSED/)
    await expect(opening).rejects.not.toThrow(/pass-word/)
  })

  it('lets everything else have its turn during a row of writes', async () => {
    const store = createEmbeddedJobs({ dataDir })
    await store.open([])
    let turns = 0
    let counting = true
    const count = () => {
      turns++
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    for (let n = 0; n < 50; n++) {
      const job = { id: String(n), kind: 'any', payload: '1', project: undefined, sealed: undefined, runAt: undefined }
      await store.add({ ...job, attempts: 1, keepMs: 1000 }, 100)
    }
    counting = false
    expect(turns).toBeGreaterThanOrEqual(50)
    await store.close()
  })
})

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { createEmbeddedJobs } from '../../src/catalog/jobs.ts'
import { createVault } from '../../src/catalog/vault.ts'
import { createJobs, type JobQueue, type JobsOptions } from '../../src/jobs/create-jobs.ts'
import type { JobKind } from '../../src/jobs/jobs.ts'
import { createPgBossJobs } from '../../src/jobs/pg-boss-store.ts'
import type { JobStore } from '../../src/jobs/store.ts'
import { type PostgresServer, postgresMissing, startPostgres } from '../support/postgres.ts'

/** Where jobs are kept: opening twice at one place is two processes on one queue. */
export type Place = {
  /** What a child process needs to open it: an engine's name and where. */
  readonly address: readonly [engine: 'sqlite' | 'postgres', where: string]
  store(): JobStore
  /** Lets time pass for everything that is kept. */
  age(seconds: number): Promise<void>
  /** Makes it look as if so many processes had died while they ran the job. */
  lose(id: string, times: number): Promise<void>
  /** Breaks the connections to it, as far as there are any. */
  disconnect(): Promise<void>
  /** All that is kept, as text. */
  dump(): Promise<string>
}

export type Places = {
  place(): Promise<Place>
  /** Opens and starts a queue that is closed after the test. */
  open(place: Place, kinds: Readonly<Record<string, Partial<JobKind>>>, options?: Options): Promise<JobQueue>
}

type Options = Partial<JobsOptions> & { readonly idle?: boolean }

export const QUIET = { warn: () => undefined, error: () => undefined }
export const VAULT = createVault([randomBytes(32)])

/** For what does not depend on the engine. */
export function onSqlite(tests: (places: Places, engine: 'sqlite') => void): void {
  describe('on SQLite', () => {
    const folders: string[] = []
    const places = placesOf(async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tintype-jobs-'))
      folders.push(dataDir)
      return sqlitePlace(dataDir)
    })
    afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))))
    tests(places, 'sqlite')
  })
}

/** Runs the same tests over both engines. */
export function onBothEngines(tests: (places: Places, engine: 'sqlite' | 'postgres') => void): void {
  onSqlite(tests)
  describe.skipIf(postgresMissing())('on Postgres', () => {
    let server: PostgresServer | undefined
    beforeAll(async () => {
      server = await startPostgres()
    })
    afterAll(() => server?.stop())
    const places = placesOf(async () => {
      if (server === undefined) throw new Error('Postgres has not started')
      return postgresPlace(server, await server.createDatabase())
    })
    tests(places, 'postgres')
  })
}

function placesOf(place: () => Promise<Place>): Places {
  const open: JobQueue[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((jobs) => jobs.close()))
  })
  return {
    place,
    async open(at, kinds, { idle = false, ...options } = {}) {
      const whole = Object.entries(kinds).map(([name, kind]) => [
        name,
        { handler: async () => undefined, workers: 1, queueLength: 100, delays: [0], ...kind },
      ])
      const jobs = await createJobs({
        ...{ store: at.store(), kinds: Object.fromEntries(whole), sealing: VAULT, log: QUIET },
        ...{ pollMs: 20, sweepMs: 50, graceMs: 2000, random: () => 0 },
        ...options,
      })
      open.push(jobs)
      if (!idle) jobs.start()
      return jobs
    },
  }
}

function sqlitePlace(dataDir: string): Place {
  function raw<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(dataDir, 'jobs.sqlite'), { timeout: 5000 })
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    address: ['sqlite', dataDir],
    store: () => createEmbeddedJobs({ dataDir }),
    async age(seconds) {
      const change = ['run_at', 'lease_until', 'expires_at'].map(
        (column) => `${column} = ${column} - ${seconds * 1000}`,
      )
      raw((database) => database.exec(`update jobs set ${change.join(', ')}`))
    },
    async lose(id, times) {
      raw((database) => database.prepare('update jobs set losses = ? where id = ?').run(times, id))
    },
    disconnect: async () => undefined,
    dump: async () => raw((database) => JSON.stringify(database.prepare('select * from jobs').all())),
  }
}

function postgresPlace(server: PostgresServer, url: string): Place {
  async function query(text: string, values: readonly unknown[] = []) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return await client.query(text, [...values])
    } finally {
      await client.end()
    }
  }
  return {
    address: ['postgres', url],
    store: () => createPgBossJobs({ database: url, log: QUIET }),
    async age(seconds) {
      const columns = ['start_after', 'heartbeat_on', 'completed_on', 'keep_until']
      const change = columns.map((column) => `${column} = ${column} - $1 * interval '1s'`)
      // The queue's own record of when it last looked grows older too.
      await query(`update tintype_jobs.job set ${change.join(', ')}`, [seconds])
      await query(
        `update tintype_jobs.queue set monitor_on = monitor_on - $1 * interval '1s', maintain_on = maintain_on - $1 * interval '1s'`,
        [seconds],
      )
    },
    async lose(id, times) {
      await query('update tintype_jobs.job set retry_count = retry_count + $2 where id = $1', [id, times])
    },
    disconnect: () => server.disconnect(url),
    dump: async () => JSON.stringify((await query('select * from tintype_jobs.job')).rows),
  }
}

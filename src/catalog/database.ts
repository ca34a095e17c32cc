/** Opens the database that the configuration names: the embedded one or Postgres. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import type { Log } from './log.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'

export type Database = {
  readonly db: Kysely<Tables>
  /** Holds off every other change, of this process and others, until the transaction ends. */
  readonly lock: (tx: Transaction<Tables>) => Promise<void>
}

export type DatabaseOptions = { readonly database: string; readonly dataDir: string; readonly log: Log }

/** Any number does, as long as it stays the same: the lock's name among those of the whole Postgres database. */
const LOCK = 7_411_921_845

/** `sqlite` → a file in the data folder; `postgres://…` → a pool. Nothing is asked of the database yet. */
export async function openDatabase({ database, dataDir, log }: DatabaseOptions): Promise<Database> {
  if (database === 'sqlite') {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const db = new Kysely<Tables>({ dialect: sqliteDialect(join(dataDir, 'tintype.sqlite')) })
    // `begin immediate` has taken the lock already.
    return { db, lock: async () => {} }
  }
  // Loaded only where it is used: the embedded database starts without it.
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString: database,
    application_name: 'tintype',
    max: 10,
    connectionTimeoutMillis: 10_000,
    // A connection that went silent is given up rather than waited for.
    query_timeout: 30_000,
    keepAlive: true,
  })
  // A connection that breaks would otherwise end the process, in use or idle; the pool makes a new one by itself.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ reason: error.message }, 'a connection to the database broke'))
  })
  // Told by the connection already.
  pool.on('error', () => undefined)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    lock: async (tx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx)
    },
  }
}

/** What the driver says, also where several attempts failed and the error as a whole says nothing. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** All reads of `work` see one state of the database. */
export function consistently<T>(db: Kysely<Tables>, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)
}

/** Kysely on `node:sqlite`. One connection; Kysely itself lets one user at a time have it. */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout as after } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'

/** How long a change waits for another process that is writing, in milliseconds. */
const LONGEST_WAIT = 10_000
/** Opens `file` (made when absent, readable by its owner only) in WAL mode, each commit on the disk before it returns. */
export function sqliteDialect(file: string): Dialect {
  return {
    createDriver: () => new NodeSqliteDriver(file),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

class NodeSqliteDriver implements Driver {
  readonly #file: string
  #connection: NodeSqliteConnection | undefined

  constructor(file: string) {
    this.#file = file
  }

  async init(): Promise<void> {
    // Made by us first: SQLite gives its companion files the permissions of the main one.
    closeSync(openSync(this.#file, 'a', 0o600))
    // SQLite's own wait for a lock would block the event loop, so it gets none; `unlessBusy` waits in its place.
    const database = new DatabaseSync(this.#file, { timeout: 0, enableForeignKeyConstraints: true })
    try {
      await unlessBusy(() => database.exec('pragma journal_mode = wal; pragma synchronous = full'))
    } catch (error) {
      database.close()
      throw error
    }
    this.#connection = new NodeSqliteConnection(database)
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#connection) throw new Error('the database is not open')
    return this.#connection
  }

  /** A change takes the write lock at once: taken later, SQLite may refuse it without any way to wait. */
  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begin = settings.accessMode === 'read only' ? 'begin' : 'begin immediate'
    await connection.executeQuery(CompiledQuery.raw(begin))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close()
    this.#connection = undefined
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return unlessBusy(() => this.#execute<R>(query))
  }

  #execute<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const statement = this.#database.prepare(sql)
    const values = parameters.map(toInput)
    if (statement.columns().length > 0) {
      // Kysely types the rows by the query that it compiled itself.
      return { rows: statement.all(...values) as R[] }
    }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator, and the catalog streams nothing
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming is not built for the embedded database')
  }

  close(): void {
    this.#database.close()
  }
}

function toInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a ${typeof value} cannot be stored in SQLite`)
}

/** Tries again while another process holds the lock, without blocking this one. */
async function unlessBusy<T>(attempt: () => T): Promise<T> {
  const deadline = Date.now() + LONGEST_WAIT
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error
      await after(pause)
    }
  }
}

/** SQLITE_BUSY and its kinds; the low byte is the primary code. */
function isBusy(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' && (code & 0xff) === 5
}

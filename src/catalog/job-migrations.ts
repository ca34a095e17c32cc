/** The history of the embedded queue's schema. A migration that was released never changes; a new one goes to the end. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { JobTables } from './job-tables.ts'

type Migration = (tx: Transaction<JobTables>) => Promise<void>

/** Brings the queue's file up to date; its `user_version` counts the migrations. Throws when a newer Tintype made it. */
export async function migrateJobs(db: Kysely<JobTables>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(tx)
    const version = rows[0]?.user_version ?? 0
    if (version > MIGRATIONS.length) throw new Error('the queue of jobs was made by a newer version of Tintype')
    for (const migration of MIGRATIONS.slice(version)) await migration(tx)
    await sql`pragma user_version = ${sql.lit(MIGRATIONS.length)}`.execute(tx)
  })
}

const MIGRATIONS: readonly Migration[] = [
  async (tx) => {
    await tx.schema
      .createTable('jobs')
      .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('project', 'text')
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text')
      .addColumn('state', 'text', (column) => column.notNull().defaultTo('waiting'))
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('losses', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('claims', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('holder', 'text')
      .addColumn('lease_until', 'integer')
      .addColumn('run_at', 'integer', (column) => column.notNull())
      .addColumn('added_at', 'integer', (column) => column.notNull())
      .addColumn('keep_ms', 'integer', (column) => column.notNull())
      .addColumn('result', 'text')
      .addColumn('reason_code', 'text')
      .addColumn('reason_message', 'text')
      .addColumn('expires_at', 'integer')
      .execute()
    await tx.schema.createIndex('jobs_due').on('jobs').columns(['kind', 'state', 'run_at', 'seq']).execute()
    await tx.schema.createIndex('jobs_running').on('jobs').column('holder').where('holder', 'is not', null).execute()
    await tx.schema.createIndex('jobs_expired').on('jobs').column('expires_at').execute()
  },
]

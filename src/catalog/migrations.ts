/** The schema's history. Each entry is applied once, in order, under a lock, and is never changed after a release. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'
import { createUploadSessionTables } from './upload-sessions.ts'

type Migration = { readonly name: string; readonly up: (tx: Transaction<Tables>) => Promise<void> }

/** Brings the schema up to date; several processes may do so at once. Throws when the database was made by a newer version. */
export async function migrate({ db, lock }: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lock(tx)
    await tx.schema
      .createTable('tintype_migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', 'text', (column) => column.notNull())
      .execute()
    const applied = (await tx.selectFrom('tintype_migrations').select('name').execute()).map(({ name }) => name)
    const unknown = applied.filter((name) => !MIGRATIONS.some((migration) => migration.name === name))
    if (unknown.length > 0) {
      throw new Error(`the database was made by a newer version of Tintype (it knows ${unknown.join(', ')})`)
    }
    for (const { name, up } of MIGRATIONS) {
      if (applied.includes(name)) continue
      await up(tx)
      await tx.insertInto('tintype_migrations').values({ name, applied_at: new Date().toISOString() }).execute()
    }
  })
}

const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-projects-keys-connections',
    up: async (tx) => {
      await tx.schema
        .createTable('projects')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('declared_in', 'text')
        .addColumn('created_at', 'text', (column) => column.notNull())
        .execute()
      await tx.schema
        .createTable('settings')
        .addColumn('project_id', 'text', (column) => column.notNull().references('projects.id').onDelete('cascade'))
        .addColumn('dialect', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addColumn('declared_in', 'text')
        .addPrimaryKeyConstraint('settings_pk', ['project_id', 'dialect'])
        .execute()
      await createKeys(tx)
      await createConnections(tx)
      await tx.schema
        .createTable('revision')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('value', 'integer', (column) => column.notNull())
        .execute()
      await tx.insertInto('revision').values({ id: 1, value: 1 }).execute()
      await tx.schema
        .createTable('vault_keys')
        .addColumn('key_id', 'text', (column) => column.primaryKey())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .execute()
    },
  },
  { name: '0002-files', up: createFiles },
  { name: '0003-upload-sessions', up: createUploadSessionTables },
]

async function createKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('keys')
    .addColumn('public_key', 'text', (column) => column.primaryKey())
    .addColumn('project_id', 'text', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('sealed_secret', 'text')
    .addColumn('secret_index', 'text', (column) => column.unique())
    .addColumn('allowed_hosts', 'text', (column) => column.notNull())
    .addColumn('dialects', 'text', (column) => column.notNull())
    .addColumn('declared_in', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addCheckConstraint('keys_secret', sql`(sealed_secret is null) = (secret_index is null)`)
    .execute()
}

async function createConnections(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('connections')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('project_id', 'text', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('read', 'integer', (column) => column.notNull())
    .addColumn('write', 'integer', (column) => column.notNull())
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('bucket', 'text')
    .addColumn('buckets', 'text', (column) => column.notNull())
    .addColumn('region', 'text')
    .addColumn('endpoint', 'text')
    .addColumn('force_path_style', 'integer')
    .addColumn('access_key_id', 'text')
    .addColumn('sealed_secret_access_key', 'text')
    .addColumn('path', 'text')
    .addColumn('base_url', 'text')
    .addColumn('account_name', 'text')
    .addColumn('sealed_account_key', 'text')
    .addColumn('container', 'text')
    .addColumn('encode_keys', 'integer', (column) => column.notNull())
    .addColumn('canonical_base_url', 'text')
    .addColumn('public_base_url', 'text')
    .addColumn('operator', 'integer', (column) => column.notNull())
    .addColumn('declared_in', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addUniqueConstraint('connections_alias', ['project_id', 'alias'])
    .execute()
}

/** No reference to the project: what a project that left the file by mistake had stored is still known when it comes back. */
async function createFiles(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('files')
    .addColumn('handle', 'text', (column) => column.primaryKey())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('api_key', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('holder', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('previous_version', 'text')
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('mimetype', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('connection', 'text', (column) => column.notNull())
    .addColumn('container', 'text', (column) => column.notNull())
    .addColumn('object_key', 'text', (column) => column.notNull())
    .addColumn('region', 'text')
    .addColumn('access', 'text', (column) => column.notNull())
    .addColumn('uploaded_ms', 'bigint', (column) => column.notNull())
    .addColumn('source_url', 'text')
    .addColumn('version', 'text')
    .addColumn('digests', 'text', (column) => column.notNull())
    .addColumn('width', 'integer')
    .addColumn('height', 'integer')
    .execute()
  await db.schema.createIndex('files_object').on('files').columns(['project', 'connection', 'object_key']).execute()
  await db.schema
    .createIndex('files_unsettled')
    .on('files')
    .column('lease_until')
    .where('lease_until', 'is not', null)
    .execute()
}

/**
 * Projects, keys and connections: kept in a database, answered from memory, declared in a file or made by hand.
 * This is the room's door; everything behind it is its own business.
 */
import { sql } from 'kysely'
import { CannotStart, isFault } from '../faults.ts'
import { openDatabase, reasonOf } from './database.ts'
import { applyProjects, type DeclaredProject } from './declared.ts'
import { createFiles, type Files } from './files.ts'
import { createLive, type Live } from './live.ts'
import { type Log, SILENT } from './log.ts'
import { createManagement, type Limits, type Management } from './management.ts'
import { masterKeys } from './master-key.ts'
import { migrate } from './migrations.ts'
import type { Connection, ConnectionSecrets, Directory } from './model.ts'
import { admitVault, resealAll } from './reseal.ts'
import { purposeOf } from './rows.ts'
import { createDirectory, openConnectionSecrets } from './snapshot.ts'
import { createUploadSessions, type UploadSessions } from './upload-sessions.ts'
import { createVault, type Vault } from './vault.ts'

export type { DeclaredProject } from './declared.ts'
export type { ConnectionChange, ConnectionInput, KeyInput } from './inputs.ts'

export type CatalogOptions = {
  /** `sqlite`, kept in `dataDir`, or a `postgres://` URL. */
  readonly database: string
  readonly dataDir: string
  /** 32 bytes in Base64 or hex; made and kept in `dataDir` when absent. */
  readonly masterKey?: string
  /** What they sealed is sealed anew at once; servers that share a database should all know both keys before that. */
  readonly previousMasterKeys?: readonly string[]
  readonly limits?: Partial<Limits>
  readonly log?: Log
  /** How often changes of other processes are looked for; 2 s. */
  readonly pollMilliseconds?: number
}

export type Catalog = Management & {
  readonly directory: Directory
  readonly files: Files
  readonly uploadSessions: UploadSessions
  /** Of the database; grows with every change by any process. */
  readonly revision: number
  /** Called with the new generation after the directory has changed. Returns what ends it. */
  onChange(listener: (generation: number) => void): () => void
  /** Secrets of a connection, empty for one that is gone. Throws VaultError. */
  openSecrets(connection: Pick<Connection, 'id'>): ConnectionSecrets
  /** Seals what is kept elsewhere, such as the secrets of jobs; sealed with a former master key it opens as long as that one is given. */
  readonly sealing: Pick<Vault, 'seal' | 'open'>
  /** The secret of a key; undefined when it has none or is gone. Throws VaultError. */
  openKeySecret(publicKey: string): string | undefined
  /**
   * Lays the projects of a file over the database; what left the file goes, what was made by hand stays. `file` is what
   * messages name. Returns the number of rows changed. Fault conflict, bad-parameter; then nothing has changed.
   */
  applyDeclared(projects: readonly DeclaredProject[], file: string): Promise<number>
  /** Seals everything with the newest master key, as opening with earlier keys does. Returns how many secrets that were. */
  reseal(): Promise<number>
  /** Looks at once for changes of other processes. */
  refresh(): Promise<void>
  /** Resolves when the database answers; rejects with its reason. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the catalog: brings the schema up to date, checks the master key, reads everything into memory. Throws VaultError
 * for a wrong master key, and CannotStart that says why when the database or its folder cannot be used.
 */
export async function createCatalog(options: CatalogOptions): Promise<Catalog> {
  const log = options.log ?? SILENT
  const database = await openDatabase({ ...options, log }).catch((error: unknown) => {
    throw outside(error) ? unusable(error) : error
  })
  const { db, lock } = database
  try {
    await migrate(database).catch((error: unknown) => {
      throw unusable(error)
    })
    const inUse = (await db.selectFrom('vault_keys').select('key_id').limit(1).execute()).length > 0
    const vault = createVault(await masterKeys({ ...options, inUse }))
    await db.transaction().execute(async (tx) => {
      await lock(tx)
      await admitVault(tx, vault)
    })
    const live = await createLive({
      database,
      log,
      pollMilliseconds: options.pollMilliseconds ?? 2000,
      admit: (tx) => admitVault(tx, vault),
    })
    if (vault.keyIds.length > 1) {
      const count = await reseal(live, vault)
      if (count > 0) log.info({ secrets: count }, 'secrets were sealed anew with the new master key')
    }
    return {
      ...createManagement(live, vault, { sourcesPerProject: 10, keysPerProject: 10, ...options.limits }),
      ...reading(live, vault),
      files: createFiles(db),
      uploadSessions: createUploadSessions(db),
      sealing: { seal: vault.seal, open: vault.open },
      get revision() {
        return live.state().snapshot.revision
      },
      applyDeclared: (projects, file) =>
        live.change(
          (tx) => applyProjects(tx, vault, projects, file),
          (changes) => changes === 0,
        ),
      reseal: () => reseal(live, vault),
      ping: async () => {
        await sql`select 1`.execute(db)
      },
      close: async () => {
        await live.close()
        await db.destroy()
      },
    }
  } catch (error) {
    await db.destroy()
    throw outside(error) ? unusable(error) : error
  }
}

function unusable(cause: unknown): CannotStart {
  return new CannotStart(`the catalog's database cannot be used: ${reasonOf(cause)}`, { cause })
}

/** What the system or the database said, rather than this program: such errors carry a code. */
function outside(error: unknown): boolean {
  return error instanceof Error && 'code' in error && !isFault(error)
}

function reseal(live: Live, vault: Vault): Promise<number> {
  return live.change(
    (tx) => resealAll(tx, vault),
    (count) => count === 0,
  )
}

function reading(live: Live, vault: Vault) {
  return {
    directory: createDirectory(live.state, vault),
    onChange: live.onChange,
    refresh: live.refresh,
    openSecrets: (connection: Pick<Connection, 'id'>) =>
      openConnectionSecrets(live.state().snapshot, vault, connection),
    openKeySecret: (publicKey: string) => {
      const sealed = live.state().snapshot.publicKeys.get(publicKey)?.sealed
      return sealed ? vault.open(sealed, purposeOf.keySecret(publicKey)) : undefined
    },
  }
}

/** Everything the request path asks for, read at once and then answered from memory. Replaced as a whole, never changed. */
import { type Kysely, sql } from 'kysely'
import { consistently } from './database.ts'
import type { Connection, ConnectionSecrets, Directory, Key, Project } from './model.ts'
import { purposeOf, toConnection, toKey } from './rows.ts'
import { toSettings } from './settings.ts'
import type { ConnectionRow, KeyRow, SettingRow, Tables } from './tables.ts'
import { equalSecrets, type Vault } from './vault.ts'

/** Longer texts are no secrets of ours, and are not worth an HMAC. */
const LONGEST_SECRET = 1024

type Found = { readonly project: Project; readonly key: Key }
type Sealed = Found & { readonly sealed: string }

export type Snapshot = {
  /** Of the database, when this was read. */
  readonly revision: number
  readonly projects: ReadonlyMap<string, Project>
  readonly publicKeys: ReadonlyMap<string, Found & { readonly sealed: string | null }>
  readonly secretIndexes: ReadonlyMap<string, Sealed>
  readonly connections: ReadonlyMap<
    string,
    { readonly secretAccessKey: string | null; readonly accountKey: string | null }
  >
}

/** The revision alone: cheap enough to be asked for every other second. */
export async function readRevision(db: Kysely<Tables>): Promise<number> {
  const { value } = await db.selectFrom('revision').select('value').where('id', '=', 1).executeTakeFirstOrThrow()
  return value
}

/** What is declared comes first, in declared order. */
const BY_HAND = sql`declared_in is null`

/** One consistent state of the database. */
export async function readSnapshot(db: Kysely<Tables>): Promise<Snapshot> {
  return consistently(db, async (tx) => {
    const revision = await readRevision(tx)
    const projects = await tx.selectFrom('projects').selectAll().orderBy('created_at').orderBy('id').execute()
    const settings = await tx.selectFrom('settings').selectAll().orderBy('dialect').execute()
    const keys = await tx
      .selectFrom('keys')
      .selectAll()
      .orderBy(BY_HAND)
      .orderBy('position')
      .orderBy('public_key')
      .execute()
    const connections = await tx
      .selectFrom('connections')
      .selectAll()
      .orderBy(BY_HAND)
      .orderBy('position')
      .orderBy('id')
      .execute()
    return build(revision, projects, { settings, keys, connections })
  })
}

type Rows = {
  readonly settings: readonly SettingRow[]
  readonly keys: readonly KeyRow[]
  readonly connections: readonly ConnectionRow[]
}

function build(revision: number, ids: readonly { readonly id: string }[], rows: Rows): Snapshot {
  const byProject = {
    settings: Map.groupBy(rows.settings, (row) => row.project_id),
    keys: Map.groupBy(rows.keys, (row) => row.project_id),
    connections: Map.groupBy(rows.connections, (row) => row.project_id),
  }
  const projects = new Map(
    ids.map(({ id }): [string, Project] => [
      id,
      {
        id,
        keys: (byProject.keys.get(id) ?? []).map(toKey),
        connections: (byProject.connections.get(id) ?? []).map(toConnection),
        settings: toSettings(byProject.settings.get(id) ?? []),
      },
    ]),
  )
  const found = rows.keys.flatMap((row) => {
    const project = projects.get(row.project_id)
    const key = project?.keys.find(({ publicKey }) => publicKey === row.public_key)
    return project && key ? [{ project, key, sealed: row.sealed_secret, index: row.secret_index }] : []
  })
  return {
    revision,
    projects,
    publicKeys: new Map(found.map(({ index: _, ...entry }) => [entry.key.publicKey, entry])),
    secretIndexes: new Map(
      found.flatMap(({ index, sealed, ...entry }): [string, Sealed][] =>
        index === null || sealed === null ? [] : [[index, { ...entry, sealed }]],
      ),
    ),
    connections: new Map(
      rows.connections.map((row) => [
        row.id,
        { secretAccessKey: row.sealed_secret_access_key, accountKey: row.sealed_account_key },
      ]),
    ),
  }
}

/** A directory that always answers from the snapshot of the moment. */
export function createDirectory(
  current: () => { readonly snapshot: Snapshot; readonly generation: number },
  vault: Vault,
): Directory {
  return {
    get generation() {
      return current().generation
    },
    project: (id) => current().snapshot.projects.get(id),
    byPublicKey: (publicKey) => {
      const found = current().snapshot.publicKeys.get(publicKey)
      return found && { project: found.project, key: found.key }
    },
    bySecret: (secret) => findBySecret(current().snapshot, vault, secret),
  }
}

function findBySecret(snapshot: Snapshot, vault: Vault, secret: string): Found | undefined {
  if (secret === '' || secret.length > LONGEST_SECRET) return undefined
  for (const index of vault.indexes(secret)) {
    const found = snapshot.secretIndexes.get(index)
    if (!found) continue
    const kept = vault.open(found.sealed, purposeOf.keySecret(found.key.publicKey))
    if (equalSecrets(kept, secret)) return { project: found.project, key: found.key }
  }
  return undefined
}

/** The opened secrets of a connection; none for one that is gone. Throws VaultError when they cannot be opened. */
export function openConnectionSecrets(
  snapshot: Snapshot,
  vault: Vault,
  { id }: Pick<Connection, 'id'>,
): ConnectionSecrets {
  const sealed = snapshot.connections.get(id)
  return {
    ...(sealed?.secretAccessKey && {
      secretAccessKey: vault.open(sealed.secretAccessKey, purposeOf.secretAccessKey(id)),
    }),
    ...(sealed?.accountKey && { accountKey: vault.open(sealed.accountKey, purposeOf.accountKey(id)) }),
  }
}

/**
 * Projects declared in a file, laid over what the database holds. Doing it twice changes nothing. What left the file goes;
 * what was made by hand stays, and is never taken over: a name that both want is a conflict.
 */
import { Fault } from '../faults.ts'
import { connectionOf, insertConnection, rewriteConnection, sameConnection } from './connections.ts'
import { type ConnectionInput, checkConnection, checkKey, type KeyInput } from './inputs.ts'
import { insertKey, keyOf, type Tx } from './keys.ts'
import type { PixboostSettings } from './model.ts'
import { purposeOf } from './rows.ts'
import { DIALECTS } from './rules.ts'
import type { KeyRow } from './tables.ts'
import type { Vault } from './vault.ts'

/** A project as the file declares it; the sections of dialects are carried as they are. */
export type DeclaredProject = {
  readonly id: string
  readonly keys: readonly (KeyInput & { readonly publicKey: string })[]
  readonly connections: readonly ConnectionInput[]
  readonly pixboost: PixboostSettings
  readonly imagekit?: unknown
  readonly kraken?: unknown
  readonly compressor?: unknown
  readonly filestack?: unknown
}

/** Returns the number of rows changed; 0 when the database says the same already. Fault conflict, bad-parameter. */
export async function applyProjects(
  tx: Tx,
  vault: Vault,
  projects: readonly DeclaredProject[],
  file: string,
): Promise<number> {
  const apply: Apply = { tx, vault, file }
  // Removals go first, so that a key may move to another project and a secret to another key in one step.
  let changes = await removeProjects(apply, new Set(projects.map(({ id }) => id)))
  for (const project of projects) changes += await removeParts(apply, project)
  for (const project of projects) changes += await applyProject(apply, project)
  return changes
}

type Apply = { readonly tx: Tx; readonly vault: Vault; readonly file: string }

/** A project that left the file goes, unless something made by hand is in it: then only its declared parts go. */
async function removeProjects({ tx }: Apply, staying: ReadonlySet<string>): Promise<number> {
  const declared = await tx.selectFrom('projects').select('id').where('declared_in', 'is not', null).execute()
  const leaving = declared.filter(({ id }) => !staying.has(id))
  for (const { id } of leaving) {
    for (const table of ['keys', 'connections', 'settings'] as const) {
      await tx.deleteFrom(table).where('project_id', '=', id).where('declared_in', 'is not', null).execute()
    }
    const key = await tx.selectFrom('keys').select('public_key').where('project_id', '=', id).executeTakeFirst()
    const connection = await tx.selectFrom('connections').select('id').where('project_id', '=', id).executeTakeFirst()
    if (key || connection) await tx.updateTable('projects').set({ declared_in: null }).where('id', '=', id).execute()
    else await tx.deleteFrom('projects').where('id', '=', id).execute()
  }
  return leaving.length
}

async function removeParts({ tx, vault }: Apply, project: DeclaredProject): Promise<number> {
  const keys = await tx.selectFrom('keys').selectAll().where('project_id', '=', project.id).execute()
  const goneKeys = keys.filter((row) => {
    const wanted = project.keys.find(({ publicKey }) => publicKey === row.public_key)
    return row.declared_in !== null && (!wanted || openSecret(vault, row) !== wanted.secret)
  })
  for (const row of goneKeys) await tx.deleteFrom('keys').where('public_key', '=', row.public_key).execute()
  const connections = await tx.selectFrom('connections').selectAll().where('project_id', '=', project.id).execute()
  const goneConnections = connections.filter((row) => {
    const wanted = project.connections.find(({ alias }) => alias === row.alias)
    // Another kind of store under the same name is another connection.
    return row.declared_in !== null && wanted?.provider !== row.provider
  })
  for (const row of goneConnections) await tx.deleteFrom('connections').where('id', '=', row.id).execute()
  return goneKeys.length + goneConnections.length
}

async function applyProject(apply: Apply, project: DeclaredProject): Promise<number> {
  let changes = await applyProjectRow(apply, project.id)
  changes += await applySettings(apply, project)
  for (const [position, key] of project.keys.entries()) changes += await applyKey(apply, project.id, position, key)
  for (const [position, connection] of project.connections.entries()) {
    changes += await applyConnection(apply, project.id, position, connection)
  }
  return changes
}

async function applyProjectRow({ tx, file }: Apply, id: string): Promise<number> {
  const row = await tx.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
  if (row?.declared_in === file) return 0
  if (row) await tx.updateTable('projects').set({ declared_in: file }).where('id', '=', id).execute()
  else await tx.insertInto('projects').values({ id, declared_in: file, created_at: new Date().toISOString() }).execute()
  return 1
}

/** The settings of a declared project are those of the file, whatever was set by hand before. */
async function applySettings({ tx, file }: Apply, project: DeclaredProject): Promise<number> {
  const stored = await tx.selectFrom('settings').selectAll().where('project_id', '=', project.id).execute()
  const wanted = DIALECTS.flatMap((dialect) => {
    const value = project[dialect]
    return value === undefined ? [] : [{ dialect, value: JSON.stringify(value) }]
  })
  const gone = stored.filter((row) => !wanted.some((section) => section.dialect === row.dialect))
  const fresh = wanted.filter(
    (section) =>
      !stored.some((row) => row.dialect === section.dialect && row.value === section.value && row.declared_in === file),
  )
  for (const { dialect } of gone) {
    await tx.deleteFrom('settings').where('project_id', '=', project.id).where('dialect', '=', dialect).execute()
  }
  for (const section of fresh) {
    await tx
      .insertInto('settings')
      .values({ project_id: project.id, ...section, declared_in: file })
      .onConflict((conflict) =>
        conflict.columns(['project_id', 'dialect']).doUpdateSet({ value: section.value, declared_in: file }),
      )
      .execute()
  }
  return gone.length + fresh.length
}

async function applyKey(
  { tx, vault, file }: Apply,
  projectId: string,
  position: number,
  wanted: KeyInput & { readonly publicKey: string },
): Promise<number> {
  const key = { ...checkKey(wanted), publicKey: wanted.publicKey }
  const row = await keyOf(tx, key.publicKey)
  if (!row) {
    await insertKey(tx, vault, { projectId, position, file }, key)
    return 1
  }
  if (row.declared_in === null || row.project_id !== projectId) {
    const whose = row.declared_in === null ? `was made by hand in project ${row.project_id}` : 'is declared twice'
    throw new Fault('conflict', `the public key ${key.publicKey} declared in ${file} ${whose}; rename or remove one`)
  }
  const columns = {
    position,
    label: key.label ?? '',
    allowed_hosts: JSON.stringify(key.allowedHosts ?? []),
    dialects: JSON.stringify(key.dialects ?? []),
    declared_in: file,
  }
  const stored = new Map<string, unknown>(Object.entries(row))
  if (Object.entries(columns).every(([column, value]) => stored.get(column) === value)) return 0
  await tx.updateTable('keys').set(columns).where('public_key', '=', key.publicKey).execute()
  return 1
}

async function applyConnection(
  { tx, vault, file }: Apply,
  projectId: string,
  position: number,
  wanted: ConnectionInput,
): Promise<number> {
  const input = checkConnection(wanted, true)
  const place = { operator: true, file, position }
  const row = await connectionOf(tx, projectId, input.alias)
  if (!row) {
    await insertConnection(tx, vault, { ...place, projectId }, input)
    return 1
  }
  if (row.declared_in === null) {
    throw new Fault(
      'conflict',
      `project ${projectId} has a connection ${input.alias} that was made by hand, and ${file} declares another; rename or remove one`,
    )
  }
  if (sameConnection(vault, row, input, place)) return 0
  await rewriteConnection(tx, vault, row, input, place)
  return 1
}

function openSecret(vault: Vault, row: KeyRow): string | undefined {
  return row.sealed_secret === null ? undefined : vault.open(row.sealed_secret, purposeOf.keySecret(row.public_key))
}

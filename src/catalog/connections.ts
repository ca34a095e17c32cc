/** Changes of connections, each inside of a transaction that holds the lock. */
import { randomUUID } from 'node:crypto'
import { Fault } from '../faults.ts'
import type { ConnectionChange, ConnectionInput } from './inputs.ts'
import { refuseDeclared, type Tx } from './keys.ts'
import type { Connection, ConnectionSecrets } from './model.ts'
import { purposeOf, toConnection, toConnectionColumns } from './rows.ts'
import type { ConnectionRow } from './tables.ts'
import type { Vault } from './vault.ts'

export type Origin = { readonly operator: boolean; readonly file: string | null }

export function connectionOf(tx: Tx, projectId: string, alias: string): Promise<ConnectionRow | undefined> {
  return tx
    .selectFrom('connections')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('alias', '=', alias)
    .executeTakeFirst()
}

/** The connection, when it may be changed by hand. Fault not-found, or read-only naming the file that declares it. */
export async function editableConnection(tx: Tx, projectId: string, alias: string): Promise<ConnectionRow> {
  const row = await connectionOf(tx, projectId, alias)
  if (!row) throw new Fault('not-found', `project ${projectId} has no connection ${alias}`)
  refuseDeclared(`connection ${alias}`, row.declared_in)
  return row
}

/** Writes a new connection. Fault conflict when the project has the alias already. */
export async function insertConnection(
  tx: Tx,
  vault: Vault,
  place: Origin & { readonly projectId: string; readonly position: number },
  input: ConnectionInput,
): Promise<Connection> {
  if (await connectionOf(tx, place.projectId, input.alias)) {
    throw new Fault('conflict', `project ${place.projectId} has a connection ${input.alias} already`, {
      context: { field: 'alias' },
    })
  }
  const id = randomUUID()
  const row: ConnectionRow = {
    id,
    project_id: place.projectId,
    position: place.position,
    revision: 1,
    ...toConnectionColumns(input, place),
    ...sealSecrets(vault, id, input),
    created_at: new Date().toISOString(),
  }
  await tx.insertInto('connections').values(row).execute()
  return toConnection(row)
}

/** Writes what differs, and counts the revision up. */
export async function rewriteConnection(
  tx: Tx,
  vault: Vault,
  row: ConnectionRow,
  input: ConnectionInput,
  place: Origin & { readonly position: number },
): Promise<Connection> {
  const changed = {
    ...row,
    ...toConnectionColumns(input, place),
    ...sealSecrets(vault, row.id, input),
    position: place.position,
    revision: row.revision + 1,
  }
  const { id, ...columns } = changed
  await tx.updateTable('connections').set(columns).where('id', '=', id).execute()
  return toConnection(changed)
}

/** The connection as it would be handed in, secrets opened. */
export function toInput(vault: Vault, row: ConnectionRow): ConnectionInput {
  const { id, revision: _, operator: __, declared: ___, ...options } = toConnection(row)
  return { ...options, ...openSecrets(vault, { ...row, id }) }
}

/** A change laid over what is there; `null` clears. Alias and provider stay, whatever the change holds. */
export function merge(current: ConnectionInput, change: ConnectionChange): ConnectionInput {
  const given = Object.entries(change).filter(([key, value]) => value !== undefined && !(key in FIXED))
  const cleared = new Set(given.filter(([, value]) => value === null).map(([key]) => key))
  const kept = Object.entries(current).filter(([key]) => !cleared.has(key))
  const set = given.filter(([, value]) => value !== null)
  const options = Object.fromEntries([...kept, ...set])
  return { ...options, alias: current.alias, provider: current.provider }
}
const FIXED = { alias: true, provider: true }

/** Whether the stored row says the same as the input, secrets and place included. */
export function sameConnection(
  vault: Vault,
  row: ConnectionRow,
  input: ConnectionInput,
  place: Origin & { readonly position: number },
): boolean {
  const wanted = Object.entries({ ...toConnectionColumns(input, place), position: place.position })
  const stored = new Map<string, unknown>(Object.entries(row))
  const kept = openSecrets(vault, row)
  return (
    wanted.every(([column, value]) => stored.get(column) === value) &&
    kept.secretAccessKey === input.secretAccessKey &&
    kept.accountKey === input.accountKey
  )
}

function openSecrets(vault: Vault, row: ConnectionRow): ConnectionSecrets {
  const { id, sealed_secret_access_key: secretAccessKey, sealed_account_key: accountKey } = row
  return {
    ...(secretAccessKey !== null && { secretAccessKey: vault.open(secretAccessKey, purposeOf.secretAccessKey(id)) }),
    ...(accountKey !== null && { accountKey: vault.open(accountKey, purposeOf.accountKey(id)) }),
  }
}

function sealSecrets(vault: Vault, id: string, { secretAccessKey, accountKey }: ConnectionSecrets) {
  return {
    sealed_secret_access_key:
      secretAccessKey === undefined ? null : vault.seal(secretAccessKey, purposeOf.secretAccessKey(id)),
    sealed_account_key: accountKey === undefined ? null : vault.seal(accountKey, purposeOf.accountKey(id)),
  }
}

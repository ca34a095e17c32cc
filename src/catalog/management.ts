/** What the dashboard and the command line do by hand. Declared objects are read-only here: their file is their truth. */

import { Fault } from '../faults.ts'
import { editableConnection, insertConnection, merge, rewriteConnection, toInput } from './connections.ts'
import { type ConnectionChange, type ConnectionInput, checkConnection, checkKey, type KeyInput } from './inputs.ts'
import {
  editableKey,
  freePublicKey,
  generateSecret,
  insertKey,
  nextPosition,
  refuseAtLimit,
  refuseDeclared,
  type Tx,
} from './keys.ts'
import type { Live } from './live.ts'
import type { Connection, DialectName, Key, Project } from './model.ts'
import { toKey } from './rows.ts'
import { PROJECT_ID } from './rules.ts'
import type { Tables } from './tables.ts'
import type { Vault } from './vault.ts'

export type Limits = { readonly sourcesPerProject: number; readonly keysPerProject: number }

export type Management = {
  listProjects(): readonly Project[]
  /** Fault bad-parameter, conflict. */
  createProject(id: string): Promise<Project>
  /** With its keys and connections. Fault not-found, read-only when it, or something in it, is declared. */
  removeProject(id: string): Promise<void>
  /** Replaces a dialect's section. Fault not-found, read-only. */
  updateSettings(projectId: string, dialect: DialectName, value: object): Promise<void>
  /** The secret is shown this once. Fault bad-parameter, conflict, limit-reached, not-found. */
  addKey(projectId: string, key: KeyInput): Promise<{ readonly key: Key; readonly secret: string }>
  listKeys(projectId: string): readonly Key[]
  /** Fault not-found, read-only, bad-parameter. */
  updateKey(projectId: string, publicKey: string, change: Omit<KeyInput, 'publicKey' | 'secret'>): Promise<Key>
  /** Fault not-found, read-only. */
  removeKey(projectId: string, publicKey: string): Promise<void>
  /** `operator`: from the command line rather than through an API. Fault bad-parameter, conflict, limit-reached, not-found. */
  addConnection(projectId: string, connection: ConnectionInput, by: { readonly operator: boolean }): Promise<Connection>
  listConnections(projectId: string): readonly Connection[]
  /** Alias and provider stay. Fault bad-parameter, not-found, read-only. */
  updateConnection(
    projectId: string,
    alias: string,
    change: ConnectionChange,
    by: { readonly operator: boolean },
  ): Promise<Connection>
  /** Fault not-found, read-only. */
  removeConnection(projectId: string, alias: string): Promise<void>
}

/** The methods over a live catalog; each resolves when the change is durable and visible in this process. */
export function createManagement(live: Live, vault: Vault, limits: Limits): Management {
  const projectOf = (id: string) => {
    const project = live.state().snapshot.projects.get(id)
    if (!project) throw new Fault('not-found', `no project ${id}`)
    return project
  }
  return {
    ...projects(live),
    ...keys(live, vault, limits),
    ...connections(live, vault, limits),
    listProjects: () => [...live.state().snapshot.projects.values()],
    listKeys: (projectId) => projectOf(projectId).keys,
    listConnections: (projectId) => projectOf(projectId).connections,
  }
}

async function projectRow(tx: Tx, id: string): Promise<Tables['projects']> {
  const row = await tx.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new Fault('not-found', `no project ${id}`)
  return row
}

function projects(live: Live) {
  return {
    createProject: async (id: string): Promise<Project> => {
      if (!PROJECT_ID.test(id)) {
        throw new Fault('bad-parameter', 'id: expected letters, digits, "-" and "_", at most 64', {
          context: { field: 'id' },
        })
      }
      await live.change(async (tx) => {
        const taken = await tx.selectFrom('projects').select('id').where('id', '=', id).executeTakeFirst()
        if (taken) throw new Fault('conflict', `there is a project ${id} already`, { context: { field: 'id' } })
        await tx
          .insertInto('projects')
          .values({ id, declared_in: null, created_at: new Date().toISOString() })
          .execute()
      })
      const project = live.state().snapshot.projects.get(id)
      if (!project) throw new Fault('conflict', `project ${id} was removed meanwhile`)
      return project
    },
    removeProject: (id: string) =>
      live.change(async (tx) => {
        refuseDeclared(`project ${id}`, (await projectRow(tx, id)).declared_in)
        await tx.deleteFrom('projects').where('id', '=', id).execute()
      }),
    updateSettings: (projectId: string, dialect: DialectName, value: object) =>
      live.change(async (tx) => {
        refuseDeclared(`project ${projectId}`, (await projectRow(tx, projectId)).declared_in)
        const section = { value: JSON.stringify(value), declared_in: null }
        await tx
          .insertInto('settings')
          .values({ project_id: projectId, dialect, ...section })
          .onConflict((conflict) => conflict.columns(['project_id', 'dialect']).doUpdateSet(section))
          .execute()
      }),
  }
}

function keys(live: Live, vault: Vault, limits: Limits) {
  return {
    addKey: (projectId: string, input: KeyInput) =>
      live.change(async (tx) => {
        await projectRow(tx, projectId)
        await refuseAtLimit(tx, 'keys', projectId, { name: 'keysPerProject', most: limits.keysPerProject })
        const checked = checkKey(input)
        const publicKey = checked.publicKey ?? (await freePublicKey(tx))
        const secret = checked.secret ?? generateSecret()
        const place = { projectId, position: await nextPosition(tx, 'keys', projectId), file: null }
        await insertKey(tx, vault, place, { ...checked, publicKey, secret })
        return { key: toKey(await editableKey(tx, projectId, publicKey)), secret }
      }),
    updateKey: (projectId: string, publicKey: string, change: Omit<KeyInput, 'publicKey' | 'secret'>) =>
      live.change(async (tx) => {
        const row = await editableKey(tx, projectId, publicKey)
        const { label, allowedHosts, dialects } = change
        const checked = checkKey({ ...(allowedHosts && { allowedHosts }), ...(dialects && { dialects }) })
        await tx
          .updateTable('keys')
          .set({
            label: label ?? row.label,
            allowed_hosts: allowedHosts ? JSON.stringify(checked.allowedHosts) : row.allowed_hosts,
            dialects: dialects ? JSON.stringify(dialects) : row.dialects,
          })
          .where('public_key', '=', publicKey)
          .execute()
        return toKey(await editableKey(tx, projectId, publicKey))
      }),
    removeKey: (projectId: string, publicKey: string) =>
      live.change(async (tx) => {
        await editableKey(tx, projectId, publicKey)
        await tx.deleteFrom('keys').where('public_key', '=', publicKey).execute()
      }),
  }
}

function connections(live: Live, vault: Vault, limits: Limits) {
  return {
    addConnection: (projectId: string, input: ConnectionInput, { operator }: { readonly operator: boolean }) =>
      live.change(async (tx) => {
        await projectRow(tx, projectId)
        const most = { name: 'sourcesPerProject', most: limits.sourcesPerProject }
        await refuseAtLimit(tx, 'connections', projectId, most)
        const position = await nextPosition(tx, 'connections', projectId)
        const place = { projectId, position, operator, file: null }
        return insertConnection(tx, vault, place, checkConnection(input, operator))
      }),
    updateConnection: (
      projectId: string,
      alias: string,
      change: ConnectionChange,
      { operator }: { readonly operator: boolean },
    ) =>
      live.change(async (tx) => {
        const row = await editableConnection(tx, projectId, alias)
        const trusted = row.operator === 1
        if (trusted && !operator) {
          throw new Fault('read-only', `connection ${alias} was made by the operator, who alone may change it`)
        }
        // Trust stays as it was: an endpoint that a project's API named stays guarded, whoever renames the connection.
        const input = checkConnection(merge(toInput(vault, row), change), trusted)
        return rewriteConnection(tx, vault, row, input, { position: row.position, operator: trusted, file: null })
      }),
    removeConnection: (projectId: string, alias: string) =>
      live.change(async (tx) => {
        const row = await editableConnection(tx, projectId, alias)
        await tx.deleteFrom('connections').where('id', '=', row.id).execute()
      }),
  }
}

import type { Directory, Key, Project } from '../../catalog/model.ts'
import type { Form } from './grammar.ts'
import { type Query, single } from './query.ts'
import type { Account } from './source.ts'

/** Who asks, and what may be read on their behalf. */
export type Caller = { readonly project: Project; readonly account: Account }

/**
 * The caller of a picture. With a key: its project, bounded by the key's hosts. In the engine form there is no key: the one
 * project that opened these routes, any public host, and none of its connections, which the engine does not know (pixboost §1).
 */
export function callerOf(
  form: Form,
  query: Query,
  directory: Directory,
  engineProject: string | undefined,
): Caller | undefined {
  if (form === 'engine') {
    const project = engineProject === undefined ? undefined : directory.project(engineProject)
    if (project === undefined || !project.settings.pixboost.engineRoutes) return undefined
    return { project, account: { connections: [], allowedHosts: undefined } }
  }
  const found = byKey(directory, single(query, 'auth'))
  if (found === undefined) return undefined
  const { project, key } = found
  return { project, account: { connections: project.connections, allowedHosts: key.allowedHosts } }
}

/** The caller of a workflow command, named by a secret: bounded by the hosts of all keys of the project (pixboost §3, §13). */
export function workflowCaller(query: Query, directory: Directory): Caller | undefined {
  const secret = single(query, 'auth')
  const found = secret === '' ? undefined : directory.bySecret(secret)
  if (found === undefined || !serves(found.key)) return undefined
  const { project } = found
  const allowedHosts = [...new Set(project.keys.filter(serves).flatMap((key) => key.allowedHosts))]
  return { project, account: { connections: project.connections, allowedHosts } }
}

/**
 * A key as written, or, when there is none, with the `_` that stand for Base64 padding and get lost in copying; only if
 * exactly one key comes of it (pixboost §18).
 */
function byKey(directory: Directory, auth: string): { readonly project: Project; readonly key: Key } | undefined {
  if (auth === '') return undefined
  const exact = directory.byPublicKey(auth)
  if (exact !== undefined) return serves(exact.key) ? exact : undefined
  const padded = ['_', '__'].flatMap((padding) => directory.byPublicKey(auth + padding) ?? [])
  const [only] = padded
  return only !== undefined && padded.length === 1 && serves(only.key) ? only : undefined
}

/** A key may be narrowed to some dialects. */
function serves(key: Key): boolean {
  return key.dialects.length === 0 || key.dialects.includes('pixboost')
}

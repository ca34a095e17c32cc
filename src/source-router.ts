import type { Catalog } from './catalog/catalog.ts'
import type { Connection, ConnectionSecrets, Project } from './catalog/model.ts'
import { Fault } from './faults.ts'
import type { SourceRef } from './plan/plan.ts'
import { joinPrefix } from './storage/keys.ts'
import type { ObjectKey, ObjectStore, StoreConfig } from './storage/object-store.ts'
import type { Stores } from './storage/stores.ts'

/** From a source's name to the store that holds it. */
export type SourceRouter = {
  /** Fault not-found for an unknown connection, access-denied for one that may not be read or another bucket, key-invalid. */
  open(project: string, source: SourceRef): { readonly store: ObjectStore; readonly key: ObjectKey }
  /** Which store an alias stands for now: changes when the connection is edited or replaced. */
  identity(project: string, source: SourceRef): string
  /** The open store of a connection; keys are full object keys. */
  storeOf(connection: Connection): ObjectStore
}

type Options = { readonly catalog: Pick<Catalog, 'directory' | 'openSecrets'>; readonly stores: Stores }

/** Finds connections in the catalog and opens their stores; URLs of requests are reached under the network guard. */
export function createSourceRouter({ catalog, stores }: Options): SourceRouter {
  const connectionOf = (project: Project | undefined, alias: string) => {
    const found = findConnection(project, alias)
    if (found === undefined)
      throw new Fault('not-found', 'there is no such connection', { context: { connection: alias } })
    return found
  }
  const storeOf = (connection: Connection, project?: Project) => {
    // The allow-list of a web store follows the project's keys, which have no revision of their own.
    const revision = connection.provider === 'web' ? catalog.directory.generation : connection.revision
    return stores.open(connection.id, revision, () =>
      storeConfig(connection, catalog.openSecrets(connection), project?.keys.flatMap((key) => key.allowedHosts) ?? []),
    )
  }

  return {
    storeOf: (connection) => storeOf(connection),
    open(project, source) {
      if (source.kind === 'url') {
        const { url, hosts, headers } = source
        const store = stores.once({
          provider: 'web',
          guarded: true,
          ...(hosts && { hosts }),
          ...(headers && { headers }),
        })
        return { store, key: { key: url } }
      }
      const owner = catalog.directory.project(project)
      const connection = connectionOf(owner, source.connection)
      if (!connection.read) throw new Fault('access-denied', `the connection ${connection.alias} may not be read`)
      return { store: storeOf(connection, owner), key: objectKey(connection, source.key, source.bucket) }
    },
    identity(project, source) {
      if (source.kind === 'url') return ''
      const connection = findConnection(catalog.directory.project(project), source.connection)
      return connection === undefined ? '' : `${connection.id}.${connection.revision}`
    },
  }
}

function findConnection(project: Project | undefined, alias: string): Connection | undefined {
  return project?.connections.find((connection) => connection.alias === alias)
}

/** A web key may carry a query, which is no path. */
function webKey(connection: Connection, key: string): ObjectKey {
  const mark = key.indexOf('?')
  if (mark === -1) return { key: joinPrefix(connection.prefix, key) }
  return { key: joinPrefix(connection.prefix, key.slice(0, mark)) + key.slice(mark) }
}

/** The prefix bounds the connection's own bucket only; other buckets must be allowed. */
function objectKey(connection: Connection, key: string, bucket: string | undefined): ObjectKey {
  if (connection.provider === 'web') return webKey(connection, key)
  const own = connection.provider === 'azure' ? connection.container : connection.bucket
  if (bucket === undefined || bucket === own) return { key: joinPrefix(connection.prefix, key) }
  if (connection.buckets.length > 0 && !connection.buckets.includes(bucket)) {
    throw new Fault('access-denied', `the connection ${connection.alias} does not reach that bucket`)
  }
  return { key, bucket }
}

function storeConfig(connection: Connection, secrets: ConnectionSecrets, allowedHosts: readonly string[]): StoreConfig {
  const { provider, bucket, region, endpoint, forcePathStyle, accessKeyId, path, baseUrl } = connection
  const guarded = !connection.operator
  switch (provider) {
    case 's3':
      return {
        provider,
        bucket,
        region,
        endpoint,
        forcePathStyle,
        accessKeyId,
        secretAccessKey: secrets.secretAccessKey,
        guarded,
      }
    case 'folder':
      return { provider, path: path ?? '' }
    case 'web':
      // Redirects stay on the connection's own host and on hosts that the project allows (pixboost §3).
      return { provider, baseUrl, guarded, hosts: [...ownHost(baseUrl), ...allowedHosts] }
    case 'azure':
      return {
        provider,
        accountName: connection.accountName ?? '',
        container: connection.container,
        endpoint,
        guarded,
        ...azureCredentials(secrets.accountKey),
      }
  }
}

/** A shared access signature stands where the account's key would, and is known by the signature in it. */
function azureCredentials(secret: string | undefined): { readonly accountKey?: string; readonly sasToken?: string } {
  if (secret === undefined) return {}
  return secret.includes('sig=') ? { sasToken: secret } : { accountKey: secret }
}

function ownHost(baseUrl: string | undefined): readonly string[] {
  const host = baseUrl === undefined ? undefined : URL.parse(baseUrl)?.hostname
  return host === undefined ? [] : [host]
}

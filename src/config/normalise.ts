/** One spelling for what may be written in several: folders absolute, prefixes and URLs trimmed, hosts in lower case. */
import { resolve } from 'node:path'
import { trimPrefix, trimUrl } from '../catalog/rules.ts'
import type { Config, ConnectionConfig, ProjectConfig } from './schema.ts'

/** Where relative folders begin. */
export type Bases = { readonly dataDir: string; readonly paths: string }

/** The configuration as the rest of the house gets it. Applying it twice changes nothing. */
export function normalise(config: Config, bases: Bases): Config {
  return {
    ...config,
    ...(config.publicUrl !== undefined && { publicUrl: trimUrl(config.publicUrl) }),
    dataDir: resolve(bases.dataDir, config.dataDir),
    cache: normaliseCache(config),
    console: { host: config.console.host.toLowerCase() },
    hosts: Object.fromEntries(Object.entries(config.hosts).map(([host, bound]) => [host.toLowerCase(), bound])),
    projects: config.projects.map((project) => normaliseProject(project, bases)),
  }
}

/** The project of the third level's connection is filled in; the cross-checks have seen to it that there is one only. */
function normaliseCache({ cache, projects }: Config): Config['cache'] {
  const { bucket } = cache
  if (!bucket) return cache
  const holder = projects.find(({ connections }) => connections.some(({ alias }) => alias === bucket.connection))
  const project = bucket.project ?? holder?.id
  return {
    ...cache,
    bucket: { ...bucket, prefix: trimPrefix(bucket.prefix), ...(project !== undefined && { project }) },
  }
}

function normaliseProject(project: ProjectConfig, bases: Bases): ProjectConfig {
  const { filestack } = project
  return {
    ...project,
    keys: project.keys.map((key) => ({ ...key, allowedHosts: key.allowedHosts.map((host) => host.toLowerCase()) })),
    connections: project.connections.map((connection) => normaliseConnection(connection, bases)),
    ...(filestack && {
      filestack: {
        ...filestack,
        aliases: Object.fromEntries(
          Object.entries(filestack.aliases).map(([name, alias]) => [
            name,
            { ...alias, prefix: trimPrefix(alias.prefix) },
          ]),
        ),
      },
    }),
  }
}

function normaliseConnection(connection: ConnectionConfig, bases: Bases): ConnectionConfig {
  const common = {
    prefix: trimPrefix(connection.prefix),
    ...(connection.canonicalBaseUrl !== undefined && { canonicalBaseUrl: trimUrl(connection.canonicalBaseUrl) }),
    ...(connection.publicBaseUrl !== undefined && { publicBaseUrl: trimUrl(connection.publicBaseUrl) }),
  }
  switch (connection.provider) {
    case 'folder':
      return { ...connection, ...common, path: resolve(bases.paths, connection.path) }
    case 'web':
      return { ...connection, ...common, baseUrl: trimUrl(connection.baseUrl) }
    case 's3':
    case 'azure':
      return {
        ...connection,
        ...common,
        ...(connection.endpoint !== undefined && { endpoint: trimUrl(connection.endpoint) }),
      }
  }
}

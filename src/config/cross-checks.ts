/** What one value alone cannot tell: things given twice, references that lead nowhere, numbers beyond a limit. */
import { formatPath, nearest, type Path } from './mistakes.ts'
import type { Config, ConnectionConfig, ProjectConfig } from './schema.ts'

/** How the checks speak: `broken` paths hold a stand-in for a value that was refused already, and are passed over. */
export type CrossCheck = {
  broken(path: Path): boolean
  report(path: Path, expected: string, received?: string): void
}

/** Reports every contradiction between values of a configuration whose single values are in order. */
export function crossCheck(config: Config, check: CrossCheck): void {
  const once = (what: string) => unique(what, check)
  const ids = once('project id')
  const publicKeys = once('public key')
  const secrets = once('secret')
  config.projects.forEach((project, at) => {
    const here: Path = ['projects', at]
    ids([...here, 'id'], project.id)
    project.keys.forEach((key, index) => {
      publicKeys([...here, 'keys', index, 'publicKey'], key.publicKey)
      if (key.secret !== undefined) secrets([...here, 'keys', index, 'secret'], key.secret, false)
    })
    checkConnections(project, here, check)
    checkReferences(project, here, check)
  })
  checkCacheBucket(config, check)
  checkHosts(config, check)
  // Last, because a list that is refused as a whole would hide what is wrong inside of it.
  config.projects.forEach((project, at) => {
    checkCounts(project, ['projects', at], config.limits, check)
  })
}

/** Remembers what was seen, and reports the second one with the place of the first. */
function unique(what: string, check: CrossCheck) {
  const seen = new Map<string, Path>()
  return (path: Path, value: string, shown = true) => {
    if (check.broken(path)) return
    const first = seen.get(value)
    if (first)
      check.report(path, `the ${what} is taken by ${formatPath(first)}`, shown ? JSON.stringify(value) : undefined)
    else seen.set(value, path)
  }
}

function checkCounts(project: ProjectConfig, here: Path, limits: Config['limits'], check: CrossCheck): void {
  const count = (list: 'keys' | 'connections', limit: 'keysPerProject' | 'sourcesPerProject') => {
    if (project[list].length <= limits[limit]) return
    check.report([...here, list], `expected at most ${limits[limit]} (limits.${limit})`, String(project[list].length))
  }
  count('keys', 'keysPerProject')
  count('connections', 'sourcesPerProject')
}

function checkConnections(project: ProjectConfig, here: Path, check: CrossCheck): void {
  const aliases = unique('alias', check)
  project.connections.forEach((connection, index) => {
    const at: Path = [...here, 'connections', index]
    aliases([...at, 'alias'], connection.alias)
    if (connection.provider === 'web' && connection.write) {
      check.report([...at, 'write'], 'a web server cannot be written to', 'true')
    }
    if (connection.provider !== 's3') return
    const halves = [connection.accessKeyId, connection.secretAccessKey].filter((half) => half !== undefined)
    if (halves.length === 1) {
      const missing = connection.accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey'
      check.report([...at, missing], 'is missing; accessKeyId and secretAccessKey belong together')
    }
  })
}

type Need = 'read' | 'write'

/** Reports at `path` when `alias` names no connection of the project, or one that may not be used so. */
function checkReference(project: ProjectConfig, here: Path, path: Path, alias: string, need: Need, check: CrossCheck) {
  if (check.broken(path)) return
  const index = project.connections.findIndex((connection) => connection.alias === alias)
  const connection = project.connections[index]
  if (connection) {
    if (!connection[need]) check.report(path, `the connection has ${need}: false`, JSON.stringify(alias))
    return
  }
  if (hasRefusedAlias(project, here, check)) return
  check.report(path, noConnection(alias, project.connections), JSON.stringify(alias))
}

/** An alias that was refused may be the very one that a reference means. */
function hasRefusedAlias(project: ProjectConfig, here: Path, check: CrossCheck): boolean {
  return project.connections.some((_, index) => check.broken([...here, 'connections', index, 'alias']))
}

function noConnection(alias: string, connections: readonly ConnectionConfig[]): string {
  const known = connections.map((connection) => connection.alias)
  const meant = nearest(alias, known)
  if (meant) return `no such connection; did you mean ${meant}?`
  return known.length > 0 ? `no such connection; there are ${known.join(', ')}` : 'no such connection; there are none'
}

function checkReferences(project: ProjectConfig, here: Path, check: CrossCheck): void {
  const refer = (path: Path, alias: string, need: Need) =>
    checkReference(project, here, [...here, ...path], alias, need, check)
  const { imagekit, filestack } = project
  const prefixes = unique('endpoint prefix', check)
  imagekit.endpoints.forEach((endpoint, index) => {
    const at: Path = ['imagekit', 'endpoints', index]
    prefixes([...here, ...at, 'prefix'], endpoint.prefix)
    endpoint.origins.forEach((origin, each) => {
      refer([...at, 'origins', each], origin, 'read')
    })
  })
  if (imagekit.mediaLibrary !== undefined) refer(['imagekit', 'mediaLibrary'], imagekit.mediaLibrary, 'write')
  for (const [location, alias] of Object.entries(filestack?.stores ?? {})) {
    refer(['filestack', 'stores', location], alias, 'write')
  }
  for (const [name, alias] of Object.entries(filestack?.aliases ?? {})) {
    refer(['filestack', 'aliases', name, 'connection'], alias.connection, 'read')
  }
}

function checkCacheBucket(config: Config, check: CrossCheck): void {
  const { bucket } = config.cache
  if (!bucket) return
  const path: Path = ['cache', 'bucket', 'connection']
  const projects = config.projects.map((project, index) => ({ project, here: ['projects', index] satisfies Path }))
  if (bucket.project !== undefined) {
    const named = projects.find(({ project }) => project.id === bucket.project)
    if (named) checkReference(named.project, named.here, path, bucket.connection, 'write', check)
    else if (!check.broken(['cache', 'bucket', 'project'])) {
      check.report(['cache', 'bucket', 'project'], 'no such project in this file', JSON.stringify(bucket.project))
    }
    return
  }
  const holders = projects.filter(({ project }) => project.connections.some(({ alias }) => alias === bucket.connection))
  const [holder] = holders
  if (holders.length > 1) {
    const ids = holders.map(({ project }) => project.id).join(', ')
    check.report(
      path,
      `several projects have it (${ids}): name one as cache.bucket.project`,
      JSON.stringify(bucket.connection),
    )
  } else if (holder) checkReference(holder.project, holder.here, path, bucket.connection, 'write', check)
  else if (!check.broken(path)) {
    const all = config.projects.flatMap((project) => project.connections)
    const refused = projects.some(({ project, here }) => hasRefusedAlias(project, here, check))
    if (!refused) check.report(path, noConnection(bucket.connection, all), JSON.stringify(bucket.connection))
  }
}

function checkHosts(config: Config, check: CrossCheck): void {
  const hosts = unique('host', check)
  for (const [host, bound] of Object.entries(config.hosts)) {
    const path: Path = ['hosts', host]
    if (!/^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?$/.test(host)) {
      check.report(path, 'expected a host name without scheme, port and path')
    }
    hosts(path, host.toLowerCase())
    if (config.console.host !== '' && host.toLowerCase() === config.console.host.toLowerCase()) {
      check.report(path, 'this host is bound to the dashboard by console.host')
    }
    // The project itself may have been made by hand, so only what the file knows about it is checked.
    const project = config.projects.find(({ id }) => id === bound.project)
    if (bound.endpoint !== '' && bound.dialect !== 'imagekit') {
      check.report([...path, 'endpoint'], 'only imagekit has endpoints', JSON.stringify(bound.endpoint))
    } else if (bound.endpoint !== '' && project && !hasEndpoint(project, bound.endpoint)) {
      check.report([...path, 'endpoint'], `project ${project.id} has no such endpoint`, JSON.stringify(bound.endpoint))
    }
    if (bound.dialect === 'filestack' && project && !project.filestack) {
      check.report(
        [...path, 'dialect'],
        `project ${project.id} has no filestack section, so nothing would answer`,
        '"filestack"',
      )
    }
  }
}

function hasEndpoint(project: ProjectConfig, prefix: string): boolean {
  return project.imagekit.endpoints.some((endpoint) => endpoint.prefix === prefix)
}

/** Where stored files lie, in the words of a Plan. */
import type { FileRecord } from '../../catalog/files.ts'
import type { Connection, Project } from '../../catalog/model.ts'
import { Fault } from '../../faults.ts'
import type { SourceRef } from '../../plan/plan.ts'

/**
 * The source that a stored file is. A record holds the full object key; a source of the connection's own container is named below
 * the connection's prefix, one of another container in full. Throws Fault object-missing when the connection is gone, or its prefix
 * has changed so that the object lies outside of it.
 */
export function sourceOf(project: Project, { place }: Pick<FileRecord, 'place'>): SourceRef {
  const connection = project.connections.find(({ alias }) => alias === place.connection)
  if (connection === undefined) throw new Fault('object-missing', 'the connection of the file is gone')
  const { container, key } = place
  if (container !== undefined && container !== ownContainer(connection)) {
    return { kind: 'object', connection: connection.alias, bucket: container, key }
  }
  return { kind: 'object', connection: connection.alias, key: belowPrefix(connection.prefix, key) }
}

function ownContainer({ provider, bucket, container }: Connection): string | undefined {
  return provider === 'azure' ? container : bucket
}

function belowPrefix(prefix: string, key: string): string {
  const folder = prefix.replace(/^\/+|\/+$/g, '')
  if (folder === '') return key
  if (key.startsWith(`${folder}/`)) return key.slice(folder.length + 1)
  throw new Fault('object-missing', 'the file lies outside of what its connection reaches')
}

import type { FilePlace } from '../catalog/files.ts'
import type { Connection, Directory, Project } from '../catalog/model.ts'
import { Fault } from '../faults.ts'
import { joinPrefix } from '../storage/keys.ts'
import type { ObjectKey } from '../storage/object-store.ts'
import { newHandle } from './handles.ts'
import type { Destination, PlaceWish } from './uploads.ts'

/** What `storage/keys.ts` allows a whole key, and what file systems allow a segment of one. */
const KEY_BYTES = 1024
const SEGMENT_BYTES = 255
const DEFAULT_LOCATION = 'S3'

/**
 * Where a new object goes (filestack §1.2, §6). Faults: bad-parameter (`context.parameter` `location` or `container`), read-only,
 * access-denied, key-invalid.
 */
export function place(directory: Pick<Directory, 'project'>, wish: PlaceWish): Destination {
  const project = directory.project(wish.project)
  const { location, connection } = storeOf(project, wish.location ?? DEFAULT_LOCATION)
  const own = ownContainer(connection)
  // A container means nothing to Dropbox (filestack §1.1).
  const asked = location.toLowerCase() === 'dropbox' || wish.container === '' ? undefined : wish.container
  const container = asked ?? own
  if (container === undefined && connection.provider !== 'folder') {
    throw bad('container', `the connection ${connection.alias} has no container of its own: name one`)
  }
  checkContainer(connection, container)
  const prefix = container === own ? connection.prefix : ''
  const path = (wish.path ?? '').replace(/^\/+/, '')
  const exact = path !== '' && !path.endsWith('/')
  const key = joinPrefix(prefix, exact ? path : generatedKey(path, wish.filename, roomBelow(prefix)))
  return { location, place: { connection: connection.alias, ...(container && { container }), key }, exact }
}

/** The connection and the store's name for a file's object. Fault not-found when the connection is gone, access-denied, read-only. */
export function locate(
  directory: Pick<Directory, 'project'>,
  file: { readonly project: string; readonly place: FilePlace },
  purpose: 'read' | 'write',
): { readonly connection: Connection; readonly object: ObjectKey } {
  const { connection: alias, container, key } = file.place
  const connection = directory.project(file.project)?.connections.find((one) => one.alias === alias)
  if (connection === undefined) {
    throw new Fault('not-found', `there is no connection ${alias}`, { context: { connection: alias } })
  }
  if (purpose === 'write' && !connection.write) throw readOnly(connection)
  if (purpose === 'read' && !connection.read) {
    throw new Fault('access-denied', `the connection ${alias} may not be read`)
  }
  checkContainer(connection, container)
  return { connection, object: { key, ...(container !== ownContainer(connection) && { bucket: container }) } }
}

/** A key of our own making: `folder` + uid + `_` + the filename, made fit for a key and shortened where it must be. */
function generatedKey(folder: string, filename: string, room: number): string {
  const start = `${newHandle()}_`
  const left = Math.min(SEGMENT_BYTES, room - Buffer.byteLength(folder)) - start.length
  return `${folder}${start}${shortened(keyName(filename), Math.max(0, left))}`
}

/** What a file name may not bring into a key becomes `-`: separators, control characters, halves of characters. */
function keyName(filename: string): string {
  return filename.replace(/[/\\\p{Cc}\p{Cs}]/gu, '-')
}

/** At most so many bytes of UTF-8, cut between characters; a short extension survives. */
function shortened(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  const room = bytes - extension.length
  if (room <= 0) return ''
  let stem = ''
  let used = 0
  for (const character of name.slice(0, name.length - extension.length)) {
    used += Buffer.byteLength(character)
    if (used > room) break
    stem += character
  }
  return stem + extension
}

function roomBelow(prefix: string): number {
  const empty = prefix.replaceAll('/', '') === ''
  return empty ? KEY_BYTES : KEY_BYTES - Buffer.byteLength(prefix) - 1
}

function storeOf(project: Project | undefined, word: string): { location: string; connection: Connection } {
  const stores = Object.entries(project?.settings.filestack?.stores ?? {})
  const [location, alias] = stores.find(([name]) => name.toLowerCase() === word.toLowerCase()) ?? []
  const connection = project?.connections.find((one) => one.alias === alias)
  if (location === undefined || connection === undefined) {
    throw bad('location', `there is no store for the location ${word.slice(0, 60)}`)
  }
  if (!connection.write) throw readOnly(connection)
  return { location, connection }
}

function ownContainer(connection: Connection): string | undefined {
  return connection.provider === 'azure' ? connection.container : connection.bucket
}

/** The connection's own container is always within its reach; others only as far as `buckets` allows. */
function checkContainer(connection: Connection, container: string | undefined): void {
  const { buckets, alias } = connection
  if (container === undefined || container === ownContainer(connection)) return
  if (buckets.length > 0 && !buckets.includes(container)) {
    throw new Fault('access-denied', `the connection ${alias} does not reach that container`, {
      context: { parameter: 'container' },
    })
  }
}

function readOnly({ alias }: Connection): Fault {
  return new Fault('read-only', `the connection ${alias} is not writable`)
}

function bad(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}

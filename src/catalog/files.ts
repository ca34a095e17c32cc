/** Records of uploaded files: which object a handle stands for. Asked of the database every time; the snapshot knows nothing of them. */
import type { Kysely, Selectable } from 'kysely'
import type { FileRow, Tables } from './tables.ts'

/** Of a file's whole content, lower-case hex. */
export type DigestName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'
export const DIGESTS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const satisfies DigestName[]

/** Where a file's object lies. */
export type FilePlace = {
  /** Alias of a connection of the file's project. */
  readonly connection: string
  /** Bucket, container or sub-folder; absent where the store has none and none was named. */
  readonly container?: string
  /** The full object key in its container, the connection's prefix included. */
  readonly key: string
}

export type FileRecord = {
  readonly handle: string
  readonly project: string
  /** The public key it came in under. */
  readonly apiKey: string
  readonly filename: string
  /** Media type, without parameters. */
  readonly mimetype: string
  /** Bytes. */
  readonly size: number
  /** The caller's word for the kind of store, as the project's settings spell it. */
  readonly location: string
  readonly place: FilePlace
  readonly region?: string
  readonly access: 'public' | 'private'
  /** Milliseconds since the epoch of the first upload or the last overwrite. */
  readonly uploadedMs: number
  /** Where it was downloaded from. */
  readonly sourceUrl?: string
  /** The store's version of the object as it was written. */
  readonly version?: string
  /** What is known so far. */
  readonly digests: Readonly<Partial<Record<DigestName, string>>>
  /** Upright pixels; `none` for what is no picture; absent while nobody has looked. */
  readonly sides?: { readonly width: number; readonly height: number } | 'none'
}

/**
 * `arriving`: the object may or may not be there yet. `stored`: both are there. `changing`: the object is being overwritten and may be
 * the old or the new one. `leaving`: the object is being deleted. All but `stored` are held under a lease; what nobody renews is
 * taken up by the sweeper.
 */
export type FileState = 'arriving' | 'stored' | 'changing' | 'leaving'
export type UnsettledFile = {
  readonly state: Exclude<FileState, 'stored'>
  readonly record: FileRecord
  /** Version of the object that lay under the key before; absent when there was none. */
  readonly previousVersion?: string
}

/** What an overwrite, or the first write's end, makes of a record. */
export type Written = Pick<FileRecord, 'size' | 'mimetype' | 'digests' | 'version' | 'uploadedMs' | 'sides'>

/** Each call is one short statement, on the disk when it resolves. */
export type Files = {
  /** Announces an object that is about to be written. Rejects when the handle exists. */
  arriving(record: FileRecord, leaseMs: number, previousVersion?: string): Promise<void>
  /** The object of an arriving or changing record is written. False when the record is not held any more. */
  stored(handle: string, written: Written): Promise<boolean>
  /** Announces that the object is about to be overwritten. False unless the record is `stored`. */
  changing(handle: string, leaseMs: number, previousVersion?: string): Promise<boolean>
  /** An overwrite that did not happen. */
  unchanged(handle: string): Promise<void>
  /** From now on nobody sees it. False unless the record was `stored`. */
  leaving(handle: string, leaseMs: number): Promise<boolean>
  /** Goes on holding an unsettled record. */
  renew(handle: string, leaseMs: number): Promise<void>
  /** Removes the record, whatever its state. */
  forget(handle: string): Promise<void>
  /** A record whose object is there: `stored` or `changing`. */
  find(handle: string): Promise<FileRecord | undefined>
  /** Adds digests or sides that were worked out later, unless the content changed since `version`. */
  learn(record: FileRecord, found: Partial<Pick<FileRecord, 'digests' | 'sides'>>): Promise<void>
  /** Whether another record than `handle` stands for this object. */
  shared(project: string, place: FilePlace, handle: string): Promise<boolean>
  /** Takes the lease of up to `limit` unsettled records that nobody holds any more, oldest first. */
  takeOver(leaseMs: number, limit: number): Promise<readonly UnsettledFile[]>
}

export function createFiles(db: Kysely<Tables>, now: () => number = Date.now): Files {
  const held = (state: FileState, leaseMs: number) => ({ state, lease_until: now() + leaseMs })
  const free = { state: 'stored', lease_until: null, previous_version: null } as const
  const changed = ({ numUpdatedRows }: { readonly numUpdatedRows: bigint }) => numUpdatedRows > 0n

  return {
    async arriving(record, leaseMs, previousVersion) {
      const row = { ...toRow(record), ...held('arriving', leaseMs), previous_version: previousVersion ?? null }
      await db.insertInto('files').values(row).execute()
    },
    async stored(handle, { size, mimetype, digests, version, uploadedMs, sides }) {
      const written = {
        ...{ size, mimetype, uploaded_ms: uploadedMs, version: version ?? null, digests: JSON.stringify(digests) },
        ...sidesRow(sides),
      }
      return changed(
        await db
          .updateTable('files')
          .set({ ...written, ...free })
          .where('handle', '=', handle)
          .where('state', 'in', ['arriving', 'changing'])
          .executeTakeFirstOrThrow(),
      )
    },
    async changing(handle, leaseMs, previousVersion) {
      return changed(
        await db
          .updateTable('files')
          .set({ ...held('changing', leaseMs), previous_version: previousVersion ?? null })
          .where('handle', '=', handle)
          .where('state', '=', 'stored')
          .executeTakeFirstOrThrow(),
      )
    },
    async unchanged(handle) {
      await db.updateTable('files').set(free).where('handle', '=', handle).where('state', '=', 'changing').execute()
    },
    async leaving(handle, leaseMs) {
      return changed(
        await db
          .updateTable('files')
          .set(held('leaving', leaseMs))
          .where('handle', '=', handle)
          .where('state', '=', 'stored')
          .executeTakeFirstOrThrow(),
      )
    },
    async renew(handle, leaseMs) {
      await db
        .updateTable('files')
        .set({ lease_until: now() + leaseMs })
        .where('handle', '=', handle)
        .where('state', '!=', 'stored')
        .execute()
    },
    async forget(handle) {
      await db.deleteFrom('files').where('handle', '=', handle).execute()
    },
    async find(handle) {
      const row = await db
        .selectFrom('files')
        .selectAll()
        .where('handle', '=', handle)
        .where('state', 'in', ['stored', 'changing'])
        .executeTakeFirst()
      return row && toRecord(row)
    },
    async learn(record, { digests, sides }) {
      await db
        .updateTable('files')
        .set({
          ...(digests && { digests: JSON.stringify({ ...record.digests, ...digests }) }),
          ...(sides && sidesRow(sides)),
        })
        .where('handle', '=', record.handle)
        .where('state', '=', 'stored')
        .where('uploaded_ms', '=', record.uploadedMs)
        .execute()
    },
    async shared(project, { connection, container, key }, handle) {
      const other = await db
        .selectFrom('files')
        .select('handle')
        .where('project', '=', project)
        .where('connection', '=', connection)
        .where('container', '=', container ?? '')
        .where('object_key', '=', key)
        .where('handle', '!=', handle)
        .where('state', '!=', 'leaving')
        .limit(1)
        .executeTakeFirst()
      return other !== undefined
    },
    async takeOver(leaseMs, limit) {
      const due = await db
        .selectFrom('files')
        .selectAll()
        .where('lease_until', '<', now())
        .orderBy('lease_until')
        .limit(limit)
        .execute()
      const taken: UnsettledFile[] = []
      for (const row of due) {
        const mine = await db
          .updateTable('files')
          .set({ lease_until: now() + leaseMs })
          .where('handle', '=', row.handle)
          .where('lease_until', '=', row.lease_until)
          .executeTakeFirstOrThrow()
        const { state } = row
        if (!changed(mine) || (state !== 'arriving' && state !== 'changing' && state !== 'leaving')) continue
        const previous = row.previous_version === null ? {} : { previousVersion: row.previous_version }
        taken.push({ state, record: toRecord(row), ...previous })
      }
      return taken
    },
  }
}

function toRow(record: FileRecord) {
  const { place } = record
  return {
    handle: record.handle,
    project: record.project,
    api_key: record.apiKey,
    filename: record.filename,
    mimetype: record.mimetype,
    size: record.size,
    location: record.location,
    connection: place.connection,
    container: place.container ?? '',
    object_key: place.key,
    region: record.region ?? null,
    access: record.access,
    uploaded_ms: record.uploadedMs,
    source_url: record.sourceUrl ?? null,
    version: record.version ?? null,
    digests: JSON.stringify(record.digests),
    ...sidesRow(record.sides),
  }
}

/** Width 0 stands for what was looked at and is no picture. */
function sidesRow(sides: FileRecord['sides']) {
  if (sides === undefined) return { width: null, height: null }
  return sides === 'none' ? { width: 0, height: 0 } : { width: sides.width, height: sides.height }
}

/** Postgres hands large numbers out as texts. */
function toRecord(row: Selectable<FileRow>): FileRecord {
  const { width, height } = row
  return {
    handle: row.handle,
    project: row.project,
    apiKey: row.api_key,
    filename: row.filename,
    mimetype: row.mimetype,
    size: Number(row.size),
    location: row.location,
    place: {
      connection: row.connection,
      ...(row.container !== '' && { container: row.container }),
      key: row.object_key,
    },
    ...(row.region !== null && { region: row.region }),
    access: row.access === 'public' ? 'public' : 'private',
    uploadedMs: Number(row.uploaded_ms),
    ...(row.source_url !== null && { sourceUrl: row.source_url }),
    ...(row.version !== null && { version: row.version }),
    digests: JSON.parse(row.digests),
    ...(width !== null && height !== null && { sides: width === 0 ? 'none' : { width, height } }),
  }
}

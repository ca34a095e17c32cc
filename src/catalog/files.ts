/** Records of uploaded files: which object a handle stands for. Asked of the database every time; the snapshot knows nothing of them. */
import { randomUUID } from 'node:crypto'
import type { ExpressionBuilder, Kysely, Selectable, Updateable } from 'kysely'
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
 * the old or the new one. `leaving`: the object is being deleted. All but `stored` are held by somebody under a lease; what nobody
 * renews is taken over by the sweeper.
 */
export type FileState = 'arriving' | 'stored' | 'changing' | 'leaving'

/** What an overwrite, or the first write's end, makes of a record. */
export type Written = Pick<FileRecord, 'size' | 'mimetype' | 'digests' | 'version' | 'uploadedMs' | 'sides'>

/**
 * An unsettled record in somebody's hands. Every call is without effect, and false, once somebody else has taken the record over:
 * so a holder that slept through its lease cannot undo what the sweeper did meanwhile.
 */
export type HeldFile = {
  readonly state: Exclude<FileState, 'stored'>
  readonly record: FileRecord
  /** Of an arriving record: version of the object that lay under its key before. Absent when there was none. */
  readonly previousVersion?: string
  /** Goes on holding it for so long from now. */
  renew(leaseMs: number): Promise<boolean>
  /** The object of an arriving or changing record is written. Stored records of the same object learn of it at the same time. */
  stored(written: Written): Promise<boolean>
  /**
   * The same, but the record stays held, as `changing`, when others stand for the same object: one of them may have been written over
   * it, so that its holder has to look. Undefined when it is not held any more.
   */
  recorded(written: Written): Promise<'settled' | 'held' | undefined>
  /** An overwrite or a removal that did not happen. */
  unchanged(): Promise<boolean>
  /** The object of an arriving record goes again; from now on `neighbours` of others tell so. */
  leaves(): Promise<boolean>
  /** Removes the record. */
  forget(): Promise<boolean>
}

/** Another record of the same object. */
export type Neighbour = Pick<FileRecord, 'handle' | 'version'> & { readonly state: FileState }

/** Each call is short, and on the disk when it resolves. */
export type Files = {
  /** Announces an object that is about to be written. Rejects when the handle exists. */
  arriving(record: FileRecord, leaseMs: number, previousVersion?: string): Promise<HeldFile>
  /** Announces that the object is about to be overwritten. Undefined unless the record is `stored`. */
  changing(handle: string, leaseMs: number): Promise<HeldFile | undefined>
  /** From now on nobody finds it. Undefined unless the record was `stored`. */
  leaving(handle: string, leaseMs: number): Promise<HeldFile | undefined>
  /** Removes a `stored` record and leaves its object. */
  forget(handle: string): Promise<boolean>
  /** A record whose object is there: `stored` or `changing`. */
  find(handle: string): Promise<FileRecord | undefined>
  /** Adds digests or sides that were worked out later, unless the content has changed since. */
  learn(record: FileRecord, found: Partial<Pick<FileRecord, 'digests' | 'sides'>>): Promise<void>
  /** Somebody else than this server has replaced the object. False when the record knows better than `record` does. */
  replaced(record: FileRecord, by: Pick<FileRecord, 'size' | 'version'>): Promise<boolean>
  /** Other records of the object that `record` stands for. */
  neighbours(record: FileRecord): Promise<readonly Neighbour[]>
  /** Takes up to `limit` unsettled records that nobody holds any more, oldest first. */
  takeOver(leaseMs: number, limit: number): Promise<readonly HeldFile[]>
}

export function createFiles(db: Kysely<Tables>, now: () => number = Date.now): Files {
  const grip = (leaseMs: number) => ({ holder: randomUUID(), lease_until: now() + leaseMs })
  /** What the holder of a row may do with it. */
  function hold(row: Row, holder: string): HeldFile | undefined {
    const { handle, state } = row
    if (!isUnsettled(state)) return undefined
    const change = async (columns: Updateable<FileRow>, from: readonly FileState[], to: Kysely<Tables> = db) =>
      changed(
        await to
          .updateTable('files')
          .set(columns)
          .where('handle', '=', handle)
          .where('holder', '=', holder)
          .where('state', 'in', from)
          .executeTakeFirstOrThrow(),
      )
    const settle = async (tx: Kysely<Tables>, written: Written, as: typeof SETTLED | typeof HELD) => {
      if (!(await change({ ...writtenRow(written), ...as }, ['arriving', 'changing'], tx))) return false
      const others = tx
        .updateTable('files')
        .set(writtenRow(written))
        .where(neighbouring(toRecord(row)))
      await others.where('state', '=', 'stored').execute()
      return true
    }
    return {
      ...{ state, record: toRecord(row) },
      ...(row.previous_version !== null && { previousVersion: row.previous_version }),
      renew: (leaseMs) => change({ lease_until: now() + leaseMs }, UNSETTLED),
      stored: (written) => db.transaction().execute((tx) => settle(tx, written, SETTLED)),
      recorded: (written) =>
        db.transaction().execute(async (tx) => {
          const others = tx
            .selectFrom('files')
            .select('handle')
            .where(neighbouring(toRecord(row)))
          const alone = (await others.where('state', '!=', 'leaving').limit(1).executeTakeFirst()) === undefined
          if (!(await settle(tx, written, alone ? SETTLED : HELD))) return undefined
          return alone ? 'settled' : 'held'
        }),
      unchanged: () => change(SETTLED, ['changing', 'leaving']),
      leaves: () => change({ state: 'leaving' }, ['arriving', 'leaving']),
      forget: async () => {
        const gone = db.deleteFrom('files').where('handle', '=', handle).where('holder', '=', holder)
        return (await gone.executeTakeFirstOrThrow()).numDeletedRows > 0n
      },
    }
  }

  async function take(handle: string, state: 'changing' | 'leaving', leaseMs: number): Promise<HeldFile | undefined> {
    const held = grip(leaseMs)
    const row = await db
      .updateTable('files')
      .set({ state, ...held })
      .where('handle', '=', handle)
      .where('state', '=', 'stored')
      .returningAll()
      .executeTakeFirst()
    return row && hold(row, held.holder)
  }

  return {
    async arriving(record, leaseMs, previousVersion) {
      const held = grip(leaseMs)
      const row = { ...toRow(record), ...held, state: 'arriving', previous_version: previousVersion ?? null }
      await db.insertInto('files').values(row).execute()
      const mine = hold(row, held.holder)
      if (mine === undefined) throw new Error('an arriving file is unsettled')
      return mine
    },
    changing: (handle, leaseMs) => take(handle, 'changing', leaseMs),
    leaving: (handle, leaseMs) => take(handle, 'leaving', leaseMs),
    async forget(handle) {
      const gone = db.deleteFrom('files').where('handle', '=', handle).where('state', '=', 'stored')
      return (await gone.executeTakeFirstOrThrow()).numDeletedRows > 0n
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
        .where('version', record.version === undefined ? 'is' : '=', record.version ?? null)
        .execute()
    },
    async replaced(record, { size, version }) {
      return changed(
        await db
          .updateTable('files')
          .set({ size, version: version ?? null, digests: '{}', ...sidesRow(undefined) })
          .where('handle', '=', record.handle)
          .where('state', '=', 'stored')
          .where('uploaded_ms', '=', record.uploadedMs)
          .where('version', record.version === undefined ? 'is' : '=', record.version ?? null)
          .executeTakeFirstOrThrow(),
      )
    },
    async neighbours(record) {
      const rows = await db
        .selectFrom('files')
        .select(['handle', 'version', 'state'])
        .where(neighbouring(record))
        .execute()
      return rows.map(({ handle, version, state }) => ({
        ...{ handle, state: isUnsettled(state) ? state : 'stored' },
        ...(version !== null && { version }),
      }))
    },
    async takeOver(leaseMs, limit) {
      const due = await db
        .selectFrom('files')
        .selectAll()
        .where('lease_until', '<', now())
        .orderBy('lease_until')
        .limit(limit)
        .execute()
      const taken: HeldFile[] = []
      for (const row of due) {
        const held = grip(leaseMs)
        const mine = await db
          .updateTable('files')
          .set(held)
          .where('handle', '=', row.handle)
          .where('holder', row.holder === null ? 'is' : '=', row.holder)
          .where('lease_until', '=', row.lease_until)
          .where('state', '=', row.state)
          .executeTakeFirstOrThrow()
        const holding = changed(mine) ? hold(row, held.holder) : undefined
        if (holding !== undefined) taken.push(holding)
      }
      return taken
    },
  }
}

type Row = Selectable<FileRow>

const UNSETTLED = ['arriving', 'changing', 'leaving'] as const
const SETTLED = { state: 'stored', holder: null, lease_until: null, previous_version: null } as const
/** Written, but maybe written over meanwhile. */
const HELD = { state: 'changing', previous_version: null } as const

function isUnsettled(state: string): state is HeldFile['state'] {
  return UNSETTLED.some((one) => one === state)
}

function changed({ numUpdatedRows }: { readonly numUpdatedRows: bigint }): boolean {
  return numUpdatedRows > 0n
}

/** Other records of the same object. */
function neighbouring({ project, place, handle }: FileRecord) {
  return ({ eb, and }: ExpressionBuilder<Tables, 'files'>) =>
    and([
      eb('project', '=', project),
      eb('connection', '=', place.connection),
      eb('container', '=', place.container ?? ''),
      eb('object_key', '=', place.key),
      eb('handle', '!=', handle),
    ])
}

function writtenRow({ size, mimetype, digests, version, uploadedMs, sides }: Written) {
  return {
    ...{ size, mimetype, uploaded_ms: uploadedMs, version: version ?? null, digests: JSON.stringify(digests) },
    ...sidesRow(sides),
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

/** Uploads that come in parts and are not finished: what is coming, where it goes, and which pieces of it lie on which disk. */
import { randomUUID } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Updateable } from 'kysely'
import type { FilePlace, FileRecord } from './files.ts'
import type { Tables, UploadPieceRow, UploadSessionRow } from './tables.ts'

export type UploadSession = {
  readonly id: string
  /** Signs the addresses that parts are sent to. */
  readonly secret: string
  /** What the file will be called; its record and object come at the end. */
  readonly file: Pick<
    FileRecord,
    'handle' | 'project' | 'apiKey' | 'filename' | 'mimetype' | 'size' | 'location' | 'place' | 'region' | 'access'
  >
  /** Whether the caller named the whole key, so that an object may lie there already. */
  readonly exact: boolean
  /** Parts may come in chunks. */
  readonly chunked: boolean
  /** Parts may go straight to the store. */
  readonly direct: boolean
  /** Bytes of the first usual part that was announced, where it was large enough for the store. */
  readonly partSize?: number
  /** Of the store, where the object is put together there. */
  readonly storeUpload?: string
  /** Milliseconds since the epoch. */
  readonly expiresMs: number
  /** `done`: the file is there; the session stays so that its end can be told again. */
  readonly state: 'open' | 'completing' | 'done'
  /** How the object is made. From here on it may appear at any time, and the file's record is announced. */
  readonly merge?: Merge
}

export type Merge = {
  /** What the store puts together; empty where the object is written in one go. */
  readonly parts: readonly { readonly part: number; readonly etag: string }[]
  /** Version of the object that lay under the key before. */
  readonly previousVersion?: string
}

/** Some bytes of a part, on the disk of the server that took them. Later pieces count more where they overlap. */
export type UploadPiece = {
  readonly part: number
  /** Bytes from the beginning of the part. */
  readonly start: number
  readonly size: number
  readonly etag: string
  readonly file: string
  /** Grows with time. */
  readonly seq: number
  /** Chunks count only when their part was committed. */
  readonly committed: boolean
}

/** A session in somebody's hands. Every call is without effect, and false, once somebody else has it. */
export type HeldSession = {
  /** As it was when it was taken. */
  readonly session: UploadSession
  renew(leaseMs: number): Promise<boolean>
  merging(merge: Merge): Promise<boolean>
  /** Nothing has been made of it: parts may come again. */
  reopen(): Promise<boolean>
  /** Somebody may go on at once. */
  letGo(): Promise<boolean>
  done(): Promise<boolean>
  /** Forgets the session and its pieces. */
  forget(): Promise<boolean>
}

/** Each call is one short statement, on the disk when it resolves. */
export type UploadSessions = {
  add(session: UploadSession): Promise<void>
  /** Undefined also for one that is being swept away. */
  find(id: string): Promise<UploadSession | undefined>
  /** Keeps an open session longer, and its first part size. */
  learn(id: string, of: { readonly expiresMs: number; readonly partSize?: number }): Promise<void>
  /** Takes a session to complete it: an open one, or one whose holder gave no sign of life. */
  claim(id: string, leaseMs: number): Promise<HeldSession | undefined>
  /** Takes sessions that crashed processes left completing. */
  takeStuck(leaseMs: number, limit: number): Promise<readonly HeldSession[]>
  /** Takes sessions whose time is over; nobody finds them any more. */
  takeExpired(leaseMs: number, limit: number): Promise<readonly HeldSession[]>
  /** Those of `ids` that are no sessions. */
  unknown(ids: readonly string[]): Promise<readonly string[]>

  /** Ordered by part and time. */
  pieces(id: string, part?: number): Promise<readonly UploadPiece[]>
  /** All pieces together. */
  weight(id: string): Promise<{ readonly pieces: number; readonly bytes: number }>
  addPiece(id: string, piece: UploadPiece): Promise<void>
  commit(id: string, part: number): Promise<void>
  /** Forgets the pieces of a part that are older than `seq`; their files. */
  dropPieces(id: string, part: number, seq: number): Promise<readonly string[]>
  /** Forgets all pieces. */
  dropAllPieces(id: string): Promise<void>

  /** Takes back the announcement of a file that a process which is gone was about to write. */
  withdraw(handle: string): Promise<void>
  /** Leaves a file that was announced to the sweeper of files, which settles it. */
  abandon(handle: string): Promise<void>
}

export function createUploadSessions(db: Kysely<Tables>, now: () => number = Date.now): UploadSessions {
  function hold(row: Selectable<UploadSessionRow>, holder: string): HeldSession {
    const change = async (columns: Updateable<UploadSessionRow>) =>
      changed(
        await db
          .updateTable('upload_sessions')
          .set(columns)
          .where('id', '=', row.id)
          .where('holder', '=', holder)
          .executeTakeFirstOrThrow(),
      )
    return {
      session: toSession(row),
      renew: (leaseMs) => change({ lease_until: now() + leaseMs }),
      merging: (merge) => change({ merge: JSON.stringify(merge) }),
      reopen: () => change({ ...FREE, state: 'open', merge: null }),
      letGo: () => change({ lease_until: 0 }),
      done: () => change({ ...FREE, state: 'done' }),
      forget: async () => {
        const gone = db.deleteFrom('upload_sessions').where('id', '=', row.id).where('holder', '=', holder)
        return (await gone.executeTakeFirstOrThrow()).numDeletedRows > 0n
      },
    }
  }

  async function take(
    row: Pick<Selectable<UploadSessionRow>, 'id' | 'state' | 'holder'>,
    state: 'completing' | 'ending',
    leaseMs: number,
  ): Promise<HeldSession | undefined> {
    const holder = randomUUID()
    const taken = await db
      .updateTable('upload_sessions')
      .set({ state, holder, lease_until: now() + leaseMs })
      .where('id', '=', row.id)
      .where('state', '=', row.state)
      .where('holder', row.holder === null ? 'is' : '=', row.holder)
      .where((is) => is.or([is('lease_until', 'is', null), is('lease_until', '<', now())]))
      .returningAll()
      .executeTakeFirst()
    return taken && hold({ ...taken, state: row.state }, holder)
  }

  async function takeAll(
    rows: readonly Pick<Selectable<UploadSessionRow>, 'id' | 'state' | 'holder'>[],
    state: 'completing' | 'ending',
    leaseMs: number,
  ): Promise<readonly HeldSession[]> {
    const taken: HeldSession[] = []
    for (const row of rows) {
      const held = await take(row, state, leaseMs)
      if (held !== undefined) taken.push(held)
    }
    return taken
  }

  return {
    async add(session) {
      await db.insertInto('upload_sessions').values(toRow(session)).execute()
    },
    async find(id) {
      const row = await db
        .selectFrom('upload_sessions')
        .selectAll()
        .where('id', '=', id)
        .where('state', '!=', 'ending')
        .where('expires_at', '>', now())
        .executeTakeFirst()
      return row && toSession(row)
    },
    async learn(id, { expiresMs, partSize }) {
      await db
        .updateTable('upload_sessions')
        .set({ expires_at: expiresMs, ...(partSize !== undefined && { part_size: partSize }) })
        .where('id', '=', id)
        .where('state', '=', 'open')
        .execute()
    },
    async claim(id, leaseMs) {
      const row = await db
        .selectFrom('upload_sessions')
        .select(['id', 'state', 'holder'])
        .where('id', '=', id)
        .where('state', 'in', ['open', 'completing'])
        .where('expires_at', '>', now())
        .executeTakeFirst()
      return row && take(row, 'completing', leaseMs)
    },
    async takeStuck(leaseMs, limit) {
      const rows = await db
        .selectFrom('upload_sessions')
        .select(['id', 'state', 'holder'])
        .where('state', '=', 'completing')
        .where('lease_until', '<', now())
        .where('expires_at', '>', now())
        .limit(limit)
        .execute()
      return takeAll(rows, 'completing', leaseMs)
    },
    async takeExpired(leaseMs, limit) {
      const rows = await db
        .selectFrom('upload_sessions')
        .select(['id', 'state', 'holder'])
        .where('expires_at', '<=', now())
        .where((is) => is.or([is('lease_until', 'is', null), is('lease_until', '<', now())]))
        .orderBy('expires_at')
        .limit(limit)
        .execute()
      return takeAll(rows, 'ending', leaseMs)
    },
    async unknown(ids) {
      if (ids.length === 0) return []
      const rows = await db.selectFrom('upload_sessions').select('id').where('id', 'in', ids).execute()
      const known = new Set(rows.map(({ id }) => id))
      return ids.filter((id) => !known.has(id))
    },

    async pieces(id, part) {
      const all = db.selectFrom('upload_pieces').selectAll().where('session_id', '=', id)
      const asked = part === undefined ? all : all.where('part', '=', part)
      return (await asked.orderBy('part').orderBy('seq').execute()).map(toPiece)
    },
    async weight(id) {
      const row = await db
        .selectFrom('upload_pieces')
        .select((is) => [is.fn.sum<string | number | null>('size').as('bytes'), is.fn.countAll().as('pieces')])
        .where('session_id', '=', id)
        .executeTakeFirst()
      return { pieces: Number(row?.pieces ?? 0), bytes: Number(row?.bytes ?? 0) }
    },
    async addPiece(id, { part, start, size, etag, file, seq, committed }) {
      await db
        .insertInto('upload_pieces')
        .values({ session_id: id, part, start_at: start, size, etag, file, seq, committed: committed ? 1 : 0 })
        .execute()
    },
    async commit(id, part) {
      await db
        .updateTable('upload_pieces')
        .set({ committed: 1 })
        .where('session_id', '=', id)
        .where('part', '=', part)
        .execute()
    },
    async dropPieces(id, part, seq) {
      const gone = await db
        .deleteFrom('upload_pieces')
        .where('session_id', '=', id)
        .where('part', '=', part)
        .where('seq', '<', seq)
        .returning('file')
        .execute()
      return gone.map(({ file }) => file)
    },

    async dropAllPieces(id) {
      await db.deleteFrom('upload_pieces').where('session_id', '=', id).execute()
    },

    async withdraw(handle) {
      await db.deleteFrom('files').where('handle', '=', handle).where('state', '=', 'arriving').execute()
    },
    async abandon(handle) {
      await db
        .updateTable('files')
        .set({ lease_until: 0 })
        .where('handle', '=', handle)
        .where('state', '=', 'arriving')
        .execute()
    },
  }
}

/** The tables of this file, for the migrations. Released: never changed again. */
export async function createUploadSessionTables(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('upload_sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('handle', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('api_key', 'text', (column) => column.notNull())
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('mimetype', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('connection', 'text', (column) => column.notNull())
    .addColumn('container', 'text', (column) => column.notNull())
    .addColumn('object_key', 'text', (column) => column.notNull())
    .addColumn('region', 'text')
    .addColumn('access', 'text', (column) => column.notNull())
    .addColumn('exact', 'integer', (column) => column.notNull())
    .addColumn('chunked', 'integer', (column) => column.notNull())
    .addColumn('direct', 'integer', (column) => column.notNull())
    .addColumn('part_size', 'bigint')
    .addColumn('store_upload', 'text')
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('holder', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('merge', 'text')
    .execute()
  await db.schema.createIndex('upload_sessions_expiry').on('upload_sessions').column('expires_at').execute()
  await db.schema
    .createIndex('upload_sessions_completing')
    .on('upload_sessions')
    .column('lease_until')
    .where(sql.ref('state'), '=', sql.lit('completing'))
    .execute()
  await db.schema
    .createTable('upload_pieces')
    .addColumn('session_id', 'text', (column) => column.notNull().references('upload_sessions.id').onDelete('cascade'))
    .addColumn('part', 'integer', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('start_at', 'bigint', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('etag', 'text', (column) => column.notNull())
    .addColumn('file', 'text', (column) => column.notNull())
    .addColumn('committed', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('upload_pieces_pk', ['session_id', 'part', 'seq', 'file'])
    .execute()
}

const FREE = { holder: null, lease_until: null } as const

function changed({ numUpdatedRows }: { readonly numUpdatedRows: bigint }): boolean {
  return numUpdatedRows > 0n
}

function toRow({ file, ...session }: UploadSession): Selectable<UploadSessionRow> {
  const { place } = file
  return {
    ...{ id: session.id, secret: session.secret, handle: file.handle, project: file.project, api_key: file.apiKey },
    ...{ filename: file.filename, mimetype: file.mimetype, size: file.size, location: file.location },
    ...{ connection: place.connection, container: place.container ?? '', object_key: place.key },
    ...{ region: file.region ?? null, access: file.access },
    exact: session.exact ? 1 : 0,
    chunked: session.chunked ? 1 : 0,
    direct: session.direct ? 1 : 0,
    part_size: session.partSize ?? null,
    store_upload: session.storeUpload ?? null,
    expires_at: session.expiresMs,
    state: session.state,
    ...FREE,
    merge: session.merge === undefined ? null : JSON.stringify(session.merge),
  }
}

/** Postgres hands large numbers out as texts. */
function toSession(row: Selectable<UploadSessionRow>): UploadSession {
  const { state } = row
  return {
    ...{ id: row.id, secret: row.secret },
    file: {
      ...{ handle: row.handle, project: row.project, apiKey: row.api_key },
      ...{ filename: row.filename, mimetype: row.mimetype, size: Number(row.size), location: row.location },
      place: placeOf(row),
      ...(row.region !== null && { region: row.region }),
      access: row.access === 'public' ? 'public' : 'private',
    },
    ...{ exact: row.exact === 1, chunked: row.chunked === 1, direct: row.direct === 1 },
    ...(row.part_size !== null && { partSize: Number(row.part_size) }),
    ...(row.store_upload !== null && { storeUpload: row.store_upload }),
    expiresMs: Number(row.expires_at),
    state: state === 'open' || state === 'done' ? state : 'completing',
    ...(row.merge !== null && { merge: JSON.parse(row.merge) }),
  }
}

function placeOf({ connection, container, object_key: key }: Selectable<UploadSessionRow>): FilePlace {
  return { connection, ...(container !== '' && { container }), key }
}

function toPiece(row: Selectable<UploadPieceRow>): UploadPiece {
  return {
    ...{ part: row.part, start: Number(row.start_at), size: Number(row.size), seq: Number(row.seq) },
    ...{ etag: row.etag, file: row.file, committed: row.committed === 1 },
  }
}

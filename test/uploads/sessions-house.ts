import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Selectable } from 'kysely'
import { afterEach } from 'vitest'
import { openDatabase } from '../../src/catalog/database.ts'
import { createFiles, type Files } from '../../src/catalog/files.ts'
import { migrate } from '../../src/catalog/migrations.ts'
import type { FileRow } from '../../src/catalog/tables.ts'
import { createUploadSessions, type UploadSessions } from '../../src/catalog/upload-sessions.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import {
  createSessions,
  type Listed,
  type SessionOrder,
  type Sessions,
  type SessionsOptions,
  type UploadSession,
} from '../../src/uploads/sessions.ts'
import type { Uploads } from '../../src/uploads/uploads.ts'
import { CONNECTION, openUploads, projectWith, QUIET } from './house.ts'

export const MB = 1024 * 1024
export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')
export const HOUR = 3_600_000
export const LEASE = 60_000

/** What processes share: the database, the store, the disk and the clock. */
export type World = {
  readonly store: ObjectStore
  readonly files: Files
  readonly sessions: UploadSessions
  readonly dir: string
  readonly clock: { ms: number }
  readonly uploads: Uploads
  rows(): Promise<readonly Selectable<FileRow>[]>
  /** Folders of pieces on the disk. */
  spooled(): Promise<readonly string[]>
  /** A process in it. */
  open(parts?: Partial<SessionsOptions> & { readonly store?: ObjectStore }): Sessions
}

/** Worlds that are closed after each test. */
export function createWorlds() {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return async (store: ObjectStore, bucket = 'main'): Promise<World> => {
    const dir = await mkdtemp(join(tmpdir(), 'tintype-sessions-'))
    ends.push(() => rm(dir, { recursive: true, force: true }))
    const opened = await openDatabase({ database: 'sqlite', dataDir: join(dir, 'data'), log: QUIET })
    ends.push(() => opened.db.destroy())
    await migrate(opened)
    const clock = { ms: Date.now() }
    const now = () => clock.ms
    const files = createFiles(opened.db, now)
    const sessions = createUploadSessions(opened.db, now)
    const project = projectWith([{ ...CONNECTION, bucket }], { S3: 'up' })
    const directory = { project: (id: string) => (id === project.id ? project : undefined) }
    const uploads = await openUploads({ store, files, now, directory, leaseMs: LEASE, sweepMs: 24 * HOUR })
    ends.push(() => uploads.close())
    return {
      ...{ store, files, sessions, dir, clock, uploads },
      rows: () => opened.db.selectFrom('files').selectAll().execute(),
      spooled: () => readdir(join(dir, 'parts')).catch(() => []),
      open({ store: own = store, ...parts } = {}) {
        const instance = createSessions({
          ...{ directory, sessions, files, dir, now, log: QUIET, storeOf: () => own },
          ...{ limits: { uploadBytes: 200 * MB }, leaseMs: LEASE, sweepMs: 24 * HOUR, patienceMs: 60_000 },
          ...parts,
        })
        ends.push(() => instance.close())
        return instance
      },
    }
  }
}

/** An order for a file of a world's project. */
export function orderIn(world: World, size: number, more: Partial<SessionOrder> & { readonly path?: string } = {}) {
  const { path, ...rest } = more
  const wish = { project: 'demo', filename: 'cat.png', ...(path !== undefined && { path }) }
  return {
    ...{ project: 'demo', apiKey: 'public_demo', filename: 'cat.png', mimetype: 'image/png', size },
    ...{ destination: world.uploads.place(wish), access: 'private', chunked: false, directUploads: 'never' },
    ...rest,
  } satisfies SessionOrder
}

export async function* chunksOf(bytes: Uint8Array, size = 300_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) {
    // As from a network: not all at once.
    await turn()
    yield bytes.subarray(at, at + size)
  }
}

/** Sends parts through the server, one after the other; what a regular sender lists. */
export async function sendParts(sessions: Sessions, session: UploadSession, parts: readonly Uint8Array[]) {
  const listed: { part: number; etag: string }[] = []
  for (const [at, bytes] of parts.entries()) {
    const slice = { part: at + 1, size: bytes.byteLength, md5: md5(bytes) }
    await sessions.grant(session, slice)
    listed.push({ part: at + 1, ...(await sessions.take(session, slice, chunksOf(bytes))) })
  }
  return { parts: listed, chunked: false } satisfies Listed
}

export async function fileOf(sessions: Sessions, session: UploadSession, listed: Listed) {
  const outcome = await sessions.complete(session, listed)
  if (outcome.kind !== 'stored') throw new Error('not yet')
  return outcome.file
}

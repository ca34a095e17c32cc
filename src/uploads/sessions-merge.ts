import { setTimeout as pause } from 'node:timers/promises'
import type { FileRecord, Files, HeldFile } from '../catalog/files.ts'
import type { HeldSession, Merge, UploadSession, UploadSessions } from '../catalog/upload-sessions.ts'
import { Fault, isFault } from '../faults.ts'
import { readAll } from '../storage/body.ts'
import type { ObjectKey, ObjectStore, PutOptions } from '../storage/object-store.ts'
import { choose, gather, type Listed, type Run, type SpooledPart, spooledParts } from './sessions-plan.ts'
import type { PartSpool } from './sessions-spool.ts'
import type { Queue } from './sessions-waiting.ts'
import { headOf, versionAt } from './settle.ts'

export type Merging = {
  readonly sessions: UploadSessions
  readonly files: Files
  readonly spool: PartSpool
  /** The store that holds a session's object. Throws Faults when the connection is gone. */
  readonly open: (file: UploadSession['file']) => { readonly store: ObjectStore; readonly object: ObjectKey }
  readonly now: () => number
  /** Bounds what is on its way from the disk into stores at once, all sessions together. */
  readonly sending: Queue
}

/** How much longer than its session the announcement of a file is held, milliseconds: no sweeper takes it from under a session. */
const AFTER_SESSION_MS = 3_600_000
/** Parts up to this many bytes are read into memory, so that they can be sent again; larger ones flow. */
const HELD_BYTES = 16 * 1024 * 1024
/** How often, and with which pauses in milliseconds, somebody is waited for who removes the object under the same key. */
const TRIES = 20
const PAUSE_MS = 100

/**
 * Makes the file of a session in one's hands. Every step may be repeated after a crash, by whoever holds the session then:
 *
 * 1. what lies on the disk goes into the store as parts, nothing of which is seen;
 * 2. the session learns what the object is made of, and the file's record is announced;
 * 3. the object appears, whole; 4. the record is completed; 5. the session is done, its pieces go.
 *
 * `listed` is what the sender says of the parts; without it only what had come to step 2 goes on. Throws Faults; then the session is open
 * again (steps 1 and 2, or parts that the store refuses), gone (not-found: the store lost the parts), or can be taken up at once.
 */
export async function merge(
  held: HeldSession,
  listed: Listed | undefined,
  merging: Merging,
  signal: AbortSignal,
): Promise<FileRecord> {
  const { session } = held
  const { files } = merging
  try {
    const there = await files.find(session.file.handle)
    const file =
      there ?? (await write(held, session.merge ?? (await plan(held, listed, merging, signal)), merging, signal))
    await merging.sessions.dropAllPieces(session.id)
    await merging.spool.drop(session.id)
    await held.done()
    return file
  } catch (error) {
    await held.letGo()
    throw error
  }
}

/** Steps 1 and 2. Whatever goes wrong, nothing has been made yet. */
async function plan(
  held: HeldSession,
  listed: Listed | undefined,
  merging: Merging,
  signal: AbortSignal,
): Promise<Merge> {
  const { session } = held
  try {
    if (listed === undefined) throw new Fault('conflict', 'nobody has said what the file is made of')
    const { store, object } = merging.open(session.file)
    const parts = await gatheredParts(session, listed, merging, signal)
    // An object of an older upload may lie there; a key of our own making is new.
    const previousVersion = session.exact ? await versionAt({ store, object }) : undefined
    const merge = { parts, ...(previousVersion !== undefined && { previousVersion }) }
    if (!(await held.merging(merge))) throw takenOver()
    return merge
  } catch (error) {
    await held.reopen()
    throw error
  }
}

async function gatheredParts(
  session: UploadSession,
  listed: Listed,
  merging: Merging,
  signal: AbortSignal,
): Promise<Merge['parts']> {
  const { sessions, open } = merging
  const { store, object } = open(session.file)
  const { storeUpload } = session
  const spooled = spooledParts(await sessions.pieces(session.id))
  const stored = storeUpload === undefined ? [] : ((await store.parts?.list(object, storeUpload)) ?? [])
  const chosen = choose(listed, spooled, stored, session.file.size)
  if (storeUpload === undefined) return chosen.map(({ part, etag = '' }) => ({ part, etag }))
  const parts: { part: number; etag: string }[] = []
  for (const one of gather(chosen)) {
    const { part } = one
    parts.push(one.kind === 'stored' ? { part, etag: one.etag } : await putSpooled(session, one, merging, signal))
  }
  return parts
}

/** Gives the store a part that lies on the disk. */
export async function putSpooled(
  session: UploadSession,
  { part, size, runs }: { readonly part: number; readonly size: number; readonly runs: readonly Run[] },
  { spool, open, sending }: Pick<Merging, 'spool' | 'open' | 'sending'>,
  signal: AbortSignal,
): Promise<{ readonly part: number; readonly etag: string }> {
  const { store, object } = open(session.file)
  const { parts } = store
  const { storeUpload, id } = session
  if (parts === undefined || storeUpload === undefined) throw new Fault('unsupported', 'the store takes no parts')
  return sending(async () => {
    const body = spool.read(id, runs)
    const bytes = size <= HELD_BYTES ? await readAll(body, size) : body
    return { part, ...(await parts.put(object, storeUpload, { part, size }, bytes, signal)) }
  })
}

/** Steps 2 to 4. */
async function write(held: HeldSession, merge: Merge, merging: Merging, signal: AbortSignal): Promise<FileRecord> {
  const { session } = held
  const { sessions, files, now } = merging
  const record: FileRecord = { ...session.file, uploadedMs: now(), digests: {} }
  // Whoever announced it before has lost the session, and with it the right to go on.
  await sessions.withdraw(record.handle)
  const lease = Math.max(0, session.expiresMs - now()) + AFTER_SESSION_MS
  const arriving = await announce(session, record, lease, merge, files)
  const { version } = await appear(held, merge, merging, signal)
  const { mimetype, size, digests } = record
  const written = { mimetype, size, digests, version, uploadedMs: now() }
  if (!(await arriving.stored(written))) throw takenOver()
  return { ...record, ...written }
}

async function announce(
  { exact }: UploadSession,
  record: FileRecord,
  lease: number,
  { previousVersion }: Merge,
  files: Files,
): Promise<HeldFile> {
  for (let tries = 1; ; tries++) {
    const held = await files.arriving(record, lease, previousVersion)
    const others = exact ? await files.neighbours(record) : []
    if (!others.some(({ state }) => state === 'leaving')) return held
    // Whoever deletes the object there may not have seen the announcement.
    await held.forget()
    if (tries === TRIES) throw new Fault('overloaded', 'the object under this key is being removed')
    await pause(PAUSE_MS)
  }
}

/** Step 3. */
async function appear(
  held: HeldSession,
  merge: Merge,
  merging: Merging,
  signal: AbortSignal,
): Promise<{ readonly version: string | undefined }> {
  const { session } = held
  const { sessions, spool, open } = merging
  const { store, object } = open(session.file)
  const { handle, size } = session.file
  if (session.storeUpload === undefined || store.parts === undefined) {
    const parts = new Set(merge.parts.map(({ part }) => part))
    const runs = spooledParts(await sessions.pieces(session.id))
      .filter(({ part }) => parts.has(part))
      .flatMap((part: SpooledPart) => part.runs)
    const options = { ...putOptions(session.file), size, signal }
    return merging.sending(() => store.put(object, spool.read(session.id, runs), options))
  }
  try {
    return await store.parts.complete(object, session.storeUpload, merge.parts)
  } catch (error) {
    if (isFault(error, 'not-found')) {
      // Completed before a crash, where the ETag of the object does not tell: nobody else writes under a key of our own making.
      const head = session.exact ? undefined : await headOf({ store, object })
      if (head?.size === size) return { version: head.version }
      await sessions.abandon(handle)
      await spool.drop(session.id)
      await held.forget()
    } else if (isFault(error, 'bad-parameter')) {
      await sessions.withdraw(handle)
      await held.reopen()
    }
    throw error
  }
}

/** What the object of a file is written with. */
export function putOptions({ mimetype, access }: Pick<FileRecord, 'mimetype' | 'access'>): PutOptions {
  return { contentType: mimetype, ...(access === 'public' && { acl: 'public-read' }) }
}

function takenOver(): Fault {
  return new Fault('conflict', 'the upload took too long without a sign of life and was taken over')
}

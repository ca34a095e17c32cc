/**
 * Uploads that come in parts (filestack §5). Parts go straight to the store by signed URLs, through this server into the store, or onto
 * this server's disk until the end; what has come, and how far the end has got, stands in the catalog, so that a restart goes on where
 * it was. **Pieces on the disk are known to the server that took them only**: several servers behind one address need sticky sessions,
 * or direct uploads, for chunks and for stores that put nothing together.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { Files } from '../catalog/files.ts'
import type { Connection, Directory, FilestackSettings } from '../catalog/model.ts'
import type { HeldSession, UploadSession, UploadSessions } from '../catalog/upload-sessions.ts'
import { Fault, isFault } from '../faults.ts'
import type { ObjectStore, PartSlice, PartStore } from '../storage/object-store.ts'
import { locate } from './destination.ts'
import { newHandle } from './handles.ts'
import type { Log } from './log.ts'
import { merge, putOptions, putSpooled } from './sessions-merge.ts'
import { fitsStore, isRest, LEAST_PART_BYTES, type Listed, layOut, MOST_PARTS } from './sessions-plan.ts'
import { createPartSpool } from './sessions-spool.ts'
import { sweepSessions } from './sessions-sweep.ts'
import { createQueue, within } from './sessions-waiting.ts'
import type { Destination, FileRecord } from './uploads.ts'

export type { UploadSession } from '../catalog/upload-sessions.ts'
export type { Listed } from './sessions-plan.ts'

export interface Sessions {
  /**
   * Begins an upload. Faults: too-large above `limits.uploadBytes`, bad-parameter (`context.parameter` `size`), store-refused
   * (`context.option` `acl`) for public access where the store has no such thing, what the store throws.
   */
  start(order: SessionOrder): Promise<UploadSession>
  /** Undefined when it is unknown or over. */
  find(id: string): Promise<UploadSession | undefined>
  /** Where a slice is to be sent. Faults: bad-parameter (`part`, `size`, `offset`), conflict when the file is being made already. */
  grant(session: UploadSession, slice: Slice): Promise<SliceTarget>
  /**
   * Takes a slice that is sent here; it is durable when this resolves. One that comes again replaces the earlier one. Faults:
   * bad-parameter (`size`, `md5` …), disk-full, limit-reached, conflict, what the body and the store throw.
   */
  take(
    session: UploadSession,
    slice: Slice,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ readonly etag: string }>
  /** All chunks of a part have come. Doing it again is no error. Fault bad-parameter (`part`) when some are missing. */
  commit(session: UploadSession, part: number): Promise<void>
  /**
   * Makes the file. Whoever asks again meanwhile, or after a crash, gets the same one. Faults: bad-parameter (`parts`, `size`),
   * not-found, what the store throws.
   */
  complete(session: UploadSession, listed: Listed): Promise<Completed>
  /** Sweeps now. */
  sweep(): Promise<void>
  /** Ends what is under way, to be taken up again, and stops the sweeper. */
  close(): Promise<void>
}

export type SessionOrder = {
  readonly project: string
  readonly apiKey: string
  readonly filename: string
  readonly mimetype: string
  /** Bytes of the whole file. */
  readonly size: number
  readonly destination: Destination
  readonly access: 'public' | 'private'
  readonly region?: string
  /** The sender can do chunks. */
  readonly chunked: boolean
  readonly directUploads: FilestackSettings['directUploads']
  /** Of the page that sends. */
  readonly origin?: string
}

export type Slice = PartSlice & {
  /** Bytes from the beginning of the part: a chunk of it. Absent for a whole part. */
  readonly start?: number
}
export type SliceTarget =
  | { readonly kind: 'store'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'here' }
export type Completed = { readonly kind: 'stored'; readonly file: FileRecord } | { readonly kind: 'merging' }

export type SessionsOptions = {
  readonly directory: Pick<Directory, 'project'>
  readonly sessions: UploadSessions
  readonly files: Files
  readonly storeOf: (connection: Connection) => ObjectStore
  /** Pieces lie in `parts` below it. */
  readonly dir: string
  readonly limits: { readonly uploadBytes: number }
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** How long an unfinished upload is kept after its last sign of life, milliseconds; 24 h. */
  readonly keepMs?: number
  /** How long a completion is believed without a sign of life, milliseconds; 30 s. */
  readonly leaseMs?: number
  /** How long one who completes waits before being told to come again, milliseconds; 10 s. */
  readonly patienceMs?: number
  /** Milliseconds between two sweeps; a minute. */
  readonly sweepMs?: number
}

const DAY_MS = 86_400_000
/** Signed addresses live for an hour, seconds. */
export const GRANT_SECONDS = 3600
/** Chunks of one part, and pieces of one session, that may lie here. */
const CHUNKS = 1024
const PIECES = 20_000
/** Parts that are on their way from the disk into a store at once, all sessions together. */
const SENDING = 4

export function createSessions(options: SessionsOptions): Sessions {
  const { sessions, files, directory, storeOf, log, now = Date.now } = options
  const { keepMs = DAY_MS, leaseMs = 30_000, patienceMs = 10_000, sweepMs = 60_000 } = options
  const spool = createPartSpool(join(options.dir, 'parts'))
  const open = (file: UploadSession['file']) => {
    const { connection, object } = locate(directory, file, 'write')
    return { store: storeOf(connection), object }
  }
  const closing = new AbortController()
  const merging = { sessions, files, open, now, spool, sending: createQueue(SENDING) }
  /** What this process is completing, by session. */
  const merges = new Map<string, { readonly outcome: Promise<FileRecord>; waiting: number }>()
  /** Failures that nobody has heard of yet. */
  const failures = new LRUCache<string, { readonly error: unknown }>({ max: 1000 })
  let clock = 0
  const nextSeq = () => {
    clock = Math.max(clock + 1, now() * 1000)
    return clock
  }

  async function mayGoDirect({ directUploads, origin, destination }: SessionOrder, parts: PartStore): Promise<boolean> {
    if (directUploads !== 'auto') return directUploads === 'always'
    return parts.browsersMayPut(destination.place.container, origin)
  }

  /** The store's own upload of a session, where it has one. */
  function storeUpload({ storeUpload: upload, file }: UploadSession) {
    const at = upload === undefined ? undefined : open(file)
    return at?.store.parts && upload !== undefined ? { parts: at.store.parts, object: at.object, upload } : undefined
  }

  /** A sign of life, but not a write for each one. */
  async function note(session: UploadSession, { start, size }: Slice): Promise<void> {
    const usual = session.partSize === undefined && start === undefined && size >= LEAST_PART_BYTES
    if (!usual && session.expiresMs - now() > (keepMs * 23) / 24) return
    await sessions.learn(session.id, { expiresMs: now() + keepMs, ...(usual && { partSize: size }) })
  }

  async function dropOlder(id: string, part: number, seq: number): Promise<void> {
    await spool.remove(id, await sessions.dropPieces(id, part, seq))
  }

  async function takeOntoDisk(
    session: UploadSession,
    slice: Slice,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly etag: string }> {
    const { id } = session
    const { part, start, size } = slice
    const { pieces, bytes } = await sessions.weight(id)
    const crowded = start !== undefined && (await sessions.pieces(id, part)).length >= CHUNKS
    if (crowded || pieces >= PIECES || bytes + size > 2 * session.file.size + LEAST_PART_BYTES) {
      throw new Fault('limit-reached', 'the upload was sent in more pieces than it needs')
    }
    const seq = nextSeq()
    let written: { readonly file: string; readonly etag: string } | undefined
    try {
      written = await spool.write(id, body, slice)
      const committed = start === undefined
      await sessions.addPiece(id, { part, start: start ?? 0, size, ...written, seq, committed })
    } catch (error) {
      if (written !== undefined) await spool.remove(id, [written.file])
      // The sweeper may have come in between.
      throw isFault(error) || (await sessions.find(id)) !== undefined ? error : unknownUpload()
    }
    const { etag } = written
    if (start === undefined) await dropOlder(id, part, seq)
    return { etag }
  }

  /** Completes a session in one's hands, once per process. */
  function begin(
    held: HeldSession,
    listed: Listed | undefined,
  ): { readonly outcome: Promise<FileRecord>; waiting: number } {
    const { id } = held.session
    const lost = new AbortController()
    const timer = setInterval(() => {
      held.renew(leaseMs).then(
        (mine) => mine || lost.abort(new Fault('conflict', 'the upload was taken over')),
        (err: unknown) => log.warn({ err, session: id }, 'the lease of an upload could not be renewed'),
      )
    }, leaseMs / 3)
    timer.unref()
    const outcome = merge(held, listed, merging, AbortSignal.any([lost.signal, closing.signal])).finally(() => {
      clearInterval(timer)
      merges.delete(id)
    })
    const mine = { outcome, waiting: 0 }
    merges.set(id, mine)
    outcome.catch((error: unknown) => {
      if (mine.waiting === 0) failures.set(id, { error })
    })
    return mine
  }

  async function outcomeOf(work: { readonly outcome: Promise<FileRecord>; waiting: number }): Promise<Completed> {
    work.waiting += 1
    try {
      const file = await within(work.outcome, patienceMs)
      return file === undefined ? { kind: 'merging' } : { kind: 'stored', file }
    } finally {
      work.waiting -= 1
    }
  }

  let sweeping: Promise<void> | undefined
  const sweep = () => {
    sweeping ??= sweepSessions({
      ...{ sessions, spool, open, leaseMs, log, closing: closing.signal },
      resume: async (held) => void (await begin(held, undefined).outcome),
    }).finally(() => {
      sweeping = undefined
    })
    return sweeping
  }
  const background = () =>
    void sweep().catch((err: unknown) => log.warn({ err }, 'unfinished uploads could not be looked for'))
  const timer = setInterval(background, sweepMs)
  timer.unref()
  background()

  return {
    async start(order) {
      const { project, apiKey, filename, mimetype, size, access, region, destination, chunked } = order
      const { uploadBytes } = options.limits
      if (size < 1) throw bad('size', 'the file is empty')
      if (size > uploadBytes) throw new Fault('too-large', undefined, { context: { limit: uploadBytes } })
      const { place, location, exact } = destination
      const file = {
        ...{ handle: newHandle(), project, apiKey, filename, mimetype, size, location, place, access },
        ...(region !== undefined && { region }),
      }
      const { store, object } = open(file)
      if (access === 'public' && !store.capabilities.acl) {
        throw new Fault('store-refused', 'the store takes no ACLs', { context: { option: 'acl' } })
      }
      const { parts } = store
      const direct = parts !== undefined && (await mayGoDirect(order, parts))
      // A store that takes no ACLs says so when an upload begins there, before anything was sent.
      const begins = direct || access === 'public' || size > LEAST_PART_BYTES
      const upload = begins ? await parts?.begin(object, putOptions(file)) : undefined
      const session: UploadSession = {
        ...{ id: randomBytes(16).toString('hex'), secret: randomBytes(32).toString('base64url') },
        ...{ file, exact, chunked, direct, expiresMs: now() + keepMs, state: 'open' },
        ...(upload !== undefined && { storeUpload: upload }),
      }
      try {
        await sessions.add(session)
      } catch (error) {
        if (upload !== undefined) await parts?.abort(object, upload)
        throw error
      }
      return session
    },

    find: (id) => sessions.find(id),

    async grant(session, slice) {
      checkOpen(session)
      checkSlice(session, slice)
      await note(session, slice)
      const { part, size, md5, start } = slice
      const total = session.file.size
      const fits = fitsStore(part, size, total) || isRest(part, size, total, session.partSize)
      const into = session.direct && start === undefined && fits ? storeUpload(session) : undefined
      if (into === undefined) return { kind: 'here' }
      const signed = { part, size, ...(md5 !== undefined && { md5 }) }
      const target = await into.parts.presign(into.object, into.upload, signed, GRANT_SECONDS)
      await dropOlder(session.id, part, nextSeq())
      return { kind: 'store', ...target }
    },

    async take(session, slice, body, signal) {
      checkOpen(session)
      checkSlice(session, slice)
      const { part, size, md5, start } = slice
      const fits = start === undefined && fitsStore(part, size, session.file.size)
      const into = fits ? storeUpload(session) : undefined
      if (into === undefined) return takeOntoDisk(session, slice, body)
      const sent = { part, size, ...(md5 !== undefined && { md5 }) }
      const answer = await into.parts.put(into.object, into.upload, sent, body, signal)
      await dropOlder(session.id, part, nextSeq())
      return answer
    },

    async commit(session, part) {
      checkOpen(session)
      const { id, file } = session
      const pieces = await sessions.pieces(id, part)
      if (pieces.length === 0) {
        // Committed before, and with the store by now; the end will show.
        if (session.storeUpload !== undefined) return
        throw bad('part', `no chunks of part ${part} have come`)
      }
      const whole = layOut(part, pieces)
      const fits = session.storeUpload !== undefined && fitsStore(part, whole.size, file.size)
      if (!fits) return sessions.commit(id, part)
      try {
        await putSpooled(session, whole, merging, closing.signal)
      } catch (error) {
        // Another commit of the same part was faster.
        if ((await sessions.pieces(id, part)).length === 0) return
        throw error
      }
      await dropOlder(id, part, Math.max(...pieces.map(({ seq }) => seq)) + 1)
    },

    async complete(session, listed) {
      const { id } = session
      const failure = failures.get(id)
      failures.delete(id)
      if (failure !== undefined) throw failure.error
      const running = merges.get(id)
      if (running !== undefined) return outcomeOf(running)
      const held = session.state === 'done' ? undefined : await sessions.claim(id, leaseMs)
      if (held !== undefined) return outcomeOf(begin(held, listed))
      const other = merges.get(id)
      if (other !== undefined) return outcomeOf(other)
      const found = await sessions.find(id)
      if (found === undefined) throw unknownUpload()
      if (found.state !== 'done') return { kind: 'merging' }
      const file = await files.find(found.file.handle)
      if (file === undefined) throw unknownUpload()
      return { kind: 'stored', file }
    },

    sweep,

    async close() {
      closing.abort(new Fault('overloaded', 'the server is stopping'))
      clearInterval(timer)
      await Promise.allSettled([sweeping, ...[...merges.values()].map(({ outcome }) => outcome)])
    },
  }
}

function checkOpen({ state }: UploadSession): void {
  if (state !== 'open') throw new Fault('conflict', 'the file is being made, or is there already')
}

function checkSlice({ file, chunked }: UploadSession, { part, size, start }: Slice): void {
  if (!Number.isInteger(part) || part < 1 || part > MOST_PARTS) throw bad('part', `parts go from 1 to ${MOST_PARTS}`)
  if (!Number.isInteger(size) || size < 1 || size > file.size) throw bad('size', 'no slice of the file has this size')
  if (start === undefined) return
  const fits = chunked && Number.isInteger(start) && start >= 0 && start + size <= file.size
  if (!fits) throw bad('offset', 'no chunk of the file begins there')
}

function unknownUpload(): Fault {
  return new Fault('not-found', 'there is no such upload')
}

function bad(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}

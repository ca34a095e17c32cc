import type { HeldSession } from '../catalog/upload-sessions.ts'
import { isFault } from '../faults.ts'
import type { Log } from './log.ts'
import type { Merging } from './sessions-merge.ts'

/** Sessions taken at once: few enough that their leases outlast a slow store. */
const BATCH = 16
/** Folders asked about at once. */
const FOLDERS = 200

export type SessionSweep = Pick<Merging, 'sessions' | 'spool' | 'open'> & {
  readonly leaseMs: number
  readonly log: Log
  readonly closing: AbortSignal
  /** Goes on with what a crashed process was completing. */
  readonly resume: (held: HeldSession) => Promise<void>
}

/** Ends sessions whose time is over, goes on with those that a crash interrupted, and removes pieces that belong to none. */
export async function sweepSessions(sweep: SessionSweep): Promise<void> {
  const { sessions, leaseMs, closing, resume } = sweep
  for (let full = true; full && !closing.aborted; ) {
    const expired = await sessions.takeExpired(leaseMs, BATCH)
    for (const held of expired) await logged(held, () => end(held, sweep), sweep)
    full = expired.length === BATCH
  }
  for (const held of closing.aborted ? [] : await sessions.takeStuck(leaseMs, BATCH)) {
    await logged(held, () => (held.session.merge === undefined ? held.reopen() : resume(held)), sweep)
  }
  if (!closing.aborted) await removeOrphans(sweep)
}

/** What the store holds of it goes first: as long as the session is known, this is tried again. */
async function end(held: HeldSession, { sessions, spool, open }: SessionSweep): Promise<void> {
  const { session } = held
  const { storeUpload, state, id, file } = session
  if (state !== 'done') {
    if (storeUpload !== undefined) await abort(storeUpload, () => open(file))
    await sessions.abandon(file.handle)
  }
  await spool.drop(id)
  await held.forget()
}

async function abort(upload: string, open: () => ReturnType<Merging['open']>): Promise<void> {
  try {
    const { store, object } = open()
    await store.parts?.abort(object, upload)
  } catch (error) {
    // A connection that was removed, or may not be written to any more, is nobody's business here.
    if (!isFault(error) || !['not-found', 'read-only', 'access-denied', 'store-misconfigured'].includes(error.code)) {
      throw error
    }
  }
}

async function removeOrphans({ sessions, spool, closing }: SessionSweep): Promise<void> {
  const folders = await spool.sessions()
  for (let at = 0; at < folders.length && !closing.aborted; at += FOLDERS) {
    for (const id of await sessions.unknown(folders.slice(at, at + FOLDERS))) await spool.drop(id)
  }
}

async function logged(held: HeldSession, work: () => Promise<unknown>, { log }: SessionSweep): Promise<void> {
  try {
    await work()
  } catch (err) {
    log.warn({ err, session: held.session.id }, 'an unfinished upload could not be swept away yet')
    await held.letGo()
  }
}

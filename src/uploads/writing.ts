import { setTimeout as pause } from 'node:timers/promises'
import type { FileRecord, HeldFile, Written } from '../catalog/files.ts'
import type { Directory } from '../catalog/model.ts'
import { Fault, isFault } from '../faults.ts'
import type { ObjectKey, ObjectStore, PutOptions } from '../storage/object-store.ts'
import { place } from './destination.ts'
import type { Flow } from './flow.ts'
import { newHandle } from './handles.ts'
import { keepHolding, takenOver } from './holding.ts'
import { type Intake, takeIn } from './intake.ts'
import type { Log } from './log.ts'
import { putLarge } from './put-large.ts'
import { headOf, leave, type Settling, settle, versionAt } from './settle.ts'
import type { Destination, StoreOrder, Uploads } from './uploads.ts'

/** How often, and with which pauses in milliseconds, something is tried that another process is just finishing. */
const TRIES = 40
const PAUSE_MS = 50

export type Writing = Settling & {
  readonly directory: Pick<Directory, 'project'>
  readonly limits: { readonly uploadBytes: number }
  readonly leaseMs: number
  readonly silenceMs: number
  readonly flow: Flow
  /** Aborts everything when the server stops. */
  readonly stop: AbortSignal
  readonly log: Log
}

/** Everything that changes objects and their records together: announce → write → settle (`README.md`). */
export function createWriting(writing: Writing): Pick<Uploads, 'store' | 'overwrite' | 'remove'> {
  const { files, open, now, directory, limits, leaseMs, silenceMs, flow, stop, log } = writing
  const rules = { limit: limits.uploadBytes, silenceMs }

  /** Lets `work` take from a body as soon as it is its turn, and lets the body go when that never comes. */
  async function flowing<T>(intake: Intake, size: number | undefined, signal: AbortSignal, work: () => Promise<T>) {
    try {
      return await flow.enter(size, work, signal)
    } finally {
      intake.release()
    }
  }

  async function put(
    at: At,
    intake: Intake,
    record: Pick<FileRecord, 'access'>,
    options: PutOptions & { readonly contentType: string; readonly signal: AbortSignal },
  ): Promise<Written> {
    const acl = record.access === 'public' ? 'public-read' : undefined
    const { version } = await putLarge(at, intake.chunks, { ...options, ...(acl && { acl }) }, limits.uploadBytes)
    return { ...intake.measured(), version, mimetype: options.contentType, uploadedMs: now() }
  }

  /** A new record, announced. What lay under an exact key before is looked up, so that it can be told from what comes now. */
  async function announce(order: StoreOrder, at: Destination): Promise<HeldFile> {
    const record = announced(order, at, now())
    if (!at.exact) return files.arriving(record, leaseMs)
    for (let tries = 1; ; tries++) {
      const held = await files.arriving(record, leaseMs, await versionAt(open(record)))
      const others = await files.neighbours(record)
      if (!others.some(({ state }) => state === 'leaving')) return held
      // Whoever deletes the object there may not have seen the announcement.
      await held.forget()
      if (tries === TRIES) throw new Fault('conflict', 'the object under this key is being removed')
      await pause(PAUSE_MS, undefined, { signal: stop })
    }
  }

  /** Writes the object of a held record and settles the record, in the one way or the other. */
  async function complete(
    held: HeldFile,
    intake: Intake,
    signal: AbortSignal,
    write: (signal: AbortSignal) => Promise<Written>,
  ): Promise<FileRecord> {
    const holding = keepHolding(held, leaseMs, log)
    try {
      const written = await write(AbortSignal.any([signal, holding.lost]))
      const outcome = await held.recorded(written)
      if (outcome === undefined) throw takenOver()
      const record: FileRecord = { ...held.record, ...written, sides: undefined }
      if (outcome === 'settled') return record
      return await compare(held, record).catch((err: unknown) => {
        // The record stays held for the rest of its lease; then the sweeper looks.
        log.warn({ err, handle: record.handle }, 'a file could not be compared with its object, which others share')
        return record
      })
    } catch (error) {
      // A write whose outcome nobody knows may still come to pass: the sweeper looks after a lease's time.
      if (!intake.ended || !isUncertain(error)) await undo(held).catch(unsettled(held.record.handle))
      throw error
    } finally {
      holding.end()
    }
  }

  /**
   * Of two who write one object at the same time, the later one here may be the earlier one in the store. Whoever is the last to record
   * its object looks what lies there, and tells all records of it.
   */
  async function compare(held: HeldFile, record: FileRecord): Promise<FileRecord> {
    const head = await headOf(open(record))
    if (head === undefined || head.version === record.version) {
      await held.unchanged()
      return record
    }
    const { size = record.size, version } = head
    const { mimetype, uploadedMs } = record
    await held.stored({ mimetype, uploadedMs, size, version, digests: {} })
    return { ...record, size, version, digests: {} }
  }

  async function undo(held: HeldFile): Promise<void> {
    const mine = (await held.renew(leaseMs)) ? held : await regain(held)
    if (mine !== undefined) await settle(mine, writing)
  }

  /** Another has settled the record, but maybe before our object came: announced anew, it can be settled with what came. */
  async function regain(held: HeldFile): Promise<HeldFile | undefined> {
    const { record, previousVersion } = held
    if (held.state === 'changing') return files.changing(record.handle, leaseMs)
    for (let tries = 1; tries <= TRIES; tries++) {
      if ((await files.find(record.handle)) !== undefined) return undefined
      const again = await files.arriving(record, leaseMs, previousVersion).catch(() => undefined)
      if (again !== undefined) return again
      await pause(PAUSE_MS)
    }
    return undefined
  }

  async function refused(handle: string): Promise<Fault> {
    if ((await files.find(handle)) === undefined) return new Fault('object-missing', 'the file does not exist')
    return new Fault('conflict', 'the file is being overwritten or removed by somebody else')
  }

  const unsettled = (handle: string) => (err: unknown) =>
    log.warn({ err, handle }, 'a failed upload could not be cleaned up yet')

  return {
    async store(order, body, caller) {
      const at = place(directory, order)
      const { project, access, mimetype, size, bounds } = order
      checkAccess(access, open({ project, place: at.place }).store)
      const signal = either(caller, stop)
      const intake = await takeIn(body, { ...rules, size, bounds, signal })
      return flowing(intake, size, signal, async () => {
        const held = await announce(order, at)
        const write = (signal: AbortSignal) =>
          put(open(held.record), intake, order, { size, contentType: mimetype, signal })
        return complete(held, intake, signal, write)
      })
    },

    async overwrite(file, order, body, caller) {
      open(file)
      const { size, bounds } = order
      const signal = either(caller, stop)
      const intake = await takeIn(body, { ...rules, size, bounds, signal })
      return flowing(intake, size, signal, async () => {
        const held = await files.changing(file.handle, leaseMs)
        if (held === undefined) throw await refused(file.handle)
        const { record } = held
        const contentType = order.mimetype ?? record.mimetype
        const write = (signal: AbortSignal) => put(open(record), intake, record, { size, contentType, signal })
        return complete(held, intake, signal, write)
      })
    },

    async remove(file, { keepObject = false } = {}) {
      if (keepObject) {
        if (!(await files.forget(file.handle))) throw await refused(file.handle)
        return
      }
      open(file)
      const held = await files.leaving(file.handle, leaseMs)
      if (held === undefined) throw await refused(file.handle)
      try {
        await leave(held, writing)
      } catch (error) {
        if (isRefusal(error)) await held.unchanged()
        throw error
      }
    },
  }
}

type At = { readonly store: ObjectStore; readonly object: ObjectKey }

function announced(order: StoreOrder, at: Destination, now: number): FileRecord {
  const { project, apiKey, filename, mimetype, access, region, sourceUrl, size = 0 } = order
  return {
    ...{ handle: newHandle(), project, apiKey, filename, mimetype, size, access, uploadedMs: now, digests: {} },
    ...{ location: at.location, place: at.place },
    ...(region !== undefined && { region }),
    ...(sourceUrl !== undefined && { sourceUrl }),
  }
}

function checkAccess(access: StoreOrder['access'], { capabilities }: ObjectStore): void {
  if (access === 'private' || capabilities.acl) return
  throw new Fault('store-refused', 'the store takes no ACLs: objects cannot be made public there', {
    context: { option: 'acl', reason: 'not-implemented' },
  })
}

/** Whether a write that ended so may have happened, or may happen yet. */
function isUncertain(error: unknown): boolean {
  return !isFault(error) || error.code === 'source-unreachable' || error.code === 'source-timeout'
}

/** Whether the store has refused a deletion for good. */
function isRefusal(error: unknown): boolean {
  return isFault(error) && ['access-denied', 'store-refused', 'store-misconfigured'].includes(error.code)
}

function either(caller: AbortSignal | undefined, stop: AbortSignal): AbortSignal {
  return caller === undefined ? stop : AbortSignal.any([caller, stop])
}

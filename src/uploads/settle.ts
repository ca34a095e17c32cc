import type { FileRecord, Files, HeldFile } from '../catalog/files.ts'
import { isFault } from '../faults.ts'
import type { ObjectHead, ObjectKey, ObjectStore } from '../storage/object-store.ts'

/** Stands for the version of an object whose store told none: it equals no real one. */
const UNKNOWN_VERSION = 'unknown'

export type Settling = {
  readonly files: Files
  /** The store that holds a file's object. Throws Faults when the connection is gone. */
  readonly open: (file: Pick<FileRecord, 'project' | 'place'>) => {
    readonly store: ObjectStore
    readonly object: ObjectKey
  }
  readonly now: () => number
}

/**
 * Ends what somebody began and did not end, so that the object and its record agree again. Every step may be repeated after a crash.
 * Throws the store's Faults when it cannot be asked; then the record stays as it is, to be settled later.
 *
 * - arriving, nothing lay under the key: the object goes, if it came, and so does the record;
 * - arriving, an older object lay there: unchanged, or a neighbour's by now → the record goes; replaced → the record is completed,
 *   since the older content is lost anyway;
 * - changing: the record follows the object;
 * - leaving: the object goes, unless other records share it, and then the record.
 */
export async function settle(held: HeldFile, settling: Settling): Promise<void> {
  switch (held.state) {
    case 'arriving':
      if (held.previousVersion !== undefined) return settleReplacing(held, held.previousVersion, settling)
      return (await held.leaves()) ? leave(held, settling) : undefined
    case 'changing':
      return settleChanging(held, settling)
    case 'leaving':
      return leave(held, settling)
  }
}

/** Deletes the object of a leaving record unless others share it, then the record. */
export async function leave(held: HeldFile, { files, open }: Settling): Promise<void> {
  // A neighbour that is leaving too was announced before it looked around: the later one deletes.
  const others = await files.neighbours(held.record)
  if (!others.some(({ state }) => state !== 'leaving')) {
    const { store, object } = open(held.record)
    await store.delete(object).catch(ignoreMissingContainer)
  }
  await held.forget()
}

/** Where there is no container, there is no object either; asked again, the store would say the same for ever. */
function ignoreMissingContainer(error: unknown): void {
  if (!isFault(error) || !NO_CONTAINER.has(error.context.reason)) throw error
}

/** As the adapters tell it of S3, Azure and folders. */
const NO_CONTAINER: ReadonlySet<unknown> = new Set(['NoSuchBucket', 'ContainerNotFound', 'no-container'])

async function settleReplacing(held: HeldFile, previousVersion: string, settling: Settling): Promise<void> {
  const { files, open, now } = settling
  const { record } = held
  const head = await headOf(open(record))
  if (head === undefined || head.version === previousVersion) return void (await held.forget())
  const others = await files.neighbours(record)
  const isTheirs = others.some(({ state, version }) => state !== 'leaving' && version === head.version)
  if (head.version !== undefined && isTheirs) return void (await held.forget())
  const { size = record.size, version } = head
  const written = { mimetype: record.mimetype, size, version, digests: {}, uploadedMs: now() }
  await held.stored(written)
}

async function settleChanging(held: HeldFile, { open, now }: Settling): Promise<void> {
  const { record } = held
  const { store, object } = open(record)
  const head = await headOf({ store, object })
  if (head === undefined || (head.version !== undefined && head.version === record.version)) {
    await held.unchanged()
    return
  }
  const { size = record.size, version } = head
  // A store that keeps no metadata guesses the type from the key.
  const told = store.capabilities.metadata ? head.contentType?.replace(/\s*;.*$/s, '') : undefined
  const written = { size, version, digests: {}, mimetype: told || record.mimetype, uploadedMs: now() }
  await held.stored(written)
}

/** Undefined when nothing lies there. Credentials that may not look leave it open. */
export async function versionAt(at: Parameters<typeof headOf>[0]): Promise<string | undefined> {
  try {
    const head = await headOf(at)
    return head && (head.version ?? UNKNOWN_VERSION)
  } catch (error) {
    if (isFault(error, 'access-denied')) return UNKNOWN_VERSION
    throw error
  }
}

/** Undefined when there is no object. */
export async function headOf(at: {
  readonly store: ObjectStore
  readonly object: ObjectKey
}): Promise<ObjectHead | undefined> {
  try {
    return await at.store.head(at.object)
  } catch (error) {
    if (isFault(error, 'object-missing')) return undefined
    throw error
  }
}

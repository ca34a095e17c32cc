/** Keeps the snapshot of this process in step with the database, whoever changes it. */
import type { Database } from './database.ts'
import type { Tx } from './keys.ts'
import type { Log } from './log.ts'
import { readRevision, readSnapshot, type Snapshot } from './snapshot.ts'

export type Live = {
  readonly state: () => { readonly snapshot: Snapshot; readonly generation: number }
  /**
   * Runs a change under the lock, counts the revision up and refreshes the snapshot before it returns. When `unless` says
   * that nothing changed, the revision stays.
   */
  change<T>(work: (tx: Tx) => Promise<T>, unless?: (result: T) => boolean): Promise<T>
  /** Looks whether another process changed something. */
  refresh(): Promise<void>
  onChange(listener: (generation: number) => void): () => void
  /** Waits for changes that are under way; later ones are refused. */
  close(): Promise<void>
}

export type LiveOptions = {
  readonly database: Database
  readonly log: Log
  readonly pollMilliseconds: number
  /** Runs under the lock before each change and may refuse it. */
  readonly admit: (tx: Tx) => Promise<void>
}

/** Reads the first snapshot, then looks for changes of other processes every `pollMilliseconds`. */
export async function createLive({ database, log, pollMilliseconds, admit }: LiveOptions): Promise<Live> {
  const { db, lock } = database
  const listeners = new Set<(generation: number) => void>()
  let state = { snapshot: await readSnapshot(db), generation: 1 }
  let refreshing = Promise.resolve()
  const changing = new Set<Promise<unknown>>()
  let closed = false

  const refreshOnce = async () => {
    if (closed || (await readRevision(db)) === state.snapshot.revision) return
    const snapshot = await readSnapshot(db)
    if (snapshot.revision === state.snapshot.revision) return
    state = { snapshot, generation: state.generation + 1 }
    for (const listener of listeners) {
      try {
        listener(state.generation)
      } catch (error) {
        log.error({ err: error }, 'a listener of the catalog failed')
      }
    }
  }
  /** One after the other, so that an older snapshot never replaces a newer one. */
  const refresh = () => {
    const turn = refreshing.then(refreshOnce)
    refreshing = turn.catch(() => {})
    return turn
  }

  const changeOnce: Live['change'] = async (work, unless) => {
    const result = await db.transaction().execute(async (tx) => {
      await lock(tx)
      await admit(tx)
      const done = await work(tx)
      if (unless?.(done)) return done
      await tx
        .updateTable('revision')
        .set((eb) => ({ value: eb('value', '+', 1) }))
        .where('id', '=', 1)
        .execute()
      return done
    })
    // The change is made; that this process cannot see it yet is no failure of the change.
    await refresh().catch((error: unknown) =>
      log.warn({ err: error }, 'the catalog could not be read again after a change'),
    )
    return result
  }

  const stop = poll(refresh, log, pollMilliseconds)
  return {
    state: () => state,
    refresh,
    change: (work, unless) => {
      if (closed) return Promise.reject(new Error('the catalog is closed'))
      const change = changeOnce(work, unless)
      const ended: Promise<unknown> = change.then(
        () => changing.delete(ended),
        () => changing.delete(ended),
      )
      changing.add(ended)
      return change
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      closed = true
      stop()
      await Promise.all(changing)
      await refreshing
    },
  }
}

/** Goes on through failures, and tells of the first one and of the recovery only. */
function poll(refresh: () => Promise<void>, log: Log, milliseconds: number): () => void {
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const again = () => {
    if (stopped) return
    timer = setTimeout(look, milliseconds)
    timer.unref()
  }
  const look = async () => {
    try {
      await refresh()
      if (failing) log.info({}, 'the database answers again')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the database does not answer; the last known state goes on being served')
      failing = true
    }
    again()
  }
  again()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

import { isFault } from '../faults.ts'
import { discard, readAll } from '../storage/body.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { Stored } from './disk.ts'
import { hashOf } from './disk.ts'
import { type EntryHead, etagOf, HEAD_LIMIT, readHead, writeHead } from './entry.ts'
import type { Level } from './levels.ts'
import type { Clock, Log } from './surroundings.ts'
import type { Ticket } from './tickets.ts'

export type BucketOptions = {
  readonly store: ObjectStore
  /** Before every key; ends in `/` where it shall be a folder. */
  readonly prefix: string
  /** Larger entries are not shared. */
  readonly entryBytes: number
  readonly clock: Clock
  readonly log: Log
}

export type Bucket = Level & {
  settled(): Promise<void>
}

const WRITERS = 8
const WAITING_MOST = 67_108_864
const RETRY_MILLISECONDS = 30_000

/**
 * The third level: entries in a bucket that all nodes share, in the format of the disk level. Beside the entries of a source
 * lie empty marks `<source>~<entry>` that name those which use it as a layer. The bucket's own lifecycle rule bounds it. A
 * store that refuses is left alone for a while: every fault means a miss.
 */
export function createBucket({ store, prefix, entryBytes, clock, log }: BucketOptions): Bucket {
  const queue: (() => Promise<void>)[] = []
  const working = new Set<Promise<void>>()
  let waiting = 0
  let pausedUntil = 0

  const folderOf = (name: string) => `${prefix}${name.slice(0, 2)}/`
  const keyOf = (name: string) => ({ key: folderOf(name) + name })

  function trouble(error: unknown): void {
    if (clock.now() >= pausedUntil)
      log.warn({ err: error }, 'the cache bucket does not answer; serving goes on without')
    pausedUntil = clock.now() + RETRY_MILLISECONDS
  }

  function pump(): void {
    while (working.size < WRITERS) {
      const task = queue.shift()
      if (!task) return
      const done: Promise<void> = task()
        .catch(trouble)
        .finally(() => {
          working.delete(done)
          pump()
        })
      working.add(done)
    }
  }

  async function put(name: string, head: EntryHead, body: Uint8Array, ticket: Ticket): Promise<void> {
    const first = writeHead(head)
    if (!first || ticket.void || clock.now() < pausedUntil) return
    const bytes = Buffer.concat([first, body])
    // Marks first: an entry without its marks would survive a purge.
    for (const use of head.uses.map(hashOf))
      await store.put({ key: `${folderOf(use)}${use}~${name}` }, EMPTY, { size: 0 })
    await store.put(keyOf(name), bytes, { size: bytes.length, contentType: 'application/octet-stream' })
    if (ticket.void) await store.delete(keyOf(name))
  }

  async function load(name: string, key: string): Promise<Stored | undefined> {
    const answer = await store.get(keyOf(name))
    if (answer.kind !== 'object') return undefined
    if ((answer.head.size ?? 0) > entryBytes + HEAD_LIMIT) {
      await discard(answer.body)
      return undefined
    }
    const bytes = await readAll(answer.body, entryBytes + HEAD_LIMIT)
    const read = readHead(bytes)
    const body = bytes.subarray(read?.offset)
    const whole =
      read && read.head.key === key && read.head.size === body.length && (await etagOf(body)) === read.head.etag
    if (whole) return { head: read.head, body: { kind: 'bytes', bytes: body } }
    await store.delete(keyOf(name))
    return undefined
  }

  return {
    async read(name, key) {
      if (clock.now() < pausedUntil) return undefined
      try {
        return await load(name, key)
      } catch (error) {
        if (!isFault(error, 'object-missing')) trouble(error)
        return undefined
      }
    },
    write(name, head, body, ticket) {
      if (body.length > entryBytes || waiting + body.length > WAITING_MOST || clock.now() < pausedUntil) return
      waiting += body.length
      queue.push(() =>
        put(name, head, body, ticket).finally(() => {
          waiting -= body.length
        }),
      )
      pump()
    },
    async drop(source) {
      // What is being written now must be there to be removed.
      await settled()
      const dropped: string[] = []
      const folder = folderOf(source)
      for (let after = ''; ; ) {
        const { entries, more } = await store.list(`${folder}${source}`, { after })
        for (const { key } of entries) {
          const name = key.slice(folder.length)
          const used = name.split('~')[1]
          await store.delete({ key })
          if (used !== undefined) await store.delete(keyOf(used))
          dropped.push(used ?? name)
        }
        const last = entries.at(-1)
        if (!more || !last) return dropped
        after = last.key
      }
    },
    settled,
  }

  async function settled(): Promise<void> {
    while (working.size > 0) await Promise.all(working)
  }
}

const EMPTY = Buffer.alloc(0)

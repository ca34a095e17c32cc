import { createHash, randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { isDiskFull, systemCode } from '../faults.ts'
import type { Body } from './delivery.ts'
import { BLOCK, blocks, createDiskIndex } from './disk-index.ts'
import { PRIVATE, scan, shardOf, TEMPORARY } from './disk-scan.ts'
import { type EntryHead, etagFrom, etagOf, HEAD_LIMIT, readHead, writeHead } from './entry.ts'
import { createOpenFiles } from './open-files.ts'
import type { Clock, Files, Log } from './surroundings.ts'
import type { Ticket } from './tickets.ts'

/** An entry as it comes from a lower level. */
export type Stored = { readonly head: EntryHead; readonly body: Body }

export type Disk = {
  /** The entry, checked; undefined when it is not there, damaged or foreign (then it is removed). Never throws. */
  read(name: string, key: string): Promise<Stored | undefined>
  /** Writes in the background, after what was asked before; gives up quietly when the disk refuses. */
  write(name: string, head: EntryHead, body: Uint8Array, ticket: Ticket): void
  remove(name: string): Promise<void>
  /** Removes all that comes from, or was made with, a source; answers the names. */
  drop(source: string): Promise<string[]>
  /** Resolves when the entries of an earlier run are known and everything asked so far is done. */
  settled(): Promise<void>
  close(): Promise<void>
  readonly bytes: number
  readonly size: number
}

export type DiskOptions = {
  readonly dir: string
  /** Most bytes of all files, in whole blocks. */
  readonly bytes: number
  readonly files: Files
  readonly clock: Clock
  readonly log: Log
}

/** Bodies above this are streamed from their file. */
export const SMALL = 1_048_576
/** Bytes that may wait to be written; more is not stored, so that a slow disk costs no memory. */
const WAITING_MOST = 67_108_864
const RETRY_MILLISECONDS = 30_000
/** The time of use is written to the file system at most this often per file. */
const TOUCH_MILLISECONDS = 600_000

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32)

/** The name of the entry with this key from the source with this record key. */
export function nameOf(source: string, key: string, layered: boolean): string {
  return `${hashOf(source)}-${hashOf(key)}${layered ? '+' : ''}`
}

/**
 * The disk level: one file per entry, written whole or not at all, bounded in bytes, the longest unused goes first, kept
 * over restarts. The directory belongs to one process. Whatever the file system refuses is logged once and means a miss.
 */
export function createDisk(options: DiskOptions): Disk {
  const { dir, files, clock, log } = options
  const index = createDiskIndex()
  const open = createOpenFiles(clock)
  const shards = new Set<string>()
  const complained = new Set<string>()
  /** Read before the index was complete. */
  const early = new Set<string>()
  let state: 'scanning' | 'ready' | 'broken' = 'scanning'
  let waiting = 0
  let pausedUntil = 0
  let closed = false

  // Everything that changes the directory happens one after the other, beginning with the look at what is there.
  let line: Promise<unknown> = look().catch((error: unknown) => {
    state = 'broken'
    trouble(error, 'the cache directory cannot be used')
  })
  function next<T>(task: () => Promise<T>): Promise<T> {
    const done = line.then(task)
    line = done.catch(() => undefined)
    return done
  }

  async function look(): Promise<void> {
    await scan(dir, files, index, hashOf)
    state = 'ready'
    for (const name of early) touch(name)
    early.clear()
    await makeRoom(0)
  }

  const pathOf = (name: string) => join(dir, shardOf(name), name)

  /** Says each kind of refusal once, until writing works again. */
  function trouble(error: unknown, message: string): void {
    pausedUntil = clock.now() + RETRY_MILLISECONDS
    const code = systemCode(error) ?? 'unknown'
    if (complained.has(code)) return
    complained.add(code)
    log.warn({ code, dir }, `${message}; serving goes on without`)
  }

  async function unlink(name: string): Promise<boolean> {
    try {
      await files.unlink(pathOf(name))
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        trouble(error, 'a cache file cannot be removed')
        return false
      }
    }
    index.remove(name)
    return true
  }

  /** Removes the longest unused until `bytes` more fit. */
  async function makeRoom(bytes: number): Promise<boolean> {
    while (index.used + bytes > options.bytes) {
      const oldest = index.oldest()
      if (oldest === undefined) return false
      if (!(await unlink(oldest))) return false
    }
    return true
  }

  async function store(name: string, head: EntryHead, body: Uint8Array, ticket: Ticket): Promise<void> {
    if (ticket.void || clock.now() < pausedUntil) return
    const first = writeHead(head)
    if (!first) return
    const bytes = blocks(first.length + body.length)
    if (bytes > options.bytes / 2) return
    if (state !== 'ready') await look()
    if (!(await makeRoom(bytes))) return
    try {
      await place(name, [first, body]).catch(async (error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error
        // Somebody emptied the directory under us.
        shards.clear()
        await files.mkdir(join(dir, TEMPORARY), { recursive: true, mode: PRIVATE })
        await place(name, [first, body])
      })
    } catch (error) {
      if (isDiskFull(error)) await shrink(bytes)
      throw error
    }
    index.set(name, { bytes, touched: clock.now(), sound: true, uses: head.uses.map(hashOf) })
    complained.clear()
  }

  /** The file appears whole or not at all. */
  async function place(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const temporary = join(dir, TEMPORARY, randomUUID())
    try {
      const handle = await files.open(temporary, 'wx')
      try {
        for (const part of parts) {
          for (let at = 0; at < part.length; ) at += (await handle.write(part, at)).bytesWritten
        }
      } finally {
        await handle.close()
      }
      const shard = shardOf(name)
      if (!shards.has(shard)) await files.mkdir(join(dir, shard), { recursive: true, mode: PRIVATE })
      shards.add(shard)
      await files.rename(temporary, pathOf(name))
    } catch (error) {
      await files.unlink(temporary).catch(() => undefined)
      throw error
    }
  }

  /** The file system is full although our bound is not reached: give back what the entry would have needed, twice. */
  async function shrink(bytes: number): Promise<void> {
    const goal = index.used - 2 * bytes
    for (let oldest = index.oldest(); oldest !== undefined && index.used > goal; oldest = index.oldest()) {
      if (!(await unlink(oldest))) return
    }
  }

  async function load(name: string, key: string): Promise<Stored | undefined | 'bad'> {
    const handle = await files.open(pathOf(name), 'r')
    let keep = false
    try {
      const { size } = await handle.stat()
      const start = Buffer.allocUnsafeSlow(Math.min(size, HEAD_LIMIT + SMALL))
      const whole = size <= start.length
      const got = await fill(handle, whole ? start : start.subarray(0, HEAD_LIMIT), 0)
      const read = readHead(got)
      if (!read || read.head.key !== key || read.offset + read.head.size !== size) return 'bad'
      const { head, offset } = read
      if (whole) {
        const bytes = got.subarray(offset)
        if (bytes.length !== head.size || (await etagOf(bytes)) !== head.etag) return 'bad'
        return { head, body: { kind: 'bytes', bytes } }
      }
      if (!index.get(name)?.sound && (await etagOfFile(handle, offset, size)) !== head.etag) return 'bad'
      const item = index.get(name)
      if (item) item.sound = true
      keep = true
      return { head, body: open.body(handle, offset, head.size) }
    } finally {
      if (!keep) await handle.close()
    }
  }

  function touch(name: string): void {
    if (state === 'scanning') early.add(name)
    index.use(name)
    const item = index.get(name)
    const now = clock.now()
    if (!item || now - item.touched < TOUCH_MILLISECONDS) return
    item.touched = now
    void next(() => files.utimes(pathOf(name), now / 1000, now / 1000)).catch(() => undefined)
  }

  /** What is done may itself have asked for more. */
  async function settled(): Promise<void> {
    for (let seen: unknown; seen !== line; ) {
      seen = line
      await line
    }
  }

  return {
    async read(name, key) {
      // Until the directory has been looked through, the file itself is asked.
      if (closed || state === 'broken' || (state === 'ready' && !index.get(name))) return undefined
      try {
        const found = await load(name, key)
        if (found !== 'bad') {
          touch(name)
          return found
        }
        log.warn({ entry: name }, 'a damaged cache entry was removed')
        void next(() => unlink(name))
      } catch (error) {
        if (systemCode(error) === 'ENOENT') void next(() => unlink(name))
        else trouble(error, 'a cache file cannot be read')
      }
      return undefined
    },
    write(name, head, body, ticket) {
      if (closed || waiting + body.length + BLOCK > WAITING_MOST || clock.now() < pausedUntil) return
      waiting += body.length + BLOCK
      void next(() => store(name, head, body, ticket))
        .catch((error: unknown) => trouble(error, 'the disk cache cannot be written'))
        .finally(() => {
          waiting -= body.length + BLOCK
        })
    },
    async remove(name) {
      await next(() => unlink(name))
    },
    drop: (source) =>
      next(async () => {
        const names = index.of(source)
        // What cannot be removed is at least not known any more.
        for (const name of names) if (!(await unlink(name))) index.remove(name)
        return names
      }),
    settled,
    async close() {
      closed = true
      await settled()
      await open.close()
    },
    get bytes() {
      return index.used
    },
    get size() {
      return index.size
    },
  }
}

/** Reads until the buffer is full or the file ends. */
async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let at = 0
  while (at < buffer.length) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, position + at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return buffer.subarray(0, at)
}

async function etagOfFile(handle: FileHandle, start: number, end: number): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(SMALL)
  for (let at = start; at < end; ) {
    const piece = await fill(handle, buffer.subarray(0, Math.min(buffer.length, end - at)), at)
    if (piece.length === 0) break
    hash.update(piece)
    at += piece.length
  }
  return etagFrom(hash.digest())
}

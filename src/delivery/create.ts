import * as nodeFiles from 'node:fs/promises'
import type { Engine } from '../engine/engine.ts'
import { sniff } from '../engine/sniff.ts'
import { mediaType } from '../plan/media-type.ts'
import type { SourceRef } from '../plan/plan.ts'
import type { ObjectKey, ObjectStore } from '../storage/object-store.ts'
import { createAnswerer } from './answer.ts'
import { createBucket } from './bucket.ts'
import { decoded } from './compute.ts'
import type { Delivered, Delivery, DeliveryService } from './delivery.ts'
import { createDisk } from './disk.ts'
import { createLevels } from './levels.ts'
import { createMemory } from './memory.ts'
import { createNaming } from './names.ts'
import { patiently } from './patience.ts'
import { createSources } from './sources.ts'
import { type Clock, type Files, type Log, systemClock } from './surroundings.ts'
import { createTickets } from './tickets.ts'
import { createWorkingSet } from './working-set.ts'

export type DeliveryOptions = {
  readonly engine: Engine
  /** The store and key behind a source. Throws Fault not-found for an unknown connection, key-invalid and the like. */
  readonly open: (project: string, source: SourceRef) => { readonly store: ObjectStore; readonly key: ObjectKey }
  /**
   * Names the store that a connection's alias stands for now (its id and revision): what was cached under another name is
   * not served. Called on every request, so it must be cheap. Default: aliases never change their meaning.
   */
  readonly identity?: (project: string, source: SourceRef) => string
  readonly limits: {
    readonly sourceBytes: number
    readonly requestTimeoutSeconds: number
    /** Bytes of sources held at once for work under way. Default: twice `sourceBytes`, at least 512 MiB. */
    readonly workingBytes?: number
  }
  readonly cache: {
    /** Belongs to this process alone. */
    readonly dir: string
    /** Bytes held in memory and on disk; 0 leaves the level out. */
    readonly memoryBytes: number
    readonly diskBytes: number
    /** How long a source's version is believed without asking the store. */
    readonly revalidateSeconds: number
    /** How long it is served at most while the store does not answer. Default: a day. */
    readonly servableSeconds?: number
    /** A third level shared by all nodes. */
    readonly bucket?: { readonly store: ObjectStore; readonly prefix: string }
  }
  /** Bounds how many sources are read at once and how many wait for it. */
  readonly fetchGate: { enter<T>(weight: number, work: () => Promise<T>): Promise<T> }
  readonly log: Log
  readonly clock?: Clock
  readonly files?: Files
}

export type DeliveryStats = {
  readonly hits: { readonly memory: number; readonly disk: number; readonly bucket: number }
  readonly misses: number
  readonly failures: number
  /** Requests that are not answered from memory, and background work, under way. */
  readonly running: number
  /** Bytes of sources that are worked on. */
  readonly working: number
  readonly memory: { readonly bytes: number; readonly entries: number }
  readonly disk: { readonly bytes: number; readonly entries: number }
}

export type Delivering = DeliveryService & {
  /**
   * The answer when memory holds it and the request may see it: no promise is made, nothing is waited for. Undefined says
   * nothing but "ask deliver".
   */
  peek(delivery: Delivery): Delivered | undefined
  /** Bytes of a further source for the engine, content coding undone; cached and bounded like any source. */
  bytes(project: string, source: SourceRef, signal?: AbortSignal): Promise<Buffer>
  /** Resolves when nothing is under way, checks in the background and writes to disk included. */
  settled(): Promise<void>
  stats(): DeliveryStats
}

const DAY_SECONDS = 86_400
const QUIET_MILLISECONDS = 10_000
const WORKING_BYTES = 536_870_912
/** Larger entries are not worth the way to a bucket and back. */
const BUCKET_ENTRY_BYTES = 33_554_432

/** Pictures by URL: authorise → cache → read → engine → keep → answer. */
export function createDelivery(options: DeliveryOptions): Delivering {
  const { engine, limits, cache, log, clock = systemClock } = options
  const timeout = limits.requestTimeoutSeconds * 1000
  const running = new Set<Promise<unknown>>()
  const hits = { memory: 0, disk: 0, bucket: 0 }
  let misses = 0
  let failures = 0
  let quietUntil = 0

  const memory = createMemory(cache.memoryBytes)
  const disk =
    cache.diskBytes > 0
      ? createDisk({ dir: cache.dir, bytes: cache.diskBytes, files: options.files ?? nodeFiles, clock, log })
      : undefined
  const bucket = cache.bucket && createBucket({ ...cache.bucket, entryBytes: BUCKET_ENTRY_BYTES, clock, log })
  const levels = createLevels(memory, [
    ...(disk ? [{ from: 'disk', level: disk } as const] : []),
    ...(bucket ? [{ from: 'bucket', level: bucket } as const] : []),
  ])
  const room = createWorkingSet(limits.workingBytes ?? Math.max(2 * limits.sourceBytes, WORKING_BYTES), clock)
  const tickets = createTickets()
  const sources = createSources({
    open: options.open,
    levels,
    tickets,
    gate: options.fetchGate,
    room,
    clock,
    mediaType: (bytes) => {
      const format = sniff(bytes)
      return format ? mediaType(format) : 'application/octet-stream'
    },
    believed: cache.revalidateSeconds * 1000,
    servable: Math.max(cache.servableSeconds ?? DAY_SECONDS, cache.revalidateSeconds) * 1000,
    patience: 2 * timeout,
    limit: limits.sourceBytes,
    background: (work) => {
      track(work).catch((error: unknown) => {
        // A store that is down fails for every source: saying it now and then is enough.
        if (clock.now() < quietUntil) return
        quietUntil = clock.now() + QUIET_MILLISECONDS
        log.info({ err: error }, 'a source could not be checked')
      })
    },
  })
  const naming = createNaming(options.identity ?? (() => ''))
  const answerer = createAnswerer({ engine, sources, levels, tickets, naming, sourceBytes: limits.sourceBytes })

  function track<T>(work: Promise<T>): Promise<T> {
    const done = work.finally(() => running.delete(done))
    running.add(done)
    return done
  }

  function peek(delivery: Delivery): Delivered | undefined {
    const found = answerer.peek(delivery)
    if (found) hits.memory += 1
    return found
  }

  async function counted(work: Promise<Delivered>): Promise<Delivered> {
    try {
      const delivered = await work
      if (delivered.from === 'computed') misses += 1
      else hits[delivered.from] += 1
      return delivered
    } catch (error) {
      failures += 1
      throw error
    }
  }

  async function settled(): Promise<void> {
    while (running.size > 0) await Promise.allSettled(running)
    await disk?.settled()
    await bucket?.settled()
  }

  return {
    peek,
    deliver(delivery, signal) {
      try {
        const found = peek(delivery)
        if (found) return Promise.resolve(found)
        return patiently((interest) => track(counted(answerer.answer(delivery, interest))), timeout, clock, signal)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async bytes(project, ref, signal) {
      const one = naming.source(project, ref)
      const interest = { wanted: () => signal?.aborted !== true }
      return tickets.hold([one.base], async (ticket) => {
        const current = await sources.current(one, interest, limits.sourceBytes, ticket)
        const read = await sources.withBytes(one, current, interest, limits.sourceBytes, ticket)
        read.original.lease?.retain()
        try {
          return await decoded(read, limits.sourceBytes)
        } finally {
          read.original.lease?.release()
        }
      })
    },
    async purge(project, ref) {
      const target = naming.source(project, ref)
      let dropped = 0
      // Twice: a request that came while the disk was being cleared may have found an old entry and carried it upwards.
      for (let round = 0; round < 2; round += 1) {
        tickets.revoke(target.base)
        sources.forget(target)
        answerer.forget(target)
        dropped += await levels.drop(target)
      }
      return dropped
    },
    settled,
    async close() {
      await settled()
      await disk?.close()
    },
    stats: () => ({
      hits: { ...hits },
      misses,
      failures,
      running: running.size,
      working: room.used,
      memory: { bytes: memory.bytes, entries: memory.size },
      disk: { bytes: disk?.bytes ?? 0, entries: disk?.size ?? 0 },
    }),
  }
}

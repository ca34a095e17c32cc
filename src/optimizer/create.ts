import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Connection, Directory } from '../catalog/model.ts'
import type { Engine } from '../engine/engine.ts'
import { createGate } from '../engine/gate.ts'
import { Fault, isFault } from '../faults.ts'
import type { Limits } from '../plan/facts.ts'
import { mediaType } from '../plan/media-type.ts'
import type { ObjectStore, StoreConfig } from '../storage/object-store.ts'
import { renamed } from './file-names.ts'
import type { Log } from './log.ts'
import { formatOf, type Make, type Picture } from './make.ts'
import type { Optimizer, Order, Published, Report, Result, Stored, Version } from './optimizer.ts'
import { createPushing, type Destination } from './push.ts'
import { createResults } from './results.ts'
import { createSpool } from './spool.ts'
import { take } from './take.ts'

export type OptimizerOptions = {
  readonly engine: Engine
  /** Makes versions: `createMaking`. */
  readonly make: Make
  readonly directory: Pick<Directory, 'project'>
  /** The open store of a connection; keys are full object keys. */
  readonly storeOf: (connection: Connection) => ObjectStore
  /** A store that is not kept: URLs and credentials that a request names. */
  readonly once: (config: StoreConfig) => ObjectStore
  /** Folder for uploads and published results; nobody else writes there. */
  readonly dir: string
  readonly limits: Limits
  readonly log: Log
  /** Milliseconds that published results are kept. Default: an hour. */
  readonly keepMs?: number
  /** Orders at once: each holds its source and its results in memory. Default 8. */
  readonly slots?: number
  /** Milliseconds for fetching a source. Default 30 s. */
  readonly fetchMs?: number
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number
}

const HOUR_MS = 3_600_000
const QUEUE = { length: 256, waitMs: 60_000 }
const MOST_VERSIONS = 10

/** The optimizer. Its folder is made, and what an earlier process left half done in it removed. */
export async function createOptimizer(options: OptimizerOptions): Promise<Optimizer> {
  const { engine, make, once, dir, log, now = Date.now, fetchMs = 30_000 } = options
  const spool = await createSpool({ dir: join(dir, 'uploads') })
  const results = await createResults({
    dir: join(dir, 'results'),
    keepMs: options.keepMs ?? HOUR_MS,
    now,
    sweepEveryMs: 60_000,
  })
  const open = createPushing(options)
  const gate = createGate({ slots: options.slots ?? 8, queue: QUEUE })
  const stop = new AbortController()

  async function fill(order: Order, signal: AbortSignal): Promise<Report> {
    const source = await staged('source', () => takeSource(order, signal))
    const { facts, bytes } = source
    const versions = order.compile(facts)
    if (versions.length > MOST_VERSIONS) throw new Fault('bad-parameter', `at most ${MOST_VERSIONS} results at once`)
    // Wishes that no store can meet are refused before anything is encoded.
    const drafts = versions.map((version) => draft(order.project, source, version))
    const made: Picture[] = []
    const several = versions.length > 1 ? { ...source, shared: new Map() } : source
    for (const version of versions) made.push(await make(order.project, several, version))
    const places = await store(drafts, made, signal)
    const done = drafts.map((one, i) => resultOf(one, made[i], places[i]))
    const [first, ...rest] = done
    if (first === undefined) throw new Fault('bad-parameter', 'nothing is asked for')
    return {
      source: { bytes: bytes.length, format: facts.format, facts, sha1: sha1(bytes) },
      results: [first, ...rest],
    }
  }

  async function takeSource(
    { source, sourceBytes }: Pick<Order, 'source' | 'sourceBytes'>,
    signal: AbortSignal,
  ): Promise<Picture> {
    const patience = AbortSignal.timeout(fetchMs)
    try {
      const bytes = await take(source, {
        once,
        spool,
        limit: sourceBytes,
        signal: AbortSignal.any([signal, patience]),
      })
      return { bytes, facts: await engine.probe(bytes) }
    } catch (error) {
      if (patience.aborted && !signal.aborted && !isFault(error)) throw new Fault('source-timeout')
      throw error
    }
  }

  function draft(project: string, { facts }: Picture, version: Version): Draft {
    const format = formatOf(version, facts)
    const { text, keepExtension } = version.name
    const name = format === facts.format || keepExtension ? text : renamed(text, format)
    const type = mediaType(format)
    const { into } = version
    const destination = into.kind === 'push' ? open(project, into, name, type) : undefined
    return { version, name, type, destination }
  }

  /** Stores everything, or takes back what was stored and throws. */
  async function store(
    drafts: readonly Draft[],
    made: readonly Picture[],
    signal: AbortSignal,
  ): Promise<readonly (Published | Stored)[]> {
    const undo: (() => Promise<void>)[] = []
    try {
      const places: (Published | Stored)[] = []
      for (const [i, { version, name, type, destination }] of drafts.entries()) {
        const bytes = made[i]?.bytes
        if (bytes === undefined) throw new Error('a version was not made')
        const { into } = version
        if (destination !== undefined) {
          places.push(await staged('store', () => destination.put(bytes, signal)))
          undo.push(destination.undo)
        } else {
          const id = into.kind === 'publish' ? into.id : undefined
          const place = await results.publish({ id, bytes, type, name })
          places.push(place)
          undo.push(() => results.remove(place.id))
        }
      }
      return places
    } catch (error) {
      for (const back of undo) {
        await back().catch((err: unknown) => log.warn({ err }, 'a result of a failed order could not be removed'))
      }
      throw error
    }
  }

  return {
    spool,
    fill(order, signal = NEVER) {
      const either = AbortSignal.any([signal, stop.signal])
      return gate.enter(0, () => fill(order, either), either)
    },
    look: (source, sourceBytes) =>
      gate.enter(0, async () => {
        const { facts } = await staged('source', () => takeSource({ source, sourceBytes }, stop.signal))
        return facts
      }),
    result: (id) => results.find(id),
    async close() {
      stop.abort(new Fault('overloaded', 'the server is stopping'))
      await gate.idle()
      await results.close()
    },
  }
}

const NEVER = new AbortController().signal

/** A version with everything that can be known before it is made. */
type Draft = {
  readonly version: Version
  readonly name: string
  readonly type: string
  readonly destination: Destination | undefined
}

function resultOf(
  { version, name, type }: Draft,
  made: Picture | undefined,
  at: Published | Stored | undefined,
): Result {
  if (made === undefined || at === undefined) throw new Error('a version was not made')
  const { format, width, height } = made.facts
  return { id: version.id, format, type, bytes: made.bytes.length, sha1: sha1(made.bytes), width, height, name, at }
}

/** Says where a Fault came about. */
async function staged<T>(stage: 'source' | 'store', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isFault(error) || error.context.stage !== undefined) throw error
    throw new Fault(error.code, error.message, { context: { ...error.context, stage }, cause: error.cause })
  }
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

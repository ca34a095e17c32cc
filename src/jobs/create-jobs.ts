import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { Fault } from '../faults.ts'
import type { JobKind, JobOptions, JobStatus, Jobs } from './jobs.ts'
import { toJson } from './json.ts'
import { createLane, type Lane } from './lane.ts'
import type { Log } from './log.ts'
import { createRunner, type Sealing, sealingPurpose } from './runner.ts'
import type { JobStore } from './store.ts'

export type JobsOptions = {
  /** Closed with the queue. */
  readonly store: JobStore
  readonly kinds: Readonly<Record<string, JobKind>>
  readonly sealing: Sealing
  readonly log: Log
  /** How often a free worker looks for jobs that came another way than by `add`; 1 s. */
  readonly pollMs?: number
  /** How often lost jobs are taken back and expired ones deleted; 10 s. */
  readonly sweepMs?: number
  /** How long `close` waits for running jobs, and again after it told them to stop; 5 s. */
  readonly graceMs?: number
  /** 0…1, for the jitter of delays. */
  readonly random?: () => number
}

/** `start`: begins to work. Until then jobs are only accepted, so that handlers may need what comes up later. */
export type JobQueue = Jobs & { start(): void }

const PAYLOAD_BYTES = 1024 * 1024
const SECRET_BYTES = 64 * 1024
const KEPT_SECONDS = 86_400
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Opens the queue over a store. Throws what the store says when it cannot be opened. */
export async function createJobs(options: JobsOptions): Promise<JobQueue> {
  const { store, kinds, sealing, log, pollMs = 1000, sweepMs = 10_000, graceMs = 5000 } = options
  try {
    await store.open(Object.keys(kinds))
  } catch (error) {
    await store.close()
    throw error
  }
  let started = false
  let starting: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined
  const stop = new AbortController()

  async function add(kind: string, payload: unknown, what: JobOptions, queueLength: number) {
    const { id = randomUUID(), runAt, attempts = kinds[kind]?.attempts ?? 1, project } = what
    if (!UUID.test(id)) throw new Error(`${id} is no id of a job`)
    const sealed =
      what.secret === undefined
        ? undefined
        : sealing.seal(toJson(what.secret, SECRET_BYTES, 'the secret of a job'), sealingPurpose(id))
    const outcome = await store.add(
      {
        ...{ id, kind, project, sealed, attempts },
        payload: toJson(payload, PAYLOAD_BYTES, 'the payload of a job'),
        runAt: runAt?.getTime(),
        keepMs: (what.expiresAfter ?? KEPT_SECONDS) * 1000,
      },
      queueLength,
    )
    if (outcome === 'full') throw overloaded('too many jobs are waiting')
    if (outcome === 'added') lanes.get(kind)?.wake(runAt === undefined ? 0 : runAt.getTime() - Date.now())
    return { id }
  }

  const kindOf = (kind: string) => {
    const found = kinds[kind]
    if (found === undefined) throw new Error(`no handler for jobs of kind ${kind}`)
    return found
  }
  const runner = createRunner({
    ...{ store, sealing, log, pollMs, stop: stop.signal },
    random: options.random ?? Math.random,
    async follow(parent, name, kind, payload, what) {
      kindOf(kind)
      return add(kind, payload, { ...what, id: followId(parent, name) }, Number.MAX_SAFE_INTEGER)
    },
  })
  const lanes = new Map<string, Lane>(
    Object.entries(kinds).map(([name, kind]) => [name, createLane({ name, kind, store, runner, log, pollMs })]),
  )
  const all = [...lanes.values()]

  const renewal = setInterval(async () => {
    const claims = all.flatMap((lane) => lane.claims())
    if (claims.length === 0) return
    try {
      const held = await store.renew(claims)
      for (const { id, token } of claims) if (!held.has(id)) for (const lane of all) lane.lose(id, token)
    } catch (err) {
      // The lease may outlast the trouble.
      log.warn({ err }, 'the claims on running jobs could not be renewed')
    }
  }, store.leaseMs / 3)
  const sweeping = setInterval(
    () => store.sweep().catch((err: unknown) => log.warn({ err }, 'the queue of jobs could not be swept')),
    sweepMs,
  )
  renewal.unref()
  sweeping.unref()

  async function status(id: string): Promise<JobStatus | undefined> {
    const record = UUID.test(id) ? await store.find(id) : undefined
    if (record === undefined) return undefined
    const { kind, project, addedAt } = record
    const common = { id, kind, project, addedAt: new Date(addedAt) }
    if (record.state === 'done') return { ...common, state: 'done', result: JSON.parse(record.result) }
    if (record.state === 'dead') return { ...common, state: 'dead', reason: record.reason }
    return { ...common, state: record.state }
  }

  async function prepare(name: string, kind: JobKind): Promise<void> {
    try {
      await kind.onStart?.(status)
    } catch (err) {
      log.warn({ kind: name, err }, 'what earlier jobs left behind could not be cleared away')
    }
  }

  async function close(): Promise<void> {
    clearInterval(sweeping)
    await within(starting, graceMs)
    const done = Promise.all(all.map((lane) => lane.close()))
    await within(done, graceMs)
    stop.abort(new Fault('overloaded', 'the server is stopping'))
    await within(done, graceMs)
    clearInterval(renewal)
    await Promise.all(all.map((lane) => lane.abandon()))
    await store.close()
  }

  return {
    start() {
      if (started || closing !== undefined) return
      started = true
      starting = Promise.all(Object.entries(kinds).map(([name, kind]) => prepare(name, kind)))
      for (const lane of all) lane.start()
    },
    async add(kind, payload, what = {}) {
      const { queueLength } = kindOf(kind)
      if (closing !== undefined) throw overloaded('the server is stopping')
      return add(kind, payload, what, queueLength)
    },
    status,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** The id of what follows from a job: the same each time the job runs. A UUID of version 8, whose bits are ours (RFC 9562). */
export function followId(parent: string, name: string): string {
  const hex = createHash('sha256').update(`${parent}/${name}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function overloaded(message: string): Fault {
  return new Fault('overloaded', message, { context: { retryAfterSeconds: 10 } })
}

/** Resolves with `work` or after a while, whichever comes first. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const enough = new AbortController()
  const late = after(milliseconds, undefined, { signal: enough.signal }).catch(() => undefined)
  await Promise.race([work, late])
  enough.abort()
}

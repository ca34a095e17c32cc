/** Jobs of many processes, in Postgres, by pg-boss. */
import type { Db, PgBoss } from 'pg-boss'
import type { Log } from './log.ts'
import { type Packed, pack, unpack, unpackEnd } from './packed.ts'
import type { Claim, JobRecord, JobStore, NewJob } from './store.ts'

export type PgBossOptions = {
  /** A `postgres://` URL; the tables stand in a schema of their own. */
  readonly database: string
  readonly log: Log
  /** How long a claim is believed without being renewed, in whole seconds; at least 10, 30 when absent. */
  readonly leaseSeconds?: number
}

const SCHEMA = 'tintype_jobs'
/** pg-boss has its own limit of tries, which must never be met: the queue counts them itself. */
const UNLIMITED = 1_000_000
/** pg-boss's own limits: a try may last just under a day, a job may wait for a month. */
const LONGEST_TRY_SECONDS = 23 * 3600
const LONGEST_WAIT_SECONDS = 30 * 86_400
/** After its process died a job waits 1 … 60 s, longer each time. */
const AFTER_LOSS = { retryDelay: 1, retryBackoff: true, retryDelayMax: 60 }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Keeps jobs in Postgres. Each kind is a pg-boss queue; a claim is pg-boss's attempt, which fences everything done to it. A
 * failed try is `fail` and `update` in one transaction, since pg-boss's own delays know no list; a job that was given up is
 * a completed one that says so, since pg-boss would try a failed one again.
 */
export function createPgBossJobs({ database, log, leaseSeconds = 30 }: PgBossOptions): JobStore {
  let opened: PgBoss | undefined
  let names: readonly string[] = []
  const boss = () => {
    if (opened === undefined) throw new Error('the queue of jobs is not open')
    return opened
  }

  /** All of `work` or, when it resolves with false, nothing of it. */
  async function together(work: (db: Db) => Promise<boolean>): Promise<boolean> {
    const transaction = await boss().getDb().beginTransaction?.()
    if (transaction === undefined) throw new Error('pg-boss opened no transaction')
    try {
      const done = await work(transaction.db)
      if (done) await transaction.commit()
      return done
    } finally {
      // Changes nothing after a commit.
      await transaction.rollback()
    }
  }

  /** Puts a claimed job back among the waiting ones. pg-boss counts claims; `what` says how this one is to be taken. */
  function putBack(claim: Claim, what: 'failure' | 'given back', runAt: number): Promise<boolean> {
    const failed = what === 'failure' ? 1 : 0
    const data = pack({ ...claim, failures: claim.failures + failed }, spared(claim) + 1 - failed)
    return together(async (db) => {
      if (affected(await boss().fail(claim.kind, attempt(claim), null, { db })) === 0) return false
      // From now on by the database's clock, which need not be ours.
      const startAfter = Math.max(0, runAt - Date.now()) / 1000
      const options = { id: claim.id, startAfter, retentionSeconds: LONGEST_WAIT_SECONDS, db }
      const { updated } = await boss().update(claim.kind, data, options)
      return updated === 1
    })
  }

  const isFull = async (kind: string, queueLength: number) => {
    const { rows } = await boss()
      .getDb()
      .executeSql(
        `select count(*)::int as count from
          (select 1 from ${SCHEMA}.job where name = $1 and state < 'active' limit $2) as waiting`,
        [kind, queueLength],
      )
    return rows[0]?.count >= queueLength
  }

  return {
    leaseMs: leaseSeconds * 1000,

    async open(kinds) {
      // Loaded only where it is used: the embedded queue starts without it.
      const { PgBoss: Boss } = await import('pg-boss')
      opened = new Boss({
        connectionString: database,
        application_name: 'tintype jobs',
        schema: SCHEMA,
        max: 5,
        connectionTimeoutMillis: 10_000,
        schedule: false,
        // `sweep` says when.
        supervise: false,
        monitorIntervalSeconds: 1,
        maintenanceIntervalSeconds: 60,
        flowIntervalSeconds: 3600,
        monitorVacuum: false,
      })
      opened.on('error', (error) => log.warn({ reason: error.message }, 'the queue of jobs has trouble'))
      opened.on('warning', ({ message }) => log.warn({ reason: message }, 'the queue of jobs has a warning'))
      await opened.start()
      for (const kind of kinds) await opened.createQueue(kind)
      names = kinds
    },

    async add(job: NewJob, queueLength) {
      const { id, kind, runAt, keepMs } = job
      if (await isFull(kind, queueLength)) {
        const known = await boss().findJobs(kind, { id })
        return known.length > 0 ? 'known' : 'full'
      }
      const added = await boss().send(kind, pack({ ...job, failures: 0 }, 0), {
        ...AFTER_LOSS,
        id,
        ...(runAt === undefined ? {} : { startAfter: new Date(runAt) }),
        retryLimit: UNLIMITED,
        heartbeatSeconds: leaseSeconds,
        expireInSeconds: LONGEST_TRY_SECONDS,
        retentionSeconds: LONGEST_WAIT_SECONDS,
        deleteAfterSeconds: seconds(keepMs),
      })
      return added === null ? 'known' : 'added'
    },

    async claim(kind, limit) {
      const jobs = await boss().fetch<Packed>(kind, { batchSize: limit, includeMetadata: true })
      // The oldest are taken, but come in any order.
      jobs.sort((a, b) => a.createdOn.getTime() - b.createdOn.getTime())
      return jobs.map(({ id, data, retryCount }) => unpack(id, kind, data, retryCount))
    },

    async renew(claims) {
      const held = new Set<string>()
      for (const [kind, ours] of Map.groupBy(claims, (claim) => claim.kind)) {
        const answer = await boss().touch(kind, ours.map(attempt))
        // Not in pg-boss's types, but what its own workers go by.
        const ids = 'settled' in answer && Array.isArray(answer.settled) ? answer.settled : []
        for (const id of ids) held.add(String(id))
      }
      return held
    },

    end: (claim, end, keepMs) =>
      together(async (db) => {
        if (affected(await boss().complete(claim.kind, attempt(claim), end, { db })) === 0) return false
        // pg-boss changes neither the data nor the time of deletion of a job that ran.
        await db.executeSql(
          `update ${SCHEMA}.job set data = data - 'payload' - 'sealed', deletion_seconds = $3 where name = $1 and id = $2`,
          [claim.kind, claim.id, seconds(keepMs)],
        )
        return true
      }),

    retry: (claim, runAt) => putBack(claim, 'failure', runAt),

    release: (claim) => putBack(claim, 'given back', 0),

    async find(id) {
      if (!UUID.test(id)) return undefined
      const { rows } = await boss()
        .getDb()
        .executeSql(
          `select name, data->>'project' as project, state::text as state, output, created_on from ${SCHEMA}.job
            where id = $1 and name = any($2)
            and (completed_on is null or completed_on + deletion_seconds * interval '1s' > now())`,
          [id, names],
        )
      return rows[0] === undefined ? undefined : toRecord(id, rows[0])
    },

    async sweep() {
      await boss().supervise()
    },

    async close() {
      await opened?.stop({ graceful: false })
      opened = undefined
    },
  }
}

type Row = {
  readonly name: string
  readonly project: string | null
  readonly state: string
  readonly output: unknown
  readonly created_on: Date
}

function toRecord(id: string, { name, project, state, output, created_on }: Row): JobRecord {
  const record = { id, kind: name, project: project ?? undefined, addedAt: created_on.getTime() }
  if (state === 'completed') return { ...record, ...unpackEnd(output) }
  return { ...record, state: state === 'active' ? 'running' : 'waiting' }
}

/** pg-boss counts every claim after the first; what is neither a failure nor given back was lost. */
function spared({ token, failures, losses }: Claim): number {
  return Number(token) - failures - losses
}

function attempt({ id, token }: Claim): { readonly id: string; readonly retryCount: number } {
  return { id, retryCount: Number(token) }
}

/** How many jobs a command changed; its type does not say, though its documentation does. */
function affected(answer: object): number {
  return 'affected' in answer && typeof answer.affected === 'number' ? answer.affected : 0
}

/** At least one: pg-boss keeps for ever what it is told to keep for no time. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}

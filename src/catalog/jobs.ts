/** Where the embedded queue keeps its jobs: a database file of its own, so that the queue's writes never hold up the catalog's. */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Kysely, type Selectable, sql } from 'kysely'
import { systemCode } from '../faults.ts'
import { migrateJobs } from './job-migrations.ts'
import type { JobRow, JobTables } from './job-tables.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

export type EmbeddedJobsOptions = {
  readonly dataDir: string
  /** How long a claim is believed without being renewed; 30 s. */
  readonly leaseMs?: number
}

/** Records deleted by one statement: the event loop stands still meanwhile. */
const BATCH = 500

/**
 * The jobs of one machine, in `jobs.sqlite` below `dataDir`. It has the shape of the queue's `JobStore`; each call is one
 * short statement, on the disk when it resolves. SQLite works on the main thread, and a row of calls that wait for nothing
 * else would never let go of it: so each that writes takes its own turn of the event loop.
 */
export function createEmbeddedJobs({ dataDir, leaseMs = 30_000 }: EmbeddedJobsOptions) {
  const db = new Kysely<JobTables>({ dialect: sqliteDialect(join(dataDir, 'jobs.sqlite')) })
  const me = `${hostname()}/${process.pid}/${randomUUID()}`

  const mine = (claim: { readonly id: string; readonly token: string }) =>
    db
      .updateTable('jobs')
      .where('id', '=', claim.id)
      .where('state', '=', 'running')
      .where('holder', '=', me)
      .where('claims', '=', Number(claim.token))
  const changed = ({ numUpdatedRows }: { readonly numUpdatedRows: bigint }) => numUpdatedRows > 0n
  const free = { state: 'waiting', holder: null, lease_until: null } as const

  /** Makes what dead processes of this machine had, and what nobody renews, available again. */
  async function takeBack(starting: boolean): Promise<void> {
    const held = await db
      .selectFrom('jobs')
      .select(['holder', (query) => query.fn.min('lease_until').as('until')])
      .where('holder', 'is not', null)
      .groupBy('holder')
      .execute()
    const now = Date.now()
    const dead = held.flatMap(({ holder }) =>
      holder !== null && holder !== me && isDead(holder, starting) ? [holder] : [],
    )
    if (dead.length === 0 && !held.some(({ until }) => (until ?? 0) < now)) return
    await db
      .updateTable('jobs')
      .set({
        ...free,
        losses: sql`losses + 1`,
        // A job that takes its process down with it must not do so in a tight circle: 0, 2, 4 … 60 s.
        run_at: sql`${now} + case losses when 0 then 0 else min(60000, 1000 << min(losses, 6)) end`,
      })
      .where('holder', 'is not', null)
      .where((is) => is.or([is('lease_until', '<', now), ...(dead.length > 0 ? [is('holder', 'in', dead)] : [])]))
      .execute()
  }

  return {
    leaseMs,

    async open(_kinds: readonly string[]) {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      await migrateJobs(db)
      await takeBack(true)
    },

    async add(job: NewJob, queueLength: number) {
      await turn()
      const now = Date.now()
      const { id, kind, project = null, payload, sealed = null, attempts, runAt = now, keepMs } = job
      const { numAffectedRows = 0n } = await sql`
        insert or ignore into jobs (id, kind, project, payload, sealed, attempts, run_at, keep_ms, added_at)
        select ${id}, ${kind}, ${project}, ${payload}, ${sealed}, ${attempts}, ${runAt}, ${keepMs}, ${now}
        where (select count(*) from jobs where kind = ${kind} and state = 'waiting') < ${queueLength}`.execute(db)
      if (numAffectedRows > 0n) return 'added'
      const known = await db.selectFrom('jobs').select('id').where('id', '=', id).executeTakeFirst()
      return known === undefined ? 'full' : 'known'
    },

    async claim(kind: string, limit: number) {
      await turn()
      const now = Date.now()
      const rows = await db
        .updateTable('jobs')
        .set({ state: 'running', holder: me, lease_until: now + leaseMs, claims: sql`claims + 1` })
        .where('id', 'in', (query) =>
          query
            .selectFrom('jobs')
            .select('id')
            .where('kind', '=', kind)
            .where('state', '=', 'waiting')
            .where('run_at', '<=', now)
            .orderBy('run_at')
            .orderBy('seq')
            .limit(limit),
        )
        .returningAll()
        .execute()
      return rows.sort((a, b) => a.run_at - b.run_at || a.seq - b.seq).map(toClaim)
    },

    async renew(claims: readonly { readonly id: string; readonly token: string }[]) {
      if (claims.length === 0) return new Set<string>()
      const rows = await db
        .updateTable('jobs')
        .set({ lease_until: Date.now() + leaseMs })
        .where('state', '=', 'running')
        .where('holder', '=', me)
        .where((is) => is.or(claims.map(({ id, token }) => is.and({ id, claims: Number(token) }))))
        .returning('id')
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    async end(claim: Held, end: End, keepMs: number) {
      await turn()
      const outcome =
        end.state === 'done'
          ? { result: end.result }
          : { reason_code: end.reason.code, reason_message: end.reason.message }
      const wiped = { payload: '', sealed: null, holder: null, lease_until: null }
      return changed(
        await mine(claim)
          .set({ ...wiped, ...outcome, state: end.state, expires_at: Date.now() + keepMs })
          .executeTakeFirstOrThrow(),
      )
    },

    async retry(claim: Held, runAt: number) {
      await turn()
      return changed(
        await mine(claim)
          .set({ ...free, failures: sql`failures + 1`, run_at: runAt })
          .executeTakeFirstOrThrow(),
      )
    },

    async release(claim: Held) {
      return changed(await mine(claim).set(free).executeTakeFirstOrThrow())
    },

    async find(id: string) {
      const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined || (row.expires_at ?? Number.POSITIVE_INFINITY) <= Date.now() ? undefined : toRecord(row)
    },

    async sweep() {
      await takeBack(false)
      const expired = db.selectFrom('jobs').select('id').where('expires_at', '<=', Date.now()).limit(BATCH)
      for (let deleted = BATCH; deleted >= BATCH; ) {
        const { numDeletedRows } = await db.deleteFrom('jobs').where('id', 'in', expired).executeTakeFirstOrThrow()
        deleted = Number(numDeletedRows)
        await turn()
      }
    },

    close: () => db.destroy(),
  }
}

type NewJob = {
  readonly id: string
  readonly kind: string
  readonly project: string | undefined
  readonly payload: string
  readonly sealed: string | undefined
  readonly attempts: number
  readonly runAt: number | undefined
  readonly keepMs: number
}
type Held = { readonly id: string; readonly token: string }
type End =
  | { readonly state: 'done'; readonly result: string }
  | { readonly state: 'dead'; readonly reason: { readonly code: string; readonly message: string } }

function toClaim(row: Selectable<JobRow>) {
  const { id, kind, project, payload, sealed, attempts, failures, losses, keep_ms, claims } = row
  return {
    ...{ id, kind, payload, attempts, failures, losses },
    project: project ?? undefined,
    sealed: sealed ?? undefined,
    keepMs: keep_ms,
    token: String(claims),
  }
}

function toRecord({ id, kind, project, added_at, state, result, reason_code, reason_message }: Selectable<JobRow>) {
  const record = { id, kind, project: project ?? undefined, addedAt: added_at }
  if (state === 'done') return { ...record, state, result: result ?? 'null' }
  if (state === 'dead') return { ...record, state, reason: { code: reason_code ?? '', message: reason_message ?? '' } }
  return { ...record, state }
}

/**
 * Whether the process that a claim names has ended, as far as this machine can tell. At the start our own number in
 * a claim is that of our predecessor: in a container the server always has the same one.
 */
function isDead(holder: string, starting: boolean): boolean {
  const [host, pid] = holder.split('/')
  if (host !== hostname()) return false
  if (Number(pid) === process.pid) return starting
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}

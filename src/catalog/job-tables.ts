import type { Generated } from 'kysely'

export type JobTables = { jobs: JobRow }

/** Times are milliseconds since 1970: the queue compares them, nobody reads them. */
export type JobRow = {
  /** The order in which jobs came. */
  seq: Generated<number>
  id: string
  kind: string
  project: string | null
  /** JSON; empty once the job has ended. */
  payload: string
  sealed: string | null
  state: Generated<'waiting' | 'running' | 'done' | 'dead'>
  attempts: number
  failures: Generated<number>
  losses: Generated<number>
  /** How often it was claimed: names the present claim. */
  claims: Generated<number>
  /** Host, process number and a random name of who runs it. */
  holder: string | null
  lease_until: number | null
  run_at: number
  added_at: number
  keep_ms: number
  result: string | null
  reason_code: string | null
  reason_message: string | null
  expires_at: number | null
}

import type { Reason } from './jobs.ts'

/**
 * Where jobs are kept. Two adapters: SQLite for one process (`catalog/jobs.ts`) and pg-boss for many (`pg-boss-store.ts`).
 * Payloads, secrets and results are JSON texts that a store does not look into. Times are milliseconds since 1970.
 */
export interface JobStore {
  /** How long a claim is believed without `renew`, in milliseconds. */
  readonly leaseMs: number
  /** Called once, before everything else, with every kind that will be used. */
  open(kinds: readonly string[]): Promise<void>
  /** `known`: there is a job with that id already, and nothing was changed. `full`: `queueLength` jobs of the kind wait. */
  add(job: NewJob, queueLength: number): Promise<'added' | 'known' | 'full'>
  /** Takes up to `limit` jobs that are due, so that nobody else gets them. */
  claim(kind: string, limit: number): Promise<readonly Claim[]>
  /** Ids of those that are still ours. */
  renew(claims: readonly Claim[]): Promise<ReadonlySet<string>>
  /** Ends a job, wipes payload and secret, keeps the rest for `keepMs`. False when it is no longer ours; so below. */
  end(claim: Claim, end: End, keepMs: number): Promise<boolean>
  /** A try failed; the next one not before `runAt`. */
  retry(claim: Claim, runAt: number): Promise<boolean>
  /** Gives a job back as if it had not been claimed. */
  release(claim: Claim): Promise<boolean>
  find(id: string): Promise<JobRecord | undefined>
  /** Takes back what dead processes had claimed, deletes what has expired. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export type NewJob = {
  readonly id: string
  readonly kind: string
  readonly project: string | undefined
  readonly payload: string
  readonly sealed: string | undefined
  readonly attempts: number
  /** Undefined: at once. */
  readonly runAt: number | undefined
  readonly keepMs: number
}

export type Claim = Omit<NewJob, 'runAt'> & {
  /** Tries that failed. */
  readonly failures: number
  /** Tries that nobody heard of again. */
  readonly losses: number
  /** Names this claim among all of the job. */
  readonly token: string
}

export type End =
  | { readonly state: 'done'; readonly result: string }
  | { readonly state: 'dead'; readonly reason: Reason }

export type JobRecord = {
  readonly id: string
  readonly kind: string
  readonly project: string | undefined
  readonly addedAt: number
} & ({ readonly state: 'waiting' | 'running' } | End)

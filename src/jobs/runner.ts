import { setTimeout as after } from 'node:timers/promises'
import { Fault, isFault } from '../faults.ts'
import { DELAYS, delayAfter } from './delay.ts'
import type { JobKind, JobOptions, Reason, RunningJob } from './jobs.ts'
import { toJson } from './json.ts'
import type { Log } from './log.ts'
import type { Claim, End, JobStore } from './store.ts'

/** The part of the catalog's vault that the queue needs. */
export type Sealing = {
  seal(plain: string, purpose: string): string
  open(sealed: string, purpose: string): string
}

/** A sealed secret opens for its job only. */
export const sealingPurpose = (id: string) => `jobs.secret.${id}`

export type Runner = { run(claim: Claim, kind: JobKind): Running }

export type Running = {
  readonly claim: Claim
  /** Resolves when the outcome is noted, with the milliseconds after which the job is due again, if it is. Never rejects. */
  readonly ended: Promise<number | undefined>
  /** The claim is somebody else's now: the handler is told to stop, and nothing is noted. */
  lose(): void
  /** Gives the job back although its handler has not ended. */
  abandon(): Promise<void>
}

type Options = {
  readonly store: Pick<JobStore, 'end' | 'retry' | 'release'>
  readonly sealing: Pick<Sealing, 'open'>
  readonly log: Log
  readonly pollMs: number
  readonly random: () => number
  /** Aborted when the server stops. */
  readonly stop: AbortSignal
  follow(
    parent: string,
    name: string,
    kind: string,
    payload: unknown,
    options: JobOptions,
  ): Promise<{ readonly id: string }>
}

/** Times a job's process may die before the job is thought to be the reason. */
const LOSSES = 12
const TIME_LIMIT_SECONDS = 600
const RESULT_BYTES = 1024 * 1024
/** The reason why a job was given up is worth keeping longer than a result; seven days. */
const DEAD_KEPT_MS = 7 * 86_400_000

/** Runs claimed jobs and notes what became of them. */
export function createRunner(options: Options): Runner {
  const { store, sealing, log, pollMs, random, stop } = options

  /** Notes an outcome; while the store does not answer it tries again, for as long as the claim may still hold. */
  async function note(write: () => Promise<boolean>, claim: Claim, gone: AbortSignal): Promise<boolean> {
    for (let told = false; !gone.aborted; told = true) {
      try {
        return await write()
      } catch (err) {
        if (gone.aborted) return false
        if (!told) log.error({ kind: claim.kind, id: claim.id, err }, 'the end of a job cannot be noted yet')
      }
      await after(pollMs, undefined, { signal: gone, ref: false }).catch(() => undefined)
    }
    return false
  }

  async function perform(claim: Claim, kind: JobKind, gone: AbortSignal): Promise<number | undefined> {
    const { id, attempts, failures, losses, keepMs } = claim
    async function end(outcome: End): Promise<void> {
      const kept = outcome.state === 'done' ? keepMs : Math.max(keepMs, DEAD_KEPT_MS)
      if (!(await note(() => store.end(claim, outcome, kept), claim, gone))) return
      try {
        await kind.onEnded?.(JSON.parse(claim.payload))
      } catch (err) {
        log.warn({ kind: claim.kind, id, err }, 'what a job had used could not be let go')
      }
    }

    async function bury(reason: Reason, secret: unknown): Promise<undefined> {
      log.warn({ kind: claim.kind, id, ...reason }, 'a job was given up')
      try {
        await kind.onDead?.(JSON.parse(claim.payload), reason, job(secret))
      } catch (err) {
        log.error({ kind: claim.kind, id, err }, 'nobody could be told that a job was given up')
      }
      await end({ state: 'dead', reason })
    }

    const job = (secret: unknown): RunningJob => ({
      ...{ id, project: claim.project, secret, attempt: failures + 1, attempts },
      follow: (name, of, payload, what = {}) =>
        options.follow(id, name, of, payload, {
          ...(claim.project === undefined ? {} : { project: claim.project }),
          ...what,
        }),
    })

    let secret: unknown
    try {
      secret = claim.sealed === undefined ? undefined : JSON.parse(sealing.open(claim.sealed, sealingPurpose(id)))
    } catch {
      return bury(
        { code: 'sealed', message: 'the secret of the job cannot be opened: the master key changed' },
        undefined,
      )
    }
    if (losses > LOSSES) {
      return bury({ code: 'lost', message: `its process ended ${losses} times while it ran` }, secret)
    }
    const limit = AbortSignal.timeout((kind.timeLimit ?? TIME_LIMIT_SECONDS) * 1000)
    try {
      const result = await kind.handler(JSON.parse(claim.payload), AbortSignal.any([gone, stop, limit]), job(secret))
      await end({ state: 'done', result: toJson(result, RESULT_BYTES, 'the result of a job') })
    } catch (thrown) {
      if (gone.aborted) return undefined
      if (stop.aborted) {
        await note(() => store.release(claim), claim, gone)
        return undefined
      }
      const error = limit.aborted ? new Fault('timed-out', 'the job took too long', { cause: thrown }) : thrown
      const failed = failures + 1
      if (failed >= attempts || kind.worthRetrying?.(error) === false) {
        if (!isFault(error)) log.error({ kind: claim.kind, id, err: error }, 'a job failed unexpectedly')
        return bury(reasonOf(error), secret)
      }
      const wait = delayAfter(failed, kind.delays ?? DELAYS, random())
      log.warn(
        { kind: claim.kind, id, attempt: failed, again: wait, ...reasonOf(error) },
        'a job failed and is tried again',
      )
      await note(() => store.retry(claim, Date.now() + wait), claim, gone)
      return wait
    }
    return undefined
  }

  return {
    run(claim, kind) {
      const gone = new AbortController()
      const ended = perform(claim, kind, gone.signal).catch((err: unknown) => {
        log.error({ kind: claim.kind, id: claim.id, err }, 'a job ended in disorder')
        return undefined
      })
      return {
        claim,
        ended,
        lose: () => gone.abort(new Fault('conflict', 'another process has the job now')),
        async abandon() {
          gone.abort(new Fault('overloaded', 'the server is stopping'))
          await store.release(claim).catch((err: unknown) => {
            log.warn({ kind: claim.kind, id: claim.id, err }, 'a job could not be given back')
          })
        },
      }
    },
  }
}

/** What is kept and logged of an error. Faults hold no secret; what other errors say is nobody's business. */
function reasonOf(error: unknown): Reason {
  if (!isFault(error)) return { code: 'unexpected', message: 'the job failed unexpectedly' }
  // Postgres stores no zero characters.
  return { code: error.code, message: error.message.toWellFormed().replaceAll('\0', '').slice(0, 500) }
}

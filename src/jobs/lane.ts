import type { JobKind } from './jobs.ts'
import type { Log } from './log.ts'
import type { Runner, Running } from './runner.ts'
import type { Claim, JobStore } from './store.ts'

/** The workers of one kind. */
export type Lane = {
  start(): void
  /** There is, or will be after `inMs`, a job to take. */
  wake(inMs?: number): void
  claims(): readonly Claim[]
  /** A claim that somebody else has now. */
  lose(id: string, token: string): void
  /** Takes no more jobs. Resolves when those that run have ended. */
  close(): Promise<void>
  /** Gives back the jobs that still run. */
  abandon(): Promise<void>
}

type Options = {
  readonly name: string
  readonly kind: JobKind
  readonly store: Pick<JobStore, 'claim' | 'release'>
  readonly runner: Runner
  readonly log: Log
  readonly pollMs: number
}

/** Longest time that a timer of Node can hold. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Takes jobs of a kind while workers are free: when told of one, and every `pollMs`. */
export function createLane({ name, kind, store, runner, log, pollMs }: Options): Lane {
  const running = new Map<Running, Promise<void>>()
  let open = false
  let taking: Promise<void> | undefined
  let again = false
  let timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined
  let troubled = false

  function wake(inMs = 0): void {
    if (!open) return
    const wait = Math.min(Math.max(0, inMs), LONGEST_TIMER)
    const at = Date.now() + wait
    if (timer !== undefined && timer.at <= at) return
    clearTimeout(timer?.handle)
    const handle = setTimeout(() => {
      timer = undefined
      take()
    }, wait)
    handle.unref()
    timer = { at, handle }
  }

  function take(): void {
    if (!open) return
    again = true
    taking ??= takeAll().finally(() => {
      taking = undefined
      // Asked for in the very last moment.
      if (again) take()
      else wake(pollMs)
    })
  }

  async function takeAll(): Promise<void> {
    while (open && again) {
      again = false
      const free = kind.workers - running.size
      if (free <= 0) return
      try {
        const claims = await store.claim(name, free)
        troubled = false
        if (!open) return void (await Promise.all(claims.map((claim) => store.release(claim))))
        for (const claim of claims) begin(claim)
        again ||= claims.length === free
      } catch (err) {
        // Once per trouble, not once per second.
        if (!troubled) log.error({ kind: name, err }, 'no jobs can be taken from the queue')
        troubled = true
        return
      }
    }
  }

  function begin(claim: Claim): void {
    const job = runner.run(claim, kind)
    const end = job.ended.then((nextInMs) => {
      running.delete(job)
      if (nextInMs !== undefined) wake(nextInMs)
      take()
    })
    running.set(job, end)
  }

  return {
    start() {
      open = true
      take()
    },
    wake,
    claims: () => [...running.keys()].map(({ claim }) => claim),
    lose(id, token) {
      for (const { claim, lose } of running.keys()) if (claim.id === id && claim.token === token) lose()
    },
    async close() {
      open = false
      clearTimeout(timer?.handle)
      await taking
      await Promise.all(running.values())
    },
    async abandon() {
      await Promise.all([...running.keys()].map((job) => job.abandon()))
    },
  }
}

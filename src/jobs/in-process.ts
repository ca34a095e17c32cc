import { randomUUID } from 'node:crypto'
import { Fault } from '../faults.ts'
import type { Jobs } from './jobs.ts'

type JobHandler = (payload: unknown, signal: AbortSignal) => Promise<unknown>

export type InProcessOptions = {
  readonly handlers: Readonly<Record<string, JobHandler>>
  /** Jobs at once. */
  readonly workers: number
  /** Jobs that may wait; one more is refused. */
  readonly queueLength: number
  readonly onFailure: (kind: string, id: string, error: unknown) => void
}

type Job = { readonly id: string; readonly kind: string; readonly payload: unknown; readonly handler: JobHandler }

/**
 * The queue for work that may be lost with the process (warming a cache): first come, first served, in memory. A job that
 * throws is reported to `onFailure` and not tried again.
 */
export function createInProcessJobs(options: InProcessOptions): Pick<Jobs, 'add' | 'close'> {
  const waiting: Job[] = []
  const running = new Set<Promise<void>>()
  const stop = new AbortController()

  function startNext(): void {
    while (running.size < options.workers && !stop.signal.aborted) {
      const job = waiting.shift()
      if (job === undefined) return
      const work = run(job).finally(() => {
        running.delete(work)
        startNext()
      })
      running.add(work)
    }
  }

  async function run(job: Job): Promise<void> {
    try {
      await job.handler(job.payload, stop.signal)
    } catch (error) {
      if (!stop.signal.aborted) options.onFailure(job.kind, job.id, error)
    }
  }

  return {
    async add(kind, payload) {
      const handler = options.handlers[kind]
      if (handler === undefined) throw new Error(`no handler for jobs of kind ${kind}`)
      if (stop.signal.aborted || waiting.length >= options.queueLength) {
        throw new Fault('overloaded', 'too many jobs are waiting', { context: { retryAfterSeconds: 10 } })
      }
      const job = { id: randomUUID(), kind, payload, handler }
      waiting.push(job)
      startNext()
      return { id: job.id }
    },
    async close() {
      stop.abort()
      waiting.length = 0
      await Promise.all(running)
    },
  }
}

/**
 * Work that outlives its request. A job that `add` accepted is done even if the process is killed: it runs at least once,
 * sometimes twice, so a handler must bear being run again. The kinds and their handlers are named in `main.ts`.
 */
export interface Jobs {
  /**
   * Accepts work; when this resolves the job is on the disk. `payload` is anything JSON can say (undefined members are
   * lost). Fault overloaded when too many jobs of the kind are waiting or the queue is closed, too-large above 1 MiB.
   */
  add(kind: string, payload: unknown, options?: JobOptions): Promise<{ readonly id: string }>
  /** What became of a job; undefined when the id is unknown or its record has expired. */
  status(id: string): Promise<JobStatus | undefined>
  /** Waits a little for running work, tells the rest to stop and gives it back; it runs again after the next start. */
  close(): Promise<void>
}

export type JobOptions = {
  /**
   * A UUID in lower case; a new one when absent. Adding again under an id that is known does nothing, so that what follows
   * from a job that runs twice happens once.
   */
  readonly id?: string
  /** Not earlier than this. */
  readonly runAt?: Date
  /** Times the work is tried before the job is given up; the kind's number when absent. */
  readonly attempts?: number
  /** Seconds for which the record (state, result, reason) is kept after the end; a day when absent. */
  readonly expiresAfter?: number
  /** What only the handler may see: sealed at rest, wiped when the job ends. JSON, at most 64 KiB. */
  readonly secret?: unknown
  /** Whose job it is; comes back in the status. */
  readonly project?: string
}

export type JobStatus = {
  readonly id: string
  readonly kind: string
  readonly project: string | undefined
  readonly addedAt: Date
} & (
  | { readonly state: 'waiting' | 'running' }
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'dead'; readonly reason: Reason }
)

/** Why a job was given up. `code`: a fault's code, `lost` (its process died too often), `sealed` or `unexpected`. */
export type Reason = { readonly code: string; readonly message: string }

/**
 * Does the work; what it resolves with is the job's result. It heeds `signal`, aborted when the server stops, the job takes
 * longer than its kind may or was taken over by another process, by throwing: what returns normally counts as done.
 */
export type JobHandler = (payload: unknown, signal: AbortSignal, job: RunningJob) => Promise<unknown>

export type RunningJob = {
  readonly id: string
  readonly project: string | undefined
  readonly secret: unknown
  /** Counted from 1. A try that was interrupted by the end of its process is not counted. */
  readonly attempt: number
  /** Tries that this job has; the last one has `attempt === attempts`. */
  readonly attempts: number
  /**
   * Accepts work that follows from this job, such as its webhook: never refused because the queue is full. With the same
   * `name` once per job, however often the job runs.
   */
  follow(
    name: string,
    kind: string,
    payload: unknown,
    options?: Omit<JobOptions, 'id'>,
  ): Promise<{ readonly id: string }>
}

/** How jobs of one kind are run. */
export type JobKind = {
  readonly handler: JobHandler
  /** Jobs of this kind at once, in this process. */
  readonly workers: number
  /** Jobs that may wait, those between two tries included; one more is refused. */
  readonly queueLength: number
  /** 1 when absent. */
  readonly attempts?: number
  /** Seconds before the second, third … try, the last for all further ones; up to a fifth is added by chance. */
  readonly delays?: readonly number[]
  /** Seconds after which a try is told to stop and counts as failed; ten minutes when absent. */
  readonly timeLimit?: number
  /** Whether trying again may help; always when absent. */
  readonly worthRetrying?: (error: unknown) => boolean
  /** Called before a job is given up, also when its handler was never reached: the place to tell its caller. */
  readonly onDead?: (payload: unknown, reason: Reason, job: RunningJob) => Promise<void>
  /**
   * Called when the end of a job, done or dead, is on the disk: the place to let go of what another run would have needed.
   * A process that dies just then never calls it; `onStart` of the next one finds what is left.
   */
  readonly onEnded?: (payload: unknown) => Promise<void>
  /** Called once, when the queue begins to work: the place to clear away what an earlier process left behind. */
  readonly onStart?: (status: Jobs['status']) => Promise<void>
}

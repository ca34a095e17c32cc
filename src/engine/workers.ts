import { Worker } from 'node:worker_threads'
import { Fault, systemCode } from '../faults.ts'
import type { PixelTasks } from './workers/tasks.ts'
import type { Answer, Done, TaskTable } from './workers/thread.ts'

export type WorkersOptions = {
  /** Threads at most; they start when there is work. */
  readonly size: number
  /** Tasks that may wait for a thread. Default 64. */
  readonly queue?: number
  /** Milliseconds a task may run; then it is stopped with its thread. Default 20 000. */
  readonly limitMs?: number
  /** JavaScript heap of one thread in MB (pixels in typed arrays are not counted in it). Default 256. */
  readonly heapMb?: number
  /** Milliseconds after which a thread without work ends. Default 30 000. */
  readonly idleMs?: number
  /** Module that exports `tasks`. Default: what the engine does with pixels. */
  readonly tasks?: URL
}

export type RunOptions = {
  /** Memory to hand over instead of copying; it is empty afterwards. See `transferable.ts`. */
  readonly transfer?: readonly ArrayBuffer[]
  /** A caller who leaves takes the task from the queue, or stops it with its thread. */
  readonly signal?: AbortSignal | undefined
}

/** Threads for code that touches pixels in JavaScript, so that the main thread never does. */
export interface Workers<T extends TaskTable = PixelTasks> {
  /**
   * Runs a task. A Fault thrown by it arrives as it was thrown. Fault overloaded: too much waits; timed-out: it ran too long;
   * too-large: it ran out of memory; image-corrupt: it brought its thread down otherwise. A lost thread is replaced.
   */
  run<K extends keyof T & string>(
    task: K,
    payload: Parameters<T[K]>[0],
    options?: RunOptions,
  ): Promise<Awaited<ReturnType<T[K]>> extends Done<infer R> ? R : never>
  /** Ends the threads; tasks under way or waiting are rejected with Fault overloaded. */
  close(): Promise<void>
}

type Job = {
  readonly task: string
  readonly payload: unknown
  readonly transfer: readonly ArrayBuffer[]
  /** Removes what watches the job (abort listener). */
  forget: () => void
  resolve(result: unknown): void
  reject(error: unknown): void
}
type Thread = {
  readonly worker: Worker
  /** Its module is loaded. */
  ready: boolean
  job: Job | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * A pool of worker threads: lazily started, without hold on the process when idle, with a bounded queue.
 * Own code because Piscina (and its fork Tinypool) leaves queued tasks waiting when the thread before them dies or is
 * stopped, and counts time limits from queueing instead of from starting.
 */
export function createWorkers<T extends TaskTable = PixelTasks>(options: WorkersOptions): Workers<T> {
  const { size, queue: longest = 64, limitMs = 20_000, heapMb = 256, idleMs = 30_000 } = options
  const tasks = options.tasks ?? new URL('./workers/tasks.ts', import.meta.url)
  const threads = new Set<Thread>()
  const waiting: Job[] = []
  let closed = false

  function start(): Thread {
    const worker = new Worker(new URL('./workers/thread.ts', import.meta.url), {
      workerData: { tasks: tasks.href },
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // Code that reads hostile files sees neither the secrets of the environment nor flags meant for the main thread.
      env: {},
      execArgv: [],
    })
    const thread: Thread = { worker, ready: false, job: undefined, timer: undefined }
    // The thread answers with an `Answer`, see thread.ts; nothing else can post to this port.
    worker.on('message', (answer: Answer) => hear(thread, answer))
    worker.on('error', (error: unknown) => lose(thread, crashFault(error, thread.job?.task)))
    worker.on('exit', () => lose(thread, crashFault(undefined, thread.job?.task)))
    threads.add(thread)
    return thread
  }

  function give(thread: Thread, job: Job): void {
    clearTimeout(thread.timer)
    try {
      thread.worker.postMessage({ task: job.task, payload: job.payload }, job.transfer)
    } catch (error) {
      job.forget()
      job.reject(error)
      rest(thread)
      return
    }
    thread.job = job
    thread.worker.ref()
    if (thread.ready) limit(thread, job)
  }

  /** Time runs while the task runs, not while its thread starts. */
  function limit(thread: Thread, job: Job): void {
    thread.timer = setTimeout(() => {
      lose(thread, new Fault('timed-out', undefined, { context: { task: job.task, milliseconds: limitMs } }))
    }, limitMs)
  }

  function hear(thread: Thread, answer: Answer): void {
    if (answer.kind !== 'ready') {
      finish(thread, answer)
      return
    }
    thread.ready = true
    if (thread.job) limit(thread, thread.job)
  }

  function finish(thread: Thread, answer: Exclude<Answer, { kind: 'ready' }>): void {
    const { job } = thread
    clearTimeout(thread.timer)
    thread.job = undefined
    job?.forget()
    if (answer.kind === 'done') job?.resolve(answer.result)
    else if (answer.kind === 'fault') {
      job?.reject(new Fault(answer.code, answer.message, { context: answer.context }))
    } else job?.reject(new Error(`${job.task}: ${answer.message}`))
    rest(thread)
  }

  /** A thread without a job takes the next, or idles until it is ended. */
  function rest(thread: Thread): void {
    const next = waiting.shift()
    if (next) {
      give(thread, next)
      return
    }
    thread.worker.unref()
    thread.timer = setTimeout(() => lose(thread, undefined), idleMs).unref()
  }

  /** Ends a thread for good, rejects what it worked on, and lets the waiting go on. */
  function lose(thread: Thread, fault: Fault | undefined): void {
    if (!threads.delete(thread)) return
    clearTimeout(thread.timer)
    thread.job?.forget()
    thread.job?.reject(fault)
    thread.job = undefined
    // Ending a thread cannot fail in a way that anyone could act on.
    void thread.worker.terminate()
    const next = closed ? undefined : waiting.shift()
    if (next) give(start(), next)
  }

  function run(task: string, payload: unknown, { transfer = [], signal }: RunOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (closed) throw new Fault('overloaded', 'the worker pool is closed')
      const job: Job = { task, payload, transfer, resolve, reject, forget: () => undefined }
      if (signal) {
        const leave = () => abandon(job, signal.reason)
        signal.addEventListener('abort', leave, { once: true })
        job.forget = () => signal.removeEventListener('abort', leave)
      }
      const idle = [...threads].find((thread) => thread.job === undefined)
      if (idle) give(idle, job)
      else if (threads.size < size) give(start(), job)
      else if (waiting.length < longest) waiting.push(job)
      else {
        job.forget()
        throw new Fault('overloaded', undefined, { context: { task, retryAfterSeconds: 2 } })
      }
    })
  }

  function abandon(job: Job, reason: unknown): void {
    const place = waiting.indexOf(job)
    if (place >= 0) waiting.splice(place, 1)
    job.reject(reason)
    for (const thread of threads) if (thread.job === job) lose(thread, undefined)
  }

  return {
    // The task table is known to the type system only; at run time the thread looks the name up in it.
    run: run as Workers<T>['run'],
    async close() {
      closed = true
      const fault = new Fault('overloaded', 'the worker pool is closed')
      for (const job of waiting.splice(0)) {
        job.forget()
        job.reject(fault)
      }
      const ended = [...threads].map((thread) => thread.worker.terminate())
      for (const thread of threads) lose(thread, fault)
      await Promise.all(ended)
    },
  }
}

function crashFault(error: unknown, task: string | undefined): Fault {
  const options = { cause: error, context: { task } }
  const outOfMemory = systemCode(error) === 'ERR_WORKER_OUT_OF_MEMORY'
  return outOfMemory
    ? new Fault('too-large', 'the picture needs more memory than a worker may use', options)
    : new Fault('image-corrupt', 'the picture brought its worker down', options)
}

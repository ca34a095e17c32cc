/** What runs in each thread of the pool: takes one task at a time from the main thread and answers. */
import { parentPort, workerData } from 'node:worker_threads'
import { type FaultCode, type FaultContext, isFault } from '../../faults.ts'

/** What a task gives back; `transfer` names memory of the result that moves instead of being copied. */
export type Done<R> = { readonly result: R; readonly transfer?: readonly ArrayBuffer[] }
/** Functions by name, each over one value that can be sent between threads. */
// biome-ignore lint/suspicious/noExplicitAny: a table of functions over different values; each caller is typed by its own entry
export type TaskTable = Readonly<Record<string, (payload: any) => Done<unknown> | Promise<Done<unknown>>>>

export type Answer =
  /** Said once, when the tasks are loaded. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: unknown }
  /** Faults lose their class between threads, so they travel as plain data. */
  | { readonly kind: 'fault'; readonly code: FaultCode; readonly message: string; readonly context: FaultContext }
  | { readonly kind: 'error'; readonly message: string }

if (parentPort) serve(parentPort)

function serve(port: NonNullable<typeof parentPort>): void {
  // Set by workers.ts, the only starter of this module.
  const { tasks: location } = workerData as { readonly tasks: string }
  const loading: Promise<{ readonly tasks: TaskTable }> = import(location)
  // A module that cannot be loaded is reported by each task.
  loading.then(
    () => port.postMessage({ kind: 'ready' } satisfies Answer),
    () => undefined,
  )
  port.on('message', async ({ task, payload }: { readonly task: string; readonly payload: unknown }) => {
    try {
      const { tasks } = await loading
      const work = tasks[task]
      if (!work) throw new Error(`no task of this name in ${location}`)
      const { result, transfer = [] } = await work(payload)
      port.postMessage({ kind: 'done', result } satisfies Answer, transfer)
    } catch (error) {
      port.postMessage(failure(error))
    }
  })
}

function failure(error: unknown): Answer {
  if (isFault(error)) return { kind: 'fault', code: error.code, message: error.message, context: error.context }
  return { kind: 'error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

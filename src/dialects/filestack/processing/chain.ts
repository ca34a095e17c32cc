/** The tasks of a request, sorted into what happens to the picture and how it is answered. */
import { Fault } from '../../../faults.ts'
import type { Credentials } from '../authority.ts'
import type { RawTask } from './grammar.ts'
import type { One } from './source-text.ts'
import type { ControlNamed } from './tasks/control-tasks.ts'
import type { ImageTask } from './tasks/image-tasks.ts'
import { isImage, readTask } from './tasks/tasks.ts'

export type Chain = {
  /** In the order in which they run. */
  readonly images: readonly ImageTask[]
  /** Of the task `security`, wherever it stands. */
  readonly credentials?: Credentials
  readonly cache?: number | 'no'
  readonly store?: StoreOptions
  readonly fallback?: { readonly file: One; readonly seconds?: number }
  /** Flags of the task `metadata`. */
  readonly metadata?: readonly string[]
  readonly imagesize: boolean
  readonly zip: boolean
}

export type StoreOptions = Omit<ControlNamed<'store'>, 'task'>

const EMPTY: Chain = { images: [], imagesize: false, zip: false }

/** Whether a report is wanted instead of the bytes. */
export function isDebug(tasks: readonly RawTask[]): boolean {
  return tasks[0]?.name.toLowerCase() === 'debug'
}

/**
 * Reads every task before anything is done. What is said twice counts the last time; the options of several `store` tasks are put
 * together. Faults of `readTask`; bad-parameter for a `debug` that does not come first and a second `animate`.
 */
export function readChain(tasks: readonly RawTask[]): Chain {
  const before = chains.get(tasks)
  if (before !== undefined) return before
  const chain = tasks.reduce((earlier, raw, at) => withTask(earlier, raw, at), EMPTY)
  chains.set(tasks, chain)
  return chain
}

/** Requests that come again have the same lists of tasks (`targets.ts`). */
const chains = new WeakMap<readonly RawTask[], Chain>()

function withTask(chain: Chain, raw: RawTask, at: number): Chain {
  const task = readTask(raw)
  if (isImage(task)) {
    // Every frame of an animation holds all that was done before, other animations included.
    if (task.task === 'animate' && chain.images.some((earlier) => earlier.task === 'animate')) {
      throw new Fault('bad-parameter', 'invalid task `animate`: it can stand only once')
    }
    return { ...chain, images: [...chain.images, task] }
  }
  switch (task.task) {
    case 'security':
      return { ...chain, credentials: { policy: task.policy, signature: task.signature } }
    case 'cache':
      return task.seconds === undefined ? chain : { ...chain, cache: task.seconds }
    case 'store':
      return { ...chain, store: joined(chain.store, task) }
    case 'fallback':
      return task.file === undefined
        ? chain
        : { ...chain, fallback: { file: task.file, ...(task.seconds !== undefined && { seconds: task.seconds }) } }
    case 'metadata':
      return { ...chain, metadata: task.flags }
    case 'imagesize':
      return { ...chain, imagesize: true }
    case 'zip':
      return { ...chain, zip: true }
    case 'debug':
      if (at > 0) throw new Fault('bad-parameter', 'invalid task `debug`: it must come first')
      return chain
  }
}

function joined(before: StoreOptions | undefined, now: StoreOptions): StoreOptions {
  return {
    filename: now.filename ?? before?.filename,
    location: now.location ?? before?.location,
    path: now.path ?? before?.path,
    container: now.container ?? before?.container,
    region: now.region ?? before?.region,
    access: now.access ?? before?.access,
    base64decode: now.base64decode ?? before?.base64decode,
  }
}

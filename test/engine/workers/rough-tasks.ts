/** Tasks that behave badly, for the tests of the worker pool. */
import { Fault } from '../../../src/faults.ts'

export const tasks = {
  echo: (value: string) => ({ result: value }),

  /** Keeps its thread busy until the shared flag is raised. */
  spin(flag: SharedArrayBuffer) {
    const view = new Int32Array(flag)
    Atomics.add(view, 1, 1)
    while (Atomics.load(view, 0) === 0);
    return { result: 'spun' }
  },

  sum(data: Uint8Array) {
    return {
      result: { sum: data.reduce((total, value) => total + value, 0), data },
      transfer: [data.buffer as ArrayBuffer],
    }
  },

  refuse(format: string): { result: never } {
    throw new Fault('image-corrupt', 'broken on purpose', { context: { format } })
  },

  fail(): { result: never } {
    throw new TypeError('a mistake in the code')
  },

  leave(): { result: never } {
    process.exit(3)
  },

  eat(): { result: never } {
    const eaten: unknown[] = []
    for (;;) eaten.push(new Array(100_000).fill(Math.random()))
  },

  environment: (_: undefined) => ({ result: Object.keys(process.env) }),
}

export type RoughTasks = typeof tasks

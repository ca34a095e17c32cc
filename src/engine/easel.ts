import type { Easel } from './operations/draw.ts'
import { transferable } from './workers/transferable.ts'
import type { Workers } from './workers.ts'

/** Draws in the worker pool; memory that may move is handed over instead of copied. */
export function createEasel(workers: Workers): Easel {
  return {
    draw: (work, movable) => workers.run('draw', work, movable ? { transfer: transferable(work.picture.data) } : {}),
    cover: (wish) => workers.run('cover', wish),
  }
}

import { createGate } from '../engine/gate.ts'

/** Bodies up to this many bytes are held whole by a store's adapter for a moment. */
const SMALL_BYTES = 1024 * 1024
const SMALL_AT_ONCE = 64
const LARGE_AT_ONCE = 8
/** Bodies that may wait, and how long: as long as their senders do. */
const QUEUE = { length: 4096, waitMs: 600_000 }

export type Flow = {
  /** Waits for its turn, then lets a body of `size` bytes flow. Fault overloaded when too many wait; a caller that leaves waits no more. */
  enter<T>(size: number | undefined, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Resolves when nothing flows or waits. */
  idle(): Promise<void>
}

/**
 * Bounds how many bodies flow into stores at once. A large one on its way to S3 is held in two parts of 8 MB, and the process grows by
 * twice as much again before what was sent is collected: fifty at once would take more than 2 GB. Eight take a sixth of that, and more of
 * them make one network no faster. The others are not read meanwhile: their senders feel it as back-pressure. Bodies known to
 * be small have a lane of their own, in which 64 hold 64 MB at most, so that large ones do not hold them up.
 */
export function createFlow(): Flow {
  const lane = (slots: number) => createGate({ slots, queue: QUEUE, dear: Number.POSITIVE_INFINITY })
  const small = lane(SMALL_AT_ONCE)
  const large = lane(LARGE_AT_ONCE)
  return {
    enter: (size, work, signal) => (size !== undefined && size <= SMALL_BYTES ? small : large).enter(0, work, signal),
    idle: async () => void (await Promise.all([small.idle(), large.idle()])),
  }
}

/**
 * Imported before anything else: what the process itself is told.
 *
 * libuv reads its number of threads when the first of them is needed. Every sharp call in flight holds one, so with the
 * usual four a plain file read waits behind encodes.
 *
 * V8 lets its heap multiply before it collects, and a request that waits for an encode outlives the young generation, so a
 * server would grow by its garbage: over 5,000 different requests by a fifth with this, by a half without. Collecting still
 * more often costs more processor time than it saves memory. The young generation itself is bounded by the start scripts
 * (`--max-semi-space-size`), since V8 reads that before any code runs.
 */
import { availableParallelism } from 'node:os'
import v8 from 'node:v8'

v8.setFlagsFromString('--heap-growing-percent=50')

/** Encodes at once: about one per core. */
export const ENCODE_SLOTS = availableParallelism()

process.env.UV_THREADPOOL_SIZE ??= String(ENCODE_SLOTS + 4)

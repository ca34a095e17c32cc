/**
 * Imported before anything else: libuv reads its number of threads when the first of them is needed. Every sharp call in
 * flight holds one, so with the usual four a plain file read waits behind encodes.
 */
import { availableParallelism } from 'node:os'

/** Encodes at once: about one per core. */
export const ENCODE_SLOTS = availableParallelism()

process.env.UV_THREADPOOL_SIZE ??= String(ENCODE_SLOTS + 4)

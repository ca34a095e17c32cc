import type { Facts, Limits } from '../plan/facts.ts'
import type { Raw } from './raw.ts'
import type { Workers } from './workers.ts'

/**
 * Pixels of a picture whose format needs a decoder of ours (`needsDecoder`), decoded in a worker thread. The bytes are copied
 * to the thread: they belong to the caller's cache. Fault image-corrupt, too-large, unsupported, timed-out, overloaded.
 */
export function decodeForeign(
  bytes: Uint8Array,
  facts: Facts,
  limits: Limits,
  workers: Workers,
  signal?: AbortSignal,
): Promise<Raw> {
  return workers.run('decode', { bytes, format: facts.format, limits }, { signal })
}

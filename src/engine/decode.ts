import type { Facts, Limits, Size } from '../plan/facts.ts'
import type { Decoded } from './decoders/decoder.ts'
import type { Workers } from './workers.ts'

/**
 * A page (1-based) of a picture whose format needs a decoder of ours (`needsDecoder`), decoded in a worker thread. The bytes
 * are copied to the thread: they belong to the caller's cache. `wish`: see `Decoder.decode`. Fault image-corrupt, too-large, unsupported, bad-parameter,
 * timed-out, overloaded.
 */
export function decodeForeign(
  bytes: Uint8Array,
  { format }: Pick<Facts, 'format'>,
  page: number,
  limits: Limits,
  workers: Workers,
  wish?: Size,
): Promise<Decoded> {
  return workers.run('decode', { bytes, format, limits, page, ...(wish && { wish }) })
}

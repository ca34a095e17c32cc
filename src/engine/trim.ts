import type { Trim } from '../plan/plan.ts'
import type { Measured } from '../plan/resolved.ts'
import type { Raw } from './raw.ts'
import { transferable } from './workers/transferable.ts'
import type { Workers } from './workers.ts'

/**
 * Measures a trim in the worker pool. The pixels travel there and back: when their memory can be transferred (as what sharp's
 * `toUint8Array` gives can), nothing is copied and the `raw` handed in is emptied; go on with the one that comes back.
 */
export async function measureTrim(
  raw: Raw,
  rule: Trim['rule'],
  workers: Workers,
): Promise<{ readonly measured: Measured; readonly raw: Raw }> {
  return workers.run('trim', { raw, rule }, { transfer: transferable(raw.data) })
}

export { scanExactTrim, scanSimilarTrim } from './trim-scan.ts'

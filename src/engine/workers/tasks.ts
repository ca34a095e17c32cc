/** The engine's work on pixels that runs in worker threads, by name. */
import type { Limits } from '../../plan/facts.ts'
import type { SourceFormat, Trim } from '../../plan/plan.ts'
import type { Measured } from '../../plan/resolved.ts'
import { loadDecoder } from '../decoders/decoder.ts'
import { classifyPixels } from '../illustration-scan.ts'
import type { Raw } from '../raw.ts'
import { scanExactTrim, scanSimilarTrim } from '../trim-scan.ts'
import type { Done } from './thread.ts'
import { transferable } from './transferable.ts'

export type PixelTasks = typeof tasks

export const tasks = {
  /** Measures a trim and gives the pixels back. */
  trim({ raw, rule }: { readonly raw: Raw; readonly rule: Trim['rule'] }): Done<{ measured: Measured; raw: Raw }> {
    const measured = rule.kind === 'exact' ? scanExactTrim(raw) : scanSimilarTrim(raw, rule.tolerance)
    return { result: { measured, raw }, transfer: transferable(raw.data) }
  },

  /** Whether RGBA pixels look like a drawing rather than a photograph. */
  illustration(raw: Raw): Done<boolean> {
    return { result: classifyPixels(raw) }
  },

  /** Decodes a format that sharp cannot read. */
  async decode(work: {
    readonly bytes: Uint8Array
    readonly format: SourceFormat
    readonly limits: Limits
  }): Promise<Done<Raw>> {
    const decoder = await loadDecoder(work.format)
    const raw = await decoder.decode(work.bytes, work.limits)
    return { result: raw, transfer: transferable(raw.data) }
  },
}

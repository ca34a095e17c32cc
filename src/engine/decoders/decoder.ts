import { Fault } from '../../faults.ts'
import type { Facts, Limits } from '../../plan/facts.ts'
import type { SourceFormat } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'

/** Reads a format that sharp cannot. Adding one is a file in this folder and a line in `DECODERS`. */
export type Decoder = {
  readonly formats: readonly SourceFormat[]
  /** Facts from the header alone. Fault image-corrupt, too-large. */
  probe(bytes: Uint8Array, limits: Limits): Facts | Promise<Facts>
  /** All pixels, upright as stored. Runs in a worker thread; must not trust the probe. Fault image-corrupt, too-large, unsupported. */
  decode(bytes: Uint8Array, limits: Limits): Raw | Promise<Raw>
}

/** Loaded when the first such file comes, so that a server without them does not pay. */
const DECODERS: Partial<Record<SourceFormat, () => Promise<Decoder>>> = {
  bmp: async () => (await import('./bmp.ts')).bmp,
}

/** Whether pixels of this format come from a decoder of this folder instead of sharp. */
export function hasDecoder(format: SourceFormat): boolean {
  return DECODERS[format] !== undefined
}

/** The decoder of a format. Fault unsupported when there is none. */
export function loadDecoder(format: SourceFormat): Promise<Decoder> {
  const load = DECODERS[format]
  if (!load)
    throw new Fault('unsupported', `pictures of the format ${format} cannot be read here`, { context: { format } })
  return load()
}

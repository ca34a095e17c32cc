import { Fault } from '../../faults.ts'
import type { Facts, Limits, Size } from '../../plan/facts.ts'
import type { SourceFormat } from '../../plan/plan.ts'
import type { Raw } from '../raw.ts'

/**
 * What a decoder makes of a file: pixels, upright, in sRGB; or, where pixels alone would lose something (a profile, inks) or
 * the file only wraps another, a PNG or TIFF that sharp reads.
 */
export type Decoded =
  | { readonly kind: 'pixels'; readonly raw: Raw }
  | { readonly kind: 'file'; readonly format: 'png' | 'tiff'; readonly bytes: Uint8Array }

/** Reads a format that sharp cannot. Adding one is a file in this folder and a line in `DECODERS`. */
export type Decoder = {
  readonly formats: readonly SourceFormat[]
  /** `header`: the probe reads a few fields and may run on the main thread. `parser`: it works through the file, in a worker thread only. */
  readonly probing: 'header' | 'parser'
  /** Facts without decoding pixels; sides and orientation as `decode` gives them. Fault image-corrupt, too-large, unsupported. */
  probe(bytes: Uint8Array, limits: Limits): Facts | Promise<Facts>
  /**
   * All pixels of a page (1-based; 1 for formats without pages), upright. Runs in a worker thread; must not trust the probe.
   * `wish`: the sides that a drawing without pixels of its own shall get; what comes out may still have others.
   * Fault image-corrupt, too-large, unsupported; bad-parameter when there is no such page.
   */
  decode(bytes: Uint8Array, limits: Limits, page: number, wish?: Size): Decoded | Promise<Decoded>
}

/** Loaded when the first such file comes, so that a server without them does not pay. */
const DECODERS: Partial<Record<SourceFormat, () => Promise<Decoder>>> = {
  bmp: async () => (await import('./bmp.ts')).bmp,
  heic: async () => (await import('./heic.ts')).heic,
  ico: async () => (await import('./ico.ts')).ico,
  jxl: async () => (await import('./jxl.ts')).jxl,
  pdf: async () => (await import('./pdf.ts')).pdf,
  psd: async () => (await import('./psd.ts')).psd,
  svg: async () => (await import('./svg.ts')).svg,
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

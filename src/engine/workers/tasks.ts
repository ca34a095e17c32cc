/** The engine's work on pixels that runs in worker threads, by name. */
import type { Facts, Limits, Size } from '../../plan/facts.ts'
import type { Gradient, SourceFormat, Trim } from '../../plan/plan.ts'
import type { Measured } from '../../plan/resolved.ts'
import { type Decoded, loadDecoder } from '../decoders/decoder.ts'
import { type Cover, type CoverWish, coverOf } from '../drawing/cover.ts'
import { type Brush, draw } from '../drawing/draw.ts'
import { gradientBlock } from '../drawing/shade.ts'
import { classifyPixels } from '../illustration-scan.ts'
import { pressGif, repackGif } from '../optimise/gif/repack.ts'
import { sameValues } from '../optimise/same-values.ts'
import { type Plane, planeSimilarity } from '../optimise/ssim.ts'
import type { Raw } from '../raw.ts'
import { type BoxWish, textBox } from '../text/box.ts'
import { scanExactTrim, scanSimilarTrim } from '../trim-scan.ts'
import type { Done } from './thread.ts'
import { transferable } from './transferable.ts'

export type PixelTasks = typeof tasks

/** A file in a format that sharp cannot read. */
type Foreign = { readonly bytes: Uint8Array; readonly format: SourceFormat; readonly limits: Limits }

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

  /** Draws on an RGBA picture; without `alpha` the result has three channels. */
  draw({
    picture,
    brush,
    alpha,
  }: {
    readonly picture: Raw
    readonly brush: Brush
    readonly alpha: boolean
  }): Done<Raw> {
    const drawn = draw(picture, brush, alpha)
    return { result: drawn, transfer: transferable(drawn.data) }
  },

  /** Areas within a part of a picture, one channel. */
  cover({ areas, shape, box }: CoverWish): Done<Cover> {
    const cover = coverOf(areas, shape, box)
    return { result: cover, transfer: transferable(cover.raw.data) }
  },

  /** The box around written ink, RGBA. */
  text(wish: BoxWish): Done<Raw> {
    const box = textBox(wish)
    return { result: box, transfer: transferable(box.data) }
  },

  /** Whether pixels of 16 bits are those of 8 bits. */
  sameValues({ deep, flat }: { readonly deep: Uint8Array; readonly flat: Uint8Array }): Done<boolean> {
    return { result: sameValues(deep, flat) }
  },

  /** A GIF packed anew without loss; undefined when it cannot get smaller. */
  repackGif({ bytes }: { readonly bytes: Uint8Array }): Done<Uint8Array | undefined> {
    return { result: repackGif(bytes) }
  },

  /** A GIF packed anew with colours that may be off; undefined when it is too large for that. */
  pressGif({
    bytes,
    tolerance,
  }: {
    readonly bytes: Uint8Array
    readonly tolerance: number
  }): Done<Uint8Array | undefined> {
    return { result: pressGif(bytes, tolerance) }
  },

  /** An SVG in fewer bytes that renders the same; undefined when it cannot get smaller. */
  async repackSvg({ bytes }: { readonly bytes: Uint8Array }): Promise<Done<Uint8Array | undefined>> {
    // Loaded when it is needed: most threads never see a drawing.
    const { repackSvg } = await import('../optimise/svg.ts')
    return { result: repackSvg(bytes) }
  },

  /** How alike planes look in pairs, 0…1; the least alike pair counts. */
  similarity({ a, b }: { readonly a: readonly Plane[]; readonly b: readonly Plane[] }): Done<number> {
    const values = a.map((plane, i) => {
      const other = b[i]
      return other ? planeSimilarity(plane, other) : 0
    })
    return { result: Math.min(1, ...values) }
  },

  /** A gradient as a picture, RGBA. */
  gradient({ gradient, size }: { readonly gradient: Gradient<number>; readonly size: Size }): Done<Raw> {
    const block = gradientBlock(gradient, size)
    return { result: block, transfer: transferable(block.data) }
  },

  /** Facts of a format whose header takes a parser. */
  async probe({ bytes, format, limits }: Foreign): Promise<Done<Facts>> {
    const decoder = await loadDecoder(format)
    return { result: await decoder.probe(bytes, limits) }
  },

  /** Decodes a page (1-based) of a format that sharp cannot read. */
  async decode({
    bytes,
    format,
    limits,
    page,
    wish,
  }: Foreign & { readonly page: number; readonly wish?: Size }): Promise<Done<Decoded>> {
    const decoder = await loadDecoder(format)
    const decoded = await decoder.decode(bytes, limits, page, wish)
    const data = decoded.kind === 'pixels' ? decoded.raw.data : decoded.bytes
    return { result: decoded, transfer: transferable(data) }
  },
}

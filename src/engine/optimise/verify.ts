import sharp, { type Sharp } from 'sharp'
import type { Facts } from '../../plan/facts.ts'
import { sharpFault } from '../sharp-fault.ts'
import { transferable } from '../workers/transferable.ts'
import type { Workers } from '../workers.ts'

/** Pixels over all frames up to which results are compared with their source; both are held in memory. */
export const MOST_COMPARED_PIXELS = 25_000_000

/** Pixels exactly as stored: no profile applied, not turned, colours under full transparency included. */
export type Stored = {
  readonly data: Uint8Array
  readonly width: number
  /** Of all frames, one below the other. */
  readonly height: number
  readonly channels: number
  /** Bytes of one value. */
  readonly depth: 1 | 2
  /** Milliseconds per frame, and loops; animations only. */
  readonly timing: string
}

/** Whether a picture is small enough to be compared. */
export function isComparable({ width, height, frames, depth }: Facts): boolean {
  return width * height * frames * (depth === 8 ? 1 : 2) <= MOST_COMPARED_PIXELS
}

/** Decodes a picture as stored. Fault image-corrupt, also when it is cut off. */
export async function decodeStored(bytes: Uint8Array, { format, space, frames, depth }: Facts): Promise<Stored> {
  try {
    const input = open(bytes, frames > 1)
    const timing = frames > 1 ? timingOf(await input.metadata()) : ''
    const deep = format === 'png' && depth !== 8
    const { data, info } = await inOwnSpace(input, format === 'jpeg' ? space : 'any', deep)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { data, width: info.width, height: info.height, channels: info.channels, depth: deep ? 2 : 1, timing }
  } catch (error) {
    throw sharpFault(error, 'file')
  }
}

/** Whether two decoded pictures are the same in every value, side and delay. A result of 8 bits may stand for 16 whose halves are equal. */
export async function areSame(source: Stored, result: Stored, workers: Workers): Promise<boolean> {
  const sameShape =
    source.width === result.width &&
    source.height === result.height &&
    source.channels === result.channels &&
    source.timing === result.timing
  if (!sameShape) return false
  if (source.depth === result.depth) return Buffer.compare(source.data, result.data) === 0
  if (source.depth !== 2) return false
  const { data: deep } = source
  const { data: flat } = result
  return workers.run('sameValues', { deep, flat }, { transfer: [...transferable(deep), ...transferable(flat)] })
}

/** Reads all of a picture without holding it: a cut-off or damaged one is Fault image-corrupt. For those too large to compare. */
export async function assertWhole(bytes: Uint8Array, { frames }: Facts): Promise<void> {
  try {
    await open(bytes, frames > 1)
      .resize({ width: 16 })
      .raw()
      .toBuffer()
  } catch (error) {
    throw sharpFault(error, 'file')
  }
}

function open(bytes: Uint8Array, animated: boolean): Sharp {
  return sharp(bytes, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true, sequentialRead: true, animated })
}

/** Most formats may be rewritten as grey, palette or colour, with or without alpha, so they are compared as RGBA; JPEG keeps its components. */
function inOwnSpace(picture: Sharp, space: Facts['space'] | 'any', deep: boolean): Sharp {
  if (space === 'any') return picture.toColourspace(deep ? 'rgb16' : 'srgb').ensureAlpha()
  if (space === 'cmyk') return picture.pipelineColourspace('cmyk').toColourspace('cmyk')
  return picture
}

function timingOf({ delay = [], loop }: { readonly delay?: number[]; readonly loop?: number }): string {
  return JSON.stringify([delay, loop ?? 0])
}

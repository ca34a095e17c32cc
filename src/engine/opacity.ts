import sharp from 'sharp'
import type { Facts, Limits } from '../plan/facts.ts'
import { decodeForeign } from './decode.ts'
import { needsDecoder, probe } from './probe.ts'
import { sharpFault } from './sharp-fault.ts'
import type { Workers } from './workers.ts'

/** Whether every pixel of every frame is opaque, alpha channel or not. Fault image-corrupt. */
export async function isOpaque(bytes: Uint8Array, facts: Facts, limits: Limits, workers: Workers): Promise<boolean> {
  if (!facts.alpha) return true
  if (needsDecoder(facts.format)) {
    const decoded = await decodeForeign(bytes, facts, 1, limits, workers)
    if (decoded.kind === 'file') return isOpaque(decoded.bytes, await probe(decoded.bytes, limits), limits, workers)
    const { data, width, height, channels } = decoded.raw
    if (channels !== 2 && channels !== 4) return true
    return (await sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).stats()).isOpaque
  }
  try {
    const options = { failOn: 'warning', limitInputPixels: limits.inputPixels, animated: facts.frames > 1 } as const
    return (await sharp(bytes, options).stats()).isOpaque
  } catch (error) {
    throw sharpFault(error, 'file')
  }
}

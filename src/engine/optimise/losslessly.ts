import type { Facts } from '../../plan/facts.ts'
import { probe } from '../probe.ts'
import type { Workers } from '../workers.ts'
import type { KeepTags } from './keep.ts'
import { repackJpeg } from './lossless/jpeg.ts'
import { repackPng } from './lossless/png.ts'
import { repackWebp } from './lossless/webp.ts'
import { withKept } from './metadata/metadata.ts'
import { areSame, assertWhole, decodeStored, isComparable } from './verify.ts'

export type Optimised = { readonly bytes: Uint8Array; readonly changed: boolean }

/**
 * The picture in fewer bytes, every pixel as it was: JPEG on its coefficients, PNG through oxipng, GIF on its frames, WebP when it
 * is coded without loss, SVG as text. Of a WebP with loss and of AVIF only the metadata goes. Other formats are handed back.
 * The repacked file is decoded and compared with the source; when it differs, cannot be read or is not smaller, the answer is the
 * source with its metadata cut, and the source itself when even that is not smaller. Never larger than the source.
 *
 * Fault image-corrupt when the source is damaged or cut off.
 */
export async function losslessly(
  bytes: Uint8Array,
  facts: Facts,
  keep: KeepTags,
  workers: Workers,
): Promise<Optimised> {
  if (facts.format === 'svg') return smaller(bytes, await workers.run('repackSvg', { bytes }).catch(noResult))
  const source = { bytes, format: facts.format }
  const cut = withKept(source, source, keep)
  const repacked = await repack(bytes, facts, workers)
  const best = repacked ? withKept({ bytes: repacked, format: facts.format }, source, keep) : cut
  return smaller(bytes, best.length < cut.length ? best : cut)
}

/** Of equal length is not larger, and what had to go is gone. */
function smaller(bytes: Uint8Array, result: Uint8Array | undefined): Optimised {
  const better = result && result.length <= bytes.length && Buffer.compare(result, bytes) !== 0
  return better ? { bytes: result, changed: true } : { bytes, changed: false }
}

/** The file packed anew and proved equal; undefined when there is no better one. */
async function repack(bytes: Uint8Array, facts: Facts, workers: Workers): Promise<Uint8Array | undefined> {
  // Vectors have no pixels that could be decoded and compared.
  if (facts.format === 'svg') return undefined
  if (!isComparable(facts)) {
    await assertWhole(bytes, facts)
    return undefined
  }
  const source = await decodeStored(bytes, facts)
  const result = await pack(bytes, facts, workers).catch(noResult)
  if (!result || result.length >= bytes.length) return undefined
  try {
    const resultFacts = await probe(result, {
      inputPixels: Number.POSITIVE_INFINITY,
      frames: facts.frames,
      outputPixels: 0,
    })
    const decoded = await decodeStored(result, resultFacts)
    return (await areSame(source, decoded, workers)) ? result : undefined
  } catch {
    // A result that cannot be read back is no result; the source has been read.
    return undefined
  }
}

async function pack(bytes: Uint8Array, facts: Facts, workers: Workers): Promise<Uint8Array | undefined> {
  switch (facts.format) {
    case 'jpeg':
      return repackJpeg(bytes)
    case 'png':
      return repackPng(bytes, facts)
    case 'webp':
      return repackWebp(bytes, facts)
    case 'gif':
      return workers.run('repackGif', { bytes })
    default:
      return undefined
  }
}

/** What a packer refuses though it can be decoded stays as it is. */
const noResult = (): undefined => undefined

import sharp, { type Sharp } from 'sharp'
import type { Facts } from '../plan/facts.ts'
import { transferable } from './workers/transferable.ts'
import type { Workers } from './workers.ts'

/** Bytes of the file: fewer means a drawing, more a photograph, without a look at the pixels. pixboost §9, rule 1. */
const SURELY_ILLUSTRATION = 20_480
const SURELY_PHOTO = 1_048_576
/** Pixels decoded whole; a larger picture is thinned out while it is decoded, to bound memory. */
const MOST_PIXELS = 25_000_000

/**
 * Whether a PNG is an illustration (logo, icon, drawing) rather than a photograph (pixboost §9). Other formats are photographs.
 * A picture that cannot be judged, for whatever reason, counts as a photograph.
 */
export async function isIllustration(bytes: Uint8Array, facts: Facts, workers: Workers): Promise<boolean> {
  if (facts.format !== 'png' || bytes.length > SURELY_PHOTO) return false
  if (bytes.length < SURELY_ILLUSTRATION) return true
  try {
    const { data, info } = await decodeForJudgement(bytes, facts).toUint8Array()
    const raw = { data, width: info.width, height: info.height, channels: info.channels }
    return await workers.run('illustration', raw, { transfer: transferable(data) })
  } catch {
    // The contract's own rule: failure means photograph. The picture's real fault shows when it is rendered.
    return false
  }
}

/** RGBA pixels as they are. Thinning takes every n-th pixel: no colour appears that the picture does not have. */
function decodeForJudgement(bytes: Uint8Array, { width, height }: Facts): Sharp {
  const picture = sharp(bytes, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true })
  const step = Math.ceil(Math.sqrt((width * height) / MOST_PIXELS))
  const thinned =
    step > 1
      ? picture.resize({
          width: Math.max(1, Math.floor(width / step)),
          height: Math.max(1, Math.floor(height / step)),
          fit: 'fill',
          kernel: 'nearest',
        })
      : picture
  return thinned.toColourspace('srgb').ensureAlpha().raw()
}

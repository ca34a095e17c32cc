import sharp from 'sharp'
import type { Facts } from '../../../plan/facts.ts'
import { isLosslessWebp } from '../metadata/webp.ts'

/**
 * A losslessly coded WebP coded anew, colours under full transparency included. Undefined for one with loss: coded anew it would
 * lose more, or grow.
 */
export async function repackWebp(bytes: Uint8Array, { frames, delays, loop }: Facts): Promise<Buffer | undefined> {
  if (!isLosslessWebp(bytes)) return undefined
  const timing = frames > 1 ? { delay: [...(delays ?? [])], loop: loop ?? 0 } : {}
  const options = { failOn: 'warning', limitInputPixels: false, ignoreIcc: true, animated: frames > 1 } as const
  return sharp(bytes, options)
    .webp({ lossless: true, exact: true, effort: 5, ...timing })
    .toBuffer()
}

import sharp from 'sharp'
import type { Facts } from '../../plan/facts.ts'
import type { Frames } from '../animation.ts'
import { sharpFault } from '../sharp-fault.ts'

/** What becomes of the source's colours: values as stored, or converted to sRGB. CMYK is always converted. */
export type Colours = 'stored' | 'srgb'

/**
 * The pixels of a file, 8 bits a channel, all frames when it is an animation; `upright` turns them as the orientation says.
 * A grey picture keeps one channel. Fault image-corrupt.
 */
export async function decodeFrames(
  bytes: Uint8Array,
  facts: Pick<Facts, 'frames' | 'space'>,
  { colours, upright }: { readonly colours: Colours; readonly upright: boolean },
): Promise<Frames> {
  try {
    const picture = sharp(bytes, {
      failOn: 'warning',
      limitInputPixels: false,
      animated: facts.frames > 1,
      ignoreIcc: colours === 'stored' && facts.space !== 'cmyk',
      autoOrient: upright,
    })
    const coloured = facts.space === 'grey' ? picture.toColourspace('b-w') : picture
    const { data, info } = await coloured.raw().toBuffer({ resolveWithObject: true })
    const height = facts.frames > 1 ? (info.pageHeight ?? info.height) : info.height
    return {
      data,
      width: info.width,
      height,
      channels: info.channels,
      frames: Math.max(1, Math.round(info.height / height)),
    }
  } catch (error) {
    throw sharpFault(error, 'file')
  }
}

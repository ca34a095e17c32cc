import type { KeepTags } from '../keep.ts'
import { narrowExif } from './exif.ts'
import { narrowIptc } from './iptc.ts'
import { narrowXmp } from './xmp.ts'

/** The blocks of metadata that picture formats carry, taken out of their envelopes. */
export type Blocks = {
  readonly icc?: Uint8Array
  /** A TIFF structure, without the `Exif\0\0` before it. */
  readonly exif?: Uint8Array
  /** An XMP packet, UTF-8. */
  readonly xmp?: Uint8Array
  /** IPTC-IIM data sets. JPEG only. */
  readonly iptc?: Uint8Array
}

/** Larger blocks are not carried over: a profile of a printer has about 3 MB. */
export const MOST_BLOCK_BYTES = 8_388_608

/** The blocks written anew with the named tags only. A block that cannot be read is left out: damaged metadata is no damaged picture. */
export function narrow(blocks: Blocks, keep: KeepTags): Blocks {
  const exif = blocks.exif && narrowExif(blocks.exif, keep)
  const xmp = blocks.xmp && narrowXmp(blocks.xmp, keep)
  const iptc = blocks.iptc && narrowIptc(blocks.iptc, keep)
  return {
    ...(blocks.icc && keep.profile && { icc: blocks.icc }),
    ...(exif && { exif }),
    ...(xmp && { xmp }),
    ...(iptc && { iptc }),
  }
}

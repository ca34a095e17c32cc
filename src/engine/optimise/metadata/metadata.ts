import type { SourceFormat } from '../../../plan/plan.ts'
import type { KeepTags } from '../keep.ts'
import { writeAvif } from './avif.ts'
import { type Blocks, narrow } from './blocks.ts'
import { readJpeg, writeJpeg } from './jpeg.ts'
import { readPng, writePng } from './png.ts'
import { readWebp, writeWebp } from './webp.ts'

/** A picture file as bytes of a known format. */
export type PictureFile = { readonly bytes: Uint8Array; readonly format: SourceFormat }

const NOTHING: Blocks = {}

/** The metadata blocks of a file, whole. Formats without surgery here give none. Fault image-corrupt when the file cannot be walked to its end. */
export function readBlocks({ bytes, format }: PictureFile): Blocks {
  switch (format) {
    case 'jpeg':
      return readJpeg(bytes)
    case 'png':
      return readPng(bytes)
    case 'webp':
      return readWebp(bytes)
    default:
      return NOTHING
  }
}

/**
 * A JPEG, PNG or WebP without any metadata but what `keep` names of the metadata of `source` (the file itself, when nothing has
 * been encoded anew). No pixel is decoded. IPTC is written to JPEG only. Of an AVIF the metadata is written over in place; nothing is
 * added to one. Other formats are handed back.
 * Fault image-corrupt when one of the files cannot be walked to its end.
 */
export function withKept(file: PictureFile, source: PictureFile, keep: KeepTags): Uint8Array {
  const blocks = narrow(readBlocks(source), keep)
  const { bytes, format } = file
  switch (format) {
    case 'jpeg':
      return writeJpeg(bytes, blocks)
    case 'png':
      return writePng(bytes, blocks, keep.profile, source.bytes)
    case 'webp':
      return writeWebp(bytes, blocks)
    case 'avif':
      return source.format === 'avif' ? writeAvif(bytes, keep) : bytes
    default:
      return bytes
  }
}

import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { Fault, type FaultContext, isFault } from '../faults.ts'

/**
 * The loaders that may see bytes of callers, from memory only. Everything else libvips brings (PDF, Matlab, OpenEXR, its own
 * format, files by name …) stays blocked. SVG is not among them: `decoders/` renders it, in a worker thread.
 */
const LOADERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadHeifBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadTiffBuffer',
]

/**
 * Sets libvips up for a server: one thread a picture (the gate makes the parallelism), no cache of operations (it would hold
 * pictures), only the allowed loaders, and no fonts but those that are handed in. The settings belong to the process; calling it again changes nothing.
 */
export function configureSharp(): void {
  process.env.FONTCONFIG_FILE ||= fileURLToPath(new URL('./text/fonts.conf', import.meta.url))
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: LOADERS })
}

/** What a failed sharp call means for the caller. Faults pass; a libvips message becomes image-corrupt with the message as cause. */
export function pictureFault(error: unknown, context: FaultContext = {}): Fault {
  if (isFault(error)) return error
  const message = error instanceof Error ? error.message : ''
  if (/exceeds pixel limit/.test(message)) return new Fault('too-large', undefined, { context, cause: error })
  return new Fault('image-corrupt', undefined, { context, cause: error })
}

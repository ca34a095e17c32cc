import { Fault, isFault } from '../faults.ts'
import { pictureFault } from './libvips.ts'

/**
 * Says a failure of a pipeline in our words. What fails while a file is read is the file's fault. What fails on our own pixels
 * is a bug and passes through, unless memory or the output format ran out.
 */
export function sharpFault(error: unknown, reading: 'file' | 'frames'): unknown {
  if (isFault(error)) return error
  const message = error instanceof Error ? error.message : ''
  if (/too large for|out of memory|allocate enough memory/i.test(message))
    return new Fault('too-large', undefined, { cause: error })
  return reading === 'file' ? pictureFault(error) : error
}

import { Fault } from '../faults.ts'
import type { Size } from './facts.ts'

/** Longest side of any picture on the way, in pixels: what JPEG can hold. */
const MAX_SIDE = 65_535

/** How deep expressions, conditions, branches and layers may be nested; a caller's text cannot exhaust the stack. */
export const MAX_DEPTH = 200

/** Returns `depth + 1`, or throws Fault bad-parameter when that is more than MAX_DEPTH. */
export function deeper(depth: number): number {
  if (depth >= MAX_DEPTH) throw new Fault('bad-parameter', `nested more than ${MAX_DEPTH} levels deep`)
  return depth + 1
}

/** Whether every side is at most MAX_SIDE and `frames` pictures of this size have at most `pixels` pixels. */
export function withinLimits(size: Size, frames: number, pixels: number): boolean {
  return size.width <= MAX_SIDE && size.height <= MAX_SIDE && size.width * size.height * frames <= pixels
}

/** Throws Fault too-large (context: width, height) unless `withinLimits`. */
export function requireWithinLimits(size: Size, frames: number, pixels: number): void {
  if (withinLimits(size, frames, pixels)) return
  throw new Fault('too-large', `a picture of ${size.width}×${size.height} pixels is above a limit`, {
    context: { width: size.width, height: size.height, frames },
  })
}

import { Fault } from '../faults.ts'
import type { Region, Size } from './facts.ts'
import type { Box } from './plan.ts'

/** Nearest integer, halves up: floor(x + 0.5), the rule of pixboost §6, kraken §3 and imagekit §4.2. Never yields −0. */
export function nearest(value: number): number {
  return Math.floor(value + 0.5) + 0
}

/** A derived side: nearest integer, at least 1. */
export function side(value: number): number {
  return Math.max(1, nearest(value))
}

/** Forces `value` into low…high. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

export function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height
}

export function pixelsOf(size: Size): number {
  return size.width * size.height
}

/** Size after the EXIF orientation (1…8) is applied: 5…8 swap the sides. */
export function orientedSize(size: Size, orientation: number): Size {
  return orientation >= 5 && orientation <= 8
    ? { width: size.height, height: size.width }
    : { width: size.width, height: size.height }
}

/** Clockwise degrees brought into 0 ≤ d < 360. */
export function normalDegrees(degrees: number): number {
  return (((degrees % 360) + 360) % 360) + 0
}

/** The upright box around a picture turned by `degrees`. Quarter turns are exact; else w·|cos| + h·|sin| and w·|sin| + h·|cos|, rounded. */
export function rotatedSize(size: Size, degrees: number): Size {
  const turn = normalDegrees(degrees)
  if (turn % 180 === 0) return { width: size.width, height: size.height }
  if (turn % 90 === 0) return { width: size.height, height: size.width }
  const sin = Math.abs(Math.sin((turn * Math.PI) / 180))
  const cos = Math.abs(Math.cos((turn * Math.PI) / 180))
  return {
    width: side(size.width * cos + size.height * sin),
    height: side(size.width * sin + size.height * cos),
  }
}

/** The part of `region` that lies in a picture of `size`, or nothing when they do not meet. */
export function intersect(region: Region, size: Size): Region | undefined {
  const left = clamp(region.left, 0, size.width)
  const top = clamp(region.top, 0, size.height)
  const width = clamp(region.left + region.width, 0, size.width) - left
  const height = clamp(region.top + region.height, 0, size.height) - top
  return width > 0 && height > 0 ? { left, top, width, height } : undefined
}

/** A wished box with whole sides; a missing side follows the picture. Nothing when the box says nothing. */
export type Wish =
  | { readonly width: number; readonly height?: number }
  | { readonly width?: undefined; readonly height: number }

/**
 * Whole sides of a wished box: `scale` multiplies both, a missing side follows `ratio` when one is given. A ratio beside both
 * sides or beside neither is ignored (imagekit §4.1); `scale` alone wishes the picture's own sides times it.
 * Fault bad-parameter: a side, the ratio or the scale is not above 0.
 */
export function wishedBox(box: Box<number>, picture: Size): Wish | undefined {
  const scale = positive('scale', box.scale ?? 1)
  const none = box.width === undefined && box.height === undefined
  if (none && scale === 1) return undefined
  if (none) return { width: side(picture.width * scale), height: side(picture.height * scale) }
  const width = box.width === undefined ? undefined : side(positive('width', box.width) * scale)
  const height = box.height === undefined ? undefined : side(positive('height', box.height) * scale)
  if (width !== undefined && height !== undefined) return { width, height }
  if (width !== undefined) {
    return box.ratio === undefined ? { width } : { width, height: side(width / positive('ratio', box.ratio)) }
  }
  // `none` has left above: one of the two is there.
  const given = height ?? 1
  return box.ratio === undefined
    ? { height: given }
    : { width: side(given * positive('ratio', box.ratio)), height: given }
}

/** Both sides of a wish, a missing one from the picture's ratio. */
export function completeBox(wish: Wish, picture: Size): Size {
  if (wish.width === undefined)
    return { width: side((wish.height * picture.width) / picture.height), height: wish.height }
  return { width: wish.width, height: wish.height ?? side((wish.width * picture.height) / picture.width) }
}

function positive(name: string, value: number): number {
  if (value > 0) return value
  throw new Fault('bad-parameter', `${name} must be above 0`, { context: { parameter: name, value } })
}

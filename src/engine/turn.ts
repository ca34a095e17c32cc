import type { Region, Size } from '../plan/facts.ts'

/**
 * One of the eight ways a rectangle can lie: first swapped left to right when `flop`, then turned clockwise. EXIF
 * orientations, mirrors and right-angled rotations are all turns, and any sequence of them is one turn.
 */
export type Turn = { readonly flop: boolean; readonly angle: 0 | 90 | 180 | 270 }

export const UPRIGHT: Turn = { flop: false, angle: 0 }

/** Left-right mirror, and top-bottom mirror as the half turn of it. */
export const MIRRORS: Readonly<Record<'horizontal' | 'vertical', Turn>> = {
  horizontal: { flop: true, angle: 0 },
  vertical: { flop: true, angle: 180 },
}

const BY_ORIENTATION: readonly Turn[] = [
  UPRIGHT,
  { flop: true, angle: 0 },
  { flop: false, angle: 180 },
  { flop: true, angle: 180 },
  { flop: true, angle: 270 },
  { flop: false, angle: 90 },
  { flop: true, angle: 90 },
  { flop: false, angle: 270 },
]

/** The turn that brings pixels stored with EXIF `orientation` (1…8, else 1) upright. Source: EXIF 2.32, tag 0x0112. */
export function turnOf(orientation: number): Turn {
  return BY_ORIENTATION[orientation - 1] ?? UPRIGHT
}

/** The clockwise right-angled rotation by `degrees`, a multiple of 90. */
export function rightAngle(degrees: number): Turn {
  return { flop: false, angle: quarter(degrees) }
}

/** `first`, then `second`. A mirror after a rotation equals the opposite rotation after the mirror. */
export function compose(first: Turn, second: Turn): Turn {
  return {
    flop: first.flop !== second.flop,
    angle: quarter((second.flop ? -first.angle : first.angle) + second.angle),
  }
}

export function inverse(turn: Turn): Turn {
  return turn.flop ? turn : { flop: false, angle: quarter(-turn.angle) }
}

export function isUpright(turn: Turn): boolean {
  return !turn.flop && turn.angle === 0
}

/** Sides of a picture of `size` after the turn. */
export function turnSize(turn: Turn, size: Size): Size {
  return turn.angle === 90 || turn.angle === 270
    ? { width: size.height, height: size.width }
    : { width: size.width, height: size.height }
}

/** Where `region` of a picture of `size` lies after the turn. */
export function turnRegion(turn: Turn, region: Region, size: Size): Region {
  const { width, height, top } = region
  const left = turn.flop ? size.width - region.left - width : region.left
  switch (turn.angle) {
    case 0:
      return { left, top, width, height }
    case 90:
      return { left: size.height - top - height, top: left, width: height, height: width }
    case 180:
      return { left: size.width - left - width, top: size.height - top - height, width, height }
    case 270:
      return { left: top, top: size.width - left - width, width: height, height: width }
  }
}

function quarter(degrees: number): Turn['angle'] {
  const turned = ((degrees % 360) + 360) % 360
  return turned === 90 ? 90 : turned === 180 ? 180 : turned === 270 ? 270 : 0
}

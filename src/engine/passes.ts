import type { Region, Size } from '../plan/facts.ts'
import type { Colour, Drawing, Paint } from '../plan/plan.ts'
import type { LayerStep, ResolvedStep } from '../plan/resolved.ts'
import type { Turn } from './turn.ts'

/**
 * The operations of one sharp pipeline in the order in which sharp runs them, whatever the order of the calls (its
 * `pipeline.cc`, version 0.35). A pass fills each slot at most once.
 */
export const SLOTS = [
  'window',
  'flatten',
  'resize',
  'turn',
  'crop',
  'extend',
  'blur',
  'modulate',
  'sharpen',
  'overlays',
  'normalise',
  'greyscale',
  'negate',
] as const
export type Slot = (typeof SLOTS)[number]

export type Extend = {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
  readonly colour: Colour
}

/** What is composited on the picture; `fade` multiplies its alpha. */
export type Overlay =
  | Extract<ResolvedStep, { readonly kind: 'layer' }>
  | Extract<ResolvedStep, { readonly kind: 'mask' }>
  | { readonly kind: 'fade'; readonly factor: number }

/** One run of sharp: pixels in, slots in order, pixels out. */
export type Pass = {
  readonly kind: 'pass'
  /** Size of the picture the pass starts from, as stored. */
  readonly entering: Size
  /** Cut before scaling, in stored coordinates. It rules out shrink-on-load. */
  readonly window?: Region
  readonly flatten?: Colour
  /** Both sides, in the stored orientation: the turn comes after. */
  readonly resize?: Size
  readonly turn?: Turn
  readonly crop?: Region
  readonly extend?: Extend
  readonly blur?: number
  readonly modulate?: { readonly brightness: number; readonly saturation: number; readonly hue: number }
  readonly sharpen?: number
  readonly overlays?: readonly Overlay[]
  readonly normalise?: true
  readonly greyscale?: true
  readonly negate?: true
  readonly leaving: Size
}

/** What one sharp pipeline cannot express; each has its own function in `operations/`. */
export type Stage =
  | Pass
  /** Rotation by any angle; the canvas is `leaving`. */
  | { readonly kind: 'tilt'; readonly degrees: number; readonly background: Colour; readonly leaving: Size }
  /** Scale, cut, and stand on a canvas painted from the picture that enters. */
  | {
      readonly kind: 'surround'
      readonly scale: Size
      readonly crop?: Region
      readonly canvas: Region
      readonly paint: Exclude<Paint, { readonly kind: 'solid' }>
      readonly leaving: Size
    }
  /** Arithmetic on pixels in a worker thread. */
  | { readonly kind: 'draw'; readonly drawing: Drawing<number>; readonly leaving: Size }
  /** Pixels shift as the map's red and green say. */
  | {
      readonly kind: 'displace'
      readonly map: LayerStep
      readonly x: number
      readonly y: number
      readonly leaving: Size
    }
  /** The picture's first frame, then these. */
  | { readonly kind: 'animate'; readonly frames: readonly LayerStep[]; readonly leaving: Size }
  /** The picture becomes one transparent pixel. */
  | { readonly kind: 'vanish'; readonly leaving: Size }

/** Whether no slot at or after `slot` is in use: an operation of this slot then still happens last. */
export function isFree(pass: Pass, slot: Slot): boolean {
  return SLOTS.slice(SLOTS.indexOf(slot)).every((later) => pass[later] === undefined)
}

import type { Region, Size } from './facts.ts'
import type {
  Blend,
  Colour,
  Drawing,
  Effect,
  Flatten,
  LayerPicture,
  Mirror,
  Paint,
  Placement,
  Step,
  Trim,
} from './plan.ts'

/** A step with integers only. `resolve` makes these from a Plan's steps and the facts of the source; `lower` reads them. */
export type ResolvedStep =
  /** EXIF orientation 2…8 applied to the pixels. */
  | { readonly kind: 'orient'; readonly orientation: number }
  /** Window in the coordinates of the picture entering: from a measured trim, or a cut at native scale. */
  | { readonly kind: 'extract'; readonly region: Region }
  /** Measured: the picture was of one colour; it becomes one transparent pixel. */
  | { readonly kind: 'vanish' }
  /** Scale both sides to `scale`, then cut `crop` (in scaled coordinates), then stand on `canvas` at left/top. */
  | {
      readonly kind: 'place'
      readonly scale: Size
      readonly crop?: Region
      readonly canvas?: Region & { readonly paint: Paint }
    }
  | { readonly kind: 'rotate'; readonly degrees: number; readonly background: Colour; readonly size: Size }
  | Mirror
  | Effect
  /** Arithmetic on pixels; `size` is that of the result. A gradient's reach is in pixels here. */
  | { readonly kind: 'draw'; readonly drawing: Drawing<number>; readonly size: Size }
  | { readonly kind: 'border'; readonly width: number; readonly colour: Colour }
  | {
      readonly kind: 'mask'
      readonly radius: 'ellipse' | readonly [number, number, number, number]
      readonly softness: number
    }
  | Flatten
  | LayerStep
  /** The first frame of the picture entering, then these, each laid on an empty canvas of its size. */
  | { readonly kind: 'animate'; readonly frames: readonly LayerStep[] }
  /** Pixels shift by up to x, y as the layer's red and green say. */
  | { readonly kind: 'displace'; readonly map: LayerStep; readonly x: number; readonly y: number }

/** The layer's own steps are resolved when its picture is open; `base` is the picture it is laid on. */
export type LayerStep = {
  readonly kind: 'layer'
  readonly picture: LayerPicture
  readonly steps: readonly Step[]
  readonly at: Placement
  readonly blend: Extract<Blend, string>
  readonly base: Size
}

/** What only pixels can tell. */
export type Measure =
  | { readonly kind: 'trim'; readonly rule: Trim['rule'] }
  /** Where a window of this size should lie in the picture scaled to `scale`. */
  | { readonly kind: 'attention'; readonly scale: Size; readonly window: Size }

/** The answer to a Measure: the region to keep, or nothing left (a picture of one colour under an exact trim). */
export type Measured = { readonly kind: 'region'; readonly region: Region } | { readonly kind: 'nothing' }

/**
 * Resolved as far as possible. When `pause` is set the engine runs `steps`, measures, and calls `pause.resume` with the
 * answer for the rest.
 */
export type Resolution = {
  readonly steps: readonly ResolvedStep[]
  /** Size of one frame after `steps`. */
  readonly size: Size
  /** Pixels of the largest picture on the way, one frame, the entering one included. */
  readonly largest: number
  /** Once a step has made an animation: its frames, milliseconds per frame, how often it is shown (0 = for ever). */
  readonly animation?: { readonly frames: number; readonly delay: number; readonly loop: number }
  readonly pause?: { readonly measure: Measure; resume(measured: Measured): Resolution }
}

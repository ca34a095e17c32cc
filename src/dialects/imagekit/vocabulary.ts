/** The words and values that parameters take once they are read (imagekit §4 to §6). */
import type { Colour, Expression, Gradient, Paint } from '../../plan/plan.ts'

/** Where a parameter stands: on the picture of the URL, or inside a layer. */
export type Context = 'base' | 'image' | 'text' | 'solid'

export const CROPS = [
  'maintain_ratio',
  'force',
  'at_max',
  'at_max_enlarge',
  'at_least',
  'maintain_ratio_no_enlarge',
] as const
export const CROP_MODES = [
  'extract',
  'pad_resize',
  'pad_extract',
  'pad_resize_no_enlarge',
  'pad_extract_no_shrink',
] as const
export const FORMATS = ['auto', 'jpg', 'jpeg', 'png', 'webp', 'avif', 'gif', 'orig', 'svg'] as const
export const SIDES = [
  'top',
  'bottom',
  'left',
  'right',
  'top_left',
  'top_right',
  'bottom_left',
  'bottom_right',
  'center',
] as const
export type SideName = (typeof SIDES)[number]
export const BLENDS = ['multiply', 'cutter', 'cutout', 'displace'] as const
export const ALIGNS = ['left', 'right', 'center'] as const

/** Horizontal and vertical part of a named place: 0 = left/top, 1 = right/bottom. */
export function anchorOf(name: SideName): { readonly x: 0 | 0.5 | 1; readonly y: 0 | 0.5 | 1 } {
  return {
    x: name.endsWith('left') ? 0 : name.endsWith('right') ? 1 : 0.5,
    y: name.startsWith('top') ? 0 : name.startsWith('bottom') ? 1 : 0.5,
  }
}

/** A side length: pixels, a part of the entering picture's side, or arithmetic; `auto` waits for a client hint. */
export type Side =
  | { readonly kind: 'length'; readonly length: Expression }
  | { readonly kind: 'part'; readonly of: number }
  | { readonly kind: 'auto' }
/** A position; `fromEnd` (the `N` form) counts from the far edge. */
export type Position = { readonly value: Expression; readonly fromEnd: boolean }
export type Corners = 'max' | readonly [number, number, number, number]

/** Everything one step may say, read and checked; absent means not said. */
export type Values = {
  readonly width?: Side
  readonly height?: Side
  readonly ratio?: Expression
  readonly dpr?: Expression | 'auto'
  readonly crop?: (typeof CROPS)[number]
  readonly cropMode?: (typeof CROP_MODES)[number]
  readonly focus?: SideName | 'auto' | 'custom' | 'object'
  readonly x?: Expression
  readonly y?: Expression
  readonly xc?: Expression
  readonly yc?: Expression
  readonly zoom?: number
  readonly quality?: number
  readonly format?: (typeof FORMATS)[number]
  readonly progressive?: boolean
  readonly lossless?: boolean
  readonly keepProfile?: boolean
  readonly keepMetadata?: boolean
  readonly density?: Expression
  readonly original?: boolean
  readonly defaultImage?: string
  readonly page?: number
  readonly rotate?: number | 'auto'
  readonly flip?: { readonly horizontal: boolean; readonly vertical: boolean }
  readonly radius?: Corners
  readonly border?: { readonly width: Expression; readonly colour: Colour }
  readonly background?: Paint
  readonly opacity?: number
  readonly trim?: number | false
  readonly blur?: number
  readonly replace?: { readonly to: Colour; readonly tolerance: number; readonly from?: Colour }
  readonly greyscale?: boolean
  readonly contrast?: boolean
  readonly sharpen?: number | 'auto'
  readonly unsharp?: {
    readonly radius: number
    readonly sigma: number
    readonly amount: number
    readonly threshold: number
  }
  readonly shadow?: { readonly blur: number; readonly strength: number; readonly x: number; readonly y: number }
  readonly gradient?: Gradient
  readonly colorize?: { readonly colour: Colour; readonly intensity: number }
  readonly distort?:
    | { readonly kind: 'perspective'; readonly corners: readonly number[] }
    | { readonly kind: 'arc'; readonly degrees: number }
  // layers only
  readonly input?: string
  /** From `ie`, which wins over `i`. */
  readonly decoded?: string
  readonly left?: Position
  readonly top?: Position
  readonly centreX?: Position
  readonly centreY?: Position
  readonly anchor?: SideName
  readonly place?: SideName
  readonly blend?: (typeof BLENDS)[number]
  readonly alpha?: number
  // text only
  readonly fontSize?: Expression
  readonly font?: string
  readonly ink?: Colour
  readonly align?: (typeof ALIGNS)[number]
  readonly padding?: readonly Expression[]
  readonly lineHeight?: Expression
  readonly bold?: boolean
  readonly italic?: boolean
  readonly strikethrough?: boolean
}

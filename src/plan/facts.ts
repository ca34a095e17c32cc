import type { SourceFormat } from './plan.ts'

/** What is known of a source's bytes without (or, for the optional members, after) decoding its pixels. */
export type Facts = {
  readonly format: SourceFormat
  /** Sides of one frame as stored, before orientation. */
  readonly width: number
  readonly height: number
  readonly frames: number
  /** EXIF orientation, 1…8. */
  readonly orientation: number
  readonly alpha: boolean
  readonly depth: 8 | 16 | 32
  readonly space: 'rgb' | 'grey' | 'cmyk' | 'other'
  readonly profile: boolean
  /** Whether the file holds EXIF or XMP; absent when nobody has looked. */
  readonly annotated?: boolean
  readonly bytes: number
  /** Dots per inch when the file says so. */
  readonly density?: number
  /** IJG quality 1…100 estimated from the quantisation tables; JPEG only, absent when it cannot be estimated. */
  readonly quality?: number
  /** Milliseconds per frame and number of loops (0 = for ever); animations only. */
  readonly delays?: readonly number[]
  readonly loop?: number
  /** Documents (PDF), and Photoshop files: the composite, then the layers. Pages never are an animation; `frames` is 1. */
  readonly pages?: Pages
  /** Measured on demand, of PNG sources only (`needsIllustration`): is the picture a drawing rather than a photograph? */
  readonly illustration?: boolean
  /** Measured on demand, of sources with an alpha channel only (`needsOpacity`): is every pixel of every frame opaque? */
  readonly opaque?: boolean
}

export type Pages = {
  readonly count: number
  /** Sides of each page, when they differ; pages beyond the end of the list cannot be asked for. */
  readonly sizes?: readonly Size[]
  /** Whether pages after the first have an alpha channel; absent: as the first. */
  readonly alpha?: boolean
}

export type Size = { readonly width: number; readonly height: number }
export type Point = { readonly x: number; readonly y: number }
export type Region = Size & { readonly left: number; readonly top: number }

/** Bounds checked on every picture and every resolved size. */
export type Limits = {
  readonly inputPixels: number
  readonly outputPixels: number
  readonly frames: number
}

/** Formats beyond the classic ones that the request can take. Order has no meaning. */
export type Offer = readonly ('webp' | 'avif')[]

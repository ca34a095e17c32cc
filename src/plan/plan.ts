/**
 * The Plan: what shall happen to a picture, in the words of pictures. A dialect compiles its request into one; the engine
 * runs it. Plans are plain data: serialisable, comparable, free of I/O, free of any dialect and of sharp.
 */

/** Formats this server can write. */
export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'
/** Formats this server can tell apart when reading. `svg` is never decoded unless a Plan asks to rasterise. */
export type SourceFormat = OutputFormat | 'tiff' | 'bmp' | 'svg' | 'heic' | 'jxl' | 'ico' | 'pdf' | 'psd'

// ── where the bytes come from ────────────────────────────────────────────────────────────────────────────────────────

/** An object behind a named connection of the project, or a plain web URL bounded by a host list. */
export type SourceRef =
  | {
      readonly kind: 'object'
      readonly connection: string
      readonly bucket?: string
      readonly key: string
      readonly ask?: Ask
    }
  | {
      readonly kind: 'url'
      readonly url: string
      readonly hosts?: readonly string[]
      readonly headers?: Readonly<Record<string, string>>
      readonly ask?: Ask
    }

/** Normalised request headers a web source may answer differently to; part of the source's identity. `from` is sent as `x-req-from`. */
export type Ask = { readonly accept: string; readonly encoding: 'gzip' | 'identity'; readonly from?: string }

// ── symbolic lengths ─────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * `initial*`: the source, upright when the steps orient it; `width…`: the picture entering the step (in a Placement: the finished
 * layer); `base*`: the picture under a layer; `density`: dots per inch, 72 when the source says nothing.
 */
export type Variable =
  | 'initialWidth'
  | 'initialHeight'
  | 'initialRatio'
  | 'width'
  | 'height'
  | 'ratio'
  | 'baseWidth'
  | 'baseHeight'
  | 'baseRatio'
  | 'density'

/** A number of pixels, or arithmetic over picture sizes that `resolve` turns into one. */
export type Expression =
  | number
  | { readonly get: Variable }
  | {
      readonly op: 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'pow' | 'min' | 'max'
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly op: 'trunc' | 'ceil'; readonly of: Expression }
export type Length = Expression

/** A wished box. A missing side follows the ratio (`ratio` if given, else the picture's). `scale` multiplies both sides. */
export type Box<L> = { readonly width?: L; readonly height?: L; readonly ratio?: L; readonly scale?: L }

// ── colours and paints ───────────────────────────────────────────────────────────────────────────────────────────────

/** 8-bit sRGB, alpha 0…1. */
export type Colour = { readonly r: number; readonly g: number; readonly b: number; readonly alpha: number }

/** What fills space. Blurred, dominant and gradient paints are evaluated on the picture that ENTERS the step. */
export type Paint =
  | { readonly kind: 'solid'; readonly colour: Colour }
  | { readonly kind: 'blurred'; readonly sigma: number | 'auto'; readonly brightness: number }
  | { readonly kind: 'dominant' }
  | {
      readonly kind: 'gradient'
      readonly stops: readonly Colour[] | { readonly dominant: 2 | 4 }
      readonly angle: number
      readonly reach?: Length
    }

// ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Which part is kept when something must be cut, and where the picture stands on a larger canvas (anywhere but an anchor: in
 * the middle). Coordinates are pixels of the picture that enters the step, whatever it is scaled to.
 */
export type Focus<L = Length> =
  /** x, y: 0 = left/top, 0.5 = middle, 1 = right/bottom; offsets round down. */
  | { readonly kind: 'anchor'; readonly x: 0 | 0.5 | 1; readonly y: 0 | 0.5 | 1 }
  /** Top-left corner of the window; a `native` window is cut to the picture. */
  | { readonly kind: 'corner'; readonly x: L; readonly y: L }
  /** Centre of the window; a `native` window must not leave the picture. */
  | { readonly kind: 'centre'; readonly x: L; readonly y: L }
  /** An area that shall stay inside, centred as far as possible. */
  | { readonly kind: 'area'; readonly x: L; readonly y: L; readonly width: L; readonly height: L }
  /** The part of the picture the eye goes to; measured by the engine. */
  | { readonly kind: 'attention' }

/**
 * Brings the picture to a size. Derived sides are floor(x + 0.5), at least 1.
 * - `cover`: scale until both sides are reached, cut the surplus around `focus`: exactly the box
 * - `inside`: scale until it fits; with `surround` the rest of the box is painted: exactly the box
 * - `outside`: scale until both sides are reached, cut nothing
 * - `stretch`: exactly the box, ratio lost
 * - `native`: cut the box out at native scale, no canvas beyond the picture
 * - `canvas`: the picture at native scale on a canvas of exactly the box: surplus cut, shortage painted
 * With `enlarge: false` the picture is never scaled up (`cover` then keeps the box's ratio at the largest size without).
 */
export type Place = {
  readonly kind: 'place'
  readonly box: Box<Length>
  readonly mode: 'cover' | 'inside' | 'outside' | 'stretch' | 'native' | 'canvas'
  readonly enlarge: boolean
  readonly focus: Focus
  readonly surround?: Paint
}

/** Turns the pixels as the EXIF orientation says and forgets it. */
export type Orient = { readonly kind: 'orient' }

/**
 * Cuts uniform edges. `exact`: whole rows and columns equal to a corner pixel go, each edge by its own corner (top and left:
 * top-left; right: top-right; bottom: bottom-left); a picture of one colour becomes one transparent pixel. `similar`: edges
 * within `tolerance` (0…255) of the top-left pixel go.
 */
export type Trim = {
  readonly kind: 'trim'
  readonly rule: { readonly kind: 'exact' } | { readonly kind: 'similar'; readonly tolerance: number }
}

/** Clockwise degrees; the canvas grows to hold the result, `background` (default transparent) fills the corners. */
export type Rotate = { readonly kind: 'rotate'; readonly degrees: number; readonly background?: Colour }

/** `horizontal` swaps left and right, `vertical` top and bottom. */
export type Mirror = { readonly kind: 'mirror'; readonly axis: 'horizontal' | 'vertical' }

/** `normalise` stretches the luminance to the full range. */
export type Effect = {
  readonly kind: 'effect'
  readonly effect:
    | { readonly name: 'greyscale' }
    | { readonly name: 'negate' }
    | { readonly name: 'normalise' }
    | { readonly name: 'blur'; readonly sigma: number }
    | { readonly name: 'sharpen'; readonly sigma: number }
    | { readonly name: 'opacity'; readonly factor: number }
    | { readonly name: 'modulate'; readonly brightness: number; readonly saturation: number; readonly hue: number }
}

/**
 * Effects with arithmetic of their own. The picture keeps its size, but for an arc. Luma is that of Rec. 709.
 * - `unsharp`: what differs from a blurred copy (Gaussian of `sigma`, cut off at `radius` pixels, 0 = where it ends by itself) by
 *   `threshold` (part of the range, 0…1) or more is added `amount` times
 * - `shadow`: `colour`, its alpha times `strength` percent, blurred by `blur` pixels, moved by `x`, `y` pixels (right and down), below what
 *   is opaque; beyond the canvas it is cut. Fault bad-parameter for a picture of more than `mostPixels`
 * - `gradient`: laid over the picture, inside of its own outline
 * - `colorize`: the tones of the picture in shades of one colour (black and white stay, middle grey becomes the colour), mixed
 *   into the picture by `intensity` percent
 * - `perspective`: the four corners move to new places (x, y in pixels, clockwise from top-left); beyond the canvas it is cut
 * - `arc`: bent along a circle by so many degrees (below 0: the ends point up); the canvas holds the result
 * - `replace-colour`: pixels within `tolerance` (percent of the largest distance) of `from` (default: the colour that covers most)
 *   move to `to`, their shading kept
 * - `sepia`: brown tones, mixed into the picture by `strength` (0…1)
 * - `two-level`: pixels whose luma is below `threshold` (0…1) become black, the others white; alpha stays
 * - `pixelate`: square blocks of `size` pixels from the top-left corner, each the mean of its pixels
 * - `oil-paint`: every pixel is the mean of those around it (up to `radius` pixels to each side) that share the brightness most
 *   frequent there; alpha stays
 * - `areas`: an effect that is seen in some areas only; `softness`: sigma of the areas' edges in pixels
 * - `vignette`: fades towards the edges along ellipses, from half the way to the inscribed ellipse on, beyond which `strength` (0…1)
 *   of the alpha is taken away
 * - `torn-edges`: between `least` and `most` pixels are torn off each side; pictures of one size are torn alike
 */
export type Drawing<L = Length> =
  | {
      readonly name: 'unsharp'
      readonly radius: number
      readonly sigma: number
      readonly amount: number
      readonly threshold: number
    }
  | {
      readonly name: 'shadow'
      readonly blur: number
      readonly strength: number
      readonly x: L
      readonly y: L
      readonly colour: Colour
      readonly mostPixels?: number
    }
  | ({ readonly name: 'gradient' } & Gradient<L>)
  | { readonly name: 'colorize'; readonly colour: Colour; readonly intensity: number }
  | { readonly name: 'perspective'; readonly corners: readonly [L, L, L, L, L, L, L, L] }
  | { readonly name: 'arc'; readonly degrees: number }
  | { readonly name: 'replace-colour'; readonly to: Colour; readonly tolerance: number; readonly from?: Colour }
  | { readonly name: 'sepia'; readonly strength: number }
  | { readonly name: 'two-level'; readonly threshold: number }
  | { readonly name: 'pixelate'; readonly size: number }
  | { readonly name: 'oil-paint'; readonly radius: number }
  | {
      readonly name: 'areas'
      readonly areas: readonly Area<L>[]
      readonly shape: 'rect' | 'oval'
      readonly softness: number
      readonly effect: AreaEffect
    }
  | { readonly name: 'vignette'; readonly strength: number; readonly falloff: 'gaussian' | 'linear' }
  | { readonly name: 'torn-edges'; readonly least: number; readonly most: number }

/** A rectangle in pixels, which may stick out of the picture, or the ellipse in it. */
export type Area<L = Length> = { readonly x: L; readonly y: L; readonly width: L; readonly height: L }
export type AreaEffect =
  | { readonly name: 'blur'; readonly sigma: number }
  | { readonly name: 'pixelate'; readonly size: number }

export type Draw = { readonly kind: 'draw'; readonly drawing: Drawing }

/**
 * Runs from `from` to `to`, which is pure from `reach` on: pixels along the direction, or with `reachIsPart` a part of the way
 * across the picture. `angle`: the direction in which `to` lies, clockwise degrees, 0 = top, 90 = right.
 */
export type Gradient<L = Length> = {
  readonly angle: number
  readonly from: Colour
  readonly to: Colour
  readonly reach: L
  readonly reachIsPart: boolean
}

/** A frame of `width` pixels around the picture: both sides grow by twice the width. */
export type Border = { readonly kind: 'border'; readonly width: Length; readonly colour: Colour }

/**
 * Rounds corners: radii clockwise from top-left, at most half the shorter side, or the inscribed ellipse. Outside is transparent.
 * `softness`: sigma of the outline in pixels, 0 = sharp; where the shape runs along the picture's edge it is not softened.
 */
export type Mask = {
  readonly kind: 'mask'
  readonly radius: 'ellipse' | readonly [Length, Length, Length, Length]
  readonly softness: number
}

/** Lays the picture on a solid colour; the result is opaque. */
export type Flatten = { readonly kind: 'flatten'; readonly colour: Colour }

export type Placement =
  | { readonly kind: 'anchor'; readonly x: 0 | 0.5 | 1; readonly y: 0 | 0.5 | 1 }
  /** Offsets in pixels; absent = centred on that axis; `fromEnd` counts from the right/bottom edge. */
  | { readonly kind: 'offset'; readonly x?: Offset; readonly y?: Offset }
/**
 * `of`: which point of the layer is placed, its left/top edge (with `fromEnd` its right/bottom edge) or its centre. `from`: the
 * point of the base that is counted from, as a part of its side, default 0; `fromEnd` counts back from the far edge instead.
 */
export type Offset = {
  readonly value: Length
  readonly fromEnd: boolean
  readonly of: 'edge' | 'centre'
  readonly from?: 0 | 0.5 | 1
}

/** A solid or gradient without a side has its base's. */
export type LayerPicture =
  | { readonly kind: 'source'; readonly source: SourceRef }
  | { readonly kind: 'solid'; readonly colour: Colour; readonly box: Box<Length> }
  | ({ readonly kind: 'gradient'; readonly box: Box<Length> } & Gradient)
  | ({ readonly kind: 'text' } & TextPicture)

/**
 * Written text as a picture: trimmed to its ink, then padded (top, right, bottom, left), then laid on `background` with rounded
 * corners. Lengths are pixels and may use the `base*` variables only. With `width` lines break between words to stay within it
 * and the box is that wide (plus padding); line breaks in the text always hold.
 */
export type TextPicture = {
  readonly text: string
  /** A family nobody knows is taken for the default one, Open Sans. */
  readonly font: { readonly family: string } | { readonly file: SourceRef }
  /** Pixels per em. */
  readonly size: Length
  readonly colour: Colour
  readonly width?: Length
  readonly align: 'left' | 'centre' | 'right'
  readonly padding: readonly [Length, Length, Length, Length]
  /** Distance of baselines in pixels; default the font's own. */
  readonly lineHeight?: Length
  readonly bold: boolean
  readonly italic: boolean
  readonly strikethrough: boolean
  readonly background?: Colour
  readonly radius: Mask['radius']
  /** Of the whole box, 0…1. */
  readonly alpha: number
}

/**
 * `keep-under`: of the picture stays what lies under the layer; `punch-out`: what does not. `displace`: the layer is not seen, its
 * red shifts the picture's pixels to the right by up to `x` pixels (255) or to the left (0), its green by `y` down or up; middle
 * grey and what the layer does not cover stay.
 */
export type Blend =
  | 'over'
  | 'multiply'
  | 'keep-under'
  | 'punch-out'
  | { readonly kind: 'displace'; readonly x: Length; readonly y: Length }

export type Layer = {
  readonly kind: 'layer'
  readonly picture: LayerPicture
  readonly steps: readonly Step[]
  readonly at: Placement
  readonly blend: Blend
}

/**
 * Makes an animation: the picture that enters is its first frame (of an animated one the first frame), each of `frames` a further
 * one. Their sources are opened like a layer's, of animated ones the first frame, and go through steps of their own, in which
 * `base*` is the first frame; then they are centred on a transparent canvas of the first frame's size, cut where they are larger.
 * `delay`: milliseconds per frame; `loop`: how often it is shown, 0 = for ever. An output that holds no animation takes the first
 * frame; among the steps of a layer or of a further frame, which are single pictures, this step does nothing.
 */
export type Animate = {
  readonly kind: 'animate'
  readonly frames: readonly FurtherFrame[]
  readonly delay: number
  readonly loop: number
}
export type FurtherFrame = { readonly source: SourceRef; readonly steps: readonly Step[] }

/** Compares sizes at this point of the chain. Cases are tried in order; none true and no `otherwise`: nothing happens. */
export type Branch = {
  readonly kind: 'branch'
  readonly cases: readonly { readonly when: Condition; readonly steps: readonly Step[] }[]
  readonly otherwise: readonly Step[]
}
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly left: Expression; readonly is: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; readonly right: Expression }

export type Step =
  | Orient
  | Trim
  | Place
  | Rotate
  | Mirror
  | Effect
  | Draw
  | Border
  | Mask
  | Layer
  | Flatten
  | Animate
  | Branch

// ── output ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Reasons not to take a candidate format. All sizes are in pixels; `area` is evaluated on the stored source size (all of
 * `initial*`, `width…`). Only a PNG source can be an illustration.
 */
export type Unless =
  | { readonly kind: 'source-format'; readonly formats: readonly SourceFormat[] }
  | { readonly kind: 'illustration' }
  | { readonly kind: 'area'; readonly area: Expression; readonly atLeast: number }
  | { readonly kind: 'area-zero'; readonly area: Expression }
  | { readonly kind: 'source-side'; readonly atLeast: number }
  | { readonly kind: 'animated' }
  | { readonly kind: 'alpha' }
  /** Some pixel of the source is not opaque (measured: an alpha channel alone is not enough). */
  | { readonly kind: 'transparent' }

/** How a source format that the web cannot show (or this server cannot write) is replaced when the output is "as the source". */
export type Substitute = 'png' | 'jpeg-or-png'

export type Choose =
  | { readonly kind: 'fixed'; readonly format: OutputFormat }
  | { readonly kind: 'as-source'; readonly substitute: Substitute }
  /** The first candidate that the request's offer holds and no `unless` forbids; else `otherwise`. */
  | {
      readonly kind: 'negotiated'
      readonly candidates: readonly { readonly format: OutputFormat; readonly unless: readonly Unless[] }[]
      readonly otherwise: Choose
    }

/**
 * - `fixed`: the encoder's scale, 1…100
 * - `by-source`: from the source's own quality (JPEG: estimated from its tables, 92 when they tell nothing; PNG: 100; else unknown). The first row whose
 *   `above` is below the source quality holds; `'source'` takes the source's quality itself. `less` is subtracted; 1…100.
 */
export type Quality =
  | { readonly kind: 'fixed'; readonly value: number }
  | {
      readonly kind: 'by-source'
      readonly tables: Readonly<Partial<Record<OutputFormat, QualityTable>>>
      readonly less: number
    }
export type QualityTable = {
  readonly unknown: number
  readonly rows: readonly { readonly above: number; readonly quality: number | 'source' }[]
}

/** What stays besides pixels. `keep`: profile kept in the listed formats, pixels converted to sRGB elsewhere. `convert`: to sRGB, profile dropped. `discard`: dropped without conversion. */
export type Keep = {
  readonly profile:
    | { readonly kind: 'keep'; readonly formats: readonly OutputFormat[] }
    | { readonly kind: 'convert' }
    | { readonly kind: 'discard' }
  readonly exif: boolean
  readonly xmp: boolean
}

export type Output =
  /** The source's bytes as they are; nothing is decoded. Steps must be empty. */
  | { readonly kind: 'untouched' }
  | {
      readonly kind: 'encode'
      readonly choose: Choose
      readonly quality: Quality
      /** `'illustration'`: lossless when the source is classified as illustration. PNG is always lossless unless `palette`. */
      readonly lossless: boolean | 'illustration'
      readonly progressive: boolean
      readonly chroma: '4:2:0' | '4:4:4'
      readonly palette: boolean
      readonly metadata: Keep
      /** Dots per inch written into the file; evaluated on the stored source size. Pixels do not change. */
      readonly density?: Expression
      /** What is answered when the result has more bytes than the source. */
      readonly ifLarger: 'keep' | 'source'
      /** Vector sources: handed on untouched, or rendered. */
      readonly vector: 'untouched' | 'rasterise'
    }

/** `all` frames of an animation, only the `first`, or one `page` (1-based) of a document. */
export type FrameSelect =
  | { readonly kind: 'all' }
  | { readonly kind: 'first' }
  | { readonly kind: 'page'; readonly page: number }

export type Plan = { readonly frame: FrameSelect; readonly steps: readonly Step[]; readonly output: Output }

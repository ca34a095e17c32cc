/**
 * What each parameter takes (imagekit §4 to §6). One record per key drives reading, the contexts it is allowed in, and its
 * refusal; what the values then do to a picture stands in `compile.ts`.
 */
import { Fault } from '../../faults.ts'
import type { Colour, Expression, Paint } from '../../plan/plan.ts'
import type { Param } from './chain.ts'
import { colour, decimal, expression, flag, integer, isExpression, ratio, refused, toNumber, word } from './values.ts'

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
const SIDES = [
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
const BLENDS = ['multiply', 'cutter', 'cutout', 'displace'] as const
const ALIGNS = ['left', 'right', 'center'] as const

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
export type Gradient = {
  readonly angle: number
  readonly from: Colour
  readonly to: Colour
  readonly reach: Expression
  readonly reachIsPart: boolean
}

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

type Parameter = { readonly in: readonly Context[]; readonly read: (text: string | null, key: string) => Values }

const BASE: readonly Context[] = ['base']
const PICTURE: readonly Context[] = ['base', 'image']
const LAYER: readonly Context[] = ['image', 'text', 'solid']
const TEXT: readonly Context[] = ['text']
const ANY: readonly Context[] = ['base', 'image', 'text', 'solid']

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  w: { in: ANY, read: (text) => ({ width: text === 'auto' ? { kind: 'auto' } : side('w', text) }) },
  h: { in: ANY, read: (text) => ({ height: side('h', text) }) },
  ar: { in: PICTURE, read: (text) => ({ ratio: aspect(text) }) },
  dpr: {
    in: PICTURE,
    read: (text) => ({
      dpr: text === 'auto' ? 'auto' : arithmetic('dpr', text, (value) => decimal('dpr', value, 0.1, 5)),
    }),
  },
  c: { in: PICTURE, read: (text) => ({ crop: word('c', text, CROPS) }) },
  cm: { in: PICTURE, read: (text) => ({ cropMode: word('cm', text, CROP_MODES) }) },
  fo: { in: PICTURE, read: (text) => ({ focus: focus(text) }) },
  x: { in: PICTURE, read: (text) => ({ x: coordinate('x', text) }) },
  y: { in: PICTURE, read: (text) => ({ y: coordinate('y', text) }) },
  xc: { in: PICTURE, read: (text) => ({ xc: coordinate('xc', text) }) },
  yc: { in: PICTURE, read: (text) => ({ yc: coordinate('yc', text) }) },
  z: { in: PICTURE, read: (text) => ({ zoom: decimal('z', text, 0.01, 100) }) },
  q: { in: PICTURE, read: (text) => ({ quality: integer('q', text, 1, 100) }) },
  f: { in: BASE, read: (text) => ({ format: word('f', text, FORMATS) }) },
  pr: { in: BASE, read: (text) => ({ progressive: flag('pr', text) }) },
  lo: { in: BASE, read: (text) => ({ lossless: flag('lo', text) }) },
  cp: { in: BASE, read: (text) => ({ keepProfile: flag('cp', text) }) },
  md: { in: BASE, read: (text) => ({ keepMetadata: flag('md', text) }) },
  dn: { in: BASE, read: (text) => ({ density: arithmetic('dn', text, (value) => integer('dn', value, 1, 1200)) }) },
  orig: { in: BASE, read: (text) => ({ original: flag('orig', text) }) },
  di: { in: BASE, read: (text) => ({ defaultImage: path('di', text) }) },
  pg: { in: PICTURE, read: (text) => ({ page: integer('pg', text, 1, 10_000) }) },
  rt: { in: ANY, read: (text) => ({ rotate: text === 'auto' ? 'auto' : decimal('rt', text, -100_000, 100_000) }) },
  fl: { in: ANY, read: (text) => ({ flip: flip(text) }) },
  r: { in: ANY, read: (text) => ({ radius: corners(text) }) },
  b: { in: PICTURE, read: (text) => ({ border: border(text) }) },
  bg: { in: ANY, read: (text) => ({ background: background(text) }) },
  o: { in: PICTURE, read: (text) => ({ opacity: integer('o', text, 0, 100) }) },
  t: { in: PICTURE, read: (text) => ({ trim: trim(text) }) },
  bl: { in: PICTURE, read: (text) => ({ blur: integer('bl', text, 1, 100) }) },
  cr: { in: PICTURE, read: (text) => ({ replace: replacement(text) }) },
  'e-grayscale': { in: PICTURE, read: (text) => ({ greyscale: flag('e-grayscale', text) }) },
  'e-contrast': { in: PICTURE, read: (text) => ({ contrast: flag('e-contrast', text) }) },
  'e-sharpen': {
    in: PICTURE,
    read: (text) => ({ sharpen: text === null || text === 'true' ? 'auto' : decimal('e-sharpen', text, 0, 1000) }),
  },
  'e-usm': { in: PICTURE, read: (text) => ({ unsharp: unsharp(text) }) },
  'e-shadow': { in: PICTURE, read: (text) => ({ shadow: shadow(text) }) },
  'e-gradient': { in: ['base', 'image', 'solid'], read: (text) => ({ gradient: gradient(text) }) },
  'e-colorize': { in: PICTURE, read: (text) => ({ colorize: colorize(text) }) },
  'e-distort': { in: PICTURE, read: (text) => ({ distort: distort(text) }) },
  i: { in: LAYER, read: (text) => ({ input: text ?? '' }) },
  ie: { in: LAYER, read: (text) => ({ decoded: base64(text) }) },
  lx: { in: LAYER, read: (text) => ({ left: position('lx', text) }) },
  ly: { in: LAYER, read: (text) => ({ top: position('ly', text) }) },
  lxc: { in: LAYER, read: (text) => ({ centreX: position('lxc', text) }) },
  lyc: { in: LAYER, read: (text) => ({ centreY: position('lyc', text) }) },
  lap: { in: LAYER, read: (text) => ({ anchor: word('lap', text, SIDES) }) },
  lfo: { in: LAYER, read: (text) => ({ place: word('lfo', text, SIDES) }) },
  lm: { in: LAYER, read: (text) => ({ blend: word('lm', text, BLENDS) }) },
  al: { in: ['text', 'solid'], read: (text) => ({ alpha: integer('al', text, 1, 9) }) },
  fs: { in: TEXT, read: (text) => ({ fontSize: arithmetic('fs', text, (value) => integer('fs', value, 1, 5000)) }) },
  ff: { in: TEXT, read: (text) => ({ font: path('ff', text) }) },
  co: { in: TEXT, read: (text) => ({ ink: colour('co', text) }) },
  ia: { in: TEXT, read: (text) => ({ align: word('ia', text, ALIGNS) }) },
  pa: { in: TEXT, read: (text) => ({ padding: padding(text) }) },
  lh: {
    in: TEXT,
    read: (text) => ({ lineHeight: arithmetic('lh', text, (value) => decimal('lh', value, 0, 10_000)) }),
  },
  tg: { in: TEXT, read: (text) => typography(text) },
}

/** Timing belongs to video; on pictures it is ignored (imagekit §6.1). */
const IGNORED = new Set(['lso', 'leo', 'ldu'])
/** Known, and not to be had here (imagekit §15). */
const ABSENT = new Set([
  'e-bgremove',
  'e-removedotbg',
  'e-changebg',
  'e-edit',
  'e-genvar',
  'e-dropshadow',
  'e-retouch',
  'e-upscale',
  'so',
  'eo',
  'du',
  'vc',
  'ac',
  'sr',
  'c2pa',
])

/**
 * Reads the parameters of one step; a key given twice: the last one counts (imagekit §3).
 * @param unknown whether keys nobody knows are refused or dropped
 */
export function readValues(items: readonly Param[], context: Context, unknown: 'refuse' | 'drop'): Values {
  let values: Values = {}
  for (const { key, value } of items) {
    if (IGNORED.has(key) && context !== 'base') continue
    if (ABSENT.has(key))
      throw new Fault('unsupported', `${key} is not available on this server`, { context: { parameter: key } })
    const parameter = Object.hasOwn(PARAMETERS, key) ? PARAMETERS[key] : undefined
    if (parameter === undefined || !parameter.in.includes(context)) {
      if (unknown === 'drop') continue
      const place = context === 'base' ? '' : ` in a layer of this kind`
      throw new Fault('bad-parameter', `there is no parameter '${key.slice(0, 80)}'${place}`, {
        context: { parameter: key.slice(0, 80) },
      })
    }
    values = { ...values, ...parameter.read(value, key) }
  }
  return values
}

/** A requested side above this is ignored (imagekit §4.1). */
export const LARGEST_SIDE = 65_535

function side(key: string, text: string | null): Side {
  if (text !== null && isExpression(text)) return { kind: 'length', length: expression(key, text) }
  const value = toNumber(text ?? '')
  if (value === undefined || value <= 0) throw refused(key, text, 'pixels, a part below 1, or an expression')
  return value < 1 ? { kind: 'part', of: value } : { kind: 'length', length: Math.round(value) }
}

/** Whether a plain side is too large to be looked at. */
export function isIgnoredSide(value: Side | undefined): boolean {
  return value?.kind === 'length' && typeof value.length === 'number' && value.length > LARGEST_SIDE
}

function aspect(text: string | null): Expression {
  if (text !== null && isExpression(text)) return expression('ar', text)
  const value = ratio(text ?? '')
  if (value === undefined || value <= 0) throw refused('ar', text, 'width-height, a number above 0, or an expression')
  return value
}

function arithmetic(key: string, text: string | null, plain: (text: string | null) => number): Expression {
  return text !== null && isExpression(text) ? expression(key, text) : plain(text)
}

function coordinate(key: string, text: string | null): Expression {
  return arithmetic(key, text, (value) => integer(key, value, -LARGEST_SIDE, LARGEST_SIDE))
}

function position(key: string, text: string | null): Position {
  const fromEnd = text?.startsWith('N') ?? false
  const value = fromEnd ? (text?.slice(1) ?? null) : text
  return { value: arithmetic(key, value, (plain) => decimal(key, plain, 0, LARGEST_SIDE)), fromEnd }
}

function focus(text: string | null): Values['focus'] {
  if (text === 'auto' || text === 'custom') return text
  const place = SIDES.find((name) => name === text)
  if (place !== undefined) return place
  // Faces and named things need a detector; without one they crop at the centre (imagekit §4.3).
  if (/^[a-z]+(?:[A-Z][a-z]+)*(?:[_-][a-z]+(?:[A-Z][a-z]+)*)*$/.test(text ?? '')) return 'object'
  throw refused('fo', text, 'a side, auto, custom, face or the name of a thing')
}

function path(key: string, text: string | null): string {
  const value = (text ?? '').replaceAll('@@', '/').replace(/^\/+/, '')
  if (value === '') throw refused(key, text, 'a path')
  return value
}

function flip(text: string | null): Values['flip'] {
  const name = word('fl', text, ['h', 'v', 'h_v', 'v_h'] as const)
  return { horizontal: name.includes('h'), vertical: name.includes('v') }
}

function corners(text: string | null): Corners {
  if (text === 'max') return 'max'
  const radii = (text ?? '').split('_').map((part) => integer('r', part, 0, LARGEST_SIDE))
  const [a = 0, b = a, c = a, d = a] = radii
  if (radii.length !== 1 && radii.length !== 4) throw refused('r', text, 'one radius, four radii, or max')
  return [a, b, c, d]
}

function border(text: string | null): Values['border'] {
  const parts = /^(.+)[_-]([^_-]+)$/.exec(text ?? '')
  if (parts === null) throw refused('b', text, 'width_colour')
  return {
    width: arithmetic('b', parts[1] ?? '', (value) => integer('b', value, 0, LARGEST_SIDE)),
    colour: colour('b', parts[2] ?? ''),
  }
}

function background(text: string | null): Paint {
  const [kind = '', ...rest] = (text ?? '').split('_')
  if (kind === 'blurred') return blurred(rest, text)
  if (text === 'dominant') return { kind: 'dominant' }
  if (kind === 'gradient' && rest[0] === 'dominant') {
    const stops = rest[1] ?? '2'
    if ((stops !== '2' && stops !== '4') || rest.length > 2) throw refused('bg', text, 'gradient_dominant, _2 or _4')
    return { kind: 'gradient', stops: { dominant: stops === '2' ? 2 : 4 }, angle: 180 }
  }
  if (kind.startsWith('genfill'))
    throw new Fault('unsupported', 'bg-genfill is not available on this server', { context: { parameter: 'bg' } })
  return { kind: 'solid', colour: colour('bg', text) }
}

function blurred([intensity = 'auto', brightness = '0', ...rest]: readonly string[], text: string | null): Paint {
  if (rest.length > 0) throw refused('bg', text, 'blurred_intensity_brightness')
  return {
    kind: 'blurred',
    sigma: intensity === 'auto' ? 'auto' : integer('bg', intensity, 0, 100),
    brightness: integer('bg', brightness, -255, 255),
  }
}

/** `true` lies between 5 and 15 on the service; 10 (imagekit §4.5). */
const TRIM_TOLERANCE = 10

function trim(text: string | null): number | false {
  if (text === null || text === 'true') return TRIM_TOLERANCE
  return text === 'false' ? false : integer('t', text, 1, 99)
}

function replacement(text: string | null): Values['replace'] {
  const [to = '', tolerance = '35', from, ...rest] = (text ?? '').split('_')
  if (rest.length > 0) throw refused('cr', text, 'to_tolerance_from')
  return {
    to: colour('cr', to),
    tolerance: integer('cr', tolerance, 0, 100),
    ...(from === undefined ? {} : { from: colour('cr', from) }),
  }
}

function unsharp(text: string | null): Values['unsharp'] {
  const parts = (text ?? '').split('-')
  if (parts.length !== 4) throw refused('e-usm', text, 'radius-sigma-amount-threshold')
  const [radius = 0, sigma = 0, amount = 0, threshold = 0] = parts.map((part) => decimal('e-usm', part, 0, 1000))
  return { radius, sigma, amount, threshold }
}

/** Splits `bl-15_st-40` into its named parts; only `names` may occur, each once. */
function parts<N extends string>(key: string, text: string | null, names: readonly N[]): Partial<Record<N, string>> {
  const found: Partial<Record<N, string>> = {}
  for (const part of text === null || text === 'true' ? [] : text.split('_')) {
    const dash = part.indexOf('-')
    const name = names.find((candidate) => candidate === part.slice(0, dash))
    if (name === undefined || found[name] !== undefined)
      throw refused(key, text, `${names.join(', ')}, each as name-value, joined by _`)
    found[name] = part.slice(dash + 1)
  }
  return found
}

function shadow(text: string | null): Values['shadow'] {
  const { bl = '10', st = '30', x = '2', y = '2' } = parts('e-shadow', text, ['bl', 'st', 'x', 'y'])
  return {
    blur: integer('e-shadow', bl, 0, 15),
    strength: integer('e-shadow', st, 0, 100),
    x: integer('e-shadow', x, -100, 100),
    y: integer('e-shadow', y, -100, 100),
  }
}

const DIRECTIONS: Readonly<Record<string, number>> = {
  top: 0,
  top_right: 45,
  right: 90,
  bottom_right: 135,
  bottom: 180,
  bottom_left: 225,
  left: 270,
  top_left: 315,
}

function gradient(text: string | null): Gradient {
  // A direction may itself hold the separator (top_left), and so may an expression (bh_mul_0.4): cut before the next name only.
  const pieces = (text ?? '').split(/_(?=(?:ld|from|to|sp)-)/)
  const found = new Map(
    text === null || text === 'true'
      ? []
      : pieces.map((piece) => [piece.slice(0, piece.indexOf('-')), piece.slice(piece.indexOf('-') + 1)]),
  )
  for (const name of found.keys())
    if (!['ld', 'from', 'to', 'sp'].includes(name)) throw refused('e-gradient', text, 'ld, from, to, sp')
  const direction = found.get('ld') ?? 'bottom'
  const stop = found.get('sp') ?? '1'
  const reach = arithmetic('e-gradient', stop, (value) => decimal('e-gradient', value, 0, LARGEST_SIDE))
  return {
    angle: DIRECTIONS[direction] ?? decimal('e-gradient', direction, 0, 359),
    from: colour('e-gradient', found.get('from') ?? 'FFFFFF'),
    to: colour('e-gradient', found.get('to') ?? '00000000'),
    reach,
    reachIsPart: typeof reach === 'number' && reach <= 1,
  }
}

function colorize(text: string | null): Values['colorize'] {
  const found = parts('e-colorize', text, ['co', 'in'])
  return {
    colour: colour('e-colorize', found.co ?? 'gray'),
    intensity: integer('e-colorize', found.in ?? '100', 0, 100),
  }
}

function distort(text: string | null): Values['distort'] {
  const value = text ?? ''
  if (value.startsWith('a-')) return { kind: 'arc', degrees: decimal('e-distort', value.slice(2), -360, 360) }
  const numbers = value.startsWith('p-') ? value.slice(2).split('_') : []
  if (numbers.length !== 8) throw refused('e-distort', text, 'p- and four corners, or a- and degrees')
  return {
    kind: 'perspective',
    corners: numbers.map((number) => integer('e-distort', number, -LARGEST_SIDE, LARGEST_SIDE)),
  }
}

function base64(text: string | null): string {
  const value = (text ?? '').replaceAll('-', '+').replaceAll('_', '/')
  if (value === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) throw refused('ie', text, 'base64')
  return Buffer.from(value, 'base64').toString('utf8')
}

function padding(text: string | null): readonly Expression[] {
  if (text !== null && isExpression(text)) return [expression('pa', text)]
  const sides = (text ?? '').split('_').map((part) => integer('pa', part, 0, 10_000))
  if (sides.length > 4) throw refused('pa', text, 'one to four numbers')
  return sides
}

function typography(text: string | null): Values {
  const words = (text ?? '')
    .split('_')
    .map((part) => word('tg', part, ['b', 'i', 'strikethrough', 'bold', 'italic'] as const))
  return {
    bold: words.includes('b') || words.includes('bold'),
    italic: words.includes('i') || words.includes('italic'),
    strikethrough: words.includes('strikethrough'),
  }
}

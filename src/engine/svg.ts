import type { Facts, Size } from '../plan/facts.ts'

/** How far the root element is looked for. */
const HEAD = 16_384
/** Sides that nothing says (CSS 2.1 §10.3.2, as browsers have them). */
const UNSAID: Size = { width: 300, height: 150 }
/** Pixels in one of each unit at 96 dots an inch; `em` at a browser's usual 16 pixels. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 96 / 72,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  q: 96 / 101.6,
  em: 16,
  rem: 16,
  ex: 8,
}

/** The start tag of the root element: where it stands, and its attributes as they are written (quotes removed). */
export type SvgRoot = {
  readonly start: number
  readonly end: number
  /** Name with its prefix. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  /** The tag closes itself. */
  readonly empty: boolean
}
export type ViewBox = Size & { readonly x: number; readonly y: number }
/** Sides in pixels, not rounded. */
export type SvgGeometry = Size & { readonly viewBox?: ViewBox }

/** Whether the first element of the text is `svg`, after a byte order mark, the XML declaration, comments and a doctype. */
export function isSvg(bytes: Uint8Array): boolean {
  return svgRoot(headOf(bytes)) !== undefined
}

/** Facts from the root element alone: nothing is rendered, no XML or SVG library sees the bytes. */
export function svgFacts(bytes: Uint8Array): Facts {
  return {
    format: 'svg',
    ...svgSize(bytes),
    frames: 1,
    orientation: 1,
    alpha: true,
    depth: 8,
    space: 'rgb',
    profile: false,
    bytes: bytes.length,
  }
}

/** Sides in whole pixels, at least 1; see `svgGeometry`. */
export function svgSize(bytes: Uint8Array): Size {
  const { width, height } = svgGeometry(svgRoot(headOf(bytes)))
  return { width: side(width), height: side(height) }
}

/**
 * What the root element says: `width` and `height` in any absolute unit; one that is missing or relative follows from the view
 * box, and 300 × 150 where there is none (imagekit §7.3: the view box's own size when both are missing).
 */
export function svgGeometry(root: SvgRoot | undefined): SvgGeometry {
  const width = pixels(root?.attributes.get('width'))
  const height = pixels(root?.attributes.get('height'))
  const viewBox = readViewBox(root?.attributes.get('viewBox'))
  if (!viewBox) return { width: width ?? UNSAID.width, height: height ?? UNSAID.height }
  if (width && height) return { width, height, viewBox }
  if (width) return { width, height: (width * viewBox.height) / viewBox.width, viewBox }
  if (height) return { width: (height * viewBox.width) / viewBox.height, height, viewBox }
  return { width: viewBox.width, height: viewBox.height, viewBox }
}

/** The root element's start tag, or nothing when the first element of the text is not `svg`. Linear in the text's length. */
export function svgRoot(text: string): SvgRoot | undefined {
  const start = afterProlog(text)
  const opening = /<((?:[A-Za-z_][\w.-]*:)?svg)(?=[\s/>])/y
  opening.lastIndex = start
  const name = opening.exec(text)?.[1]
  if (name === undefined) return undefined
  const attributes = new Map<string, string>()
  // A name with its value, the end, or one character that belongs to neither; a name is never looked at twice.
  const part = /([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?|(\/?>)|[^>]/y
  part.lastIndex = opening.lastIndex
  for (let found = part.exec(text); found; found = part.exec(text)) {
    const [, attribute, double, single, close] = found
    if (close !== undefined) return { start, end: part.lastIndex, name, attributes, empty: close === '/>' }
    const value = double ?? single
    if (attribute !== undefined && value !== undefined) attributes.set(attribute, value)
  }
  // Cut off by the end of what was looked at.
  return { start, end: text.length, name, attributes, empty: false }
}

function headOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD)).toString('utf8')
}

function afterProlog(text: string): number {
  let at = text.startsWith('\ufeff') ? 1 : 0
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++
    const end = text.startsWith('<?', at)
      ? after(text, '?>', at)
      : text.startsWith('<!--', at)
        ? after(text, '-->', at + 4)
        : /^<!doctype/i.test(text.slice(at, at + 9))
          ? afterDoctype(text, at)
          : undefined
    if (end === undefined) return at
    at = end
  }
}

function after(text: string, mark: string, from: number): number | undefined {
  const found = text.indexOf(mark, from)
  return found < 0 ? undefined : found + mark.length
}

/** A doctype may hold an internal subset in brackets, with `>` inside. */
function afterDoctype(text: string, from: number): number | undefined {
  const bracket = text.indexOf('[', from)
  const close = text.indexOf('>', from)
  if (bracket < 0 || close < bracket) return close < 0 ? undefined : close + 1
  const subset = text.indexOf(']', bracket)
  return subset < 0 ? undefined : after(text, '>', subset)
}

function readViewBox(value: string | undefined): ViewBox | undefined {
  const numbers =
    value
      ?.trim()
      .split(/[\s,]+/)
      .map(Number) ?? []
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return undefined
  const [x = 0, y = 0, width = 0, height = 0] = numbers
  return width > 0 && height > 0 ? { x, y, width, height } : undefined
}

/** A length above zero in pixels; relative ones say nothing about a picture that stands alone. */
function pixels(length: string | undefined): number | undefined {
  const found = /^\s*\+?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)([a-z]*)\s*$/i.exec(length ?? '')
  const value = Number(found?.[1] ?? 0) * (UNITS[found?.[2]?.toLowerCase() ?? ''] ?? 0)
  return value > 0 && Number.isFinite(value) ? value : undefined
}

function side(value: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(value)))
}

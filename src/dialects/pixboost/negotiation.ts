import type { Exchange } from '../../http/exchange.ts'
import { acceptsGzip, firstLine } from '../../http/headers.ts'
import type { Offer } from '../../plan/facts.ts'
import type { Ask, Choose, Expression, OutputFormat, Quality } from '../../plan/plan.ts'
import type { Operation } from './grammar.ts'
import type { Level, Size } from './parameters.ts'

/** All of a request's headers that an answer may depend on. */
export type Senses = {
  readonly avif: boolean
  readonly webp: boolean
  readonly jxl: boolean
  readonly saveData: boolean
  readonly gzip: boolean
  readonly scheme: 'http' | 'https'
}

/** Reads them: the first Accept line, its tokens compared exactly and case-sensitively (pixboost §7). */
export function sense({ req, scheme }: Pick<Exchange, 'req' | 'scheme'>): Senses {
  const accept = acceptTokens(firstLine(req.rawHeaders, 'accept') ?? '')
  return {
    avif: accept.avif,
    webp: accept.webp,
    jxl: accept.jxl,
    saveData: firstLine(req.rawHeaders, 'save-data') === 'on',
    gzip: acceptsGzip(req.headers['accept-encoding']),
    scheme,
  }
}

function acceptTokens(line: string): Pick<Senses, 'avif' | 'webp' | 'jxl'> {
  // Most lines name none or few of the three: look before splitting.
  const has = (token: string) => line.includes(token) && line.split(',').some((part) => part.trim() === token)
  return { avif: has('image/avif'), webp: has('image/webp'), jxl: has('image/jxl') }
}

/** One character for all of them: with the raw target it says everything a compiled request depends on. */
export function senseKey({ avif, webp, jxl, saveData, gzip, scheme }: Senses): string {
  const bits =
    (avif ? 1 : 0) |
    (webp ? 2 : 0) |
    (jxl ? 4 : 0) |
    (saveData ? 8 : 0) |
    (gzip ? 16 : 0) |
    (scheme === 'https' ? 32 : 0)
  return String.fromCharCode(64 + bits)
}

/** Every offer a viewer can make, for warming up (pixboost §13). */
export const EVERY_OFFER: readonly Offer[] = [[], ['webp'], ['avif'], ['webp', 'avif']]

export function offerOf({ webp, avif }: Pick<Senses, 'webp' | 'avif'>): Offer {
  if (webp) return avif ? ['webp', 'avif'] : ['webp']
  return avif ? ['avif'] : []
}

/** What asis passes on to a web server: a normalised pair, so that the cache can hold it (pixboost §4). */
export function askOf({ avif, webp, jxl, gzip }: Pick<Senses, 'avif' | 'webp' | 'jxl' | 'gzip'>): Ask {
  const named = [...(jxl ? ['image/jxl'] : []), ...(avif ? ['image/avif'] : []), ...(webp ? ['image/webp'] : [])]
  return { accept: [...named, '*/*'].join(','), encoding: gzip ? 'gzip' : 'identity' }
}

/**
 * The format decision of pixboost §7 without JPEG XL, which this server cannot write. An animation is never sent as AVIF,
 * where it would lose its frames; the contract says so for GIF, here it holds for animated WebP too.
 */
export function chooseFormat(operation: Operation, size: Size | undefined): Choose {
  const area = estimatedArea(operation, size)
  return {
    kind: 'negotiated',
    candidates: [
      {
        format: 'avif',
        unless: [
          { kind: 'source-format', formats: ['gif'] },
          { kind: 'animated' },
          { kind: 'illustration' },
          { kind: 'area-zero', area },
          { kind: 'area', area, atLeast: 4_000_000 },
        ],
      },
      { format: 'webp', unless: [{ kind: 'source-side', atLeast: 16_383 }] },
    ],
    otherwise: { kind: 'as-source', substitute: 'png' },
  }
}

/** A of pixboost §7: what the engine expects the output to measure, from the stored sides and the wish. */
function estimatedArea(operation: Operation, { width, height }: Size = {}): Expression {
  const w: Expression = { get: 'initialWidth' }
  const h: Expression = { get: 'initialHeight' }
  if (operation === 'fit' && width !== undefined && height !== undefined) return width * height
  // With W given, H plays no part, although the result may be far smaller (pixboost §17).
  if (width !== undefined) return times(width, truncated(times(width, h), w))
  if (height !== undefined) return times(height, truncated(times(height, w), h))
  return times(w, h)
}

function times(left: Expression, right: Expression): Expression {
  return { op: 'mul', left, right }
}

function truncated(dividend: Expression, divisor: Expression): Expression {
  return { op: 'trunc', of: { op: 'div', left: dividend, right: divisor } }
}

/** Photographs as the engine keeps them: lossy formats follow the source, a PNG counts as 100 (pixboost §8). */
const LIKE_SOURCE = {
  unknown: 75,
  rows: [
    { above: 99, quality: 82 },
    { above: 0, quality: 'source' },
  ],
} as const

const TABLES: Extract<Quality, { readonly kind: 'by-source' }>['tables'] = {
  avif: {
    unknown: 70,
    rows: [
      { above: 85, quality: 70 },
      { above: 75, quality: 60 },
      { above: 0, quality: 50 },
    ],
  },
  webp: LIKE_SOURCE,
  jpeg: LIKE_SOURCE,
}

const LESS = { default: 0, low: 10, lower: 20 } as const satisfies Record<Level, number>

/** The tables of pixboost §8. Lossless output ignores them. */
export function qualityAt(level: Level): Quality {
  return { kind: 'by-source', tables: TABLES, less: LESS[level] }
}

/** Formats whose profile is kept; PNG output is converted to sRGB without one (pixboost §10). */
export const PROFILED: readonly OutputFormat[] = ['jpeg', 'webp', 'avif']

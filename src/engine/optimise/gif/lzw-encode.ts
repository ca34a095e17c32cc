import { createDictionary, type Dictionary, errorAt, MOST_CODES, type Raster } from './dictionary.ts'

/** How much time is spent on the fewest bytes. */
export type Effort = {
  /** How many values before the end of the longest sequence another may begin, when the two together reach further. */
  readonly lookBack: number
  /** Places at which a dictionary may be renewed, so many in the stretch that fills one; 0: when it is full. */
  readonly grid: number
}

/** Milliseconds for a million values of noise: 300, 2,500, 5,000 and more. */
export const EFFORTS = {
  quick: { lookBack: 0, grid: 0 },
  careful: { lookBack: 1, grid: 3 },
  thorough: { lookBack: 4, grid: 8 },
} as const satisfies Record<string, Effort>

/** Codes after which it is renewed at the latest, unless it is kept to the end. */
const MOST_HELD = 3 * MOST_CODES

/**
 * Indices in the variable-length LZW of GIF89a, appendix F. Where several indices may stand, those that lengthen known sequences
 * are taken. With more effort sequences are cut short when the next one then reaches further, and the dictionary is renewed where that
 * costs the fewest bits over the whole frame (shortest path over a grid of places).
 */
export function lzwEncode(raster: Raster, codeSize: number, effort: Effort): Uint8Array {
  const dictionary = createDictionary(codeSize)
  const { length } = raster.indices
  const costs = costOf(codeSize, length + 1)
  const out = createBits(length)
  const clear = 1 << codeSize
  out.put(clear, codeSize + 1)
  const places = effort.grid > 0 ? [...bestRenewals(raster, dictionary, costs, effort), length] : undefined
  for (let at = 0; at < length; ) {
    const end = places?.find((place) => place > at) ?? length
    let [reached, codes] = [end, 0]
    walk(part(raster, at, end), dictionary, 0, effort.lookBack, (place, count, code) => {
      const full = !places && dictionary.size === MOST_CODES
      codes = count
      reached = at + place
      if (code >= 0 && !full) out.put(code, costs.widths[count] ?? 0)
      return !full
    })
    at = reached
    out.put(at < length ? clear : clear + 1, costs.widths[codes] ?? 0)
  }
  return out.bytes()
}

/** The places from `start` to before `end`. */
function part({ indices, holes, near }: Raster, start: number, end: number): Raster {
  const cut = holes && { ...holes, at: holes.at.subarray(start, end) }
  return { indices: indices.subarray(start, end), holes: cut, near }
}

/** Codes of any width one after the other, the lowest bits first; room for `most` codes and as many renewals as can be. */
function createBits(most: number) {
  const out = new Uint8Array(Math.ceil(1.5 * most) + Math.ceil(most / 16) + 16)
  let [at, held, bits] = [0, 0, 0]
  return {
    put(code: number, width: number): void {
      held |= code << bits
      bits += width
      for (; bits >= 8; bits -= 8) {
        out[at++] = held & 255
        held >>>= 8
      }
    },
    bytes(): Uint8Array {
      if (bits > 0) out[at++] = held & 255
      return out.slice(0, at)
    },
  }
}

/** Of the first n codes after a renewal: their bits together, and the width of the one that follows. */
type Costs = { readonly bits: Uint32Array; readonly widths: Uint8Array }

function costOf(codeSize: number, most: number): Costs {
  const bits = new Uint32Array(most + 1)
  const widths = new Uint8Array(most + 1)
  let width = codeSize + 1
  widths[0] = width
  for (let count = 1, next = (1 << codeSize) + 2; count <= most; count++, next++) {
    bits[count] = (bits[count - 1] ?? 0) + width
    // The decoder learns a code one step later than the encoder.
    if (next === 1 << width && width < 12) width++
    widths[count] = width
  }
  return { bits, widths }
}

/** Sequences from `start` on with a fresh dictionary, until `see` has seen enough. It is called with each code, and at the end. */
function walk(
  raster: Raster,
  dictionary: Dictionary,
  start: number,
  lookBack: number,
  see: (at: number, count: number, code: number) => boolean,
): void {
  const { length } = raster.indices
  dictionary.forget()
  let [at, count, before] = [start, 0, -1]
  while (at < length) {
    const guess = before >= 0 && guessNext(raster, dictionary, at, before)
    const found = lookBack > 0 ? reachFar(raster, dictionary, at, lookBack) : dictionary.match(raster, at)
    const first = dictionary.first(found.code)
    if (guess && first !== dictionary.first(before)) dictionary.unlearn()
    if (before >= 0 && (!guess || first !== dictionary.first(before))) dictionary.learn(before, first)
    if (!see(at, count, found.code)) return
    at += found.length
    count++
    before = found.code
  }
  see(at, count, -1)
}

/** A sequence that repeats its own beginning may be used in the very moment in which it is learnt. */
function guessNext(raster: Raster, dictionary: Dictionary, at: number, before: number): boolean {
  if (dictionary.size === MOST_CODES) return false
  const first = dictionary.first(before)
  const fits = errorAt(raster, at, first) <= (raster.near?.tolerance ?? 0)
  if (fits) dictionary.learn(before, first)
  return fits
}

/** The sequence, cut by up to `lookBack` values, after which the next one reaches furthest. */
function reachFar(raster: Raster, dictionary: Dictionary, at: number, lookBack: number) {
  const longest = dictionary.match(raster, at)
  const { length } = raster.indices
  if (longest.length === 1 || at + longest.length === length) return longest
  let best = longest
  let furthest = -1
  for (let { code, length: kept } = longest; kept > 0 && kept >= longest.length - lookBack; kept--) {
    const reach = at + kept + dictionary.match(raster, at + kept).length
    if (reach > furthest) {
      furthest = reach
      best = { code, length: kept }
    }
    code = dictionary.shorter(code)
  }
  return best
}

/** Where the dictionary is thrown away, besides the beginning: the cheapest path over the places of a grid. */
function bestRenewals(
  raster: Raster,
  dictionary: Dictionary,
  { bits, widths }: Costs,
  { grid, lookBack }: Effort,
): readonly number[] {
  const { length } = raster.indices
  const step = Math.max(64, Math.floor(fillLength(raster, dictionary) / grid))
  const last = Math.ceil(length / step)
  const cost = new Float64Array(last + 1).fill(Number.POSITIVE_INFINITY)
  const from = new Int32Array(last + 1)
  cost[0] = 0
  for (let node = 0; node < last; node++) {
    let reached = node + 1
    walk(raster, dictionary, node * step, lookBack, (at, count) => {
      // A sequence that a renewal cuts off is known too: all its beginnings are.
      const total = (cost[node] ?? 0) + (bits[count] ?? 0) + (widths[count] ?? 0)
      for (; reached <= last && Math.min(length, reached * step) <= at; reached++) {
        if (total < (cost[reached] ?? 0)) {
          cost[reached] = total
          from[reached] = node
        }
      }
      return reached <= last && (node === 0 || count < MOST_HELD)
    })
  }
  const renewals: number[] = []
  for (let node = from[last] ?? 0; node > 0; node = from[node] ?? 0) renewals.push(node * step)
  return renewals.reverse()
}

/** How far one dictionary reaches until it is full. */
function fillLength(raster: Raster, dictionary: Dictionary): number {
  let reach = raster.indices.length
  walk(raster, dictionary, 0, 0, (at) => {
    reach = at
    return dictionary.size < MOST_CODES
  })
  return reach
}

import { distance } from './change.ts'
import type { Near } from './dictionary.ts'

/** Colours of a table, in its order. */
export type Colours = readonly number[]

const MOST = 256

/** How often each colour is painted in a frame. */
export type Counts = ReadonlyMap<number, number>

export function countColours(colours: Int32Array, same: Uint8Array): Counts {
  const counts = new Map<number, number>()
  for (let i = 0; i < colours.length; i++) {
    if (same[i] === 1) continue
    const colour = colours[i] ?? -1
    let run = 1
    for (; colours[i + 1] === colour && same[i + 1] === 0; i++) run++
    counts.set(colour, (counts.get(colour) ?? 0) + run)
  }
  return counts
}

export function byFrequency(counts: Counts): Colours {
  return [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour)
}

/**
 * The table that as many frames as possible share, from the first on; which frames do. Colours of frames with few come first, so
 * that those frames use low indices only, which take fewer bits.
 */
export function sharedColours(frames: readonly Counts[]): {
  readonly colours: Colours
  readonly shared: readonly boolean[]
} {
  const all = new Set<number>()
  const shared = frames.map((counts) => {
    const added = [...counts.keys()].filter((colour) => !all.has(colour))
    if (all.size + added.length > MOST) return false
    for (const colour of added) all.add(colour)
    return true
  })
  const sharing = frames.filter((_, i) => shared[i]).toSorted((a, b) => a.size - b.size)
  return { colours: [...new Set(sharing.flatMap(byFrequency))], shared }
}

/** RGB triples of colours; at least so many entries. */
export function tableOf(colours: Colours, entries: number): Uint8Array {
  const table = new Uint8Array(3 * Math.max(2, colours.length, entries))
  for (const [i, colour] of colours.entries()) table.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * i)
  return table
}

/** Which colours of a table may stand for which; undefined when each stands for itself only. */
export function nearColours(colours: Colours, tolerance: number): Near | undefined {
  if (tolerance <= 0) return undefined
  const errors = new Float32Array(MOST * MOST).fill(Number.POSITIVE_INFINITY)
  const neighbours = colours.map((wanted, index) => {
    const row = errors.subarray(index * MOST, (index + 1) * MOST)
    for (const [other, shown] of colours.entries()) row[other] = distance(wanted, shown)
    const near = colours.map((_, other) => other).filter((other) => other !== index && (row[other] ?? 0) <= tolerance)
    return Uint8Array.from(near.sort((a, b) => (row[a] ?? 0) - (row[b] ?? 0)))
  })
  return { errors, tolerance, neighbours }
}

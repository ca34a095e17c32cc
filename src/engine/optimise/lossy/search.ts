/** An encode and how alike it is to its source. */
export type Attempt = { readonly bytes: Uint8Array; readonly quality: number; readonly similarity: number }

/** What is searched: whole qualities `low`…`high` of an encoder, beginning at `start`. */
export type Range = { readonly low: number; readonly high: number; readonly start: number }

export type Search = {
  readonly encode: (quality: number) => Promise<Attempt>
  readonly range: Range
  /** Similarity to reach, 0…1. */
  readonly target: number
  /** Encodes at most; at least one is made. */
  readonly attempts: number
}

/**
 * −ln(1 − similarity) grows about as a straight line with the quality of an encoder: 0.027 a step, measured on painted
 * photographs with mozjpeg between 60 and 85.
 */
const USUAL_SLOPE = 0.027
/** A step of this many qualities changes the bytes by less than three in a hundred: not worth an encode. */
const NOT_WORTH = 1
/** Qualities above the range at which a target counts as out of reach. */
const FAR_BEYOND = 20

/**
 * The fewest bytes whose similarity reaches the target, found in a few encodes: each guess follows the straight line through the
 * nearest attempts and stays between what failed and what passed. When the target lies just beyond the range, the attempt most
 * alike. When it lies far beyond, the measure sees grain, which no quality keeps: the first attempt, and no others are made.
 */
export async function searchQuality({ encode, range, target, attempts }: Search): Promise<Attempt> {
  const tried: Attempt[] = []
  let next: number | undefined = range.start
  while (next !== undefined && tried.length < Math.max(1, attempts)) {
    tried.push(await encode(next))
    next = nextQuality(tried, range, target)
  }
  const passed = tried.filter(({ similarity }) => similarity >= target).toSorted(byBytes)
  const [best] = [...passed, ...tried.toSorted(byLikeness)]
  if (!best) throw new Error('a search makes at least one attempt')
  return best
}

const byBytes = (a: Attempt, b: Attempt) => a.bytes.length - b.bytes.length
const byLikeness = (a: Attempt, b: Attempt) => b.similarity - a.similarity

/** Where to look next; undefined when nothing can be gained. Pure. */
export function nextQuality(
  tried: readonly Pick<Attempt, 'quality' | 'similarity'>[],
  { low, high }: Range,
  target: number,
): number | undefined {
  const passed = tried.filter(({ similarity }) => similarity >= target).map(({ quality }) => quality)
  const failed = tried.filter(({ similarity }) => similarity < target).map(({ quality }) => quality)
  // Half-open: what lies between has not been tried.
  const from = Math.max(low, ...failed.map((quality) => quality + 1))
  const to = Math.min(high, ...passed.map((quality) => quality - 1))
  if (from > to) return undefined
  const wished = guessQuality(tried, target)
  if (tried.length === 1 && wished > high + FAR_BEYOND) return undefined
  const guess = Math.min(to, Math.max(from, Math.round(wished)))
  const lowestPassed = Math.min(...passed)
  return lowestPassed - guess <= NOT_WORTH ? undefined : guess
}

function guessQuality(tried: readonly Pick<Attempt, 'quality' | 'similarity'>[], target: number): number {
  const points = tried.map(({ quality, similarity }) => ({ quality, height: heightOf(similarity) }))
  const wanted = heightOf(target)
  const [a, b] = points.toSorted((one, other) => Math.abs(one.height - wanted) - Math.abs(other.height - wanted))
  if (!a) return 0
  const measured = b && a.quality !== b.quality ? (b.height - a.height) / (b.quality - a.quality) : USUAL_SLOPE
  // A line that falls or lies flat comes from noise in the measure.
  const slope = measured > USUAL_SLOPE / 8 ? measured : USUAL_SLOPE
  // A hair above the line, since a miss costs another encode.
  return a.quality + (wanted - a.height) / slope + 0.5
}

function heightOf(similarity: number): number {
  return -Math.log(Math.max(1e-6, 1 - similarity))
}

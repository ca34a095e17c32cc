import type { Raw } from '../raw.ts'

/** Steps in which the fall of a vignette is computed; finer ones cannot be told apart in 8 bits. */
const STEPS = 1024
/** Where a vignette begins: the part of the way from the centre to the inscribed ellipse. */
const UNTOUCHED = 0.5

/**
 * Fades an RGBA picture along ellipses of its shape: all of it stays up to half the way to the inscribed ellipse; from there on
 * the part of the alpha that is taken away grows to `strength` (0…1), evenly or as a Gaussian falls (3 sigma). In place.
 */
export function vignette(picture: Raw, strength: number, falloff: 'gaussian' | 'linear'): void {
  const { data, width, height } = picture
  const kept = keptAlong(strength, falloff)
  const across = squares(width)
  for (const [y, down] of squares(height).entries()) {
    for (let x = 0, i = 4 * y * width + 3; x < width; x++, i += 4) {
      const way = Math.sqrt((across[x] ?? 0) + down)
      const step = Math.min(STEPS, Math.round(STEPS * way))
      data[i] = Math.round((data[i] ?? 0) * (kept[step] ?? 0))
    }
  }
}

/** The part of the alpha that stays, from the centre (0) to the inscribed ellipse (STEPS). */
function keptAlong(strength: number, falloff: 'gaussian' | 'linear'): Float64Array {
  const end = Math.exp(-4.5)
  return Float64Array.from({ length: STEPS + 1 }, (_, step) => {
    const way = Math.max(0, step / STEPS - UNTOUCHED) / (1 - UNTOUCHED)
    const left = falloff === 'linear' ? 1 - way : (Math.exp(-4.5 * way * way) - end) / (1 - end)
    return 1 - Math.min(1, strength) * (1 - left)
  })
}

/** Squared distances of pixels from the middle of a side, which is 1 long from its middle to its end. */
function squares(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => ((at + 0.5) / (length / 2) - 1) ** 2)
}

/**
 * Tears the sides off an RGBA picture, at each place between `least` and `most` pixels deep. How deep follows from the place and
 * the size of the picture alone. In place.
 */
export function tornEdges(picture: Raw, least: number, most: number): void {
  const { data, width, height } = picture
  const tear = (side: number, length: number) => tearLine(length, side, width, height, least, most)
  const top = tear(1, width)
  const bottom = tear(2, width)
  const left = tear(3, height)
  const right = tear(4, height)
  const reach = Math.ceil(most) + 1
  for (let y = 0; y < height; y++) {
    const inner = y >= reach && y < height - reach
    for (let x = 0; x < width; x++) {
      if (inner && x === reach && width > 2 * reach) x = width - reach
      const inside = Math.min(
        x + 0.5 - (left[y] ?? 0),
        width - x - 0.5 - (right[y] ?? 0),
        y + 0.5 - (top[x] ?? 0),
        height - y - 0.5 - (bottom[x] ?? 0),
      )
      if (inside >= 0.5) continue
      const i = 4 * (y * width + x) + 3
      data[i] = Math.round((data[i] ?? 0) * Math.max(0, inside + 0.5))
    }
  }
}

/** How deep each pixel of a side is torn: noise in octaves, the coarsest a few times as wide as it is deep, the finest of 2 pixels. */
function tearLine(
  length: number,
  side: number,
  width: number,
  height: number,
  least: number,
  most: number,
): Float64Array {
  const seed = mixed(mixed(side, width), height)
  const line = new Float64Array(length)
  let whole = 0
  let share = 1
  for (let cell = Math.max(4, 4 * (most - least)); cell >= 2; cell /= 2, share *= 0.6) {
    whole += share
    const octave = mixed(seed, Math.round(cell * 16))
    for (let at = 0; at < length; at++) line[at] = (line[at] ?? 0) + share * noise(octave, at / cell)
  }
  // Octaves seldom are at their ends together: stretched, so that the whole depth is seen.
  return line.map((sum) => least + (most - least) * Math.min(1, Math.max(0, 0.5 + 1.6 * (sum / whole - 0.5))))
}

/** Values 0…1 at whole places, straight lines between them. */
function noise(seed: number, at: number): number {
  const before = Math.floor(at)
  const from = mixed(seed, before) / 2 ** 32
  return from + (at - before) * (mixed(seed, before + 1) / 2 ** 32 - from)
}

/** 32 bits that look random, from two numbers (the finaliser of MurmurHash3, A. Appleby). */
function mixed(a: number, b: number): number {
  let bits = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x165667b1, 0xc2b2ae35)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

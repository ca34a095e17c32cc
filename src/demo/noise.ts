/** Repeatable randomness: the same seed makes the same picture on every machine. */

/** A stream of numbers 0…1 (mulberry32 by Tommy Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Smooth noise over the plane, −1…1, with features about one unit in size. */
export type Noise = (x: number, y: number) => number

/** Value noise on a lattice of 256×256 random numbers, interpolated by a quintic so that slopes are smooth as well. */
export function noiseFrom(seed: number): Noise {
  const random = randomFrom(seed)
  const lattice = new Float32Array(65_536)
  for (let index = 0; index < lattice.length; index += 1) lattice[index] = random() * 2 - 1
  return (x, y) => {
    const left = Math.floor(x)
    const top = Math.floor(y)
    const u = fade(x - left)
    const v = fade(y - top)
    const row = (top & 255) << 8
    const next = ((top + 1) & 255) << 8
    const west = left & 255
    const east = (left + 1) & 255
    // The indices are inside by their masks; `|| 0` tells it to the compiler.
    const nw = lattice[row | west] || 0
    const sw = lattice[next | west] || 0
    const above = nw + u * ((lattice[row | east] || 0) - nw)
    return above + v * (sw + u * ((lattice[next | east] || 0) - sw) - above)
  }
}

/** Fractal sum of a noise: every octave twice as fine and `gain` times as strong. About −1…1. */
export function fractal(noise: Noise, x: number, y: number, octaves: number, gain = 0.5): number {
  let [sum, strength, total, scale] = [0, 1, 0, 1]
  for (let octave = 0; octave < octaves; octave += 1) {
    // The offset keeps the octaves' lattices from lying on one another.
    sum += strength * noise(x * scale + octave * 17.3, y * scale + octave * 9.1)
    total += strength
    strength *= gain
    scale *= 2.03
  }
  return sum / total
}

/** Like `fractal`, folded so that it has sharp crests: 0 in the valleys, 1 on the ridges. */
export function ridged(noise: Noise, x: number, y: number, octaves: number): number {
  let [sum, strength, total, scale] = [0, 1, 0, 1]
  for (let octave = 0; octave < octaves; octave += 1) {
    const crest = 1 - Math.abs(noise(x * scale + octave * 31.7, y * scale + octave * 3.3))
    sum += strength * crest ** 1.3
    total += strength
    strength *= 0.48
    scale *= 2.07
  }
  return sum / total
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10)
}

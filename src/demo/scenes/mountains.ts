import {
  add,
  between,
  canvas,
  clamp,
  cover,
  develop,
  gradient,
  light,
  mix,
  paint,
  type RawPicture,
  scale,
  smooth,
  span,
} from '../canvas.ts'
import { fractal, noiseFrom, randomFrom, ridged } from '../noise.ts'
import { pines } from './pines.ts'

const SKY = [
  [0, light('#1d2a56')],
  [0.3, light('#4d4a86')],
  [0.55, light('#b06a90')],
  [0.78, light('#f0946a')],
  [1, light('#ffd08a')],
] as const
const RANGES = 6
const SUN = light('#ffcf8a')
const HAZE = light('#e79a80')
const CLOUD = light('#6a5a8e')
const CLOUD_LIT = light('#ffb184')
const VEIL = light('#7d6596')
const WOOD = light('#0d0f22')
const WOOD_FAR = light('#2b2140')
const ROCK = light('#2a2748')
const LIT = light('#f2a27c')

/** Ranges of mountains after sunset, ever paler with distance, and firs in front of them. */
export function mountains(width: number, height: number): RawPicture {
  const target = canvas(width, height)
  const noise = noiseFrom(11)
  const unit = height / 1000
  const horizon = height * 0.6
  const sun = { x: width * 0.64, y: height * 0.55 }
  const random = randomFrom(5)
  /** The upper edge of a range, column by column, in pixels from the top. */
  const crest = (range: number) => {
    const near = range / (RANGES - 1)
    const wide = (520 - 60 * near) * unit
    return Array.from({ length: width }, (_, x) => {
      const peaks = ridged(noise, x / wide + range * 7.7, range * 4.1, 6)
      const slope = fractal(noise, x / (900 * unit) + range * 3.3, 20 + range, 3)
      return height * (0.545 + 0.065 * range) - height * (0.34 - 0.18 * near) * (peaks - 0.5) - height * 0.05 * slope
    })
  }
  const stars = Array.from({ length: 90 }, () => ({
    x: random() * width,
    y: random() ** 1.5 * height * 0.3,
    force: random() ** 3,
  }))

  const crests = Array.from({ length: RANGES }, (_, range) => crest(range))
  const skyline = crests[0] ?? []

  paint(target, (x, y) => {
    if (y > (skyline[x] ?? 0) + 1) return HAZE
    const distance = span((x - sun.x) * 0.62, y - sun.y) / height
    let colour = gradient(SKY, clamp(y / horizon))
    colour = add(colour, SUN, 0.55 * Math.exp(-distance * 5.2) + 0.9 * Math.exp(-distance * 26))
    // Streaks of cloud, lit from below near the sun.
    const high = y / height
    const streak = fractal(noise, x / (430 * unit) + 3, (y / (58 * unit)) * (1 + high), 5, 0.55)
    const cloud = smooth((streak - 0.08) / 0.42) * smooth((0.56 - high) / 0.3) * smooth((high - 0.03) / 0.12)
    const glow = mix(CLOUD, CLOUD_LIT, Math.exp(-distance * 2.4) * 1.25)
    return mix(colour, glow, cloud * 0.72)
  })
  for (const { x, y, force } of stars) {
    const at = (Math.floor(y) * width + Math.floor(x)) * 3
    for (let channel = 0; channel < 3; channel += 1)
      target.light[at + channel] = (target.light[at + channel] ?? 0) + 0.35 * force
  }

  for (let range = 0; range < RANGES; range += 1) {
    const near = range / (RANGES - 1)
    const top = crests[range] ?? []
    const hidden = crests[range + 1]
    const air = (1 - near) ** 1.15 * 0.93 + 0.03
    cover(target, between(target, top, hidden), (x, y) => {
      const depth = (y - (top[x] ?? 0)) / (height * 0.2)
      // Slopes that fall towards the sun take its colour: the derivative of a rock texture along x tells which.
      const sx = x / (46 * unit) + y / (90 * unit)
      const sy = y / (64 * unit) + range * 9
      const facing = fractal(noise, sx + 0.12, sy, 4, 0.6) - fractal(noise, sx - 0.12, sy, 4, 0.6)
      const side = facing * clamp((x - sun.x) / (width * 0.06), -1, 1)
      const lit = clamp(0.22 - side * 1.5) * Math.exp(-depth * 1.8) * (0.55 - 0.3 * near)
      const rock = mix(scale(ROCK, 0.75 + 0.5 * facing), LIT, lit)
      const fog = clamp(air + smooth(depth - 0.05) * (0.42 - 0.3 * near))
      const distance = span((x - sun.x) * 0.55, y - sun.y) / height
      const veil = add(mix(VEIL, HAZE, Math.exp(-distance * 2.1) * 1.2), SUN, 0.28 * Math.exp(-distance * 7))
      return mix(rock, veil, fog)
    })
  }

  const hill = (x: number) =>
    height * (0.93 - 0.1 * smooth(Math.abs(x / width - 0.52) * 1.7)) +
    fractal(noise, x / (260 * unit), 40, 4) * 26 * unit
  const wood = pines(target, {
    seed: 23,
    ground: hill,
    low: 40 * unit,
    high: 250 * unit,
    spacing: 15 * unit,
    density: (x) => 0.25 + 0.75 * smooth(Math.abs(x / width - 0.5) * 2.4 - 0.1),
  })
  cover(target, wood, (_, y) => mix(WOOD, WOOD_FAR, clamp(1.25 - y / height) * 0.6))
  return develop(target, { seed: 3, exposure: 1.04 })
}

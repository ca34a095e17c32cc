import {
  add,
  canvas,
  clamp,
  cover,
  develop,
  gradient,
  light,
  mix,
  paint,
  type RawPicture,
  smooth,
  span,
} from '../canvas.ts'
import { fractal, noiseFrom } from '../noise.ts'
import { pines } from './pines.ts'

const SKY = [
  [0, light('#6f9fa8')],
  [0.35, light('#a9c9c0')],
  [0.7, light('#f1e3b8')],
  [1, light('#f6e6c0')],
] as const
const LAYERS = 6
/** Directions below the sun that are told apart. */
const SHAFTS = 4096
const SUN = light('#fff0bf')
const MIST = light('#d6dcc2')
const FAR = light('#7fa39c')
const NEAR = light('#07191b')
const BIRD = light('#24393b')

/** A wooded valley in the morning mist, upright. */
export function forest(width: number, height: number): RawPicture {
  const target = canvas(width, height)
  const noise = noiseFrom(77)
  const unit = width / 1000
  const sun = { x: width * 0.3, y: height * 0.27 }
  const near = (x: number, y: number) => span(x - sun.x, y - sun.y) / width

  paint(target, (x, y) => {
    const distance = near(x, y)
    const cloud = smooth((fractal(noise, x / (300 * unit), y / (120 * unit), 5, 0.55) + 0.05) / 0.7)
    const air = mix(gradient(SKY, (y / height) * 1.7), MIST, cloud * 0.4)
    return add(
      air,
      SUN,
      0.5 * Math.exp(-distance * 3) + 0.8 * Math.exp(-distance * 14) + 3 * smooth((0.04 - distance) / 0.01),
    )
  })

  /** The ground under a layer of trees, from the farthest (0) to the nearest, in pixels from the top. */
  const baseOf = (close: number) => height * (0.42 + 0.47 * close ** 1.25)
  const groundOf = (layer: number) => {
    const close = layer / (LAYERS - 1)
    return (x: number) =>
      baseOf(close) -
      height * (0.12 - 0.05 * close) * fractal(noise, x / ((620 - 120 * close) * unit) + layer * 5.3, layer * 3.7, 4)
  }
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const close = layer / (LAYERS - 1)
    const base = baseOf(close)
    const high = (34 + 470 * close ** 1.7) * unit
    const wood = pines(target, {
      seed: 100 + layer,
      ground: groundOf(layer),
      ...(layer + 1 < LAYERS && { until: groundOf(layer + 1) }),
      low: high * 0.35,
      high,
      spacing: high * (0.09 + 0.05 * close),
      density: (x) => clamp(0.95 - 0.9 * close * smooth(1 - Math.abs(x / width - 0.42) * 3.2)),
    })
    cover(target, wood, (x, y) => {
      const own = mix(FAR, NEAR, close ** 0.55)
      // Mist lies in the hollows and is lit by the sun behind it.
      const depth = (y - (base - high * 0.5)) / (height * 0.2)
      const wisp = fractal(noise, x / (260 * unit) + layer, y / (80 * unit) + layer * 9, 4, 0.55)
      const mist = clamp(
        (smooth(depth) * 0.85 + wisp * 0.5 * smooth(depth + 0.3)) * (1 - close * 0.93) + (1 - close) * 0.36,
      )
      const distance = near(x, y)
      return mix(own, add(MIST, SUN, 0.3 * Math.exp(-distance * 2.4)), mist)
    })
  }

  const shafts = Array.from({ length: SHAFTS + 1 }, (_, at) =>
    smooth(fractal(noise, (at / SHAFTS) * Math.PI * 7 + 30, 3.5, 3, 0.6) * 1.3 + 0.15),
  )
  // Shafts of light fan out from the sun and are broken by the trees they pass.
  paint(target, (x, y) => {
    const at = (y * width + x) * 3
    const own: [number, number, number] = [target.light[at] ?? 0, target.light[at + 1] ?? 0, target.light[at + 2] ?? 0]
    if (y <= sun.y) return own
    const angle = Math.atan2(y - sun.y, x - sun.x)
    const distance = near(x, y)
    const shaft = (shafts[Math.floor((angle / Math.PI) * SHAFTS)] ?? 0) * smooth((y - sun.y) / (height * 0.2))
    return add(own, SUN, 0.13 * shaft * Math.exp(-distance * 1.5))
  })
  for (const [x, y, size] of [
    [0.62, 0.2, 17],
    [0.68, 0.215, 13],
    [0.71, 0.188, 15],
    [0.76, 0.23, 10],
    [0.58, 0.243, 9],
  ] as const) {
    bird(target.light, width, { x: x * width, y: y * height, size: size * unit })
  }
  return develop(target, { seed: 12, exposure: 1.02, vignette: 0.3 })
}

/** A gull far away: two arcs. */
function bird(
  values: Float32Array,
  width: number,
  { x: middle, y: top, size }: { readonly x: number; readonly y: number; readonly size: number },
): void {
  for (let step = -size; step <= size; step += 0.25) {
    const along = Math.abs(step) / size
    const height = -Math.sin(along * Math.PI * 0.8) * size * 0.34
    for (let thick = 0; thick < size * 0.16 * (1 - along) + 1; thick += 0.5) {
      const at = (Math.round(top + height + thick) * width + Math.round(middle + step)) * 3
      for (let channel = 0; channel < 3; channel += 1) values[at + channel] = BIRD[channel] ?? 0
    }
  }
}

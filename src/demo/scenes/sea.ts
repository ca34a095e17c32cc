import {
  add,
  canvas,
  clamp,
  develop,
  gradient,
  type Light,
  light,
  mix,
  paint,
  type RawPicture,
  scale,
  smooth,
  span,
} from '../canvas.ts'
import { fractal, noiseFrom } from '../noise.ts'

const SKY = [
  [0, light('#fff0c4')],
  [0.1, light('#ffd79a')],
  [0.3, light('#f0b79b')],
  [0.55, light('#9db4c6')],
  [1, light('#4d82b0')],
] as const
const SUN = light('#fff0cc')
const DEEP = light('#0a3a4c')
const SHALLOW = light('#1f6f78')
const LAND = light('#4c5a72')
const LAND_NEAR = light('#2a3546')
const BRIGHT_CLOUD = light('#fff4e2')
const DARK_CLOUD = light('#8f96ad')
const HULL = light('#3a2a2c')
const SAIL = light('#fff3dc')

/** A low sun over the open sea, a headland, and a sail in the glitter. */
export function sea(width: number, height: number): RawPicture {
  const target = canvas(width, height)
  const noise = noiseFrom(42)
  const horizon = height * 0.47
  const sun = { x: width * 0.36, y: height * 0.33 }

  /** The sky in a direction: x in pixels, `up` in picture heights above the horizon. */
  const sky = (x: number, up: number): Light => {
    const distance = span((x - sun.x) / height, up - (horizon - sun.y) / height)
    let colour = gradient(SKY, up / 0.5)
    const [cx, cy] = [x / (height * 0.5), up * 5.2]
    const body = fractal(noise, cx + 1.3, cy * 1.2 + 0.08 * cx, 5, 0.56)
    const cloud = smooth((body - 0.02) / 0.5) * smooth(up / 0.08) * 0.85
    const shade = fractal(noise, cx + 1.3, (cy + 0.16) * 1.2, 3, 0.56)
    const tone = mix(BRIGHT_CLOUD, DARK_CLOUD, 0.35 + shade * 1.1 + distance * 0.35)
    colour = mix(colour, add(tone, SUN, 0.5 * Math.exp(-distance * 4)), cloud)
    return add(
      colour,
      SUN,
      0.5 * Math.exp(-distance * 4.5) + 1.2 * Math.exp(-distance * 22) + 6 * smooth((0.024 - distance) / 0.006),
    )
  }

  const water = (x: number, y: number): Light => {
    const down = (y - horizon) / (height - horizon)
    const far = 1 / (down + 0.012)
    // The plane of the water seen in perspective: waves shrink towards the horizon.
    const [px, pz] = [((x - width * 0.5) / height) * far * 3.2, far * 7]
    const calm = clamp(down * 9)
    const swell = fractal(noise, px * 0.35 + 5, pz * 0.9, 2) * 0.55
    const ripple = fractal(noise, px * 2.2, pz * 3.4 + swell * 2, 4, 0.58)
    const slope = (swell * 0.6 + ripple) * (0.35 + 0.65 * calm)
    const grazing = (1 - down) ** 2.2
    const mirrored = gradient(SKY, clamp(0.1 + (1 - grazing) * 0.8 + slope * 0.5))
    const depth = mix(DEEP, SHALLOW, 0.45 + slope * 0.9)
    let colour = mix(depth, mirrored, clamp(0.16 + 0.62 * grazing + slope * 0.28))
    // Glitter: facets that happen to face the sun, in a lane that widens towards the viewer.
    const lane = Math.exp(-(((x - sun.x) / (height * (0.05 + 0.26 * down))) ** 2))
    const facet = smooth((ripple + swell * 0.4 - 0.1 + 0.12 * lane) / 0.3)
    colour = add(colour, SUN, lane * (0.16 + 1.5 * facet * facet) * (1 - 0.45 * down))
    const foam = smooth((ripple + swell - 0.72) / 0.2) * down
    return mix(colour, BRIGHT_CLOUD, foam * 0.5)
  }

  const land = (x: number, offset: number, wide: number, tall: number) => {
    const from = (x / width - offset) / wide
    return (
      horizon +
      1 -
      smooth(from) * tall * height * (0.72 + 0.4 * fractal(noise, x / (height * 0.11), offset * 50, 5, 0.5))
    )
  }
  const columns = Array.from({ length: width }, (_, x) => x)
  const farLand = columns.map((x) => land(x, 0.6, 0.3, 0.06))
  const nearLand = columns.map((x) => land(x, 0.78, 0.2, 0.12))
  paint(target, (x, y) => {
    if (y >= horizon + 1) return water(x, y)
    const far = farLand[x] ?? horizon
    const near = nearLand[x] ?? horizon
    const up = (horizon - y) / height
    const air = sky(x, Math.max(0.002, up))
    if (y < far - 1 && y < near - 1) return air
    const haze = mix(LAND, air, 0.62)
    const distant = mix(air, haze, clamp(y - far + 0.5))
    const texture = fractal(noise, x / 16, y / 9, 4) * 0.22
    return mix(distant, mix(scale(LAND_NEAR, 1 + texture), air, 0.24 + texture * 0.3), clamp(y - near + 0.5))
  })
  boat(target.light, width, height, { x: width * 0.53, y: horizon + height * 0.022, tall: height * 0.1 })
  return develop(target, { seed: 8, exposure: 0.98, vignette: 0.42 })
}

/** A small sailing boat: main sail, fore sail, hull, and its mirror image in the water. */
function boat(
  values: Float32Array,
  width: number,
  height: number,
  { x: middle, y: keel, tall }: { readonly x: number; readonly y: number; readonly tall: number },
): void {
  for (let y = Math.floor(keel - tall); y < Math.min(height, keel + tall * 0.45); y += 1) {
    for (let x = Math.floor(middle - tall * 0.5); x < middle + tall * 0.5; x += 1) {
      const mirror = y > keel
      const wave = mirror ? Math.sin(y * 1.7) * (y - keel) * 0.09 : 0
      const across = (x - middle + wave) / tall
      const up = (mirror ? (y - keel) * 2.2 : keel - y) / tall
      const main = up > 0.11 && across > -0.015 && across < 0.3 * (1 - (up - 0.11) / 0.87) ** 0.85 - 0.015
      const fore = up > 0.13 && across < -0.03 && across > -0.24 * (1 - (up - 0.13) / 0.68)
      const hull = up < 0.09 && across > -0.3 + 0.4 * (0.09 - up) && across < 0.33 - 0.7 * (0.09 - up)
      if (!main && !fore && !hull) continue
      const colour = hull ? HULL : scale(SAIL, fore ? 0.86 : 0.62 + across * 1.4)
      const share = mirror ? 0.3 * (1 - (y - keel) / (tall * 0.45)) : 1
      const at = (y * width + x) * 3
      for (let channel = 0; channel < 3; channel += 1) {
        const value = values[at + channel] ?? 0
        values[at + channel] = value + ((colour[channel] ?? 0) - value) * share
      }
    }
  }
}

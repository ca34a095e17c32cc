import {
  add,
  canvas,
  clamp,
  develop,
  type Light,
  light,
  mix,
  paint,
  type RawPicture,
  scale,
  smooth,
  span,
} from '../canvas.ts'
import { fractal, noiseFrom, randomFrom } from '../noise.ts'

type Vector = readonly [number, number, number]
type Skin = 'orange' | 'apple' | 'plum' | 'lemon' | 'cherry'
/** What a ray meets: a number per thing, and its colour. */
type Seen = { readonly thing: number; readonly colour: Light }
type Fruit = { readonly at: Vector; readonly radius: number; readonly skin: Skin; readonly seed: number }

/** The table is the plane y = 0; the bowl is the lower part of a sphere. */
const BOWL = { at: [0, 1.12, 0], radius: 1.3, rim: 0.72 } as const
const FRUIT: readonly Fruit[] = [
  { at: [-0.5, 0.92, -0.35], radius: 0.46, skin: 'orange', seed: 1 },
  { at: [0.42, 0.9, -0.5], radius: 0.43, skin: 'apple', seed: 2 },
  { at: [0.0, 1.42, -0.1], radius: 0.42, skin: 'apple', seed: 3 },
  { at: [0.62, 0.95, 0.3], radius: 0.44, skin: 'orange', seed: 4 },
  { at: [-0.45, 0.95, 0.5], radius: 0.42, skin: 'lemon', seed: 5 },
  { at: [-0.06, 0.92, -0.82], radius: 0.23, skin: 'plum', seed: 6 },
  { at: [1.75, 0.36, -0.75], radius: 0.36, skin: 'plum', seed: 7 },
  { at: [-1.7, 0.42, -0.5], radius: 0.42, skin: 'lemon', seed: 8 },
  { at: [1.18, 0.17, -1.35], radius: 0.17, skin: 'cherry', seed: 9 },
  { at: [0.83, 0.16, -1.52], radius: 0.16, skin: 'cherry', seed: 10 },
  { at: [2.45, 0.42, 0.25], radius: 0.42, skin: 'apple', seed: 11 },
]
const BALLS = [...FRUIT.map(({ at, radius }) => ({ at, radius })), { at: [0, 0.62, 0] as const, radius: 0.86 }]

const EDGE_RAYS = 6
const EYE: Vector = [0.25, 2.15, -6.2]
const AIM: Vector = [0.25, 0.72, 0]
const LAMP = unit([-0.72, 0.78, -0.52])
const KEY = light('#fff0d8')
const FILL = light('#7f93b8')
const WALL = light('#3d3a3c')
const WALL_LIT = light('#a8937a')
const WOOD = light('#7a4a2b')
const WOOD_DARK = light('#3f2415')
const GLAZE = light('#2f6f86')
const GLAZE_PALE = light('#dfe9e2')
const SKINS: Readonly<Record<Skin, readonly [Light, Light]>> = {
  orange: [light('#f07d12'), light('#d85c08')],
  apple: [light('#b3161c'), light('#d8b23a')],
  plum: [light('#3b1d4a'), light('#6d3b73')],
  lemon: [light('#f2c81e'), light('#c9a813')],
  cherry: [light('#8c0b1e'), light('#5a0714')],
}

/** A still life: fruit in a glazed bowl on a wooden table, lit from the left like an old painting. */
export function fruit(width: number, height: number): RawPicture {
  const target = canvas(width, height)
  const noise = noiseFrom(31)
  const random = randomFrom(2)
  const forward = unit(minus(AIM, EYE))
  const right = unit([forward[2], 0, -forward[0]])
  const up = cross(forward, right)
  const zoom = 2.35

  const ray = (x: number, y: number): Seen => {
    const across = ((x - width / 2) / height) * 2
    const down = ((y - height / 2) / height) * 2
    return look(
      unit([
        forward[0] * zoom + right[0] * across - up[0] * down,
        forward[1] * zoom + right[1] * across - up[1] * down,
        forward[2] * zoom + right[2] * across - up[2] * down,
      ]),
    )
  }
  const things = new Uint8Array(width * height)
  paint(target, (x, y) => {
    const { thing, colour } = ray(x + 0.5, y + 0.5)
    things[y * width + x] = thing
    return colour
  })
  // Where two things meet, a few more rays at random places make the edge smooth.
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x
      const own = things[at]
      if (own === things[at - 1] && own === things[at + 1] && own === things[at - width] && own === things[at + width])
        continue
      let sum: Light = [0, 0, 0]
      for (let more = 0; more < EDGE_RAYS; more += 1)
        sum = add(sum, ray(x + random(), y + random()).colour, 1 / EDGE_RAYS)
      target.light.set(sum, at * 3)
    }
  }
  return develop(target, { seed: 21, exposure: 1.25, vignette: 0.55, grain: 0.016 })

  function look(way: Vector): Seen {
    let nearest = Number.POSITIVE_INFINITY
    let seen: Fruit | 'table' | 'bowl' | 'inside' | undefined
    for (const item of FRUIT) {
      const distance = entry(EYE, way, item.at, item.radius)
      if (distance < nearest) [nearest, seen] = [distance, item]
    }
    for (const [distance, side] of shell(way)) {
      if (distance < nearest) [nearest, seen] = [distance, side]
    }
    const ground = way[1] < 0 ? -EYE[1] / way[1] : Number.POSITIVE_INFINITY
    if (ground < nearest && EYE[2] + way[2] * ground < 3.4) [nearest, seen] = [ground, 'table']
    if (seen === undefined) return { thing: 0, colour: backdrop(way) }
    const at: Vector = [EYE[0] + way[0] * nearest, EYE[1] + way[1] * nearest, EYE[2] + way[2] * nearest]
    if (seen === 'table') return { thing: 1, colour: table(at, way) }
    if (seen === 'bowl') return { thing: 2, colour: bowl(at, way, seen) }
    if (seen === 'inside') return { thing: 3, colour: bowl(at, way, seen) }
    return { thing: 3 + seen.seed, colour: skin(seen, at, way) }
  }

  function backdrop(way: Vector): Light {
    const glow = Math.exp(-(((way[0] + 0.22) / 0.34) ** 2) - ((way[1] - 0.02) / 0.2) ** 2)
    const plaster = fractal(noise, way[0] * 16, way[1] * 16, 5) * 0.16
    return scale(mix(WALL, WALL_LIT, glow * 0.8), 0.34 + plaster + glow * 0.3)
  }

  function table(at: Vector, way: Vector): Light {
    const plank = Math.floor(at[2] / 0.85 + 40)
    const seam = Math.abs(at[2] / 0.85 + 40 - plank - 0.5) * 2
    const grain = fractal(noise, at[0] * 0.55 + plank * 13, at[2] * 9 + plank * 7, 5, 0.6)
    const fibre = fractal(noise, at[0] * 3 + plank * 3, at[2] * 60, 2)
    const wood = mix(WOOD, WOOD_DARK, 0.4 + grain * 0.75 + fibre * 0.16 + smooth((seam - 0.97) / 0.03) * 0.6)
    return shade(wood, at, [0, 1, 0], way, { gloss: 0.16, sharp: 26, self: undefined })
  }

  function bowl(at: Vector, way: Vector, side: 'bowl' | 'inside'): Light {
    const outward = unit(minus(at, BOWL.at))
    const normal: Vector = side === 'bowl' ? outward : [-outward[0], -outward[1], -outward[2]]
    const up = (at[1] + 0.18) / (BOWL.rim + 0.3)
    const angle = Math.atan2(at[0], -at[2])
    const drip = 0.62 + fractal(noise, angle * 3.2, 9, 3) * 0.14
    const glaze = mix(
      GLAZE_PALE,
      GLAZE,
      smooth((up - drip) / 0.05 + 0.5) * (0.82 + fractal(noise, angle * 5, at[1] * 9, 4) * 0.3),
    )
    return shade(scale(glaze, 0.8), at, normal, way, { gloss: 0.55, sharp: 90, self: undefined })
  }

  function skin(item: Fruit, at: Vector, way: Vector): Light {
    const local = scaleVector(minus(at, item.at), 1 / item.radius)
    const [first, second] = SKINS[item.skin]
    const [u, v, w] = [local[0] * 3 + item.seed * 11, local[1] * 3, local[2] * 3]
    const blotch = fractal(noise, u + w * 0.7, v + w * 0.4, 4, 0.55)
    switch (item.skin) {
      case 'orange':
      case 'lemon': {
        // Pores: the normal is pushed about by fine noise.
        const pore = 14
        const dent = 0.13
        const normal = unit([
          local[0] + dent * noise(u * pore, v * pore),
          local[1] + dent * noise(v * pore + 9, w * pore),
          local[2] + dent * noise(w * pore, u * pore + 5),
        ])
        return shade(mix(first, second, 0.3 + blotch * 0.8), at, normal, way, { gloss: 0.22, sharp: 22, self: item })
      }
      case 'apple': {
        const streak = fractal(noise, Math.atan2(local[0], local[2]) * 7 + item.seed * 5, local[1] * 1.2, 4, 0.6)
        const colour = mix(first, second, smooth(0.2 + streak * 0.42 + blotch * 0.4 + local[1] * 0.3))
        return shade(colour, at, local, way, { gloss: 0.5, sharp: 70, self: item })
      }
      case 'plum':
        return shade(mix(first, second, 0.35 + blotch * 0.9), at, local, way, { gloss: 0.2, sharp: 14, self: item })
      case 'cherry':
        return shade(mix(first, second, 0.3 + blotch * 0.5), at, local, way, { gloss: 0.8, sharp: 130, self: item })
    }
  }
}

/** Direct light with soft shadows, the sky's fill darkened where other things are near, and a highlight. */
function shade(
  colour: Light,
  at: Vector,
  normal: Vector,
  way: Vector,
  surface: { readonly gloss: number; readonly sharp: number; readonly self: Fruit | undefined },
): Light {
  let [lit, open] = [1, 1]
  for (const ball of BALLS) {
    if (surface.self !== undefined && ball.at === surface.self.at) continue
    const reach = minus(ball.at, at)
    const square = dot(reach, reach)
    // Too far away to hide anything that could be seen.
    if (square > 40 * ball.radius * ball.radius) continue
    const distance = Math.max(Math.sqrt(square), ball.radius * 1.001)
    // Share of the sky that a sphere hides (Quilez, “sphere ambient occlusion”).
    open *= 1 - clamp(dot(normal, reach) / distance) * (ball.radius / distance) ** 2 * 0.85
    // Penumbra: how near the ray to the lamp passes by the sphere, per distance.
    const along = dot(reach, LAMP)
    if (along <= 0) continue
    const miss = Math.sqrt(Math.max(0, distance * distance - along * along)) - ball.radius
    lit *= smooth(0.5 + (miss / along) * 3.2)
  }
  const facing = clamp(dot(normal, LAMP))
  const halfway = unit(minus(LAMP, way))
  const shine = clamp(dot(normal, halfway)) ** surface.sharp * surface.gloss * lit
  const edge = (1 - clamp(-dot(normal, way))) ** 4 * surface.gloss * 0.5
  const fill = open * (0.34 + 0.2 * normal[1])
  // Light thrown back by the table warms what looks down.
  const bounce = open * clamp(-normal[1]) * 0.16
  return [
    colour[0] * (KEY[0] * facing * lit * 1.35 + FILL[0] * fill + bounce) + KEY[0] * shine + FILL[0] * edge * open,
    colour[1] * (KEY[1] * facing * lit * 1.35 + FILL[1] * fill + bounce * 0.6) + KEY[1] * shine + FILL[1] * edge * open,
    colour[2] * (KEY[2] * facing * lit * 1.35 + FILL[2] * fill + bounce * 0.35) +
      KEY[2] * shine +
      FILL[2] * edge * open,
  ]
}

/** Where a ray meets the bowl: its outside in front, its inside behind; both only below the rim. */
function shell(way: Vector): readonly (readonly [number, 'bowl' | 'inside'])[] {
  const from = minus(EYE, BOWL.at)
  const half = dot(from, way)
  const inside = half * half - dot(from, from) + BOWL.radius * BOWL.radius
  if (inside < 0) return []
  const root = Math.sqrt(inside)
  const hits: (readonly [number, 'bowl' | 'inside'])[] = []
  for (const [distance, side] of [
    [-half - root, 'bowl'],
    [-half + root, 'inside'],
  ] as const) {
    const y = EYE[1] + way[1] * distance
    if (y < BOWL.rim && y > 0) hits.push([distance, side])
  }
  return hits
}

/** Distance to the front of a sphere; infinite when the ray misses it. */
function entry(eye: Vector, way: Vector, centre: Vector, radius: number): number {
  const x = eye[0] - centre[0]
  const y = eye[1] - centre[1]
  const z = eye[2] - centre[2]
  const half = x * way[0] + y * way[1] + z * way[2]
  const inside = half * half - (x * x + y * y + z * z) + radius * radius
  return inside < 0 ? Number.POSITIVE_INFINITY : -half - Math.sqrt(inside)
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

function scaleVector(a: Vector, by: number): Vector {
  return [a[0] * by, a[1] * by, a[2] * by]
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function unit(a: Vector): Vector {
  return scaleVector(a, 1 / span(a[0], a[1], a[2]))
}

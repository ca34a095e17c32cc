import type { RawPicture } from '../canvas.ts'
import { randomFrom } from '../noise.ts'
import { below, box, circle, copy, type Figure, fill, polygon, print, type Sheet, sheet } from '../sheet.ts'

const FRAMES = 20
const SKY = ['#141b34', '#1a2442', '#212e50', '#2a3a5e', '#35486c', '#43587a'] as const
const SEA = ['#23425e', '#1b3551', '#142843', '#0e1d34'] as const

/** A lighthouse at night whose beam goes round: an animation that repeats without a seam. */
export function lighthouse(width: number, height: number): RawPicture {
  const random = randomFrom(14)
  const stars = Array.from({ length: 60 }, () => ({
    x: random() * width,
    y: random() * height * 0.55,
    phase: random(),
  }))
  const night = sheet(width, height)
  for (const [band, colour] of SKY.entries()) {
    fill(night, box(-2, (band * height * 0.62) / SKY.length - 2, width + 4, height), colour)
  }
  const frames = Array.from({ length: FRAMES }, (_, frame) => {
    const target = copy(night)
    const turn = frame / FRAMES
    for (const { x, y, phase } of stars) {
      fill(target, circle(x, y, 0.9), '#e8ecf5', 0.35 + 0.6 * Math.abs(Math.sin((turn + phase) * Math.PI)))
    }
    fill(target, circle(width * 0.2, height * 0.2, height * 0.075), '#f4efd8')
    fill(target, circle(width * 0.222, height * 0.185, height * 0.068), SKY[1])
    beam(target, width, height, turn)
    SEA.forEach((colour, layer) => {
      const waves = 3 + layer
      const line = (x: number) =>
        height * (0.66 + layer * 0.08) +
        (2.5 + layer * 1.6) *
          Math.sin((x / width) * Math.PI * 2 * waves + turn * Math.PI * 2 * (layer % 2 === 0 ? 1 : -1) + layer)
      fill(target, below(target, line, height * (0.64 + layer * 0.08) - 10), colour)
    })
    tower(target, width, height)
    return target
  })
  return print(frames, { alpha: false, delay: 90 })
}

/** The light turns in a circle seen from the side: long when it points sideways, a glare when it points at us. */
function beam(target: Sheet, width: number, height: number, turn: number): void {
  const [x, y] = [width * 0.68, height * 0.3]
  const across = Math.cos(turn * Math.PI * 2)
  const towards = Math.max(0, Math.sin(turn * Math.PI * 2))
  const reach = width * 0.75 * across
  const spread = height * (0.045 + 0.08 * Math.abs(across))
  const ray = (opening: number): Figure =>
    reach > 0
      ? polygon([x, y - 3], [x + reach, y - spread * opening], [x + reach, y + spread * opening], [x, y + 3])
      : polygon([x, y + 3], [x + reach, y + spread * opening], [x + reach, y - spread * opening], [x, y - 3])
  if (Math.abs(across) > 0.05) {
    fill(target, ray(1.3), '#ffe9a8', 0.16)
    fill(target, ray(0.7), '#ffe9a8', 0.22)
  }
  for (const [size, opacity] of [
    [0.2, 0.12],
    [0.13, 0.2],
    [0.08, 0.35],
  ] as const) {
    fill(target, circle(x, y, height * size * (0.35 + towards)), '#ffe9a8', opacity)
  }
}

function tower(target: Sheet, width: number, height: number): void {
  const [x, top, foot] = [width * 0.68, height * 0.35, height * 0.86]
  const half = (y: number) => width * (0.026 + (0.02 * (y - top)) / (foot - top))
  for (let stripe = 0; stripe < 6; stripe += 1) {
    const [from, to] = [top + ((foot - top) * stripe) / 6, top + ((foot - top) * (stripe + 1)) / 6 + 1]
    const band = polygon([x - half(from), from], [x + half(from), from], [x + half(to), to], [x - half(to), to])
    fill(target, band, stripe % 2 === 0 ? '#f2ece0' : '#c8453b')
    const shade = polygon(
      [x + half(from) * 0.3, from],
      [x + half(from), from],
      [x + half(to), to],
      [x + half(to) * 0.3, to],
    )
    fill(target, shade, '#141b34', 0.22)
  }
  fill(target, box(x - width * 0.04, top - 4, width * 0.08, 7, 2), '#2b2f3f')
  fill(target, box(x - width * 0.018, height * 0.265, width * 0.036, height * 0.08), '#ffe9a8')
  fill(
    target,
    polygon([x, height * 0.21], [x + width * 0.032, height * 0.268], [x - width * 0.032, height * 0.268]),
    '#c8453b',
  )
  fill(target, circle(x, height * 0.205, 2.5), '#2b2f3f')
  fill(target, circle(x - width * 0.07, height * 0.93, width * 0.09), '#11182a')
  fill(target, circle(x + width * 0.06, height * 0.95, width * 0.12), '#0c1222')
}

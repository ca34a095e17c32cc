import type { RawPicture } from '../canvas.ts'
import { randomFrom } from '../noise.ts'
import { below, box, circle, fill, polygon, print, type Sheet, sheet } from '../sheet.ts'

const INK = {
  sky: '#bfe3e6',
  sun: '#ffd166',
  far: '#8cc0b4',
  middle: '#5aa08c',
  near: '#3b7f6b',
  meadow: '#2c6455',
  cloud: '#f7fbfa',
} as const
const WALLS = ['#f4e4c8', '#f28f6b', '#fbf3e4', '#e8b84a'] as const
const ROOFS = ['#b8433a', '#7d2f3c', '#3d4e6b', '#b8433a'] as const
const DARK = '#2b3a4a'
const GLASS = '#9fd4e0'
const TRUNK = '#6b4a35'
const FLOWERS = ['#fbf3e4', '#ffd166', '#f28f6b'] as const

/** A village in flat colours: what a designer hands over as PNG. */
export function village(width: number, height: number): RawPicture {
  const target = sheet(width, height)
  const random = randomFrom(9)
  const unit = width / 1600
  fill(target, box(-2, -2, width + 4, height + 4), INK.sky)
  fill(target, circle(width * 0.76, height * 0.25, 110 * unit), INK.sun)
  for (const [x, y, size] of [
    [0.16, 0.18, 1],
    [0.46, 0.11, 0.75],
    [0.9, 0.36, 0.6],
  ] as const) {
    cloud(target, x * width, y * height, size * unit)
  }
  const hill = (base: number, tall: number, wide: number, shift: number) => (x: number) =>
    height *
    (base -
      tall * Math.sin(x / (width * wide) + shift) -
      tall * 0.4 * Math.sin(x / (width * wide * 0.41) + shift * 2.3))
  fill(target, below(target, hill(0.56, 0.07, 0.16, 0.4)), INK.far)
  const middle = hill(0.66, 0.05, 0.2, 2.2)
  fill(target, below(target, middle), INK.middle)
  for (let index = 0; index < 46; index += 1) {
    const x = random() * width
    fir(target, x, middle(x) + 12 * unit, (46 + random() * 50) * unit, INK.near)
  }
  const near = hill(0.8, 0.03, 0.24, 0.9)
  for (let index = 0; index < 11; index += 1) {
    const x = width * (0.06 + 0.088 * index + random() * 0.02)
    house(target, x, near(x) + 20 * unit, (0.8 + random() * 0.5) * unit, index, random)
  }
  fill(target, below(target, near), INK.near)
  for (let index = 0; index < 7; index += 1) {
    const x = width * (0.03 + 0.155 * index + random() * 0.05)
    tree(target, x, near(x) + 30 * unit, (0.8 + random() * 0.5) * unit)
  }
  const meadow = hill(0.91, 0.025, 0.3, 3.4)
  fill(target, below(target, meadow), INK.meadow)
  for (let index = 0; index < 420; index += 1) {
    const x = random() * width
    const deep = random()
    const y = meadow(x) + 14 * unit + deep * (height - meadow(x))
    flower(target, x, y, (2.2 + 4.5 * deep) * unit, FLOWERS[index % FLOWERS.length] ?? DARK)
  }
  return print([target], { alpha: false })
}

function cloud(target: Sheet, x: number, y: number, size: number): void {
  fill(target, box(x, y, 250 * size, 54 * size, 27 * size), INK.cloud)
  fill(target, circle(x + 90 * size, y + 8 * size, 52 * size), INK.cloud)
  fill(target, circle(x + 160 * size, y + 14 * size, 38 * size), INK.cloud)
}

function fir(target: Sheet, x: number, foot: number, tall: number, colour: string): void {
  for (const [from, to, wide] of [
    [1, 0.5, 0.2],
    [0.72, 0.22, 0.26],
    [0.45, 0, 0.32],
  ] as const) {
    fill(
      target,
      polygon([x, foot - tall * from], [x + tall * wide, foot - tall * to], [x - tall * wide, foot - tall * to]),
      colour,
    )
  }
}

function tree(target: Sheet, x: number, foot: number, size: number): void {
  fill(target, box(x - 7 * size, foot - 110 * size, 14 * size, 110 * size), TRUNK)
  fill(target, circle(x, foot - 140 * size, 58 * size), INK.meadow)
  fill(target, circle(x - 34 * size, foot - 105 * size, 40 * size), INK.meadow)
  fill(target, circle(x + 36 * size, foot - 108 * size, 42 * size), INK.meadow)
  fill(target, circle(x + 14 * size, foot - 156 * size, 34 * size), INK.middle)
}

function flower(target: Sheet, x: number, y: number, size: number, colour: string): void {
  fill(target, box(x - size * 0.18, y, size * 0.36, size * 3), INK.near)
  for (let petal = 0; petal < 5; petal += 1) {
    const angle = (petal / 5) * Math.PI * 2
    fill(target, circle(x + Math.cos(angle) * size, y + Math.sin(angle) * size, size * 0.66), colour)
  }
  fill(target, circle(x, y, size * 0.6), TRUNK)
}

function house(target: Sheet, x: number, foot: number, size: number, index: number, random: () => number): void {
  const floors = 2 + Math.floor(random() * 3)
  const [wide, tall] = [(120 + random() * 50) * size, (46 + floors * 58) * size]
  const wall = WALLS[index % WALLS.length] ?? DARK
  const roof = ROOFS[(index * 3 + 1) % ROOFS.length] ?? DARK
  const [left, top] = [x - wide / 2, foot - tall]
  const gable = wide * 0.5
  fill(target, box(left + wide * 0.68, top - gable * 0.86, 20 * size, gable * 0.7), DARK)
  fill(target, polygon([x, top - gable], [left + wide + 14 * size, top + 2], [left - 14 * size, top + 2]), roof)
  fill(target, box(left, top, wide, tall), wall)
  fill(target, box(left, top, wide, 9 * size), DARK, 0.16)
  fill(target, circle(x, top - gable * 0.36, 15 * size), DARK)
  fill(target, circle(x, top - gable * 0.36, 10 * size), GLASS)
  for (let floor = 0; floor < floors; floor += 1) {
    for (let column = 0; column < 3; column += 1) {
      const [wx, wy] = [left + wide * (0.13 + column * 0.28), top + (24 + floor * 58) * size]
      if (floor === floors - 1 && column === 1) {
        fill(target, box(wx, wy, wide * 0.19, foot - wy, 4 * size), TRUNK)
        fill(target, circle(wx + wide * 0.15, wy + 42 * size, 2.6 * size), INK.sun)
        continue
      }
      fill(target, box(wx - 3 * size, wy - 3 * size, wide * 0.18 + 6 * size, 42 * size), DARK)
      fill(target, box(wx, wy, wide * 0.18, 36 * size), random() < 0.25 ? INK.sun : GLASS)
      fill(target, box(wx + wide * 0.09 - 1.2 * size, wy, 2.4 * size, 36 * size), DARK)
      fill(target, box(wx, wy + 16 * size, wide * 0.18, 2.4 * size), DARK)
    }
  }
}

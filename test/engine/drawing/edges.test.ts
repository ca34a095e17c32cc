import { describe, expect, it } from 'vitest'
import { tornEdges, vignette } from '../../../src/engine/drawing/edges.ts'
import { type Pixels, pixel, RED, raw } from '../../support/pictures.ts'

const opaque = (width: number, height: number) => raw.solid(width, height, [...RED, 255])
const alphaOf = (picture: Pixels) => (x: number, y: number) => pixel(picture, x, y)[3] ?? 0

describe.each(['gaussian', 'linear'] as const)('a %s vignette', (falloff) => {
  const faded = (strength: number, width = 200, height = 100) => {
    const picture = opaque(width, height)
    vignette(picture, strength, falloff)
    return picture
  }

  it('leaves the middle, and takes its strength away beyond the inscribed ellipse', () => {
    const alpha = alphaOf(faded(0.6))
    expect(alpha(100, 50)).toBe(255)
    expect(alpha(145, 50)).toBe(255)
    expect(alpha(100, 72)).toBe(255)
    expect(alpha(0, 0)).toBe(102)
    expect(alpha(199, 99)).toBe(102)
    expect(alphaOf(faded(1))(0, 0)).toBe(0)
  })

  it('falls steadily, alike to all sides, and as the picture is shaped', () => {
    const alpha = alphaOf(faded(1))
    for (let x = 1; x <= 100; x++) expect(alpha(x, 50)).toBeGreaterThanOrEqual(alpha(x - 1, 50))
    for (const [x, y] of [
      [20, 50],
      [30, 30],
      [100, 9],
    ] as const) {
      expect(alpha(199 - x, y)).toBe(alpha(x, y))
      expect(alpha(x, 99 - y)).toBe(alpha(x, y))
    }
    expect(Math.abs(alpha(20, 50) - alpha(100, 10))).toBeLessThanOrEqual(4)
  })

  it('multiplies what alpha there is, and leaves colours', () => {
    const picture = raw.solid(50, 50, [...RED, 100])
    vignette(picture, 1, falloff)
    expect(alphaOf(picture)(25, 25)).toBe(100)
    expect(pixel(picture, 0, 0)).toEqual([...RED, 0])
  })
})

it('half the way, a linear vignette has taken half, a Gaussian one more', () => {
  const halfway = (falloff: 'gaussian' | 'linear') => {
    const picture = opaque(1001, 101)
    vignette(picture, 1, falloff)
    return alphaOf(picture)(125, 50)
  }
  expect(Math.abs(halfway('linear') - 127.5)).toBeLessThan(2)
  // exp(−9/8) = 0.325, less what is left at 3 sigma.
  expect(Math.abs(halfway('gaussian') - 80)).toBeLessThan(3)
})

describe('torn edges', () => {
  const torn = (least: number, most: number, width = 300, height = 120) => {
    const picture = opaque(width, height)
    tornEdges(picture, least, most)
    return picture
  }
  /** How deep each pixel of the left side is torn. */
  const depths = (picture: Pixels) => {
    const alpha = alphaOf(picture)
    return Array.from({ length: picture.height }, (_, y) => {
      let depth = 0
      for (let x = 0; x < picture.width / 2; x++) depth += (255 - alpha(x, y)) / 255
      return depth
    })
  }

  it('are between the least and the most deep on every side, and ragged', () => {
    const alpha = alphaOf(torn(4, 12))
    const found = { top: new Set<number>(), left: new Set<number>() }
    for (let x = 0; x < 300; x++) {
      for (let y = 0; y < 120; y++) {
        const depth = Math.min(x, y, 299 - x, 119 - y)
        if (depth < 3) expect(alpha(x, y)).toBe(0)
        if (depth > 12) expect(alpha(x, y)).toBe(255)
      }
    }
    for (let x = 20; x < 280; x++) {
      for (let y = 0; y < 13; y++) if (alpha(x, y) === 255) found.top.add(y)
    }
    expect(found.top.size).toBeGreaterThan(5)
  })

  it('use the whole of their depth', () => {
    const left = depths(torn(5, 25, 200, 2000)).slice(40, -40)
    expect(Math.min(...left)).toBeLessThan(7)
    expect(Math.max(...left)).toBeGreaterThan(23)
  })

  it('are the same for pictures of one size, others for another size', () => {
    expect(torn(4, 12).data.equals(torn(4, 12).data)).toBe(true)
    expect(depths(torn(4, 12)).slice(20, 100)).not.toEqual(depths(torn(4, 12, 301, 120)).slice(20, 100))
    const { data, width } = torn(4, 12, 200, 200)
    const mirrored = Buffer.from(Array.from({ length: 200 }, (_, x) => data[4 * (60 * width + 199 - x) + 3] ?? 0))
    expect(
      mirrored.equals(Buffer.from(Array.from({ length: 200 }, (_, x) => data[4 * (60 * width + x) + 3] ?? 0))),
    ).toBe(false)
  })

  it('of one depth are straight', () => {
    const alpha = alphaOf(torn(6, 6))
    expect([alpha(5, 60), alpha(6, 60), alpha(293, 60), alpha(294, 60)]).toEqual([0, 255, 255, 0])
    expect([alpha(150, 5), alpha(150, 6), alpha(150, 113), alpha(150, 114)]).toEqual([0, 255, 255, 0])
  })

  it('deeper than the picture leave nothing of it', () => {
    const picture = torn(100, 200, 60, 40)
    expect(picture.data.every((value, i) => i % 4 !== 3 || value === 0)).toBe(true)
  })
})

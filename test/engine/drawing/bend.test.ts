import { describe, expect, it } from 'vitest'
import { arc, perspective } from '../../../src/engine/drawing/bend.ts'
import type { Raw } from '../../../src/engine/raw.ts'
import { arcBox, arcOf } from '../../../src/plan/drawn.ts'
import { BLUE, GREEN, near, type Pixels, paint, pixel, RED, raw, YELLOW } from '../../support/pictures.ts'

const opaque = (picture: Pixels): Pixels =>
  paint(picture.width, picture.height, (x, y) => [...pixel(picture, x, y), 255])
const asPixels = (picture: Raw): Pixels => ({ ...picture, data: Buffer.from(picture.data) })
const QUARTERS = opaque(raw.quadrants(40, 30))

describe('a perspective', () => {
  it('with the corners where they are changes no pixel', () => {
    expect(asPixels(perspective(QUARTERS, [0, 0, 40, 0, 40, 30, 0, 30])).data.equals(QUARTERS.data)).toBe(true)
  })

  it('moved by whole pixels moves every pixel, and what leaves the canvas is cut', () => {
    const moved = asPixels(perspective(QUARTERS, [5, 3, 45, 3, 45, 33, 5, 33]))
    expect(moved).toMatchObject({ width: 40, height: 30 })
    for (let y = 0; y < 30; y++) {
      for (let x = 0; x < 40; x++) {
        const expected = x >= 5 && y >= 3 ? pixel(QUARTERS, x - 5, y - 3) : [0, 0, 0, 0]
        expect(pixel(moved, x, y)).toEqual(expected)
      }
    }
  })

  it('halved to the left half squeezes the picture', () => {
    const half = asPixels(perspective(QUARTERS, [0, 0, 20, 0, 20, 30, 0, 30]))
    expect(pixel(half, 4, 5)).toEqual([...RED, 255])
    expect(pixel(half, 14, 5)).toEqual([...GREEN, 255])
    expect(pixel(half, 30, 5)).toEqual([0, 0, 0, 0])
  })

  it('with swapped corners mirrors the picture', () => {
    const mirrored = asPixels(perspective(QUARTERS, [40, 0, 0, 0, 0, 30, 40, 30]))
    expect(pixel(mirrored, 3, 3)).toEqual([...GREEN, 255])
    expect(pixel(mirrored, 36, 3)).toEqual([...RED, 255])
  })

  // The diagonals of a trapezium cross where the middle of the picture goes: here, of the corners below, at (50, 100/3).
  it('puts the middle where the diagonals of the new shape cross', () => {
    const picture = paint(100, 100, (x, y) =>
      Math.hypot(x - 49.5, y - 49.5) < 6 ? [255, 0, 0, 255] : [0, 0, 255, 255],
    )
    const trapezium = asPixels(perspective(picture, [25, 0, 75, 0, 100, 100, 0, 100]))
    let sum = 0
    let count = 0
    for (let y = 0; y < 100; y++) {
      const [r = 0, , b = 0, a] = pixel(trapezium, 50, y)
      if (a === 255 && r > b) {
        sum += y + 0.5
        count++
      }
    }
    expect(sum / count).toBeGreaterThan(100 / 3 - 2)
    expect(sum / count).toBeLessThan(100 / 3 + 2)
    expect(pixel(trapezium, 5, 5)).toEqual([0, 0, 0, 0])
  })

  it('has smooth outlines', () => {
    const tilted = asPixels(perspective(opaque(raw.solid(40, 40)), [10, 2, 38, 10, 30, 38, 2, 30]))
    const soft = Array.from({ length: 40 }, (_, x) => pixel(tilted, x, 8)[3] ?? 0).filter((a) => a > 0 && a < 255)
    expect(soft.length).toBeGreaterThan(0)
    for (let x = 0; x < 40; x++) {
      const [r = 0, g = 0, b = 0, a = 0] = pixel(tilted, x, 8)
      if (a > 0) expect(near([r, g, b], RED, 1)).toBe(true)
    }
  })
})

describe('an arc', () => {
  it('of half a turn stands on the middle row: inner and outer radius differ by the height', () => {
    const shape = arcOf(180, { width: 314, height: 40 })
    expect(shape.inner).toBeCloseTo(314 / Math.PI - 20)
    expect(shape.outer).toBeCloseTo(314 / Math.PI + 20)
    // The outer half circle: its diameter, and its radius (the ends end on the horizontal through the centre).
    expect(arcBox(shape)).toMatchObject({ width: 240, height: 120 })
  })

  it('bends the ends down: left of the picture at the left end, its top outside', () => {
    const picture = paint(314, 40, (x, y) => [x < 157 ? 255 : 0, y < 20 ? 255 : 0, 0, 255])
    const bent = asPixels(arc(picture, 180))
    expect(bent).toMatchObject({ width: 240, height: 120 })
    expect(pixel(bent, 5, 110)).toEqual([255, 255, 0, 255])
    expect(pixel(bent, 35, 110)).toEqual([255, 0, 0, 255])
    expect(pixel(bent, 234, 110)).toEqual([0, 255, 0, 255])
    expect(pixel(bent, 204, 110)).toEqual([0, 0, 0, 255])
    expect(pixel(bent, 110, 5).slice(1)).toEqual([255, 0, 255])
    expect(pixel(bent, 120, 100)).toEqual([0, 0, 0, 0])
    expect(pixel(bent, 2, 2)).toEqual([0, 0, 0, 0])
  })

  it('below 0 hangs: upright still, with the ends up', () => {
    const picture = paint(314, 40, (x, y) => [x < 157 ? 255 : 0, y < 20 ? 255 : 0, 0, 255])
    const bent = asPixels(arc(picture, -180))
    // The top of the picture now lies inside of the bow.
    expect(pixel(bent, 35, 10)).toEqual([255, 255, 0, 255])
    expect(pixel(bent, 5, 10)).toEqual([255, 0, 0, 255])
    expect(pixel(bent, 204, 10)).toEqual([0, 255, 0, 255])
    expect(pixel(bent, 120, 20)).toEqual([0, 0, 0, 0])
  })

  it('of a few degrees hardly changes the picture', () => {
    const bent = asPixels(arc(QUARTERS, 1))
    expect(Math.abs(bent.width - 40)).toBeLessThanOrEqual(1)
    expect(Math.abs(bent.height - 30)).toBeLessThanOrEqual(1)
    expect(near(pixel(bent, 10, 7), [...RED, 255], 2)).toBe(true)
    expect(near(pixel(bent, 10, 22), [...BLUE, 255], 2)).toBe(true)
    expect(near(pixel(bent, 30, 22), [...YELLOW, 255], 2)).toBe(true)
  })
})

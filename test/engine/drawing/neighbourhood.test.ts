import { describe, expect, it } from 'vitest'
import { displace, shadow, unsharp } from '../../../src/engine/drawing/neighbourhood.ts'
import { paint, pixel, raw } from '../../support/pictures.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }

describe('an unsharp mask', () => {
  const picture = () => paint(3, 1, (x) => [100 + 20 * x, 100, 100, 77])
  const blurred = paint(3, 1, () => [110, 100, 101, 0])

  it('adds what differs from the blurred copy, and leaves alpha', () => {
    const sharpened = picture()
    unsharp(sharpened, blurred, 2, 0)
    expect(pixel(sharpened, 0, 0)).toEqual([80, 100, 98, 77])
    expect(pixel(sharpened, 1, 0)).toEqual([140, 100, 98, 77])
    expect(pixel(sharpened, 2, 0)).toEqual([200, 100, 98, 77])
  })

  it('leaves differences below its threshold', () => {
    const sharpened = picture()
    unsharp(sharpened, blurred, 2, 15 / 255)
    expect(pixel(sharpened, 0, 0)).toEqual([100, 100, 100, 77])
    expect(pixel(sharpened, 2, 0)).toEqual([200, 100, 100, 77])
  })

  it('stays within 0…255', () => {
    const sharpened = paint(2, 1, (x) => [x === 0 ? 0 : 255, 0, 0, 255])
    unsharp(
      sharpened,
      paint(2, 1, () => [128, 0, 0, 255]),
      5,
      0,
    )
    expect([pixel(sharpened, 0, 0)[0], pixel(sharpened, 1, 0)[0]]).toEqual([0, 255])
  })
})

describe('a shadow', () => {
  it('lies below, moved, as strong as told, and only where the picture lets it be seen', () => {
    const picture = paint(10, 1, (x) => (x < 4 ? [255, 255, 255, 255] : [0, 0, 0, 0]))
    const shape = { raw: paint(10, 1, (x) => [x < 4 ? 255 : 0]), margin: 0 }
    shadow(picture, shape, { right: 3, below: 0 }, { colour: BLACK, strength: 0.4 })
    const seen = Array.from({ length: 10 }, (_, x) => pixel(picture, x, 0))
    expect(seen.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => [255, 255, 255, 255]))
    expect(seen.slice(4, 7)).toEqual(Array.from({ length: 3 }, () => [0, 0, 0, 102]))
    expect(seen.slice(7)).toEqual(Array.from({ length: 3 }, () => [0, 0, 0, 0]))
  })

  it('shines through half transparent pixels like every layer below', () => {
    const picture = paint(1, 1, () => [200, 100, 0, 51])
    shadow(
      picture,
      { raw: paint(1, 1, () => [255]), margin: 0 },
      { right: 0, below: 0 },
      { colour: BLACK, strength: 0.5 },
    )
    // 0.2 over 0.5: alpha 0.2 + 0.5 · 0.8 = 0.6, of which a third is the picture's.
    expect(pixel(picture, 0, 0)).toEqual([67, 33, 0, 153])
  })

  it('has its colour, as strong as that is opaque', () => {
    const picture = paint(2, 1, (x) => [200, 100, 0, 51 * x])
    shadow(
      picture,
      { raw: paint(2, 1, () => [255]), margin: 0 },
      { right: 0, below: 0 },
      { colour: { r: 80, g: 40, b: 255, alpha: 0.5 }, strength: 1 },
    )
    expect(pixel(picture, 0, 0)).toEqual([80, 40, 255, 128])
    // As above, with two thirds of the shadow's colour: 80 + 120 / 3, 40 + 60 / 3, 255 − 255 / 3.
    expect(pixel(picture, 1, 0)).toEqual([120, 60, 170, 153])
  })

  it('may come from the margin around the picture', () => {
    const picture = paint(2, 1, () => [0, 0, 0, 0])
    shadow(
      picture,
      { raw: paint(4, 3, (x) => [x === 0 ? 255 : 0]), margin: 1 },
      { right: 1, below: 0 },
      { colour: BLACK, strength: 1 },
    )
    expect([pixel(picture, 0, 0)[3], pixel(picture, 1, 0)[3]]).toEqual([255, 0])
  })
})

describe('a displacement', () => {
  const picture = paint(20, 10, (x, y) => [10 * x, 20 * y, 0, 255])
  const map = (red: number, green: number, alpha = 255) => ({
    raw: raw.solid(20, 10, [red, green, 0, alpha]),
    left: 0,
    top: 0,
  })
  const shifted = (one: ReturnType<typeof map>, x: number, y: number) => {
    const result = displace(picture, one, x, y)
    return { ...result, data: Buffer.from(result.data) }
  }

  it('by full red shifts to the right, by none to the left; green down and up', () => {
    expect(pixel(shifted(map(255, 128), 3, 2), 10, 5)).toEqual([70, 100, 0, 255])
    expect(pixel(shifted(map(0, 128), 3, 2), 10, 5)).toEqual([130, 100, 0, 255])
    expect(pixel(shifted(map(128, 255), 3, 2), 10, 5)).toEqual([100, 60, 0, 255])
    expect(pixel(shifted(map(127, 0), 3, 2), 10, 5)).toEqual([100, 140, 0, 255])
  })

  it('by middle grey, transparent parts and outside of the map changes nothing', () => {
    for (const still of [map(128, 127), map(255, 255, 0)])
      expect(shifted(still, 5, 5).data.equals(picture.data)).toBe(true)
    const corner = { raw: raw.solid(5, 5, [255, 255, 0, 255]), left: 15, top: 5 }
    const result = shifted(corner, 2, 2)
    expect(pixel(result, 14, 9)).toEqual(pixel(picture, 14, 9))
    expect(pixel(result, 15, 9)).toEqual(pixel(picture, 13, 7))
  })

  it('goes on with the edge beyond the picture', () => {
    expect(pixel(shifted(map(255, 128), 8, 0), 2, 5)).toEqual(pixel(picture, 0, 5))
  })
})

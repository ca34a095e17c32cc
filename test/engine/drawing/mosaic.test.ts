import { describe, expect, it } from 'vitest'
import { coverOf, showThrough } from '../../../src/engine/drawing/cover.ts'
import { pixelate } from '../../../src/engine/drawing/mosaic.ts'
import { paint, pixel, raw } from '../../support/pictures.ts'

/** Every pixel tells where it is. */
const map = (width: number, height: number) => paint(width, height, (x, y) => [10 * x, 10 * y, 0, 255])

describe('a mosaic', () => {
  it('has blocks from the top-left corner, smaller ones at the far edges', () => {
    const picture = map(7, 5)
    pixelate(picture, 3)
    expect(pixel(picture, 0, 0)).toEqual([10, 10, 0, 255])
    expect(pixel(picture, 2, 2)).toEqual([10, 10, 0, 255])
    expect(pixel(picture, 3, 2)).toEqual([40, 10, 0, 255])
    expect(pixel(picture, 5, 3)).toEqual([40, 35, 0, 255])
    expect(pixel(picture, 6, 4)).toEqual([60, 35, 0, 255])
  })

  it('of blocks as large as the picture is its mean', () => {
    const picture = map(4, 4)
    pixelate(picture, 100)
    expect(pixel(picture, 3, 0)).toEqual([15, 15, 0, 255])
  })

  it('weighs colours with alpha', () => {
    const picture = paint(2, 2, (x, y) => (x === 0 ? [200, 0, 0, y === 0 ? 255 : 0] : [0, 100, 0, 85]))
    pixelate(picture, 2)
    // Red 255 of 425 parts, green 170; alpha 425 / 4.
    expect(pixel(picture, 1, 1)).toEqual([120, 40, 0, 106])
  })
})

describe('areas', () => {
  const box = { left: 10, top: 20, width: 12, height: 8 }

  it('cover what lies in any of them', () => {
    const areas = [
      { left: 8, top: 22, width: 5, height: 3 },
      { left: 12, top: 24, width: 100, height: 1 },
    ]
    const { raw: cover } = coverOf(areas, 'rect', box)
    const seen = (x: number, y: number) => pixel({ ...cover, data: Buffer.from(cover.data) }, x - 10, y - 20)[0]
    expect([seen(10, 22), seen(12, 24), seen(13, 24), seen(21, 24)]).toEqual([255, 255, 255, 255])
    expect([seen(13, 22), seen(10, 21), seen(10, 25), seen(13, 25)]).toEqual([0, 0, 0, 0])
  })

  it('are ellipses with smooth outlines, also where the picture shows a part of them', () => {
    const whole = coverOf([{ left: 0, top: 0, width: 40, height: 20 }], 'oval', {
      ...box,
      left: 0,
      top: 0,
      width: 40,
      height: 20,
    })
    const sum = whole.raw.data.reduce((all, one) => all + one, 0) / 255
    expect(sum / ((Math.PI * 40 * 20) / 4)).toBeCloseTo(1, 2)
    const part = coverOf([{ left: 0, top: 0, width: 40, height: 20 }], 'oval', { left: 5, top: 3, width: 7, height: 2 })
    for (const y of [3, 4]) {
      expect([...part.raw.data.subarray(7 * (y - 3), 7 * (y - 2))]).toEqual([
        ...whole.raw.data.subarray(40 * y + 5, 40 * y + 12),
      ])
    }
  })

  it('of any size take time for what is seen only', () => {
    const huge = { left: -1e9, top: -4, width: 2e9, height: 20 }
    expect(coverOf([huge], 'oval', box).raw.data).toHaveLength(96)
  })

  it('change nothing beside them, and blocks keep to the grid of the picture', () => {
    const picture = map(9, 6)
    pixelate(
      picture,
      4,
      coverOf([{ left: 3, top: 1, width: 3, height: 2 }], 'rect', { left: 3, top: 1, width: 3, height: 2 }),
    )
    expect(pixel(picture, 2, 1)).toEqual([20, 10, 0, 255])
    expect(pixel(picture, 3, 1)).toEqual([15, 15, 0, 255])
    expect(pixel(picture, 4, 2)).toEqual([55, 15, 0, 255])
    expect(pixel(picture, 6, 2)).toEqual([60, 20, 0, 255])
    expect(pixel(picture, 4, 3)).toEqual([40, 30, 0, 255])
  })

  it('mix by their cover, weighted with alpha', () => {
    const picture = raw.solid(2, 1, [100, 0, 0, 255])
    const veil = { raw: raw.solid(4, 3, [200, 0, 0, 85]), left: -1, top: -1 }
    showThrough(picture, veil, { raw: raw.solid(1, 1, [51]), left: 1, top: 0 })
    expect(pixel(picture, 0, 0)).toEqual([100, 0, 0, 255])
    // A fifth of the veil: alpha 204 + 17, colour (204 · 100 + 17 · 200) / 221.
    expect(pixel(picture, 1, 0)).toEqual([108, 0, 0, 221])
  })
})

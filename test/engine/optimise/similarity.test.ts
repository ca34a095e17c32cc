import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Frames } from '../../../src/engine/animation.ts'
import { decodeFrames } from '../../../src/engine/optimise/frames.ts'
import { similarity } from '../../../src/engine/optimise/similarity.ts'
import { jpeg, type Pixels, paint, raw } from '../../support/pictures.ts'
import { workshop } from './workshop.ts'

const workers = workshop()
const still = (pixels: Pixels): Frames => ({ ...pixels, frames: 1 })
const decoded = (bytes: Uint8Array) =>
  decodeFrames(bytes, { frames: 1, space: 'rgb' }, { colours: 'stored', upright: false })
/** Discs with soft edges on a light ground. */
const softDiscs = (width: number, height: number) =>
  paint(width, height, (x, y) => {
    const edge = Math.hypot((x % 80) - 40, (y % 80) - 40) - 30
    const level = 230 - 150 / (1 + Math.exp(edge / 2))
    return [level, level * 0.9, level * 0.8]
  })
const alike = (a: Frames, b: Frames) => similarity(a, b, workers)

describe('how alike two pictures look', () => {
  it.each([
    ['a photograph', raw.photo(400, 300)],
    ['noise', raw.noise(200, 150)],
    ['one colour', raw.solid(64, 64)],
    ['one pixel', raw.solid(1, 1)],
    ['transparency', raw.logo(120, 120)],
    ['grey', raw.solid(50, 40, [99])],
    ['more than half a million pixels', raw.gradient(1200, 900)],
  ])('%s is 1 with itself', async (_, pixels) => {
    expect(await alike(still(pixels), still(pixels))).toBeCloseTo(1, 6)
  })

  it.each([
    ['a photograph', raw.photo(400, 300)],
    ['a drawing', softDiscs(320, 240)],
    ['a large photograph', raw.photo(1100, 800)],
  ])('%s grows less alike as JPEG takes more away', async (_, pixels) => {
    const values: number[] = []
    for (const quality of [95, 80, 60, 40, 20, 5])
      values.push(await alike(still(pixels), await decoded(await jpeg(pixels, quality))))
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    expect(values[0]).toBeGreaterThan(0.9)
  })

  it('grows less alike with blur', async () => {
    const source = raw.photo(400, 300)
    const blurred = async (sigma: number) =>
      still({
        ...source,
        data: await sharp(source.data, { raw: { width: 400, height: 300, channels: 3 } })
          .blur(sigma)
          .raw()
          .toBuffer(),
      })
    const [slight, strong] = [
      await alike(still(source), await blurred(0.6)),
      await alike(still(source), await blurred(3)),
    ]
    expect(slight).toBeGreaterThan(strong)
  })

  it('sees a small ruined part of a large flat picture', async () => {
    const flat = raw.solid(400, 400, [200, 200, 200])
    const spoilt = paint(400, 400, (x, y) => (x < 100 && y < 100 ? [(x * y) % 256, 0, 0] : [200, 200, 200]))
    expect(await alike(still(flat), still(spoilt))).toBeLessThan(0.8)
  })

  it('sees transparency that one ground would hide', async () => {
    const white = paint(64, 64, () => [255, 255, 255, 255])
    const clear = paint(64, 64, () => [255, 255, 255, 0])
    expect(await alike(still(white), still(clear))).toBeLessThan(0.5)
  })

  it('is 0 for pictures of different sides', async () => {
    expect(await alike(still(raw.photo(100, 80)), still(raw.photo(80, 100)))).toBe(0)
  })
})

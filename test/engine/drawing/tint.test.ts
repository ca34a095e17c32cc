import { describe, expect, it } from 'vitest'
import { colorize, replaceColour, sepia, twoLevel } from '../../../src/engine/drawing/tint.ts'
import { paint, pixel } from '../../support/pictures.ts'

const rgb = (r: number, g: number, b: number, alpha = 1) => ({ r, g, b, alpha })
/** One pixel of each colour in a row, half transparent. */
const row = (...colours: readonly (readonly [number, number, number])[]) =>
  paint(colours.length, 1, (x) => [...(colours[x] ?? [0, 0, 0]), 128])
const pixelsOf = (picture: ReturnType<typeof row>) =>
  Array.from({ length: picture.width }, (_, x) => pixel(picture, x, 0))

describe('a tint (imagekit §4.6)', () => {
  it('keeps black and white, and makes middle grey the colour', () => {
    const picture = row([0, 0, 0], [255, 255, 255], [128, 128, 128])
    colorize(picture, rgb(200, 40, 0), 100)
    const [black, white, grey = []] = pixelsOf(picture)
    expect(black).toEqual([0, 0, 0, 128])
    expect(white).toEqual([255, 255, 255, 128])
    // A half step above the middle: 200 + 55/255, 40 + 215/255, 255/255.
    expect(grey).toEqual([200, 41, 1, 128])
  })

  it('with grey takes the colours away', () => {
    const picture = row([255, 0, 0], [0, 255, 0], [10, 20, 200])
    colorize(picture, rgb(128, 128, 128), 100)
    for (const [r = 0, g, b] of pixelsOf(picture)) {
      expect(g).toBe(r)
      expect(b).toBe(r)
    }
    // Luma by Rec. 709 of pure red, 0.2126 · 255 = 54, in shades of 128.
    expect(pixelsOf(picture)[0]).toEqual([54, 54, 54, 128])
  })

  it('is mixed in by its intensity', () => {
    const picture = row([100, 100, 100])
    colorize(picture, rgb(255, 0, 0), 40)
    // The shade at tone 100 is 255 · 100 / 127.5 = 200, 0, 0; of that 40 %.
    expect(pixelsOf(picture)).toEqual([[140, 60, 60, 128]])
  })
})

describe('a colour replaced (imagekit §4.5)', () => {
  it('moves its neighbours along and leaves others alone', () => {
    const picture = row([200, 0, 0], [190, 10, 5], [0, 0, 200])
    replaceColour(picture, rgb(200, 0, 0), rgb(0, 100, 50), 10)
    expect(pixelsOf(picture)).toEqual([
      [0, 100, 50, 128],
      [0, 110, 55, 128],
      [0, 0, 200, 128],
    ])
  })

  it('with tolerance 0 takes the exact colour only, with 100 all', () => {
    const exact = row([200, 0, 0], [201, 0, 0])
    replaceColour(exact, rgb(200, 0, 0), rgb(9, 9, 9), 0)
    expect(pixelsOf(exact)).toEqual([
      [9, 9, 9, 128],
      [201, 0, 0, 128],
    ])
    const all = row([0, 0, 0], [255, 255, 255])
    replaceColour(all, rgb(0, 0, 0), rgb(0, 0, 255), 100)
    expect(pixelsOf(all)).toEqual([
      [0, 0, 255, 128],
      [255, 255, 255, 128],
    ])
  })

  it('multiplies the new colour’s alpha in', () => {
    const picture = row([200, 0, 0])
    replaceColour(picture, rgb(200, 0, 0), rgb(0, 0, 0, 0.5), 5)
    expect(pixelsOf(picture)).toEqual([[0, 0, 0, 64]])
  })
})

describe('sepia', () => {
  it('is the usual matrix at full strength', () => {
    const picture = row([100, 50, 20], [255, 255, 255], [0, 0, 0])
    sepia(picture, 1)
    // 39.3 + 38.45 + 3.78, 34.9 + 34.3 + 3.36, 27.2 + 26.7 + 2.62; of white: above 255 twice, 0.937 · 255.
    expect(pixelsOf(picture)).toEqual([
      [82, 73, 57, 128],
      [255, 255, 239, 128],
      [0, 0, 0, 128],
    ])
  })

  it('is mixed in by its strength', () => {
    const picture = row([100, 50, 20])
    sepia(picture, 0.5)
    // Half of (81.53 − 100, 72.56 − 50, 56.52 − 20).
    expect(pixelsOf(picture)).toEqual([[91, 61, 38, 128]])
  })
})

describe('two levels', () => {
  it.each([
    [0.5, [0, 0, 255, 255]],
    [0, [255, 255, 255, 255]],
    [1, [0, 0, 0, 255]],
  ])('at %d: black below, white from there on', (threshold, expected) => {
    const picture = row([0, 0, 255], [127, 127, 127], [128, 128, 128], [255, 255, 255])
    twoLevel(picture, threshold)
    expect(pixelsOf(picture)).toEqual(expected.map((value) => [value, value, value, 128]))
  })

  it('go by luma: green is brighter than red, red than blue', () => {
    const picture = row([0, 200, 0], [200, 0, 0], [0, 0, 200])
    twoLevel(picture, 0.5)
    expect(pixelsOf(picture).map(([value]) => value)).toEqual([255, 0, 0])
    const darker = row([0, 200, 0], [200, 0, 0], [0, 0, 200])
    twoLevel(darker, 0.1)
    expect(pixelsOf(darker).map(([value]) => value)).toEqual([255, 255, 0])
  })
})

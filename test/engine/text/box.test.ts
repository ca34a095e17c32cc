import { describe, expect, it } from 'vitest'
import { type BoxWish, textBox } from '../../../src/engine/text/box.ts'
import { isFault } from '../../../src/faults.ts'
import { type Pixels, paint, pixel } from '../../support/pictures.ts'

const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const RED = { r: 255, g: 0, b: 0, alpha: 1 }
/** Coverage with 2×1 pixels of full ink at 3,2 of 10×6. */
const INK = paint(10, 6, (x, y) => [y === 2 && (x === 3 || x === 4) ? 255 : 0])

function box(changes: Partial<BoxWish> = {}): Pixels {
  const raw = textBox({
    ink: INK,
    colour: BLACK,
    width: 0,
    align: 'centre',
    padding: [0, 0, 0, 0],
    outputPixels: 1_000_000,
    ...changes,
  })
  return { ...raw, data: Buffer.from(raw.data) }
}
/** Where the ink is, as x of each opaque black pixel in a row. */
const inkIn = (picture: Pixels, y: number) =>
  Array.from({ length: picture.width }, (_, x) => x).filter((x) => {
    const [r, , , alpha] = pixel(picture, x, y)
    return r === 0 && alpha === 255
  })

describe('the box of a text (imagekit §6.5)', () => {
  it('is the ink, nothing else', () => {
    expect(box()).toMatchObject({ width: 2, height: 1 })
    expect(pixel(box(), 0, 0)).toEqual([0, 0, 0, 255])
  })

  it('is padded in CSS order', () => {
    const padded = box({ padding: [1, 2, 3, 4] })
    expect(padded).toMatchObject({ width: 8, height: 5 })
    expect(inkIn(padded, 1)).toEqual([4, 5])
  })

  it.each([
    ['left', [1, 2]],
    ['centre', [4, 5]],
    ['right', [8, 9]],
  ] as const)('aligns %s in its width', (align, expected) => {
    const wide = box({ width: 9, align, padding: [0, 0, 0, 1] })
    expect(wide).toMatchObject({ width: 10, height: 1 })
    expect(inkIn(wide, 0)).toEqual(expected)
  })

  it('grows with ink that is wider than its width', () => {
    expect(box({ width: 1 })).toMatchObject({ width: 2 })
  })

  it('lies on its background', () => {
    const laid = box({ background: { ...RED, alpha: 0.5 }, padding: [1, 1, 1, 1] })
    expect(pixel(laid, 0, 0)).toEqual([255, 0, 0, 128])
    expect(pixel(laid, 1, 1)).toEqual([0, 0, 0, 255])
    for (let y = 0; y < laid.height; y++)
      for (let x = 0; x < laid.width; x++) expect(pixel(laid, x, y)[3]).toBeGreaterThan(0)
  })

  it('mixes half covered pixels and half transparent ink', () => {
    const soft = box({ ink: paint(1, 1, () => [128]), colour: { ...BLACK, alpha: 0.5 }, background: RED })
    // 128/255 · 0.5 = 0.251 of black over red.
    expect(pixel(soft, 0, 0)).toEqual([191, 0, 0, 255])
  })

  it('without ink is padding and background, at least one pixel', () => {
    const wish = { colour: BLACK, width: 0, align: 'left', outputPixels: 100 } as const
    expect(textBox({ ...wish, padding: [2, 3, 2, 3], background: RED })).toMatchObject({ width: 6, height: 4 })
    expect(textBox({ ...wish, padding: [0, 0, 0, 0] })).toMatchObject({ width: 1, height: 1 })
  })

  it.each([
    ['a side above 16,383', { width: 16_384 }, 'bad-parameter'],
    ['padding above that', { padding: [16_000, 0, 383, 0] as const }, 'bad-parameter'],
    ['too many pixels', { width: 1001, padding: [500, 0, 499, 0] as const }, 'too-large'],
  ])('is refused: %s', (_, changes, code) => {
    expect(() => box(changes)).toThrow(expect.toSatisfy((error: unknown) => isFault(error) && error.code === code))
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearColours } from '../../../src/engine/optimise/gif/colours.ts'
import { lzwDecode } from '../../../src/engine/optimise/gif/lzw.ts'
import { EFFORTS, lzwEncode } from '../../../src/engine/optimise/gif/lzw-encode.ts'
import { random } from '../../support/pictures.ts'

const EACH = Object.entries(EFFORTS)

/** Values in runs, as drawings have them. */
function runs(count: number, values: number, seed: number): Uint8Array {
  const next = random(seed)
  let value = 0
  return Uint8Array.from({ length: count }, () => {
    if (next() < 0.3) value = Math.floor(next() * values)
    return value
  })
}

describe.each(EACH)('LZW, %s', (_, effort) => {
  it('decodes what it encodes', () => {
    const indices = fc
      .integer({ min: 2, max: 8 })
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.uint8Array({ minLength: 1, maxLength: 20_000, max: 2 ** size - 1 })),
      )
    fc.assert(
      fc.property(indices, ([size, values]) => {
        expect(lzwDecode(lzwEncode({ indices: values }, size, effort), size, values.length)).toEqual(values)
      }),
      { numRuns: 30 },
    )
  })

  it('decodes what it encodes when the dictionary is full, many times over', () => {
    const values = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)
    expect(lzwDecode(lzwEncode({ indices: values }, 8, effort), 8, values.length)).toEqual(values)
  })

  it('shows at each place what is wanted, or the transparent index where that shows the same', () => {
    const indices = runs(30_000, 100, 1)
    const at = Uint8Array.from(runs(30_000, 2, 2))
    const shown = lzwDecode(lzwEncode({ indices, holes: { index: 100, at } }, 7, effort), 7, indices.length)
    expect(shown?.findIndex((index, i) => index !== indices[i] && (index !== 100 || at[i] === 0))).toBe(-1)
  })

  it('with loss shows no colour that is further off than allowed', () => {
    const colours = Array.from({ length: 200 }, (_, i) => (i << 16) | (i << 8) | (255 - i))
    const near = nearColours(colours, 12)
    // Few of the values: most neighbours lie beyond the codes that the frame begins with.
    const indices = runs(30_000, 32, 3)
    const at = runs(30_000, 2, 4)
    const packed = lzwEncode({ indices, holes: { index: 40, at }, near }, 6, effort)
    const shown = lzwDecode(packed, 6, indices.length)
    const wrong = shown?.findIndex((index, i) =>
      index === 40 ? at[i] === 0 : Math.abs(index - (indices[i] ?? 0)) * 3 > 12,
    )
    expect(wrong).toBe(-1)
    expect(packed.length).toBeLessThan(0.8 * lzwEncode({ indices }, 6, effort).length)
  })
})

it('more effort packs tighter what changes its kind half way', () => {
  const indices = Uint8Array.from([...runs(30_000, 24, 5), ...runs(30_000, 24, 6).map((value) => 255 - value)])
  const bytes = (effort: (typeof EFFORTS)[keyof typeof EFFORTS]) => lzwEncode({ indices }, 8, effort).length
  expect(bytes(EFFORTS.careful)).toBeLessThan(bytes(EFFORTS.quick))
  expect(bytes(EFFORTS.thorough)).toBeLessThan(bytes(EFFORTS.quick))
})

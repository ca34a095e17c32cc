import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchQuality } from '../../../src/engine/optimise/lossy/search.ts'

const RANGE = { low: 50, high: 90, start: 75 }

/** An encoder whose similarity and bytes grow with quality. */
function encoder(similarityOf: (quality: number) => number) {
  const tried: number[] = []
  return {
    tried,
    encode: async (quality: number) => {
      tried.push(quality)
      return { bytes: new Uint8Array(quality * 10), quality, similarity: similarityOf(quality) }
    },
  }
}

/** 1 − e^(−rise·(q − root)): the straight line that encoders follow. */
const line = (rise: number, root: number) => (quality: number) => 1 - Math.exp(-rise * (quality - root))

describe('the search for a quality', () => {
  it('comes within three of the lowest quality that reaches the target, in at most four encodes', async () => {
    const curves = fc.tuple(fc.double({ min: 0.015, max: 0.05, noNaN: true }), fc.integer({ min: 51, max: 89 }))
    await fc.assert(
      fc.asyncProperty(curves, async ([rise, wanted]) => {
        const target = 0.975
        const curve = line(rise, wanted + Math.log(1 - target) / rise)
        const { encode, tried } = encoder(curve)
        const found = await searchQuality({ encode, range: RANGE, target, attempts: 4 })
        expect(tried.length).toBeLessThanOrEqual(4)
        expect(new Set(tried).size).toBe(tried.length)
        expect(found.similarity).toBeGreaterThanOrEqual(target)
        expect(found.quality - wanted).toBeLessThanOrEqual(3)
      }),
    )
  })

  it('stays at the lower end when even that is alike enough', async () => {
    const { encode } = encoder(() => 0.999)
    expect((await searchQuality({ encode, range: RANGE, target: 0.975, attempts: 4 })).quality).toBe(50)
  })

  it('ends at the upper end when the target lies a little beyond', async () => {
    const { encode } = encoder(line(0.027, 95 + Math.log(0.025) / 0.027))
    expect((await searchQuality({ encode, range: RANGE, target: 0.975, attempts: 4 })).quality).toBe(90)
  })

  it('stays where it began, with one encode, when no quality would do', async () => {
    const { encode, tried } = encoder(() => 0.85)
    expect((await searchQuality({ encode, range: RANGE, target: 0.975, attempts: 4 })).quality).toBe(75)
    expect(tried).toEqual([75])
  })

  it('encodes once when only one attempt is allowed', async () => {
    const { encode, tried } = encoder(line(0.027, -60))
    await searchQuality({ encode, range: RANGE, target: 0.975, attempts: 1 })
    expect(tried.length).toBe(1)
  })
})

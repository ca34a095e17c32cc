import { describe, expect, it } from 'vitest'
import { avifEffort, estimateCost, type Work } from '../../src/engine/cost.ts'

const MILLION = 1_000_000
const work = (output: Partial<Work['output']>, source: Partial<Work['source']> = {}): Work => ({
  source: { format: 'jpeg', pixels: MILLION, frames: 1, ...source },
  output: { format: 'jpeg', pixels: MILLION, frames: 1, ...output },
})

describe('estimateCost', () => {
  it('grows with pixels and with frames', () => {
    const one = estimateCost(work({}))
    expect(estimateCost(work({ pixels: 4 * MILLION }, { pixels: 4 * MILLION }))).toBeCloseTo(4 * one)
    expect(estimateCost(work({ frames: 10 }, { frames: 10 }))).toBeCloseTo(10 * one)
  })

  it('a thumbnail of a large picture costs its decoding', () => {
    const thumbnail = estimateCost(work({ pixels: 10_000 }, { pixels: 50 * MILLION }))
    expect(thumbnail).toBeGreaterThan(estimateCost(work({ pixels: 10_000 })))
    expect(thumbnail).toBeLessThan(estimateCost(work({ pixels: 50 * MILLION }, { pixels: 50 * MILLION })) / 5)
  })

  it('AVIF is dearer than WebP, WebP than nothing, and effort makes AVIF dearer', () => {
    const avif = (effort: number) => estimateCost(work({ format: 'avif', effort }))
    expect(avif(1)).toBeGreaterThan(2 * estimateCost(work({ format: 'webp' })))
    const efforts = [0, 1, 2, 3, 4, 5, 9].map(avif)
    expect(efforts).toEqual([...efforts].sort((a, b) => a - b))
    expect(avif(4)).toBeGreaterThan(10 * avif(1))
  })

  it('a large picture on the way counts, although the result is small', () => {
    const small = work({ pixels: 100 })
    expect(estimateCost({ ...small, largest: 100 * MILLION })).toBeGreaterThan(estimateCost(small) + 1000)
  })
})

describe('avifEffort', () => {
  it.each([
    [1, 1],
    [16 * MILLION, 1],
    [16 * MILLION + 1, 0],
    [32 * MILLION, 0],
  ])('%i pixels: effort %i', (pixels, effort) => {
    expect(avifEffort(pixels, true)).toBe(effort)
    expect(avifEffort(pixels, false)).toBe(effort)
  })

  it('above 32 million pixels: refused when asked for by name, skipped when negotiated', () => {
    expect(() => avifEffort(32 * MILLION + 1, true)).toThrow(expect.objectContaining({ code: 'too-large' }))
    expect(avifEffort(32 * MILLION + 1, false)).toBeUndefined()
  })
})

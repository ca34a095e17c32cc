import { describe, expect, it } from 'vitest'
import { assertAffordable, avifEffort, drawingsOf, estimateCost, type Work } from '../../src/engine/cost.ts'
import { foreseeLayers, type Opened, openedKey } from '../../src/engine/layers.ts'
import { isFault } from '../../src/faults.ts'
import type { Drawing } from '../../src/plan/plan.ts'
import type { ResolvedStep } from '../../src/plan/resolved.ts'
import { solid } from '../support/pictures.ts'
import { place } from './rendering.ts'

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

describe('what nobody can wait for is refused', () => {
  const blur: ResolvedStep = { kind: 'effect', effect: { name: 'blur', sigma: 2 } }
  const refused = (estimate: number, steps: number, pixels: number, frames = 1) => {
    try {
      assertAffordable(estimate, Array(steps).fill(blur), pixels, frames)
      return false
    } catch (error) {
      return isFault(error, 'too-large')
    }
  }

  it('a dear work, many steps on a large picture, many frames', () => {
    expect([refused(180_001, 0, MILLION), refused(0, 90, 81 * MILLION), refused(0, 10, MILLION, 500)]).toEqual([
      ...[true, true, true],
    ])
  })
  it('not the largest pictures that are taken, nor long chains on ordinary ones', () => {
    const largest = { pixels: 100 * MILLION }
    for (const format of ['jpeg', 'png', 'webp', 'gif'] as const) {
      const estimate = estimateCost(work({ ...largest, format, lossless: format === 'webp' }, largest))
      expect(refused(estimate, 5, 100 * MILLION), format).toBe(false)
    }
    expect(refused(1000, 100, 12 * MILLION)).toBe(false)
  })
})

describe('drawings', () => {
  const cost = (drawing: Drawing<number>, frames = 1) =>
    estimateCost({ ...work({}), drawings: [{ drawing, size: { width: 1000, height: 1000 }, frames }] }) -
    estimateCost(work({}))
  const sepia: Drawing<number> = { name: 'sepia', strength: 1 }
  const oil: Drawing<number> = { name: 'oil-paint', radius: 3 }
  const areas = (sigma: number, softness = 0, side = 2000): Drawing<number> => ({
    name: 'areas',
    areas: [{ x: 0, y: 0, width: side, height: side }],
    shape: 'rect',
    softness,
    effect: { name: 'blur', sigma },
  })

  it('count with their pixels, oil painting most', () => {
    expect(cost(sepia, 3)).toBeCloseTo(3 * cost(sepia))
    expect(cost(oil)).toBeGreaterThan(3 * cost(sepia))
  })

  it('areas cost what their effect and their softness cost', () => {
    expect(cost(areas(4))).toBeGreaterThan(cost(areas(1)) + 100)
    expect(cost(areas(1, 4))).toBeGreaterThan(cost(areas(1)) + 50)
    expect(cost(areas(4, 4, 50))).toBeLessThan(cost(areas(4, 4)) / 3)
  })

  it('are found in the steps, with the frames that there are at their point', () => {
    const size = { width: 100, height: 50 }
    const draw = (drawing: Drawing<number>): ResolvedStep => ({ kind: 'draw', drawing, size })
    const base = { kind: 'layer', steps: [], at: { kind: 'anchor', x: 0, y: 0 }, blend: 'over', base: size } as const
    const frame = { ...base, picture: { kind: 'source', source: { kind: 'url', url: 'http://a/b' } } } as const
    const steps: readonly ResolvedStep[] = [draw(sepia), { kind: 'animate', frames: [frame, frame] }, draw(oil)]
    expect(drawingsOf(steps, 1)).toEqual([
      { drawing: sepia, size, frames: 1 },
      { drawing: oil, size, frames: 3 },
    ])
    expect(drawingsOf([draw(oil)], 7)).toEqual([{ drawing: oil, size, frames: 7 }])
  })
})

it('the work of layers is told by their headers: what is decoded, and what is drawn on it', async () => {
  const source = { kind: 'url', url: 'http://a/b' } as const
  const step = {
    kind: 'layer',
    picture: { kind: 'source', source },
    steps: [
      { kind: 'trim', rule: { kind: 'exact' } },
      place('stretch', 10, 20),
      { kind: 'draw', drawing: { name: 'oil-paint', radius: 2 } },
    ],
    at: { kind: 'anchor', x: 0, y: 0 },
    blend: 'over',
    base: { width: 5, height: 5 },
  } as const
  const opened: Opened = new Map([[openedKey(source), { status: 'fulfilled', value: await solid(40, 30) }]])
  const limits = { inputPixels: MILLION, outputPixels: MILLION, frames: 1 }
  const [work] = await foreseeLayers([step], opened, limits)
  expect(work).toMatchObject({ format: 'png', pixels: 1200 })
  expect(drawingsOf(work?.steps ?? [], 1)).toEqual([
    { drawing: { name: 'oil-paint', radius: 2 }, size: { width: 10, height: 20 }, frames: 1 },
  ])
  const known = { ...step, steps: step.steps.slice(1) }
  await expect(foreseeLayers([known], opened, { ...limits, outputPixels: 100 })).rejects.toMatchObject({
    code: 'too-large',
  })
})

it('further frames cost their decoding', () => {
  const further = [{ format: 'jpeg', pixels: 10 * MILLION } as const]
  expect(estimateCost({ ...work({}), further })).toBeGreaterThan(estimateCost(work({})) + 100)
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

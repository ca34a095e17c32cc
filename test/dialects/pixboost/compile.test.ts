import { describe, expect, it } from 'vitest'
import { compileDelivery, compilePlan } from '../../../src/dialects/pixboost/compile.ts'
import { askOf, offerOf } from '../../../src/dialects/pixboost/negotiation.ts'
import { type Level, type Parameters, readSize, type Size } from '../../../src/dialects/pixboost/parameters.ts'
import { parseQuery } from '../../../src/dialects/pixboost/query.ts'
import { choose, isLossless, keptProfile, quality } from '../../../src/plan/choose.ts'
import type { Facts, Offer } from '../../../src/plan/facts.ts'
import type { OutputFormat, SourceFormat } from '../../../src/plan/plan.ts'
import { resolve } from '../../../src/plan/resolve.ts'

const LIMITS = { inputPixels: 1e9, outputPixels: 1e9, frames: 500 }

function facts(format: SourceFormat, width: number, height: number, more: Partial<Facts> = {}): Facts {
  return {
    format,
    width,
    height,
    frames: 1,
    orientation: 1,
    alpha: false,
    depth: 8,
    space: 'rgb',
    profile: false,
    bytes: 1000,
    ...more,
  }
}

const parameters = (more: Partial<Parameters> = {}): Parameters => ({
  size: undefined,
  trim: false,
  level: 'default',
  hide: false,
  ...more,
})
const planOf = (operation: 'optimise' | 'resize' | 'fit', size?: Size, more: Partial<Parameters> = {}) =>
  compilePlan(operation, parameters({ size, ...more }))
const sized = (operation: 'resize' | 'fit', text: string) =>
  planOf(operation, readSize(operation, parseQuery(`size=${text}`)))

const ACCEPTS: Readonly<Record<string, Offer>> = {
  none: [],
  webp: ['webp'],
  avif: ['avif'],
  'avif, webp': ['webp', 'avif'],
}

describe('the result of resize and fit measures what the contract says', () => {
  it.each([
    [510, 340, 'resize', '200', 200, 133],
    [510, 340, 'resize', 'x80', 120, 80],
    [510, 340, 'resize', '200x100', 150, 100],
    [510, 340, 'fit', '200x100', 200, 100],
    [990, 357, 'resize', '200', 200, 72],
    [800, 600, 'resize', '10', 10, 8],
    [800, 600, 'resize', '200x', 200, 150],
    [800, 600, 'resize', 'x150', 200, 150],
    [800, 600, 'resize', '200x300', 200, 150],
    [800, 600, 'resize', '1600', 1600, 1200],
    [800, 600, 'fit', '1600x100', 1600, 100],
    [1000, 1, 'resize', '10', 10, 1],
  ] as const)('%i×%i %s?size=%s → %i×%i', (width, height, operation, size, w, h) => {
    const resolved = resolve(sized(operation, size).steps, facts('jpeg', width, height), LIMITS)
    expect(resolved.size).toEqual({ width: w, height: h })
  })

  it('fit keeps the rows 16…115 of the scaled picture', () => {
    const { steps } = resolve(sized('fit', '200x100').steps, facts('jpeg', 510, 340), LIMITS)
    expect(steps).toEqual([
      { kind: 'place', scale: { width: 200, height: 133 }, crop: { left: 0, top: 16, width: 200, height: 100 } },
    ])
  })

  it.each([
    ['200', 200, 300],
    ['x200', 133, 200],
  ] as const)('a picture shown 400×600 by EXIF orientation 6, size=%s → %i×%i', (size, width, height) => {
    const turned = facts('jpeg', 600, 400, { orientation: 6 })
    expect(resolve(sized('resize', size).steps, turned, LIMITS).size).toEqual({ width, height })
  })

  it('optimise keeps the pixel size', () => {
    expect(resolve(planOf('optimise').steps, facts('jpeg', 510, 340), LIMITS).size).toEqual({ width: 510, height: 340 })
  })

  it('trim-border comes before orientation and scaling', () => {
    const { steps } = planOf('resize', { width: 300 }, { trim: true })
    expect(steps.map(({ kind }) => kind)).toEqual(['trim', 'orient', 'place'])
    expect(steps[0]).toEqual({ kind: 'trim', rule: { kind: 'exact' } })
  })
})

describe('the format for each Accept and source', () => {
  const photo = facts('jpeg', 900, 1000)
  const middle = facts('jpeg', 1500, 1000)
  const large = facts('jpeg', 2000, 2000)
  const drawing = facts('png', 900, 1000, { illustration: true })
  const gif = facts('gif', 900, 1000, { frames: 3 })

  it.each([
    ['none', 'jpeg', 'jpeg', 'jpeg', 'png', 'gif'],
    ['webp', 'webp', 'webp', 'webp', 'webp', 'webp'],
    ['avif', 'avif', 'avif', 'jpeg', 'png', 'gif'],
    ['avif, webp', 'avif', 'avif', 'webp', 'webp', 'webp'],
  ] as const)('Accept %s: photo %s, 1–4 M %s, from 4 M %s, illustration %s, GIF %s', (accept, ...expected) => {
    const offer = ACCEPTS[accept] ?? []
    const { output } = planOf('optimise')
    const sources = [photo, middle, large, drawing, gif]
    expect(sources.map((source) => choose(output, source, offer))).toEqual(expected)
  })

  it('an illustration is lossless, a photo is not, except as PNG', () => {
    const { output } = planOf('optimise')
    expect(isLossless(output, 'webp', drawing)).toBe(true)
    expect(isLossless(output, 'webp', facts('png', 9, 9, { illustration: false }))).toBe(false)
    expect(isLossless(output, 'png', facts('png', 9, 9, { illustration: false }))).toBe(true)
  })

  it.each([
    ['jpeg', 'jpeg'],
    ['png', 'png'],
    ['webp', 'webp'],
    ['avif', 'avif'],
    ['gif', 'gif'],
    ['tiff', 'png'],
    ['bmp', 'png'],
    ['svg', 'untouched'],
  ] as const)('a %s source goes out as %s when nothing newer is accepted', (format, expected) => {
    expect(choose(planOf('resize', { width: 10 }).output, facts(format, 100, 100), [])).toBe(expected)
  })

  it('boundaries are strict', () => {
    const { output } = planOf('optimise')
    expect(choose(output, facts('jpeg', 2000, 2000), ['avif'])).toBe('jpeg')
    expect(choose(output, facts('jpeg', 1999, 2000), ['avif'])).toBe('avif')
    expect(choose(output, facts('jpeg', 16_382, 300), ['webp'])).toBe('webp')
    expect(choose(output, facts('jpeg', 16_383, 300), ['webp'])).toBe('jpeg')
    expect(choose(output, facts('jpeg', 300, 16_383), ['webp'])).toBe('jpeg')
  })

  it('the estimated area follows the wish, not the result', () => {
    const wide = facts('jpeg', 3000, 3000)
    expect(choose(sized('fit', '1999x2000').output, wide, ['avif'])).toBe('avif')
    expect(choose(sized('fit', '2000x2000').output, wide, ['avif'])).toBe('jpeg')
    // Judged by 2000×2000 although the result is 10×10 (§17).
    expect(choose(sized('resize', '2000x10').output, wide, ['avif'])).toBe('jpeg')
    expect(choose(sized('resize', '1999x10').output, wide, ['avif'])).toBe('avif')
    expect(choose(sized('resize', 'x2000').output, wide, ['avif'])).toBe('jpeg')
    expect(choose(sized('resize', 'x1999').output, wide, ['avif'])).toBe('avif')
    // trunc(10 · 1 / 1000) = 0: no AVIF for an area of nothing.
    expect(choose(sized('resize', '10').output, facts('jpeg', 1000, 1), ['avif'])).toBe('jpeg')
    // The stored sides count, not the turned ones.
    const turned = facts('jpeg', 4000, 1000, { orientation: 6 })
    expect(choose(sized('resize', '2000').output, turned, ['avif'])).toBe('avif')
  })

  it('an animated WebP is never flattened to AVIF', () => {
    const moving = facts('webp', 100, 100, { frames: 3 })
    expect(choose(planOf('optimise').output, moving, ['webp', 'avif'])).toBe('webp')
    expect(choose(planOf('optimise').output, moving, ['avif'])).toBe('webp')
  })
})

describe('the quality for each output, source and level', () => {
  const levels: readonly Level[] = ['default', 'low', 'lower']
  const rows: readonly (readonly [string, Facts, OutputFormat, readonly number[]])[] = [
    ['JPEG of q 92 to AVIF', facts('jpeg', 9, 9, { quality: 92 }), 'avif', [70, 60, 50]],
    ['JPEG of q 92 to WebP', facts('jpeg', 9, 9, { quality: 92 }), 'webp', [92, 82, 72]],
    ['JPEG of q 92 to JPEG', facts('jpeg', 9, 9, { quality: 92 }), 'jpeg', [92, 82, 72]],
    ['JPEG of q 86 to AVIF', facts('jpeg', 9, 9, { quality: 86 }), 'avif', [70, 60, 50]],
    ['JPEG of q 85 to AVIF', facts('jpeg', 9, 9, { quality: 85 }), 'avif', [60, 50, 40]],
    ['JPEG of q 76 to AVIF', facts('jpeg', 9, 9, { quality: 76 }), 'avif', [60, 50, 40]],
    ['JPEG of q 75 to AVIF', facts('jpeg', 9, 9, { quality: 75 }), 'avif', [50, 40, 30]],
    ['JPEG of q 100 to WebP', facts('jpeg', 9, 9, { quality: 100 }), 'webp', [82, 72, 62]],
    ['JPEG of q 100 to JPEG', facts('jpeg', 9, 9, { quality: 100 }), 'jpeg', [82, 72, 62]],
    ['JPEG of q 99 to JPEG', facts('jpeg', 9, 9, { quality: 99 }), 'jpeg', [99, 89, 79]],
    ['JPEG of q 15 to JPEG, clamped', facts('jpeg', 9, 9, { quality: 15 }), 'jpeg', [15, 5, 1]],
    ['JPEG that tells nothing to WebP', facts('jpeg', 9, 9), 'webp', [92, 82, 72]],
    ['JPEG that tells nothing to AVIF', facts('jpeg', 9, 9), 'avif', [70, 60, 50]],
    ['photo PNG to WebP', facts('png', 9, 9), 'webp', [82, 72, 62]],
    ['photo PNG to AVIF', facts('png', 9, 9), 'avif', [70, 60, 50]],
    ['GIF to WebP', facts('gif', 9, 9), 'webp', [75, 65, 55]],
    ['WebP to WebP', facts('webp', 9, 9), 'webp', [75, 65, 55]],
    ['TIFF to WebP', facts('tiff', 9, 9), 'webp', [75, 65, 55]],
    ['BMP to WebP', facts('bmp', 9, 9), 'webp', [75, 65, 55]],
    ['AVIF to WebP', facts('avif', 9, 9), 'webp', [75, 65, 55]],
    ['WebP to AVIF', facts('webp', 9, 9), 'avif', [70, 60, 50]],
  ]

  it.each(rows)('%s', (_case, source, format, expected) => {
    const at = (level: Level) => quality(planOf('optimise', undefined, { level }).output, format, source)
    expect(levels.map(at)).toEqual(expected)
  })
})

describe('what else the output says', () => {
  it('JPEG is baseline with 4:2:0, EXIF and XMP go', () => {
    expect(planOf('optimise').output).toMatchObject({
      progressive: false,
      chroma: '4:2:0',
      metadata: { exif: false, xmp: false },
    })
  })

  it('a profile stays, except in PNG', () => {
    const { output } = planOf('optimise')
    const profiled = facts('jpeg', 9, 9, { profile: true })
    expect((['jpeg', 'webp', 'avif', 'png'] as const).map((format) => keptProfile(output, format, profiled))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('only optimise falls back to the source when the result is larger', () => {
    expect(planOf('optimise').output).toMatchObject({ ifLarger: 'source' })
    expect(sized('resize', '9').output).toMatchObject({ ifLarger: 'keep' })
    expect(sized('fit', '9x9').output).toMatchObject({ ifLarger: 'keep' })
  })
})

describe('the delivery around the plan', () => {
  const object = { ref: { kind: 'object', connection: 'bucket', key: 'a' }, web: false } as const
  const url = { ref: { kind: 'url', url: 'http://h.test/a' }, web: true } as const
  const senses = { avif: true, webp: true, jxl: true, gzip: true }

  it('asis hands the bytes on and tells a web server a normalised wish', () => {
    const delivery = compileDelivery('p', 'asis', url, parameters(), senses)
    expect(delivery).toMatchObject({ plan: { steps: [], output: { kind: 'untouched' } }, offer: [] })
    expect(delivery.sources).toEqual([
      { ...url.ref, ask: { accept: 'image/jxl,image/avif,image/webp,*/*', encoding: 'gzip' } },
    ])
  })

  it('asis asks a bucket nothing, the other operations ask nobody anything', () => {
    expect(compileDelivery('p', 'asis', object, parameters(), senses).sources).toEqual([object.ref])
    expect(compileDelivery('p', 'optimise', url, parameters(), senses).sources).toEqual([url.ref])
  })

  it('reads sources of at most 50 MB and sees nothing private', () => {
    expect(compileDelivery('p', 'optimise', object, parameters(), senses)).toMatchObject({
      project: 'p',
      limits: { sourceBytes: 52_428_800 },
      offer: ['webp', 'avif'],
      caching: 'use',
      seesPrivate: false,
    })
  })

  it('offers what was accepted', () => {
    expect(offerOf({ webp: false, avif: false })).toEqual([])
    expect(offerOf({ webp: false, avif: true })).toEqual(['avif'])
    expect(askOf({ avif: false, webp: false, jxl: false, gzip: false })).toEqual({
      accept: '*/*',
      encoding: 'identity',
    })
  })
})

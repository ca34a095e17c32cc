import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { measureTrim, scanExactTrim, scanSimilarTrim } from '../../src/engine/trim.ts'
import { createWorkers } from '../../src/engine/workers.ts'
import { encode, paint, raw } from '../support/pictures.ts'

const inner = raw.noise(20, 10, 3)
const whole = (width: number, height: number) => ({ kind: 'region', region: { left: 0, top: 0, width, height } })

describe('exact trim (pixboost §6)', () => {
  it('cuts a border of one colour on all sides', () => {
    const picture = raw.bordered(inner, [3, 7, 5, 2], [255, 255, 255])
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 2, top: 3, width: 20, height: 10 } })
  })

  it('every edge has its own corner: a white left band and a black right band both go', () => {
    const picture = paint(30, 10, (x, y) => (x < 5 ? [255, 255, 255] : x >= 24 ? [0, 0, 0] : [10 * y, x, 77]))
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 5, top: 0, width: 19, height: 10 } })
  })

  it('the bottom is compared with the bottom-left pixel', () => {
    const picture = paint(10, 30, (x, y) => (y < 5 ? [9, 9, 9] : y >= 24 ? [200, 0, 0] : [x, y, 77]))
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 0, top: 5, width: 10, height: 19 } })
  })

  it('one pixel #fefefe in a band of #ffffff keeps the band', () => {
    const picture = raw.bordered(inner, [0, 0, 0, 4], [255, 255, 255])
    picture.data.set([254, 254, 254], 3 * (5 * picture.width + 0))
    expect(scanExactTrim(picture)).toEqual(whole(24, 10))
  })

  it('a pixel further in stops the trim there', () => {
    const picture = raw.bordered(inner, [0, 0, 0, 4], [255, 255, 255])
    picture.data.set([254, 254, 254], 3 * (5 * picture.width + 2))
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 2, top: 0, width: 22, height: 10 } })
  })

  it('without a border nothing goes', () => {
    expect(scanExactTrim(inner)).toEqual(whole(20, 10))
  })

  it('fully transparent borders go, whatever colour hides in them', () => {
    const picture = paint(12, 8, (x, y) => (x < 3 ? [x * 40, y, 9, 0] : [5, 6, 7, 255 - (x % 2)]))
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 3, top: 0, width: 8, height: 8 } })
  })

  it('alpha counts: a border of equal colour and other alpha stays', () => {
    const picture = paint(10, 4, (x) => [7, 7, 7, x === 1 ? 200 : 100])
    expect(scanExactTrim(picture)).toEqual({ kind: 'region', region: { left: 1, top: 0, width: 1, height: 4 } })
  })

  it.each([1, 2, 3, 4])('one colour in %i channels leaves nothing', (channels) => {
    expect(scanExactTrim(raw.solid(9, 5, [10, 20, 30, 255].slice(0, channels)))).toEqual({ kind: 'nothing' })
  })

  it('two colours that meet in one straight line leave nothing: both bands go', () => {
    expect(scanExactTrim(paint(10, 4, (x) => [x < 5 ? 0 : 255]))).toEqual({ kind: 'nothing' })
  })

  it('agrees with the definition, row by row and column by column', () => {
    const picture = fc
      .record({ width: fc.integer({ min: 1, max: 7 }), height: fc.integer({ min: 1, max: 7 }) })
      .chain(({ width, height }) =>
        fc
          .array(fc.nat(1), { minLength: width * height, maxLength: width * height })
          .map((values) => ({ width, height, channels: 1, data: Buffer.from(values) })),
      )
    fc.assert(
      fc.property(picture, (grey) => {
        const { width, height, data } = grey
        const at = (x: number, y: number) => data[y * width + x]
        const columns = Array.from({ length: width }, (_, x) => x)
        const rows = Array.from({ length: height }, (_, y) => y)
        const column = (x: number, value: unknown) => rows.every((y) => at(x, y) === value)
        const row = (y: number, value: unknown) => columns.every((x) => at(x, y) === value)
        const left = columns.findIndex((x) => !column(x, at(0, 0)))
        const right = columns.findLastIndex((x) => !column(x, at(width - 1, 0)))
        const top = rows.findIndex((y) => !row(y, at(0, 0)))
        const bottom = rows.findLastIndex((y) => !row(y, at(0, height - 1)))
        const gone = left < 0 || top < 0 || right < left || bottom < top
        const region = { left, top, width: right - left + 1, height: bottom - top + 1 }
        expect(scanExactTrim(grey)).toEqual(gone ? { kind: 'nothing' } : { kind: 'region', region })
      }),
      { numRuns: 500 },
    )
  })
})

describe('similar trim', () => {
  const picture = paint(30, 20, (x, y) => {
    const inside = x >= 6 && x < 26 && y >= 4 && y < 15
    return inside ? [200, 30, 30] : [240 + ((x * 7 + y * 3) % 10), 245, 245]
  })

  it('cuts edges within the tolerance of the top-left pixel', () => {
    const region = { left: 6, top: 4, width: 20, height: 11 }
    expect(scanSimilarTrim(picture, 10)).toEqual({ kind: 'region', region })
  })

  it('a small tolerance keeps a noisy border', () => {
    expect(scanSimilarTrim(picture, 0)).toEqual(whole(30, 20))
  })

  it('a picture that is similar all over is kept whole', () => {
    expect(scanSimilarTrim(raw.solid(9, 5), 0)).toEqual(whole(9, 5))
    expect(scanSimilarTrim(picture, 255)).toEqual(whole(30, 20))
  })
})

describe('in the worker pool', () => {
  const workers = createWorkers({ size: 1 })
  afterAll(() => workers.close())
  const rule = { kind: 'exact' } as const
  const region = { left: 1, top: 1, width: 20, height: 10 }

  it('measures and gives the pixels back', async () => {
    const bordered = raw.bordered(inner, [1, 1, 1, 1])
    const { measured, raw: back } = await measureTrim(bordered, rule, workers)
    expect(measured).toEqual({ kind: 'region', region })
    expect(Buffer.from(back.data).equals(raw.bordered(inner, [1, 1, 1, 1]).data)).toBe(true)
  })

  it('moves the pixels that sharp hands over instead of copying them', async () => {
    const bytes = await encode(raw.bordered(inner, [1, 1, 1, 1]))
    const { data, info } = await sharp(bytes).raw().toUint8Array()
    const picture = { data, width: info.width, height: info.height, channels: info.channels }
    const { measured, raw: back } = await measureTrim(picture, rule, workers)
    expect(measured).toEqual({ kind: 'region', region })
    expect(data.byteLength).toBe(0)
    expect(back.data.byteLength).toBe(22 * 12 * 3)
  })

  it('measures by tolerance', async () => {
    const { measured } = await measureTrim(
      raw.bordered(inner, [1, 1, 1, 1]),
      { kind: 'similar', tolerance: 0 },
      workers,
    )
    expect(measured).toEqual({ kind: 'region', region })
  })
})

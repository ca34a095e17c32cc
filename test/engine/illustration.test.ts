import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isIllustration } from '../../src/engine/illustration.ts'
import { boxShrink, classifyPixels } from '../../src/engine/illustration-scan.ts'
import { configureSharp } from '../../src/engine/libvips.ts'
import { probe } from '../../src/engine/probe.ts'
import { createWorkers, type Workers } from '../../src/engine/workers.ts'
import { lyingPng } from '../support/broken-pictures.ts'
import { decode, encode, type Pixels, paint, pipeline, pixel, raw } from '../support/pictures.ts'

const LIMITS = { inputPixels: 100_000_000, outputPixels: 100_000_000, frames: 100 }
let workers: Workers
beforeAll(() => {
  configureSharp()
  workers = createWorkers({ size: 1 })
})
afterAll(() => workers.close())

const judge = async (bytes: Buffer) => isIllustration(bytes, await probe(bytes, LIMITS), workers)
/** An uncompressed PNG, so that the size of the file follows from the pixels. */
const plain = (pixels: Pixels) => encode(pixels, 'png-uncompressed')
const opaque = (width: number, height: number, at: (x: number, y: number) => readonly number[]) =>
  paint(width, height, (x, y) => [...at(x, y), 255])

describe('the checks of the contract (pixboost §9)', () => {
  it('eight flat colour bars saved uncompressed are an illustration', async () => {
    const bytes = await plain(raw.bars(400, 300))
    expect(bytes.length).toBeGreaterThan(350_000)
    expect(await judge(bytes)).toBe(true)
  })

  it('the same size in one colour is a photograph: the background never ends', async () => {
    expect(await judge(await plain(raw.solid(400, 300)))).toBe(false)
  })

  it('a smooth gradient is a photograph', async () => {
    expect(await judge(await plain(paint(400, 300, (x) => [x / 2, x / 2, x / 2])))).toBe(false)
  })

  it('noise is a photograph', async () => {
    expect(await judge(await plain(raw.noise(400, 300)))).toBe(false)
  })

  it('two flat colours in a file above 1 MB are a photograph without a look', async () => {
    const bytes = await plain(paint(1200, 1000, (x) => (x < 600 ? [255, 255, 255] : [0, 0, 0])))
    expect(bytes.length).toBeGreaterThan(3_500_000)
    expect(await judge(bytes)).toBe(false)
  })

  it('anything below 20 KB is an illustration', async () => {
    for (const pixels of [raw.solid(400, 300), raw.bars(400, 300), raw.noise(60, 60)]) {
      const bytes = await encode(pixels)
      expect(bytes.length).toBeLessThan(20_480)
      expect(await judge(bytes)).toBe(true)
    }
  })
})

describe('the rules', () => {
  it('only PNG can be an illustration', async () => {
    expect(await judge(await encode(raw.bars(40, 30), 'webp'))).toBe(false)
    expect(await judge(await encode(raw.bars(40, 30), 'gif'))).toBe(false)
  })

  it('a photograph as PNG is a photograph', async () => {
    const bytes = await encode(raw.photo(300, 200))
    expect(bytes.length).toBeGreaterThan(20_480)
    expect(await judge(bytes)).toBe(false)
  })

  it('a large picture is judged by its averages at 500 pixels of width', async () => {
    // Black and white dots in turn: flat after averaging pairs, so the background never ends.
    const dots = paint(1000, 600, (x, y) => [(x + y) % 2 ? 255 : 0])
    const bytes = await plain(dots)
    expect(bytes.length).toBeLessThan(1_048_576)
    expect(await judge(bytes)).toBe(false)
    expect(await judge(await plain(paint(1000, 600, (x) => [x < 500 ? 255 : 0])))).toBe(true)
  })

  it('a picture too large to be decoded whole is thinned out', async () => {
    const halves = pipeline(paint(2, 1, (x) => [255 * x]))
    const wide = await halves.resize(7000, 5000, { fit: 'fill', kernel: 'nearest' }).png().toBuffer()
    // Padding behind the picture lifts the file over rule 1.
    expect(await judge(Buffer.concat([wide, Buffer.alloc(30_000)]))).toBe(true)
  })

  it('more than 30 000 colours are a photograph, however flat the rest', () => {
    const picture = (colours: number) =>
      opaque(490, 500, (x, y) => {
        const i = y * 490 + x
        return i < colours ? [i & 255, (i >> 8) & 255, 128] : i % 2 ? [255, 255, 255] : [0, 0, 0]
      })
    expect(classifyPixels(picture(29_000))).toBe(true)
    expect(classifyPixels(picture(31_000))).toBe(false)
  })

  it('ten colours to half of the rest are too many for few, unless there are very many in all', () => {
    // A background of a quarter, the rest in equal bars far apart: half of the rest takes half of the bars.
    const barred = (bars: number) => {
      const step = Math.floor(256 / bars)
      return opaque(400, 4 * bars, (x, y) =>
        x < 100 ? [255, 255, 255] : [(y % bars) * step, 255 - (y % bars) * step, 0],
      )
    }
    expect(classifyPixels(barred(16))).toBe(true)
    expect(classifyPixels(barred(20))).toBe(false)
  })

  it('a leading run below a tenth of the pixels is no background', () => {
    // Eleven equal bars: none covers a tenth; six of them pass the half.
    const colours = Array.from({ length: 11 }, (_, i) => [(i * 97) % 256, (i * 151) % 256, (i * 211) % 256])
    expect(classifyPixels(opaque(110, 20, (x) => colours[Math.floor(x / 10)] ?? []))).toBe(true)
  })

  it('colours that differ in alpha alone are different', () => {
    const picture = paint(100, 10, (x) => (x < 60 ? [0, 0, 0, 0] : [0, 0, 0, 255]))
    expect(classifyPixels(picture)).toBe(true)
  })
})

describe('failure means photograph', () => {
  it('a picture whose pixels are missing', async () => {
    const bytes = Buffer.concat([lyingPng(300, 300), Buffer.alloc(30_000)])
    expect(await judge(bytes)).toBe(false)
  })

  it('a closed worker pool', async () => {
    const closed = createWorkers({ size: 1 })
    await closed.close()
    const bytes = await plain(raw.bars(400, 300))
    expect(await isIllustration(bytes, await probe(bytes, LIMITS), closed)).toBe(false)
  })
})

describe('box averaging', () => {
  it('a pixel is the mean of its box', () => {
    const shrunk = boxShrink(
      opaque(8, 4, (x) => [x < 2 ? 100 : x < 4 ? 200 : 50, 10 * x, 0]),
      2,
    )
    expect([shrunk.width, shrunk.height]).toEqual([2, 1])
    expect([...shrunk.data]).toEqual([150, 15, 0, 255, 50, 55, 0, 255])
  })

  it('transparent pixels add no colour', () => {
    const shrunk = boxShrink(
      paint(4, 2, (x) => (x % 2 ? [255, 0, 0, 255] : [0, 255, 0, 0])),
      2,
    )
    expect([...shrunk.data.subarray(0, 4)]).toEqual([255, 0, 0, 128])
  })

  it('every source pixel counts, also when sides do not divide', async () => {
    const picture = raw.gradient(701, 499)
    const rgba = await decode(await pipeline(picture).ensureAlpha().png().toBuffer())
    const shrunk = boxShrink(rgba, 500)
    expect([shrunk.width, shrunk.height]).toEqual([500, 356])
    const last = { ...shrunk, data: Buffer.from(shrunk.data) }
    expect(pixel(last, 0, 0)).toEqual(pixel(rgba, 0, 0))
    expect(pixel(last, 499, 355)[0]).toBeGreaterThan(253)
  })

  it('a narrow picture is not enlarged', () => {
    const narrow = opaque(100, 10, () => [1, 2, 3])
    expect(boxShrink(narrow, 500)).toBe(narrow)
  })
})

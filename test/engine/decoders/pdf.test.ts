import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLUE, GREEN, near, RED, WHITE, YELLOW } from '../../support/pictures.ts'
import { type Page, writePdf } from './pdf-writer.ts'
import { LIMITS, quarters, startReading } from './reading.ts'

const { facts, read, end } = startReading()

/** 96×48 points: at 150 dots an inch 200×100 pixels. */
const WIDE: Page = {
  width: 96,
  height: 48,
  rectangles: [
    { colour: RED, box: [0, 0, 48, 24] },
    { colour: GREEN, box: [48, 0, 48, 24] },
    { colour: BLUE, box: [0, 24, 48, 24] },
  ],
}
/** 48×48 points. */
const SQUARE: Page = { width: 48, height: 48, rectangles: [{ colour: YELLOW, box: [0, 0, 24, 48] }] }
const TWO = writePdf([WIDE, SQUARE])

const same = (seen: readonly (readonly number[])[], expected: readonly (readonly number[])[]) =>
  seen.every((colour, i) => near(colour, expected[i] ?? [], 1))

describe('pages', () => {
  it('the first, at 150 dots an inch, on white', async () => {
    expect(await facts(TWO)).toMatchObject({
      format: 'pdf',
      width: 200,
      height: 100,
      frames: 1,
      alpha: false,
      density: 150,
    })
    const seen = await read(TWO)
    expect(seen).toMatchObject({ width: 200, height: 100, channels: 3 })
    expect(same(quarters(seen), [RED, GREEN, BLUE, WHITE])).toBe(true)
  })

  it('another, with sides of its own', async () => {
    expect((await facts(TWO)).pages).toEqual({
      count: 2,
      sizes: [
        { width: 200, height: 100 },
        { width: 100, height: 100 },
      ],
    })
    const seen = await read(TWO, 2)
    expect(seen).toMatchObject({ width: 100, height: 100 })
    expect(same(quarters(seen), [YELLOW, WHITE, YELLOW, WHITE])).toBe(true)
  })

  it('pages of one size are only counted', async () => {
    expect((await facts(writePdf([WIDE, WIDE, WIDE]))).pages).toEqual({ count: 3 })
  })

  it('a turned page is upright', async () => {
    const seen = await read(writePdf([{ ...WIDE, rotate: 90 }]))
    expect(seen).toMatchObject({ width: 100, height: 200 })
    expect(same(quarters(seen), [BLUE, RED, WHITE, GREEN])).toBe(true)
  })

  it('edges stand where the numbers say, without fringes of colour', async () => {
    const { data, width } = await read(TWO)
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
    expect(near(at(99, 10), RED, 1) && near(at(100, 10), GREEN, 1)).toBe(true)
    expect(near(at(10, 49), RED, 1) && near(at(10, 50), BLUE, 1)).toBe(true)
  })

  it('a page of poster size gets fewer dots an inch', async () => {
    const poster = writePdf([{ width: 14_400, height: 7_200 }])
    const known = await facts(poster)
    expect(known.width * known.height).toBeLessThanOrEqual(LIMITS.inputPixels)
    expect(known.width * known.height).toBeGreaterThan(0.99 * LIMITS.inputPixels)
    expect(known.density).toBeLessThan(72)
    expect(await read(poster)).toMatchObject({ width: known.width, height: known.height })
  })
})

describe('what is refused', () => {
  it('a page that is not there', async () => {
    for (const page of [0, 3, -1, 1.5, 1e9]) expect(await end(TWO, page)).toBe('bad-parameter')
  })

  it('a document without pages, or with pages without sides', async () => {
    expect(await end(writePdf([]))).toBe('image-corrupt')
    expect(['image-corrupt', 'read']).toContain(await end(writePdf([{ width: 0, height: 0 }])))
    expect(['image-corrupt', 'read']).toContain(await end(writePdf([{ width: -1e30, height: 1e30 }])))
  })

  it('a document behind a password, by name', async () => {
    await expect(facts(writePdf([WIDE], { locked: true }))).rejects.toMatchObject({
      code: 'unsupported',
      message: 'the document is protected by a password',
    })
  })

  it('more than 5 MB, before anything looks into it', async () => {
    const padded = Buffer.concat([TWO, Buffer.alloc(5 * 2 ** 20)])
    await expect(facts(padded)).rejects.toMatchObject({
      code: 'too-large',
      context: { format: 'pdf', limit: 5_242_880 },
    })
  })

  it('nothing but a beginning', async () => {
    for (const text of [
      '%PDF-',
      '%PDF-1.7\n',
      `%PDF-1.7\n${'<<'.repeat(10_000)}`,
      `%PDF-1.7\n1 0 obj\n${'['.repeat(100_000)}`,
    ]) {
      expect(await end(Buffer.from(text))).toBe('image-corrupt')
    }
  })

  it('any damage ends in pixels or a fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(TWO.length - 6), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          const bytes = Buffer.from(TWO)
          for (const [at, value] of changes) bytes[5 + at] = value
          expect(await end(bytes)).toBeTypeOf('string')
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a page that takes too much', () => {
  const { facts, end, workers } = startReading({ limitMs: 5000 })

  it('of time: it is stopped, while the main thread goes on', async () => {
    // A hundred thousand times four million pixels.
    const endless = writePdf([{ width: 960, height: 960, content: '0 0 960 960 re f\n'.repeat(100_000) }])
    await facts(endless)
    let turns = 0
    let over = false
    const ending = end(endless).finally(() => {
      over = true
    })
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      turns++
    }
    expect(await ending).toBe('timed-out')
    expect(turns).toBeGreaterThan(100)
    // The next document gets a new thread.
    expect(await workers.run('probe', { bytes: TWO, format: 'pdf', limits: LIMITS })).toMatchObject({ width: 200 })
  })

  it('of memory: forms within forms, each a hundred times', async () => {
    const forms = Array.from({ length: 9 }, (_, i) => `/X${101 + i} Do\n`.repeat(100))
    const bomb = writePdf([{ width: 96, height: 48, content: '/X100 Do' }], { forms: [...forms, '0 0 5 5 re f'] })
    expect(['too-large', 'timed-out']).toContain(await end(bomb))
  })
})

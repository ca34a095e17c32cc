import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'
import { isFault } from '../../src/faults.ts'
import type { Offer } from '../../src/plan/facts.ts'
import type { Choose, OutputFormat, Step } from '../../src/plan/plan.ts'
import { gifBomb, headOnly, html, lyingPng, truncatedJpeg, truncatedPng, zip } from '../support/broken-pictures.ts'
import * as pictures from '../support/pictures.ts'
import { BLUE, GREEN, near, type Pixels, pixel, RED, type Rgb, raw, YELLOW } from '../support/pictures.ts'
import { EXACT_TRIM, fixed, ORIENT, place, planOf, startEngine } from './rendering.ts'

const { engine, render, show } = startEngine()

/** Asserts the colours in the middle of the four quarters, row by row. */
function expectQuarters(picture: Pixels, colours: readonly Rgb[], tolerance = 16): void {
  const spots = [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ] as const
  for (const [i, [x, y]] of spots.entries()) {
    const seen = pixel(picture, Math.floor(picture.width * x), Math.floor(picture.height * y))
    expect(near(seen.slice(0, 3), colours[i] ?? [], tolerance), `${i}: ${seen} for ${colours[i]}`).toBe(true)
  }
}
const QUADRANTS = [RED, GREEN, BLUE, YELLOW]

describe('sizes are exact (pixboost §6)', () => {
  it.each<[string, Step, readonly [number, number]]>([
    ['one side', place('inside', 200), [200, 133]],
    ['the other side', place('inside', undefined, 80), [120, 80]],
    ['a box', place('inside', 200, 100), [150, 100]],
    ['cover and cut', place('cover', 200, 100), [200, 100]],
    ['stretch', place('stretch', 99, 101), [99, 101]],
    ['enlarge', place('inside', 1020), [1020, 680]],
  ])('%s', async (_, step, [width, height]) => {
    const shown = await show(await pictures.quadrants(510, 340, 'jpeg'), { steps: [ORIENT, step] })
    expect([shown.width, shown.height, shown.pixels.width, shown.pixels.height]).toEqual([width, height, width, height])
  })

  it('the cut is taken from the middle', async () => {
    const shown = await show(await pictures.quadrants(510, 340), { steps: [place('cover', 200, 100)] })
    expectQuarters(shown.pixels, QUADRANTS)
    // Scaled to 200×133, rows 16…115 stay: the horizon between the colours lies 50 or 51 rows from the top.
    expect(near(pixel(shown.pixels, 20, 48), RED)).toBe(true)
    expect(near(pixel(shown.pixels, 20, 53), BLUE)).toBe(true)
  })
})

describe('EXIF orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%i stands upright after scaling and after cutting, and is forgotten',
    async (orientation) => {
      const bytes = await pictures.oriented(orientation, 64, 48)
      const scaled = await show(bytes, { steps: [ORIENT, place('inside', 32)] })
      expect([scaled.width, scaled.height]).toEqual([32, 24])
      expectQuarters(scaled.pixels, QUADRANTS)
      expect((await sharp(scaled.bytes).metadata()).orientation).toBeUndefined()

      const cut = await show(bytes, {
        steps: [ORIENT, place('cover', 20, 24, { focus: { kind: 'anchor', x: 0, y: 0 } })],
      })
      expect([cut.width, cut.height]).toEqual([20, 24])
      // 32×24 cut to its left 20: the border between the colours stands at 16.
      expect(near(pixel(cut.pixels, 12, 4), RED, 16)).toBe(true)
      expect(near(pixel(cut.pixels, 18, 4), GREEN, 16)).toBe(true)
      expect(near(pixel(cut.pixels, 12, 20), BLUE, 16)).toBe(true)
    },
  )

  it('600×400 stored, shown as 400×600, is scaled as it is shown', async () => {
    const bytes = await pictures.oriented(6, 400, 600)
    expect(await show(bytes, { steps: [ORIENT, place('inside', 200)] })).toMatchObject({ width: 200, height: 300 })
    expect(await show(bytes, { steps: [ORIENT, place('inside', undefined, 200)] })).toMatchObject({
      width: 133,
      height: 200,
    })
  })
})

describe('trimming', () => {
  const bordered = () => pictures.bordered(raw.quadrants(40, 30), [5, 6, 7, 8])

  it('goes before scaling', async () => {
    const trimmed = await show(await bordered(), { steps: [EXACT_TRIM, ORIENT] })
    expect([trimmed.width, trimmed.height]).toEqual([40, 30])
    expect(Buffer.compare(trimmed.pixels.data, raw.quadrants(40, 30).data)).toBe(0)
    expect(await show(await bordered(), { steps: [EXACT_TRIM, ORIENT, place('inside', 20)] })).toMatchObject({
      height: 15,
    })
    expect(await show(await bordered(), { steps: [EXACT_TRIM, ORIENT, place('cover', 31, 33)] })).toMatchObject({
      width: 31,
      height: 33,
    })
  })

  it('a picture of one colour becomes one transparent pixel, which can be scaled', async () => {
    const solid = await pictures.solid(60, 40)
    const one = await show(solid, { steps: [EXACT_TRIM, ORIENT] })
    expect([one.width, one.height, ...pixel(one.pixels, 0, 0)]).toEqual([1, 1, 0, 0, 0, 0])
    const scaled = await show(solid, { steps: [EXACT_TRIM, ORIENT, place('inside', 50)], output: fixed('webp') })
    expect([scaled.width, scaled.height]).toEqual([50, 50])
    expect(pixel(scaled.pixels, 25, 25)[3]).toBe(0)
  })

  it('cuts what all frames of an animation can spare', async () => {
    const shown = await show(await pictures.animated('gif', { width: 40, height: 32 }), { steps: [EXACT_TRIM] })
    expect(shown.frames).toBe(3)
    // Left and top by the white corner mark: nothing is uniform there. Right and bottom: all but the mark.
    expect([shown.width, shown.height]).toEqual([8, 8])
  })

  it('by similarity takes nearly uniform edges', async () => {
    const noisy = raw.bordered(raw.solid(20, 10, RED), [4, 4, 4, 4], [250, 251, 252])
    noisy.data.set([255, 255, 255], 0)
    const similar: Step = { kind: 'trim', rule: { kind: 'similar', tolerance: 10 } }
    expect(await show(await pictures.encode(noisy), { steps: [similar] })).toMatchObject({ width: 20, height: 10 })
  })
})

it('attention finds what there is to see', async () => {
  const scene = raw.bordered(raw.noise(40, 40), [30, 10, 30, 220], [120, 120, 120])
  const shown = await show(await pictures.encode(scene), {
    steps: [place('cover', 50, 50, { focus: { kind: 'attention' } })],
    output: fixed('png'),
  })
  let lively = 0
  for (let y = 0; y < 50; y++)
    for (let x = 0; x < 50; x++) if (!near(pixel(shown.pixels, x, y), [120, 120, 120], 8)) lively++
  expect(lively).toBeGreaterThan(200)
})

describe('every output format shows the picture', () => {
  it.each<OutputFormat>(['jpeg', 'png', 'webp', 'avif', 'gif'])('%s', async (format) => {
    const shown = await show(await pictures.quadrants(80, 60), { steps: [place('inside', 40)], output: fixed(format) })
    expect(shown).toMatchObject({ format, width: 40, height: 30, frames: 1 })
    expectQuarters(shown.pixels, QUADRANTS, 20)
  })

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff', 'bmp'] as const)('from %s', async (source) => {
    const shown = await show(await pictures.quadrants(80, 60, source), {
      steps: [place('inside', 40)],
      output: fixed('png'),
    })
    expectQuarters(shown.pixels, QUADRANTS, 20)
  })
})

describe('the source is handed on untouched', () => {
  it('when the plan says so', async () => {
    const bytes = await pictures.quadrants(8, 8)
    const facts = await engine.probe(bytes)
    const plan = { ...planOf({}), output: { kind: 'untouched' } } as const
    expect(await engine.render({ project: 'demo', plan, bytes, facts, offer: [] })).toBe('untouched')
  })

  it('when the result would be larger, if the plan minds', async () => {
    const small = await pictures.jpeg(raw.photo(80, 60), 20)
    expect(await render(small, { output: { ifLarger: 'source' } })).toBe('untouched')
    expect(await render(small, { output: { ifLarger: 'keep' } })).toMatchObject({ format: 'jpeg' })
    const large = await pictures.jpeg(raw.photo(80, 60), 100)
    expect(await render(large, { output: { ifLarger: 'source' } })).toMatchObject({ format: 'jpeg' })
  })

  it('when it is a vector that shall not be rendered', async () => {
    expect(await render(pictures.svg(40, 30), { steps: [place('inside', 20)] })).toBe('untouched')
    expect(await render(pictures.svg(40, 30), { output: { vector: 'rasterise' } })).toMatchObject({ format: 'png' })
  })
})

describe('choices are made from measured facts', () => {
  const negotiated = {
    choose: {
      kind: 'negotiated',
      candidates: [{ format: 'webp', unless: [] }],
      otherwise: { kind: 'as-source', substitute: 'png' },
    },
    lossless: 'illustration',
  } as const

  it('an illustration is stored without loss, a photograph is not', async () => {
    const offer = ['webp'] as const
    const bars = await show(await pictures.bars(64, 48), { output: negotiated, offer })
    expect(Buffer.compare(bars.pixels.data, raw.bars(64, 48).data)).toBe(0)
    const photo = await show(await pictures.photo(200, 150), { output: negotiated, offer })
    expect(photo.format).toBe('webp')
    expect(pictures.meanDifference(photo.pixels, raw.photo(200, 150))).toBeGreaterThan(0)
  })

  it('a picture with an alpha channel that nothing shines through may become a JPEG', async () => {
    const choose = {
      kind: 'negotiated',
      candidates: [{ format: 'jpeg', unless: [{ kind: 'transparent' }] }],
      otherwise: { kind: 'as-source', substitute: 'png' },
    } as const
    const opaque = await pictures.encode(raw.solid(20, 20, [...RED, 255]))
    expect(await show(opaque, { output: { choose } })).toMatchObject({ format: 'jpeg' })
    expect(await show(await pictures.logo(20, 20), { output: { choose } })).toMatchObject({ format: 'png' })
    const animation = await pictures.encode(
      raw.bordered(raw.solid(20, 20, [...RED, 255]), [1, 0, 0, 0], [0, 0, 0, 0]),
      'gif',
    )
    expect(await show(animation, { output: { choose } })).toMatchObject({ format: 'gif' })
  })

  it('AVIF that would take too long is left out of a negotiation, and refused when named', async () => {
    const roomy = createEngine({
      limits: { inputPixels: 1e8, outputPixels: 1e8, frames: 10 },
      slots: 1,
      open: () => Promise.reject(new Error('nothing to open')),
    })
    const bytes = await pictures.solid(10, 10)
    const facts = await roomy.probe(bytes)
    const ask = (choose: Choose, offer: Offer) =>
      roomy.render({
        project: 'demo',
        plan: planOf({ steps: [place('stretch', 17_000, 2000)], output: { choose } }),
        bytes,
        facts,
        offer,
      })
    const refused = (format: string) =>
      expect.toSatisfy((error: unknown) => isFault(error, 'too-large') && error.context.format === format)
    await expect(ask({ kind: 'fixed', format: 'avif' }, [])).rejects.toEqual(refused('avif'))
    // Left out, the next candidate has its turn: WebP, which cannot hold so long a side (imagekit §8), and then what is left.
    const candidates = [
      { format: 'avif', unless: [] },
      { format: 'webp', unless: [] },
    ] as const
    const otherwise = { kind: 'fixed', format: 'jpeg' } as const
    await expect(ask({ kind: 'negotiated', candidates, otherwise }, ['avif', 'webp'])).resolves.toMatchObject({
      format: 'jpeg',
    })
    await expect(ask({ kind: 'fixed', format: 'webp' }, [])).rejects.toEqual(refused('webp'))
    await roomy.close()
  })

  it('nothing is measured that the plan does not ask for', async () => {
    const bytes = await pictures.bars(64, 48)
    const facts = await engine.probe(bytes)
    expect(await engine.measure(planOf({}), facts, bytes, [])).toBe(facts)
  })
})

describe('what cannot be read or would be too much is a Fault', () => {
  const resize = { steps: [place('inside', 20)] }
  const faults = (bytes: Buffer, code: Parameters<typeof isFault>[1], request: Parameters<typeof render>[1] = resize) =>
    expect(render(bytes, request)).rejects.toSatisfy((error: unknown) => isFault(error, code))

  it('no picture at all', async () => {
    await faults(html(), 'not-an-image')
    await faults(zip(), 'not-an-image')
    await faults(Buffer.alloc(0), 'not-an-image')
  })

  it('cut off', async () => {
    await faults(await truncatedJpeg(), 'image-corrupt')
    await faults(await truncatedPng(), 'image-corrupt')
    for (const format of ['png', 'gif', 'webp', 'avif', 'tiff'] as const)
      await faults(await headOnly(format, 40), 'image-corrupt')
    const webp = await pictures.photo(200, 150, 'webp')
    await faults(webp.subarray(0, webp.length / 2), 'image-corrupt')
    const avif = await pictures.photo(200, 150, 'avif')
    await faults(avif.subarray(0, avif.length / 2), 'image-corrupt')
  })

  it('cut off, found while trimming or while the frames are read', async () => {
    await faults(await truncatedPng(), 'image-corrupt', { steps: [EXACT_TRIM] })
    const gif = await pictures.animated('webp', { width: 200, height: 200 })
    await faults(gif.subarray(0, gif.length - 60), 'image-corrupt')
  })

  it('lying about its size, or with too many frames', async () => {
    await faults(lyingPng(), 'too-large')
    await faults(lyingPng(100, 100), 'image-corrupt')
    await faults(gifBomb(60), 'too-large')
  })

  it('a result above the limit, or above what the format can hold', async () => {
    const bytes = await pictures.solid(100, 100)
    await faults(bytes, 'too-large', { steps: [place('stretch', 6000, 6000)] })
    await faults(bytes, 'too-large', { steps: [place('stretch', 17_000, 10)], output: fixed('webp') })
    await faults(await pictures.animated('gif'), 'too-large', { steps: [place('stretch', 3000, 3000)] })
  })

  it('a page that is not there', async () => {
    await faults(await pictures.animated('gif'), 'bad-parameter', { frame: { kind: 'page', page: 9 } })
  })

  it('and says nothing about where the server keeps things', async () => {
    const error: unknown = await render(await truncatedJpeg(), resize).catch((caught: unknown) => caught)
    expect(isFault(error) && error.message).not.toMatch(/[/\\]/)
  })
})

it('tells its load, and does not lose count when works fail', async () => {
  expect(engine.load()).toEqual({ running: 0, queued: 0 })
  const works = await Promise.all([
    pictures.photo(400, 300),
    truncatedPng(),
    pictures.photo(300, 400),
    pictures.photo(200, 300),
  ])
  const running = works.map((bytes) => render(bytes, { steps: [place('inside', 100)], output: fixed('avif') }))
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, engine.load().running)
  }, 1)
  const ended = await Promise.allSettled(running)
  clearInterval(watch)
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect(most).toBeLessThanOrEqual(2)
  expect(engine.load()).toEqual({ running: 0, queued: 0 })
})

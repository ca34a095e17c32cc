import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { configureSharp } from '../../src/engine/libvips.ts'
import { probe } from '../../src/engine/probe.ts'
import { isFault } from '../../src/faults.ts'
import type { SourceFormat } from '../../src/plan/plan.ts'
import { empty, gifBomb, headOnly, html, lyingPng, zip } from '../support/broken-pictures.ts'
import * as pictures from '../support/pictures.ts'

const LIMITS = { inputPixels: 1_000_000, outputPixels: 1_000_000, frames: 50 }
const PLAIN = { frames: 1, orientation: 1, alpha: false, depth: 8, space: 'rgb', profile: false } as const

beforeAll(configureSharp)

describe('facts of good pictures', () => {
  it.each<[SourceFormat & pictures.Encoding]>([['png'], ['webp'], ['avif'], ['tiff'], ['bmp']])(
    '%s',
    async (format) => {
      const bytes = await pictures.quadrants(40, 30, format)
      // Our own reader of BMP looks for none: the format has no place for them.
      const annotated = format === 'bmp' ? {} : { annotated: false }
      expect(await probe(bytes, LIMITS)).toEqual({
        ...{ ...PLAIN, ...annotated, format },
        ...{ width: 40, height: 30, bytes: bytes.length },
      })
    },
  )

  it('a JPEG says its quality', async () => {
    const bytes = await pictures.jpeg(pictures.raw.quadrants(40, 30), 83)
    expect(await probe(bytes, LIMITS)).toEqual({
      ...PLAIN,
      annotated: false,
      format: 'jpeg',
      width: 40,
      height: 30,
      bytes: bytes.length,
      density: 72,
      quality: 83,
    })
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i, sides as stored', async (orientation) => {
    const facts = await probe(await pictures.oriented(orientation, 64, 48), LIMITS)
    expect(facts.orientation).toBe(orientation)
    expect([facts.width, facts.height]).toEqual(orientation >= 5 ? [48, 64] : [64, 48])
  })

  it('an orientation that does not exist counts as 1', async () => {
    const bytes = Buffer.from(await pictures.oriented(6))
    // The EXIF entry: tag 0x0112, type SHORT, one value.
    const entry = bytes.indexOf(Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0]))
    expect(entry).toBeGreaterThan(0)
    bytes[entry + 8] = 99
    expect((await probe(bytes, LIMITS)).orientation).toBe(1)
  })

  it.each(['gif', 'webp'] as const)('an animated %s: sides of one frame, delays and loop', async (format) => {
    const bytes = await pictures.animated(format, { width: 40, height: 32, delays: [100, 250, 300], loop: 3 })
    const facts = await probe(bytes, LIMITS)
    expect(facts).toMatchObject({ format, width: 40, height: 32, frames: 3, delays: [100, 250, 300], loop: 3 })
  })

  it('annotations: EXIF', async () => {
    expect(await probe(await pictures.withExif(20, 20), LIMITS)).toMatchObject({ annotated: true })
  })

  it('a still GIF has one frame and no delays', async () => {
    const facts = await probe(await pictures.quadrants(10, 10, 'gif'), LIMITS)
    expect(facts.frames).toBe(1)
    expect(facts.delays).toBeUndefined()
  })

  it('colour: alpha, grey, CMYK, depth, profile', async () => {
    expect(await probe(await pictures.logo(20, 20), LIMITS)).toMatchObject({ alpha: true, space: 'rgb' })
    expect(await probe(await pictures.greyJpeg(20, 20), LIMITS)).toMatchObject({ space: 'grey', alpha: false })
    expect(await probe(await pictures.cmykJpeg(20, 20), LIMITS)).toMatchObject({ space: 'cmyk', alpha: false })
    expect(await probe(await pictures.deepPng(20, 20), LIMITS)).toMatchObject({ depth: 16, space: 'rgb' })
    expect(await probe(await pictures.withProfile(20, 20), LIMITS)).toMatchObject({ profile: true })
    expect(await probe(await pictures.logo(20, 20, 'bmp'), LIMITS)).toMatchObject({ format: 'bmp', alpha: true })
  })
})

describe('SVG', () => {
  it.each([
    ['width and height', '<svg width="30" height="20px"/>', 30, 20],
    ['view box', '<svg viewBox="0 0 64 32"/>', 64, 32],
    ['one side and a view box', "<svg width='128' viewBox='0 0 64 32'/>", 128, 64],
    ['relative sides', '<svg width="100%" height="100%"/>', 300, 150],
    ['nonsense', '<svg width="-5" height="NaN" viewBox="a b c d"/>', 300, 150],
    ['unsaid', '<svg/>', 300, 150],
  ])('sides from %s', async (_, text, width, height) => {
    expect(await probe(Buffer.from(text), LIMITS)).toMatchObject({ format: 'svg', width, height, frames: 1 })
  })
})

describe('what is refused', () => {
  const code = (bytes: Uint8Array, limits = LIMITS) =>
    probe(bytes, limits).then(
      () => 'accepted',
      (error: unknown) => (isFault(error) ? error.code : error),
    )

  it('bytes that are no picture', async () => {
    for (const bytes of [empty(), zip(), html(), Buffer.from('hello')]) expect(await code(bytes)).toBe('not-an-image')
  })

  it.each(['png', 'jpeg', 'gif', 'webp', 'avif', 'tiff', 'bmp'] as const)(
    'a %s that ends in its header',
    async (format) => {
      expect(await code(await headOnly(format))).toBe('image-corrupt')
    },
  )

  it('a head that claims more pixels than allowed, before anything is decoded', async () => {
    expect(await code(lyingPng(30_000, 30_000))).toBe('too-large')
    expect(await code(lyingPng(1001, 1000))).toBe('too-large')
    expect(await code(lyingPng(1000, 1000))).toBe('accepted')
  })

  it('too many frames, or too many pixels over all frames', async () => {
    expect(await code(gifBomb(50))).toBe('accepted')
    expect(await code(gifBomb(51))).toBe('too-large')
    const film = await pictures.animated('gif', { width: 100, height: 100, delays: [100, 100, 100] })
    expect(await code(film, { ...LIMITS, inputPixels: 30_000 })).toBe('accepted')
    expect(await code(film, { ...LIMITS, inputPixels: 29_999 })).toBe('too-large')
  })

  it('documents where there are no workers to read them', async () => {
    await expect(probe(Buffer.from('%PDF-1.7\n'), LIMITS)).rejects.toMatchObject({
      code: 'unsupported',
      context: { format: 'pdf' },
    })
  })

  it('any damage to a header ends in facts or a fault', async () => {
    const originals = await Promise.all([
      pictures.quadrants(16, 16, 'png'),
      pictures.quadrants(16, 16, 'jpeg'),
      pictures.quadrants(16, 16, 'avif'),
      pictures.quadrants(16, 16, 'tiff'),
      pictures.quadrants(16, 16, 'bmp'),
      pictures.animated('gif'),
      pictures.animated('webp'),
    ])
    const damage = fc.record({
      picture: fc.constantFrom(...originals),
      at: fc.nat(200),
      value: fc.nat(255),
      keep: fc.double({ min: 0.2, max: 1, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ picture, at, value, keep }) => {
        const bytes = Buffer.from(picture.subarray(0, Math.ceil(picture.length * keep)))
        bytes[at % bytes.length] = value
        try {
          const facts = await probe(bytes, LIMITS)
          expect(facts.width * facts.height * facts.frames).toBeLessThanOrEqual(LIMITS.inputPixels)
        } catch (error) {
          expect(isFault(error)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

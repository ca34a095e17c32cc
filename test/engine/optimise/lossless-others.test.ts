import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { KEEP_MEANING, KEEP_NOTHING, type KeepTags } from '../../../src/engine/optimise/keep.ts'
import { losslessly } from '../../../src/engine/optimise/losslessly.ts'
import { withKept } from '../../../src/engine/optimise/metadata/metadata.ts'
import { isFault } from '../../../src/faults.ts'
import { animated, encode, logo, paint, photo, svg } from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const optimise = async (bytes: Buffer, keep: KeepTags = KEEP_MEANING) =>
  losslessly(bytes, await factsOf(bytes), keep, workers)
const shown = async (bytes: Uint8Array) => {
  const picture = sharp(bytes, { animated: true, ignoreIcc: true })
  const { delay, loop, pages } = await picture.metadata()
  return { pixels: (await picture.ensureAlpha().raw().toBuffer()).toString('base64'), delay, loop, pages }
}
const described = {
  IFD0: { Copyright: 'A. Nonymous', Artist: 'Somebody' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
}

describe('a WebP optimised without loss', () => {
  it.each([
    [
      'coded without loss',
      async () =>
        sharp(await photo(200, 150))
          .webp({ lossless: true, effort: 0 })
          .toBuffer(),
    ],
    [
      'with hidden colours',
      async () =>
        sharp(await encode(paint(64, 64, (x, y) => [4 * x, 4 * y, 99, x < 32 ? 0 : 255])))
          .webp({ lossless: true, exact: true, effort: 0 })
          .toBuffer(),
    ],
    [
      'opaque but with alpha',
      async () =>
        sharp(await encode(paint(64, 64, (x, y) => [4 * x, 4 * y, 99, 255])))
          .webp({ lossless: true, effort: 0 })
          .toBuffer(),
    ],
    [
      'with loss',
      async () =>
        sharp(await logo(120, 120))
          .webp({ quality: 60 })
          .toBuffer(),
    ],
    ['animated', () => animated('webp', { loop: 3 })],
    [
      'with metadata',
      async () =>
        sharp(await photo(200, 150))
          .withExif(described)
          .withIccProfile('p3')
          .webp({ quality: 60 })
          .toBuffer(),
    ],
  ])('%s shows the same and is not larger', async (_, make) => {
    const source = await make()
    const { bytes } = await optimise(source, KEEP_NOTHING)
    expect(bytes.length).toBeLessThanOrEqual(source.length)
    expect(await shown(bytes)).toEqual(await shown(source))
    expect((await sharp(bytes).metadata()).exif).toBeUndefined()
  })

  it('cut off is image-corrupt', async () => {
    const source = await photo(200, 150, 'webp')
    const facts = await factsOf(source)
    await expect(
      losslessly(source.subarray(0, source.length >> 1), facts, KEEP_MEANING, workers),
    ).rejects.toMatchObject({ code: 'image-corrupt' })
  })
})

describe('an AVIF optimised without loss', () => {
  const source = async () =>
    sharp(await photo(120, 90))
      .withExif(described)
      .withIccProfile('p3')
      .avif({ effort: 0 })
      .toBuffer()

  it('loses its metadata and keeps its pixels and its profile', async () => {
    const before = await source()
    const { bytes, changed } = await optimise(before, KEEP_NOTHING)
    expect(changed).toBe(true)
    expect(await shown(bytes)).toEqual(await shown(before))
    expect(Buffer.from(bytes).includes('Nonymous')).toBe(false)
    expect((await sharp(bytes).metadata()).hasProfile).toBe(true)
  })

  it('keeps the tags that are named', async () => {
    const { bytes } = await optimise(await source(), { ...KEEP_NOTHING, copyright: true })
    const { exif } = await sharp(bytes).metadata()
    expect(exif?.includes('A. Nonymous')).toBe(true)
    expect(Buffer.from(bytes).includes('Somebody')).toBe(false)
  })

  it('without metadata is handed back as it is', async () => {
    const before = await photo(120, 90, 'avif')
    expect((await optimise(before)).changed).toBe(false)
  })

  it('with places that are written in no bytes is image-corrupt, soon', () => {
    const box = (type: string, body: Buffer) => {
      const head = Buffer.alloc(8)
      head.writeUInt32BE(body.length + 8)
      head.write(type, 4, 'latin1')
      return Buffer.concat([head, body])
    }
    const infe = box('infe', Buffer.from('\x02\0\0\0\0\x01\0\0Exif\0', 'latin1'))
    const items = Buffer.from('\0\x01\0\0\xff\xff', 'latin1')
    const iloc = box(
      'iloc',
      Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff]), ...Array.from({ length: 0xffff }, () => items)]),
    )
    const meta = box(
      'meta',
      Buffer.concat([Buffer.alloc(4), box('iinf', Buffer.concat([Buffer.alloc(6), infe])), iloc]),
    )
    const file = { bytes: Buffer.concat([box('ftyp', Buffer.from('avif\0\0\0\0')), meta]), format: 'avif' } as const
    expect(() => withKept(file, file, KEEP_NOTHING)).toThrow(expect.objectContaining({ code: 'image-corrupt' }))
  })

  it('damaged anywhere ends in a file or in image-corrupt', async () => {
    const before = await source()
    fc.assert(
      fc.property(fc.nat(Math.min(600, before.length - 1)), fc.nat(255), (at, value) => {
        const hurt = Buffer.from(before)
        hurt[at] = value
        const file = { bytes: hurt, format: 'avif' } as const
        try {
          expect(withKept(file, file, KEEP_NOTHING).length).toBe(hurt.length)
        } catch (error) {
          expect(isFault(error, 'image-corrupt')).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('other formats', () => {
  it('are handed back as they are', async () => {
    const tiff = await photo(60, 40, 'tiff')
    expect(await optimise(tiff)).toEqual({ bytes: tiff, changed: false })
  })

  it('a short SVG stays when nothing shorter is found', async () => {
    const { bytes } = await optimise(svg(8, 8))
    expect((await optimise(Buffer.from(bytes))).changed).toBe(false)
  })
})

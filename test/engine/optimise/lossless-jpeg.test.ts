import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { KEEP_MEANING, KEEP_NOTHING } from '../../../src/engine/optimise/keep.ts'
import { losslessly } from '../../../src/engine/optimise/losslessly.ts'
import { headOnly, truncatedJpeg } from '../../support/broken-pictures.ts'
import { jpeg, noise, oriented, pipeline, raw, withExif, withProfile } from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const optimise = async (bytes: Buffer, keep = KEEP_MEANING) => losslessly(bytes, await factsOf(bytes), keep, workers)

/** Pixel values as stored. */
const stored = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer()
/** Pixels as the eye sees them. */
const seen = (bytes: Uint8Array) => sharp(bytes, { autoOrient: true }).raw().toBuffer()

describe('a JPEG optimised without loss', () => {
  const sources: readonly (readonly [string, () => Promise<Buffer>])[] = [
    ['4:4:4', () => jpeg(raw.photo(320, 240), 90)],
    ['4:2:0', () => jpeg(raw.photo(320, 240), 90, { chromaSubsampling: '4:2:0' })],
    ['odd sides', () => jpeg(raw.photo(317, 239), 75, { chromaSubsampling: '4:2:0' })],
    ['progressive', () => jpeg(raw.photo(320, 240), 90, { progressive: true, optimiseCoding: false })],
    ['of one channel', () => pipeline(raw.photo(320, 240)).greyscale().jpeg({ quality: 90 }).toBuffer()],
    ['CMYK', () => pipeline(raw.photo(320, 240)).toColourspace('cmyk').jpeg({ quality: 90 }).toBuffer()],
    ['with a profile', () => withProfile(200, 100)],
    ['with EXIF', () => withExif(200, 100)],
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((turn) => [`of orientation ${turn}`, () => oriented(turn, 200, 100)] as const),
  ]

  it.each(sources)('%s keeps every pixel and gets smaller', async (_, make) => {
    const source = await make()
    const { bytes, changed } = await optimise(source)
    expect(changed).toBe(true)
    expect(bytes.length).toBeLessThan(source.length)
    expect((await stored(bytes)).equals(await stored(source))).toBe(true)
    expect((await seen(bytes)).equals(await seen(source))).toBe(true)
  })

  it('keeps its profile and its orientation, and nothing else, when the meaning is kept', async () => {
    const source = await sharp(await withProfile(200, 100))
      .keepMetadata()
      .withExif({ IFD0: { Copyright: 'A. Nonymous' } })
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const { bytes } = await optimise(source)
    const { icc, exif, orientation } = await sharp(bytes).metadata()
    expect(icc?.equals((await sharp(source).metadata()).icc ?? Buffer.alloc(0))).toBe(true)
    expect(orientation).toBe(6)
    expect(exif?.toString('latin1')).not.toContain('Nonymous')
  })

  it('loses profile and EXIF when nothing is kept; its stored pixels stay', async () => {
    const source = await sharp(await withProfile(200, 100))
      .keepMetadata()
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const { bytes } = await optimise(source, KEEP_NOTHING)
    const { hasProfile, exif, orientation } = await sharp(bytes).metadata()
    expect({ hasProfile, exif, orientation }).toEqual({ hasProfile: false, exif: undefined, orientation: undefined })
    expect((await stored(bytes)).equals(await stored(source))).toBe(true)
  })

  it('is handed back as it is when it cannot get smaller', async () => {
    const { bytes: small } = await optimise(await jpeg(raw.photo(320, 240), 90))
    const again = await optimise(Buffer.from(small))
    expect(again.changed).toBe(false)
    expect(again.bytes.length).toBe(small.length)
  })

  it('loses what stands behind its end', async () => {
    const { bytes: small } = await optimise(await jpeg(raw.photo(320, 240), 90))
    const longer = Buffer.concat([small, Buffer.from('hidden behind the picture')])
    const { bytes } = await optimise(longer)
    expect(Buffer.from(bytes).equals(small)).toBe(true)
  })

  it.each([
    ['cut off', () => truncatedJpeg()],
    ['nothing but a head', async () => await headOnly('jpeg', 400)],
    [
      'damaged inside',
      async () => {
        const bytes = await noise(64, 64, 1, 'jpeg')
        bytes.fill(0xff, bytes.length - 900, bytes.length - 800)
        return bytes
      },
    ],
  ])('%s is image-corrupt', async (_, make) => {
    const bytes = await make()
    const facts = await factsOf(await jpeg(raw.photo(200, 150), 90))
    await expect(losslessly(bytes, facts, KEEP_MEANING, workers)).rejects.toMatchObject({ code: 'image-corrupt' })
  })
})

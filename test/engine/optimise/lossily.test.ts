import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { KEEP_MEANING, KEEP_NOTHING } from '../../../src/engine/optimise/keep.ts'
import { type Lossy, lossily } from '../../../src/engine/optimise/lossily.ts'
import { truncatedJpeg } from '../../support/broken-pictures.ts'
import {
  animated,
  cmykJpeg,
  decode,
  greyJpeg,
  jpeg,
  logo,
  near,
  oriented,
  photo,
  pixel,
  RED,
  raw,
  withProfile,
} from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const press = async (bytes: Buffer, wish: Partial<Lossy> & Pick<Lossy, 'format'>) =>
  lossily(bytes, await factsOf(bytes), { chroma: '4:2:0', keep: KEEP_NOTHING, ...wish }, workers)

describe('a picture optimised with loss', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)(
    'becomes a %s that looks the same and is smaller',
    async (format) => {
      const source = await sharp(await photo(320, 240, 'png-uncompressed'))
        .blur(2)
        .png()
        .toBuffer()
      const { bytes, changed, similarity } = await press(source, { format })
      expect(changed).toBe(true)
      expect(bytes.length).toBeLessThan(source.length)
      expect(similarity).toBeGreaterThan(0.9)
      expect((await factsOf(bytes)).format).toBe(format)
    },
  )

  it.each(['jpeg', 'webp', 'png'] as const)('is never larger in its own format: %s', async (format) => {
    const tiny = await sharp(await photo(200, 150))
      .toFormat(format, { quality: 10, palette: true, colours: 8 })
      .toBuffer()
    const { bytes } = await press(tiny, { format })
    expect(bytes.length).toBeLessThanOrEqual(tiny.length)
  })

  it('gets smaller from aim to aim', async () => {
    const source = await jpeg(raw.photo(400, 300), 95)
    const sizes: number[] = []
    for (const aim of ['careful', 'balanced', 'small'] as const)
      sizes.push((await press(source, { format: 'jpeg', aim })).bytes.length)
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
  })

  it('takes a fixed quality as it is, in one encode', async () => {
    const source = await photo(200, 150)
    const { quality, similarity } = await press(source, { format: 'jpeg', quality: 33 })
    expect({ quality, similarity }).toEqual({ quality: 33, similarity: undefined })
  })

  it('writes JPEG progressively, with the chroma asked for', async () => {
    const source = await photo(200, 150)
    const { bytes } = await press(source, { format: 'jpeg', chroma: '4:4:4' })
    expect(await sharp(bytes).metadata()).toMatchObject({ isProgressive: true, chromaSubsampling: '4:4:4' })
    const grey = await press(await greyJpeg(200, 150), { format: 'jpeg', quality: 50 })
    expect((await sharp(grey.bytes).metadata()).channels).toBe(1)
  })

  it('keeps the whole range of transparency in a palette', async () => {
    const { bytes } = await press(await logo(200, 200), { format: 'png' })
    // Colour type 3: a palette.
    expect(bytes[25]).toBe(3)
    const shown = await decode(bytes)
    expect(pixel(shown, 0, 0)[3]).toBe(0)
    expect(pixel(shown, 100, 20)[3]).toBe(255)
    const partial = new Set(Array.from({ length: 200 * 200 }, (_, i) => shown.data[4 * i + 3]))
    expect(partial.size).toBeGreaterThan(4)
  })

  it('lays transparency on white where the format has none', async () => {
    const { bytes } = await press(await logo(100, 100), { format: 'jpeg' })
    expect(near(pixel(await decode(bytes), 0, 0), [255, 255, 255])).toBe(true)
  })

  it.each(['gif', 'webp'] as const)('keeps frames, delays and loop of an animation: %s', async (format) => {
    const source = await animated('gif', { loop: 3, delays: [100, 100, 250] })
    const { bytes } = await press(source, { format })
    expect(await sharp(bytes).metadata()).toMatchObject({ pages: 3, delay: [100, 100, 250], loop: 3 })
  })

  it('gives a GIF no colour that it did not have, and comes as near as was aimed at', async () => {
    const source = await animated('gif', { width: 240, height: 160 })
    const photograph = await photo(240, 160, 'gif')
    for (const gif of [source, photograph]) {
      const had = await coloursOf(gif)
      const { bytes, similarity = 1 } = await press(gif, { format: 'gif' })
      expect([...(await coloursOf(bytes))].filter((colour) => !had.has(colour))).toEqual([])
      expect(similarity).toBeGreaterThanOrEqual(0.975)
    }
    const { bytes } = await press(photograph, { format: 'gif' })
    expect(bytes.length).toBeLessThan(0.8 * photograph.length)
  })

  it('takes the first frame where the format has no others', async () => {
    const { bytes } = await press(await animated('gif'), { format: 'png' })
    expect(near(pixel(await decode(bytes), 20, 20), RED, 8)).toBe(true)
    expect((await factsOf(bytes)).height).toBe(32)
  })

  it('never loses an orientation silently', async () => {
    const source = await oriented(6)
    const shown = async (bytes: Uint8Array) =>
      pixel(await decode(await sharp(bytes).autoOrient().png().toBuffer()), 10, 10)
    for (const format of ['jpeg', 'webp', 'png', 'avif', 'gif'] as const) {
      const { bytes } = await press(source, { format, keep: KEEP_MEANING })
      expect(near(await shown(bytes), RED, 24)).toBe(true)
    }
    const upright = await press(source, { format: 'jpeg', keep: KEEP_NOTHING, upright: true })
    expect((await sharp(upright.bytes).metadata()).orientation).toBeUndefined()
    expect(near(pixel(await decode(upright.bytes), 10, 10), RED, 24)).toBe(true)
  })

  it('keeps the profile, or converts, or leaves the values, as asked', async () => {
    const source = await withProfile(120, 90, 'png')
    const value = async (bytes: Uint8Array) =>
      pixel(await decode(await sharp(bytes, { ignoreIcc: true }).png().toBuffer()), 10, 10)
    const stored = await value(source)
    const kept = await press(source, { format: 'webp', keep: KEEP_MEANING, quality: 95 })
    expect((await sharp(kept.bytes).metadata()).hasProfile).toBe(true)
    expect(near(await value(kept.bytes), stored, 8)).toBe(true)
    const left = await press(source, { format: 'jpeg', quality: 95, chroma: '4:4:4', unkeptProfile: 'stored' })
    expect(near(await value(left.bytes), stored, 8)).toBe(true)
    const converted = await press(source, { format: 'jpeg', quality: 95, chroma: '4:4:4' })
    expect(near(await value(converted.bytes), RED, 8)).toBe(true)
    expect((await sharp(converted.bytes).metadata()).hasProfile).toBe(false)
  })

  it('writes CMYK as sRGB', async () => {
    const { bytes } = await press(await cmykJpeg(100, 80), { format: 'png', unkeptProfile: 'stored' })
    expect((await sharp(bytes).metadata()).space).toBe('srgb')
  })

  it('cut off is image-corrupt', async () => {
    const facts = await factsOf(await photo(200, 150, 'jpeg'))
    const wish = { format: 'webp', chroma: '4:2:0', keep: KEEP_NOTHING } as const
    await expect(lossily(await truncatedJpeg(), facts, wish, workers)).rejects.toMatchObject({ code: 'image-corrupt' })
  })
})

async function coloursOf(gif: Uint8Array): Promise<Set<string>> {
  const data = await sharp(gif, { animated: true }).removeAlpha().raw().toBuffer()
  return new Set(Array.from({ length: data.length / 3 }, (_, i) => data.toString('hex', 3 * i, 3 * i + 3)))
}

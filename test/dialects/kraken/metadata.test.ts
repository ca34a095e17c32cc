import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, oriented, photo, svg, withExif, withProfile } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

async function made(wish: object, bytes: Buffer) {
  const { json } = await house.upload({ wait: true, ...wish }, bytes)
  expect(json).toMatchObject({ success: true })
  const result = (await house.fetch(json.kraked_url)).bytes
  return { result, json, metadata: await sharp(result).metadata() }
}

describe.each([
  ['lossless', {}],
  ['lossy', { lossy: true }],
  ['resized', { resize: { strategy: 'exact', width: 32, height: 24 } }],
  ['resized and lossy', { lossy: true, resize: { strategy: 'exact', width: 32, height: 24 } }],
])('%s: metadata', (_, wish) => {
  it('all of it goes', async () => {
    const exif = await made(wish, await withExif(64, 48))
    expect([exif.metadata.exif, exif.metadata.icc]).toEqual([undefined, undefined])
    expect((await made(wish, await withProfile(64, 48))).metadata.icc).toBeUndefined()
    expect((await made(wish, await oriented(6))).metadata.orientation).toBeUndefined()
  })

  it('only the named tags stay', async () => {
    const { metadata } = await made({ ...wish, preserve_meta: ['copyright'] }, await withExif(64, 48))
    const exif = metadata.exif?.toString('latin1') ?? ''
    expect([exif.includes('A. Nonymous'), metadata.icc]).toEqual([true, undefined])
  })

  it('the profile stays beside the values it describes', async () => {
    const source = await withProfile(64, 48)
    const { metadata, result } = await made({ ...wish, preserve_meta: ['profile'] }, source)
    expect(metadata.icc?.equals((await sharp(source).metadata()).icc ?? Buffer.alloc(0))).toBe(true)
    const [r = 0, g = 0, b = 0] = (await decode(result)).data
    const [sr = 0, sg = 0, sb = 0] = (await decode(source)).data
    expect(Math.max(Math.abs(r - sr), Math.abs(g - sg), Math.abs(b - sb))).toBeLessThan(16)
  })

  it('the orientation stays, and says 1 once the pixels are turned', async () => {
    const preserve_meta = ['orientation']
    expect((await made({ ...wish, preserve_meta }, await oriented(6))).metadata.orientation).toBe(6)
    const turned = await made({ ...wish, preserve_meta, auto_orient: true }, await oriented(6))
    expect(turned.metadata.orientation).toBe(1)
  })
})

describe('without loss', () => {
  it.each(['jpeg', 'png'] as const)('%s keeps every pixel', async (format) => {
    const source = await photo(120, 80, format)
    const { result, json } = await made({}, source)
    expect((await decode(result)).data.equals((await decode(source)).data)).toBe(true)
    expect(json.kraked_size).toBeLessThanOrEqual(source.length)
  })
  it('a drawing stays one', async () => {
    const { json } = await house.upload({ wait: true }, svg(40, 20))
    expect(json).toMatchObject({ kraked_type: 'image/svg+xml', kraked_width: 40, kraked_height: 20 })
  })
})

it('PNG becomes a palette with loss, and its transparency stays', async () => {
  const source = await photo(120, 80, 'png')
  const { metadata, json } = await made({ lossy: true }, source)
  expect([metadata.isPalette, json.saved_bytes > 0]).toEqual([true, true])
})

it('chroma follows sampling_scheme; 4:2:2 and what nobody knows are 4:4:4', async () => {
  const source = await photo(120, 80, 'png')
  const convert = { format: 'jpeg' }
  const chromas = []
  for (const sampling_scheme of ['4:2:0', '4:2:2', '4:4:4', '4:2:4']) {
    chromas.push((await made({ lossy: true, convert, sampling_scheme }, source)).metadata.chromaSubsampling)
  }
  expect(chromas).toEqual(['4:2:0', '4:4:4', '4:4:4', '4:4:4'])
})

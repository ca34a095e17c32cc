import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { KEEP_MEANING, KEEP_NOTHING } from '../../../src/engine/optimise/keep.ts'
import { losslessly } from '../../../src/engine/optimise/losslessly.ts'
import { truncatedPng } from '../../support/broken-pictures.ts'
import { bars, deepPng, encode, gradient, logo, paint, photo, raw, solid, withProfile } from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const optimise = async (bytes: Buffer, keep = KEEP_MEANING) => losslessly(bytes, await factsOf(bytes), keep, workers)
const rgba = (bytes: Uint8Array) =>
  sharp(bytes, { ignoreIcc: true }).toColourspace('srgb').ensureAlpha().raw().toBuffer()

/** Colours under full transparency, which an encoder may be tempted to clear. */
const hidden = () => encode(paint(64, 64, (x, y) => [4 * x, 4 * y, 128, x < 32 ? 0 : 255]))
/** 16 bits a channel, each 8 bits written twice. */
const shallow = () => {
  const data = new Uint16Array(64 * 64 * 3).map((_, i) => ((i * 7) % 256) * 257)
  return sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
}

describe('a PNG optimised without loss', () => {
  it.each([
    ['a photograph', () => photo(300, 200)],
    ['a gradient', () => gradient(300, 200)],
    ['few colours', () => bars(320, 200)],
    ['alpha', () => logo(200, 200)],
    ['hidden colours', hidden],
    ['grey', () => solid(200, 200, [90])],
    [
      'a palette',
      () =>
        sharp(raw.bars(320, 200).data, { raw: { width: 320, height: 200, channels: 3 } })
          .png({ palette: true })
          .toBuffer(),
    ],
    [
      'interlaced',
      async () =>
        sharp(await photo(300, 200))
          .png({ progressive: true })
          .toBuffer(),
    ],
    ['16 bits', () => deepPng(200, 100)],
    ['16 bits that are 8', shallow],
  ])('%s keeps every value', async (_, make) => {
    const source = await make()
    const { bytes, changed } = await optimise(source)
    expect(changed).toBe(true)
    expect(bytes.length).toBeLessThan(source.length)
    expect((await rgba(bytes)).equals(await rgba(source))).toBe(true)
  })

  it('16 bits stay 16 bits where they are needed, and become 8 where they are not', async () => {
    const deep = async (bytes: Uint8Array) => sharp(bytes).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer()
    const source = await deepPng(200, 100)
    const { bytes } = await optimise(source)
    expect((await deep(bytes)).equals(await deep(source))).toBe(true)
    expect((await sharp((await optimise(await shallow())).bytes).metadata()).depth).toBe('uchar')
  })

  it('keeps a profile for colours on a picture without colours valid', async () => {
    const source = await sharp(raw.solid(120, 90, [90, 90, 90]).data, { raw: { width: 120, height: 90, channels: 3 } })
      .withIccProfile('p3')
      .png({ compressionLevel: 0 })
      .toBuffer()
    const { bytes } = await optimise(source)
    const { icc, channels } = await sharp(bytes).metadata()
    expect(channels).toBe(3)
    expect(icc?.equals((await sharp(source).metadata()).icc ?? Buffer.alloc(0))).toBe(true)
  })

  it('loses its profile and texts when nothing is kept', async () => {
    const source = insert(await withProfile(100, 80, 'png'), 'tEXt', Buffer.from('Author\0A. Nonymous'))
    const { bytes } = await optimise(source, KEEP_NOTHING)
    expect((await sharp(bytes).metadata()).hasProfile).toBe(false)
    expect(Buffer.from(bytes).includes('Nonymous')).toBe(false)
  })

  it('keeps how its colours are meant without a profile, unless that is what readers assume anyway', async () => {
    const gamma = Buffer.alloc(4)
    gamma.writeUInt32BE(100_000)
    const linear = insert(await gradient(80, 60), 'gAMA', gamma)
    expect(Buffer.from((await optimise(linear)).bytes).includes('gAMA')).toBe(true)
    const plain = insert(linear, 'sRGB', Buffer.from([0]))
    expect(Buffer.from((await optimise(plain)).bytes).includes('gAMA')).toBe(false)
    expect(Buffer.from((await optimise(linear, KEEP_NOTHING)).bytes).includes('gAMA')).toBe(false)
  })

  it('that is animated keeps all chunks of the animation', async () => {
    const still = await gradient(40, 30)
    const control = Buffer.alloc(8)
    control.writeUInt32BE(1)
    const source = insert(insert(still, 'tEXt', Buffer.from('Comment\0gone')), 'acTL', control)
    const { bytes } = await optimise(source)
    expect(Buffer.from(bytes).includes('acTL')).toBe(true)
    expect(Buffer.from(bytes).includes('Comment')).toBe(false)
    expect(Buffer.from(bytes).includes(still.subarray(still.indexOf('IDAT'), -16))).toBe(true)
  })

  it('cut off is image-corrupt', async () => {
    const bytes = await truncatedPng()
    const facts = await factsOf(await photo(100, 100))
    await expect(losslessly(bytes, facts, KEEP_MEANING, workers)).rejects.toMatchObject({ code: 'image-corrupt' })
  })
})

/** Puts a chunk behind the header. */
function insert(png: Buffer, type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([png.subarray(0, 33), length, named, sum, png.subarray(33)])
}

import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { configureSharp, pictureFault } from '../../src/engine/libvips.ts'
import { Fault } from '../../src/faults.ts'
import { truncatedJpeg } from '../support/broken-pictures.ts'
import { decode, type Encoding, near, pipeline, pixel, quadrants, RED, raw, svg } from '../support/pictures.ts'

beforeAll(() => {
  configureSharp()
  configureSharp()
})

describe('the loader allow-list', () => {
  it.each<Encoding>(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'])('%s is decoded', async (encoding) => {
    expect(near(pixel(await decode(await quadrants(16, 16, encoding)), 2, 2), RED)).toBe(true)
  })

  it('a JPEG with a gain map is read as the plain JPEG that it also is', async () => {
    // sharp 0.35 has the method, its types do not know it yet.
    const picture = pipeline(raw.quadrants(16, 16)) as Sharp & { withGainMap(): Sharp }
    const hdr = await picture.withGainMap().toColourspace('scrgb').jpeg({ quality: 95 }).toBuffer()
    expect(hdr.includes('urn:iso:std:iso:ts:21496')).toBe(true)
    const seen = await decode(hdr)
    expect([seen.width, seen.height, seen.channels]).toEqual([16, 16, 3])
    expect(await sharp(hdr).metadata()).toMatchObject({ format: 'jpeg', space: 'srgb' })
  })

  it('libvips reads no SVG, although it could', async () => {
    await expect(sharp(svg(10, 10)).metadata()).rejects.toThrow('unsupported image format')
  })

  it('libvips reads no text matrix, although it could', async () => {
    const matrix = Buffer.from('2 2\n1 2\n3 4\n')
    await expect(sharp(matrix).metadata()).rejects.toThrow('unsupported image format')
  })

  it('libvips opens no file by name', async () => {
    await expect(sharp(import.meta.filename).metadata()).rejects.toThrow()
  })

  it.each([
    ['PDF', '%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF'],
    ['PPM', 'P3 1 1 255 1 2 3\n'],
    ['Radiance', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\0\0\0\0'],
    ['libvips', '\xb6\xa6\xf2\x08'],
  ])('%s is refused', async (_, text) => {
    await expect(sharp(Buffer.from(text, 'latin1')).toBuffer()).rejects.toThrow('unsupported image format')
  })
})

it('one thread a picture and no cache of operations', () => {
  expect(sharp.concurrency()).toBe(1)
  expect(sharp.cache().memory.max).toBe(0)
})

describe('pictureFault', () => {
  it('a decoder that fails means a damaged picture', async () => {
    const error = await sharp(await truncatedJpeg())
      .raw()
      .toBuffer()
      .catch((cause: unknown) => cause)
    const fault = pictureFault(error, { format: 'jpeg' })
    expect(fault.code).toBe('image-corrupt')
    expect(fault.context).toEqual({ format: 'jpeg' })
    expect(fault.cause).toBe(error)
  })

  it('a picture above the pixel limit is too large', async () => {
    const error = await sharp(await quadrants(20, 20), { limitInputPixels: 100 })
      .raw()
      .toBuffer()
      .catch((cause: unknown) => cause)
    expect(pictureFault(error).code).toBe('too-large')
  })

  it('faults pass as they are', () => {
    const fault = new Fault('overloaded')
    expect(pictureFault(fault)).toBe(fault)
  })
})

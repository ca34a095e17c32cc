import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePdf } from '../../engine/decoders/pdf-writer.ts'
import {
  animated,
  decode,
  encode,
  GREEN,
  gradient,
  near,
  oriented,
  photo,
  pixel,
  quadrants,
  RED,
  raw,
  solid,
  WHITE,
  withProfile,
} from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

type Output = { readonly name: string; readonly format: string; readonly mime: string; readonly size: number }

/** The picture that comes back for an upload. */
async function compress(bytes: Uint8Array, request: object = {}, at: House = house) {
  const { status, json } = await at.upload(bytes, 'picture.x', request)
  expect([status, json.message]).toEqual([200, undefined])
  const file = await at.send('GET', String(json.url))
  return { output: json.output as Output, bytes: file.bytes, json }
}

async function refused(request: object) {
  const { status, json } = await house.upload(await solid(8, 8), 'a.png', request)
  return [status, json.message]
}

describe('compressor: compression', () => {
  it('gets smaller from medium over high to ultra, high being the default', async () => {
    const picture = await photo(640, 480, 'jpeg')
    const sizes: number[] = []
    for (const compression of ['medium', 'high', 'ultra']) {
      sizes.push((await compress(picture, { image: { compression } })).output.size)
    }
    const [medium = 0, high = 0, ultra = 0] = sizes
    expect(ultra).toBeLessThanOrEqual(high)
    expect(high).toBeLessThanOrEqual(medium)
    expect(medium).toBeLessThan(picture.length)
    expect((await compress(picture)).output.size).toBe(high)
  })

  it('answers the original when nothing else was asked and nothing would be gained', async () => {
    const { bytes } = await compress(await photo(320, 240, 'jpeg'), { image: { compression: 'ultra' } })
    const again = await compress(bytes, { image: { compression: 'medium' } })
    expect(again.output.size).toBeLessThanOrEqual(bytes.length)
  })

  it('turns pixels upright, converts them to sRGB and drops metadata', async () => {
    const upright = await compress(await oriented(6, 64, 48))
    const meta = await sharp(upright.bytes).metadata()
    expect([meta.orientation, meta.exif, meta.icc]).toEqual([undefined, undefined, undefined])
    const reference = await decode(
      await sharp(await oriented(6, 64, 48))
        .autoOrient()
        .png()
        .toBuffer(),
    )
    expect([meta.width, meta.height]).toEqual([reference.width, reference.height])
    expect(upright.json.input).toMatchObject({ width: reference.width, height: reference.height })
    const profiled = await compress(await withProfile(64, 64), { image: { format: 'png' } })
    expect((await sharp(profiled.bytes).metadata()).icc).toBeUndefined()
  })

  it.each([
    ['a level that is none', { compression: 'maximum' }, 'image.compression must be one of: medium, high, ultra'],
    ['a level of the wrong type', { compression: 3 }, 'image.compression must be one of: medium, high, ultra'],
    ['a quality of zero', { quality: 0 }, 'image.quality must be an integer from 1 to 100'],
    ['a quality as text', { output: { quality: '80' } }, 'image.output.quality must be an integer from 1 to 100'],
    [
      'a format that is none',
      { format: 'jpeg2000' },
      'image.format must be one of: auto, jpeg, jpg, png, webp, avif, gif, tiff',
    ],
    ['a resize that is no object', { resize: '640x480' }, 'image.resize must be an object'],
    ['an empty resize', { resize: {} }, 'image.resize must have a width or a height'],
    ['a side of zero', { resize: { width: 0 } }, 'image.resize.width must be an integer from 1 to 16384'],
    ['a side above the limit', { resize: { width: 16385 } }, 'image.resize.width must be an integer from 1 to 16384'],
    ['a broken side', { resize: { width: 1.5 } }, 'image.resize.width must be an integer from 1 to 16384'],
    ['a side of null', { resize: { width: null } }, 'image.resize.width must be an integer from 1 to 16384'],
    ['fit with one side', { resize: { width: 9, mode: 'fit' } }, 'image.resize.height is required for the mode fit'],
    [
      'a mode that is none',
      { resize: { width: 9, mode: 'crop' } },
      'image.resize.mode must be one of: auto, fit, fill, exact',
    ],
    [
      'a colour that is none',
      { resize: { width: 9, background: 'red' } },
      'image.resize.background must be a hex colour such as #ffffff',
    ],
    [
      'upscale of the wrong type',
      { resize: { width: 9, upscale: 'no' } },
      'image.resize.upscale must be true or false',
    ],
  ])('refuses %s by name', async (_, image, message) => {
    expect(await refused({ image })).toEqual([422, message])
  })
})

describe('compressor: resize', () => {
  it.each([
    [1600, 1200, { width: 640, height: 480, mode: 'fit' }, 640, 480],
    [1600, 900, { width: 640, height: 480, mode: 'fit' }, 640, 480],
    [1600, 900, { width: 640, height: 480, mode: 'auto' }, 640, 360],
    [1600, 900, { width: 400 }, 400, 225],
    [300, 200, { width: 900, mode: 'auto' }, 300, 200],
    [1600, 900, { width: 400, height: 400, mode: 'fill' }, 400, 400],
    [1600, 900, { width: 200, height: 200, mode: 'exact' }, 200, 200],
    [300, 200, { width: 600, height: 600, mode: 'fit' }, 600, 600],
    [300, 200, { width: 600, height: 600, mode: 'fit', upscale: false }, 200, 200],
  ])('%i×%i %j is %i×%i', async (width, height, resize, outWidth, outHeight) => {
    const { bytes, output } = await compress(await gradient(width, height, 'jpeg'), { image: { resize } })
    const picture = await decode(bytes)
    expect([picture.width, picture.height]).toEqual([outWidth, outHeight])
    expect(output).toMatchObject({ width: outWidth, height: outHeight })
  })

  it('keeps the part that gravity names', async () => {
    const picture = await quadrants(200, 100)
    const reference = await decode(picture)
    for (const [gravity, x, y] of [
      ['left', 2, 2],
      ['top-left', 2, 2],
      ['right', 197, 2],
      ['bottom-right', 197, 97],
    ] as const) {
      const request = { image: { resize: { width: 100, height: 100, mode: 'fit', gravity } } }
      const cut = await decode((await compress(picture, request)).bytes)
      const corner = pixel(cut, x < 100 ? 2 : 97, y < 50 ? 2 : 97)
      expect([gravity, near(corner, pixel(reference, x, y), 20)]).toEqual([gravity, true])
    }
  })

  it('pads a filled box with 87 rows above and 88 below, white or in the colour named', async () => {
    const picture = await solid(1600, 900, RED, 'jpeg')
    const resize = { width: 400, height: 400, mode: 'fill' }
    const white = await decode((await compress(picture, { image: { resize, format: 'png' } })).bytes)
    const at = (y: number) => pixel(white, 200, y).slice(0, 3)
    expect([
      near(at(86), [255, 255, 255]),
      near(at(88), RED, 20),
      near(at(310), RED, 20),
      near(at(312), [255, 255, 255]),
    ]).toEqual([true, true, true, true])
    const request = { image: { resize: { ...resize, background: '#20b020' }, format: 'png' } }
    expect(near(pixel(await decode((await compress(picture, request)).bytes), 200, 2), GREEN, 20)).toBe(true)
  })

  it('pads a transparent picture with nothing when no colour is named', async () => {
    const picture = await solid(
      80,
      40,
      [255, 0, 0, 0.5].map((part, at) => (at === 3 ? 128 : part)),
    )
    const { bytes } = await compress(picture, { image: { resize: { width: 40, height: 40, mode: 'fill' } } })
    expect(pixel(await decode(bytes), 20, 1)[3]).toBe(0)
  })

  it('stays inside of the box when the operator reads fit so', async () => {
    const inside = await openHouse({ fit: 'inside' })
    const request = { image: { resize: { width: 640, height: 480, mode: 'fit' } } }
    const { output } = await compress(await gradient(1600, 900, 'jpeg'), request, inside)
    expect(output).toMatchObject({ width: 640, height: 360 })
    await inside.stop()
  })

  it('keeps all frames of an animation', async () => {
    for (const as of ['gif', 'webp'] as const) {
      const { bytes } = await compress(await animated(as), { image: { resize: { width: 20 } } })
      const { pages, width } = await sharp(bytes, { animated: true }).metadata()
      expect([as, pages, width]).toEqual([as, 3, 20])
    }
  })
})

describe('compressor: formats', () => {
  it.each([
    ['image.format', { image: { format: 'webp', output: { format: 'png' } }, output: { format: 'gif' } }, 'webp'],
    ['image.output.format', { image: { output: { format: 'avif' } }, output: { format: 'gif' } }, 'avif'],
    ['output.format', { output: { format: 'gif' } }, 'gif'],
    ['jpg for jpeg', { image: { format: 'jpg' } }, 'jpeg'],
    ['auto', { image: { format: 'auto' } }, 'png'],
  ])('takes the format from %s', async (_, request, format) => {
    const { output, bytes } = await compress(await photo(64, 48, 'png'), request)
    expect(output).toMatchObject({ format, mime: `image/${format}`, name: `picture.${format}` })
    const meta = await sharp(bytes).metadata()
    expect(meta.format).toBe(format === 'avif' ? 'heif' : format)
  })

  it.each([
    ['a JPEG', 'jpeg', 'jpeg'],
    ['a PNG', 'png', 'png'],
    ['a WebP', 'webp', 'webp'],
    ['an AVIF', 'avif', 'avif'],
    ['a GIF', 'gif', 'gif'],
    ['a TIFF', 'tiff', 'jpeg'],
    ['a BMP', 'bmp', 'jpeg'],
  ] as const)('%s comes out as what is written of it', async (_, as, format) => {
    expect((await compress(await encode(raw.photo(48, 32), as))).output.format).toBe(format)
  })

  it('keeps SVG as SVG unless it is to be resized or converted', async () => {
    const corner = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><rect width="4" height="4"/></svg>',
    )
    expect((await compress(corner)).output).toMatchObject({ format: 'svg', mime: 'image/svg+xml' })
    for (const [image, format, width] of [
      [{ format: 'png' }, 'png', 64],
      [{ resize: { width: 32 } }, 'png', 32],
      [{ resize: { width: 640, height: 480, mode: 'exact' } }, 'png', 640],
      [{ resize: { width: 640, height: 480, mode: 'fit' }, format: 'jpeg' }, 'jpeg', 640],
      [{ format: 'webp' }, 'webp', 64],
    ] as const) {
      const { output, bytes } = await compress(corner, { image })
      expect(output).toMatchObject({ format, mime: `image/${format}` })
      const picture = await decode(bytes)
      const edge = width / 16
      expect([picture.width, picture.height]).toEqual([width, (width * 3) / 4])
      expect(near(pixel(picture, edge - 1, edge - 1).slice(0, 3), [0, 0, 0], 12)).toBe(true)
      const ground = pixel(picture, width - 1, edge)
      expect(format === 'jpeg' ? near(ground, WHITE) : ground[3] === 0).toBe(true)
    }
  })

  it('says that an SVG which cannot be drawn cannot be decoded', async () => {
    const broken = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g></svg>')
    const { status, json } = await house.upload(broken, 'a.svg', { image: { format: 'png' } })
    expect([status, json.message]).toEqual([422, 'the file cannot be decoded'])
  })

  it('flattens on white where the format has no transparency', async () => {
    const { bytes } = await compress(await solid(16, 16, [255, 0, 0, 0]), { image: { format: 'jpeg' } })
    expect(near(pixel(await decode(bytes), 8, 8), [255, 255, 255])).toBe(true)
  })

  it('takes a quality instead of the level of compression', async () => {
    const picture = await photo(320, 240, 'png')
    const sized = async (quality: number) =>
      (await compress(picture, { image: { format: 'webp', quality } })).output.size
    expect(await sized(20)).toBeLessThan(await sized(90))
  })

  it('says that it writes no TIFF', async () => {
    expect(await refused({ image: { format: 'tiff' } })).toEqual([
      415,
      'image.format tiff cannot be written by this server',
    ])
  })

  it('refuses kinds of files that the contract does not list', async () => {
    const { status, json } = await house.upload(writePdf([{ width: 10, height: 10, rectangles: [] }]), 'a.jpg')
    expect([status, json.message]).toEqual([415, 'files of the format pdf are not handled'])
  })
})

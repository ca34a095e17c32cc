import { type Psd, type WriteOptions, writePsdBuffer } from 'ag-psd'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import {
  BLUE,
  cmykJpeg,
  GREEN,
  near,
  type Pixels,
  paint,
  RED,
  raw,
  WHITE,
  withProfile,
  YELLOW,
} from '../../support/pictures.ts'
import { LIMITS, quarters, startReading } from './reading.ts'

const { facts, read, end } = startReading()

const rgba = ({ width, height, data, channels }: Pixels) => {
  const pixels = paint(width, height, (x, y) => {
    const at = (y * width + x) * channels
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, channels === 4 ? (data[at + 3] ?? 0) : 255]
  })
  return { width, height, data: new Uint8ClampedArray(pixels.data) }
}
const filled = (width: number, height: number, colour: readonly number[]) => rgba(paint(width, height, () => colour))

/** Quadrants over all; a yellow layer, half opaque, in the lower right quarter; a group with a green layer off the canvas's left edge. */
const DOCUMENT: Psd = {
  width: 40,
  height: 20,
  imageData: rgba(raw.quadrants(40, 20)),
  imageResources: {
    resolutionInfo: {
      horizontalResolution: 300,
      verticalResolution: 300,
      horizontalResolutionUnit: 'PPI',
      verticalResolutionUnit: 'PPI',
      widthUnit: 'Inches',
      heightUnit: 'Inches',
    },
  },
  children: [
    { name: 'ground', left: 0, top: 0, imageData: rgba(raw.quadrants(40, 20)) },
    { name: 'corner', left: 20, top: 10, opacity: 0.5, imageData: filled(20, 10, [...YELLOW, 200]) },
    { name: 'group', children: [{ name: 'edge', left: -10, top: -5, imageData: filled(30, 15, [...GREEN, 255]) }] },
  ],
}
const write = (document: Psd, options: WriteOptions = {}): Buffer =>
  Buffer.from(writePsdBuffer(document, { noBackground: true, ...options }))
const FILE = write(DOCUMENT)

describe('pages', () => {
  it('are the composite and the layers, groups not counted', async () => {
    expect(await facts(FILE)).toMatchObject({
      format: 'psd',
      width: 40,
      height: 20,
      frames: 1,
      depth: 8,
      space: 'rgb',
      density: 300,
    })
    expect((await facts(FILE)).pages).toEqual({ count: 4, alpha: true })
  })

  it('the first is the composite', async () => {
    const seen = quarters(await read(FILE))
    expect(seen.map((colour) => colour.slice(0, 3))).toEqual([RED, GREEN, BLUE, YELLOW])
  })

  it.each([
    ['as they are packed', {}],
    ['zipped', { compress: true }],
    ['in a large document', { psb: true }],
  ])('layers stand where they belong, %s', async (_, options) => {
    const file = write(DOCUMENT, options)
    expect(quarters(await read(file, 2))).toEqual([RED, GREEN, BLUE, YELLOW].map((colour) => [...colour, 255]))
    const corner = quarters(await read(file, 3))
    expect(corner.map((colour) => colour[3])).toEqual([0, 0, 0, 100])
    expect(corner[3]).toEqual([...YELLOW, 100])
    const edge = await read(file, 4)
    expect(edge).toMatchObject({ width: 40, height: 20, channels: 4 })
    const opaque = paint(40, 20, (x, y) => (x < 20 && y < 10 ? [...GREEN, 255] : [0, 0, 0, 0]))
    expect(edge.data.equals(opaque.data)).toBe(true)
  })

  it('a transparent composite keeps its colours', async () => {
    const half = paint(40, 20, (x) => (x < 20 ? [...RED, 128] : [...BLUE, 255]))
    // The writer lays it on white, as Photoshop does.
    const file = write({
      width: 40,
      height: 20,
      imageData: rgba(half),
      children: [{ name: 'a', imageData: rgba(half) }],
    })
    expect(await facts(file)).toMatchObject({ alpha: true })
    const [left = [], right = []] = quarters(await read(file))
    expect(near(left, [...RED, 128], 2)).toBe(true)
    expect(right).toEqual([...BLUE, 255])
  })
})

/** A PSD without layers, from its format's documentation. */
function flat(options: {
  mode: number
  depth: number
  channels: readonly Buffer[]
  width: number
  height: number
  palette?: Buffer
  resources?: Buffer
}): Buffer {
  const { mode, depth, channels, width, height, palette = Buffer.alloc(0), resources = Buffer.alloc(0) } = options
  const head = Buffer.alloc(26)
  head.write('8BPS\0\x01', 'latin1')
  head.writeUInt16BE(channels.length, 12)
  head.writeUInt32BE(height, 14)
  head.writeUInt32BE(width, 18)
  head.writeUInt16BE(depth, 22)
  head.writeUInt16BE(mode, 24)
  const part = (body: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    return Buffer.concat([length, body])
  }
  return Buffer.concat([head, part(palette), part(resources), part(Buffer.alloc(0)), Buffer.alloc(2), ...channels])
}
function resource(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.write('8BIM', 'latin1')
  head.writeUInt16BE(id, 4)
  head.writeUInt32BE(body.length, 8)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}
/** One channel, two pixels wide and two high, of samples that a writer makes. */
const four = (...samples: readonly Buffer[]) => Buffer.concat(samples)
const word = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
const float = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes
}

describe('modes', () => {
  it('grey', async () => {
    const file = flat({ mode: 1, depth: 8, channels: [Buffer.from([0, 80, 160, 255])], width: 2, height: 2 })
    expect(await facts(file)).toMatchObject({ space: 'grey', alpha: false })
    expect(quarters(await read(file))).toEqual([[0], [80], [160], [255]])
  })

  it('sixteen bits become eight', async () => {
    const channel = four(word(0), word(32_896), word(65_535), word(257))
    const file = flat({ mode: 1, depth: 16, channels: [channel], width: 2, height: 2 })
    expect(quarters(await read(file))).toEqual([[0], [128], [255], [1]])
  })

  it('floats are linear light', async () => {
    const channel = four(float(0), float(0.21586), float(1), float(7))
    const file = flat({ mode: 1, depth: 32, channels: [channel], width: 2, height: 2 })
    expect(quarters(await read(file))).toEqual([[0], [128], [255], [255]])
  })

  it('bitmap: one is black', async () => {
    const file = flat({ mode: 0, depth: 1, channels: [Buffer.from([0b1000_0000, 0b0100_0000])], width: 2, height: 2 })
    expect(quarters(await read(file))).toEqual([[0], [255], [255], [0]])
  })

  it('indexed', async () => {
    const palette = Buffer.alloc(768)
    for (const [i, colour] of [RED, GREEN, BLUE, WHITE].entries())
      for (let c = 0; c < 3; c++) palette[256 * c + i] = colour[c] ?? 0
    const file = flat({ mode: 2, depth: 8, channels: [Buffer.from([0, 1, 2, 3])], width: 2, height: 2, palette })
    expect(quarters(await read(file))).toEqual([RED, GREEN, BLUE, WHITE])
  })

  it('inks become colours', async () => {
    const ink = (...values: number[]) => Buffer.from(values.map((value) => 255 - value))
    const channels = [ink(255, 0, 0, 0), ink(0, 255, 0, 0), ink(0, 0, 255, 0), ink(0, 0, 0, 0)]
    const file = flat({ mode: 4, depth: 8, channels, width: 2, height: 2 })
    expect(await facts(file)).toMatchObject({ space: 'cmyk' })
    const [cyan = [], magenta = [], yellow = [], white] = quarters(await read(file))
    expect(cyan[0]).toBeLessThan(80)
    expect(cyan[2]).toBeGreaterThan(180)
    expect(magenta[1]).toBeLessThan(80)
    expect(yellow[2]).toBeLessThan(80)
    expect(white).toEqual([255, 255, 255])
    const { icc } = await sharp(await cmykJpeg(4, 4)).metadata()
    expect(
      await facts(
        flat({ mode: 4, depth: 8, channels, width: 2, height: 2, resources: resource(1039, icc ?? Buffer.alloc(200)) }),
      ),
    ).toMatchObject({ profile: true })
  })

  it('a profile is obeyed', async () => {
    const { icc } = await sharp(await withProfile(8, 8, 'png')).metadata()
    const channels = RED.map((value) => Buffer.alloc(4, value))
    const file = flat({
      mode: 3,
      depth: 8,
      channels,
      width: 2,
      height: 2,
      resources: resource(1039, icc ?? Buffer.alloc(0)),
    })
    expect(await facts(file)).toMatchObject({ profile: true })
    const [red = []] = quarters(await read(file))
    expect(red[0]).toBeGreaterThan(RED[0] + 8)
    expect(red[1]).toBeLessThan(RED[1] - 8)
  })
})

describe('what is refused', () => {
  it('a page that is not there', async () => {
    for (const page of [0, 5, -1, 2.5]) expect(await end(FILE, page)).toBe('bad-parameter')
  })

  it('modes that are none of ours, and a composite that was not saved', async () => {
    const channels = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4)]
    expect(await end(flat({ mode: 9, depth: 8, channels, width: 2, height: 2 }))).toBe('unsupported')
    const version = resource(1057, Buffer.from([0, 0, 0, 1, 0, 0]))
    expect(await end(flat({ mode: 3, depth: 8, channels, width: 2, height: 2, resources: version }))).toBe(
      'unsupported',
    )
  })

  it('sides beyond the limit or beyond the file', async () => {
    expect(await end(FILE, 1, { ...LIMITS, inputPixels: 799 })).toBe('too-large')
    const long = Buffer.from(FILE)
    long.writeUInt32BE(2000, 14)
    expect(await end(long)).toBe('image-corrupt')
    long.writeUInt32BE(30_001, 14)
    expect(await end(long)).toBe('image-corrupt')
  })

  it('absurd numbers of layers, and layers of absurd sides', async () => {
    const count = FILE.indexOf('8BIMnorm') - 16 - 2 - 4 * 6 - 2
    expect(Math.abs(FILE.readInt16BE(count))).toBe(5)
    const many = Buffer.from(FILE)
    many.writeInt16BE(32_767, count)
    expect(await end(many)).toBe('image-corrupt')
    const wide = Buffer.from(FILE)
    wide.writeInt32BE(2_147_483_647, count + 2 + 12)
    expect(await end(wide, 2)).toBe('too-large')
  })

  it('a file cut off anywhere', async () => {
    for (let length = 6; length < FILE.length - 1; length += 37)
      expect(await end(FILE.subarray(0, length))).toBe('image-corrupt')
  })

  it('any damage ends in pixels or a fault', async () => {
    const originals = [FILE, write(DOCUMENT, { compress: true }), write(DOCUMENT, { psb: true })]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(6000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (original, changes, page) => {
          const bytes = Buffer.from(original)
          for (const [at, value] of changes) bytes[6 + (at % (bytes.length - 6))] = value
          expect(await end(bytes, page)).toBeTypeOf('string')
        },
      ),
      { numRuns: 300 },
    )
  })
})

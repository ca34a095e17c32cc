import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBmp } from '../../support/bmp-writer.ts'
import { BLUE, encode, GREEN, type Pixels, paint, RED, raw, YELLOW } from '../../support/pictures.ts'
import { LIMITS, quarters, startReading } from './reading.ts'

const { facts, read, end } = startReading()

type Entry = { readonly side: number; readonly bits: number; readonly data: Buffer }

function writeIco(...entries: readonly Entry[]): Buffer {
  const head = Buffer.alloc(6 + 16 * entries.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(entries.length, 4)
  let at = head.length
  for (const [i, { side, bits, data }] of entries.entries()) {
    head[6 + 16 * i] = side & 255
    head[7 + 16 * i] = side & 255
    head.writeUInt16LE(bits, 12 + 16 * i)
    head.writeUInt32LE(data.length, 14 + 16 * i)
    head.writeUInt32LE(at, 18 + 16 * i)
    at += data.length
  }
  return Buffer.concat([head, ...entries.map(({ data }) => data)])
}

/** A bitmap as icons hold it: no file header, twice the height, a mask behind the pixels (1 = see-through). */
function bitmapEntry(picture: Pixels, bits: 4 | 8 | 24 | 32, hidden: (x: number, y: number) => boolean): Entry {
  const { width, height } = picture
  const bmp = encodeBmp(picture, { bits, header: 40 })
  const dib = Buffer.from(bmp.subarray(14))
  dib.writeInt32LE(height * 2, 8)
  const stride = Math.ceil(width / 32) * 4
  const mask = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (height - 1 - y) * stride + (x >> 3)
      if (hidden(x, y)) mask[at] = (mask[at] ?? 0) | (128 >> (x & 7))
    }
  }
  return { side: width, bits, data: Buffer.concat([dib, mask]) }
}

const QUARTERS = [RED, GREEN, BLUE, YELLOW]
const opaque = QUARTERS.map((colour) => [...colour, 255])

describe('pictures', () => {
  it.each([4, 8, 24] as const)('of %i bits, the mask taken away', async (bits) => {
    const file = writeIco(bitmapEntry(raw.quadrants(16, 16), bits, (x, y) => x >= 8 && y >= 8))
    expect(await facts(file)).toMatchObject({ format: 'ico', width: 16, height: 16, alpha: true })
    expect(quarters(await read(file))).toEqual([...opaque.slice(0, 3), [...YELLOW, 0]])
  })

  it('of 32 bits, with their own alpha', async () => {
    const picture = paint(16, 16, (x) => (x < 8 ? [...RED, 100] : [...BLUE, 255]))
    const [left, right] = quarters(await read(writeIco(rgbaEntry(picture))))
    expect([left, right]).toEqual([
      [...RED, 100],
      [...BLUE, 255],
    ])
  })

  it('a PNG inside', async () => {
    const data = await encode(raw.quadrants(256, 256))
    const file = writeIco({ side: 256, bits: 32, data })
    expect(await facts(file)).toMatchObject({ width: 256, height: 256 })
    expect(quarters(await read(file))).toEqual(QUARTERS.map((colour) => [...colour]))
  })

  it('the largest, of equal ones the deepest', async () => {
    const small = bitmapEntry(raw.solid(8, 8), 24, () => false)
    const shallow = bitmapEntry(raw.solid(16, 16), 8, () => false)
    const deep = bitmapEntry(raw.quadrants(16, 16), 24, () => false)
    expect(quarters(await read(writeIco(small, shallow, deep)))).toEqual(opaque)
    expect(quarters(await read(writeIco(deep, shallow, small)))).toEqual(opaque)
  })
})

/** 32 bits, blue first, upside down. */
function rgbaEntry({ width, height, data }: Pixels): Entry {
  const dib = Buffer.alloc(40 + width * height * 4)
  dib.writeUInt32LE(40, 0)
  dib.writeInt32LE(width, 4)
  dib.writeInt32LE(height * 2, 8)
  dib.writeUInt16LE(1, 12)
  dib.writeUInt16LE(32, 14)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((height - 1 - y) * width + x) * 4
      const to = 40 + (y * width + x) * 4
      dib[to] = data[from + 2] ?? 0
      dib[to + 1] = data[from + 1] ?? 0
      dib[to + 2] = data[from] ?? 0
      dib[to + 3] = data[from + 3] ?? 0
    }
  }
  return { side: width, bits: 32, data: dib }
}

describe('what is refused', () => {
  const file = writeIco(bitmapEntry(raw.quadrants(16, 16), 8, () => false))

  it('sides beyond the limit or beyond the file', async () => {
    expect(await end(file, 1, { ...LIMITS, inputPixels: 255 })).toBe('too-large')
    const long = Buffer.from(file)
    long.writeInt32LE(2000, 22 + 8)
    expect(await end(long)).toBe('image-corrupt')
    long.writeInt32LE(2_147_483_647, 22 + 4)
    expect(await end(long)).toBe('too-large')
  })

  it('a second page', async () => {
    expect(await end(file, 2)).toBe('bad-parameter')
  })

  it('any damage ends in pixels or a fault', async () => {
    const png = writeIco({ side: 16, bits: 32, data: await encode(raw.quadrants(16, 16)) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(file, png),
        fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (original, changes) => {
          const bytes = Buffer.from(original)
          for (const [at, value] of changes) bytes[4 + at] = value
          expect(await end(bytes)).toBeTypeOf('string')
        },
      ),
      { numRuns: 300 },
    )
  })
})

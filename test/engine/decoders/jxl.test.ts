import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codecLoader, type FactoryOptions, inSandbox } from '../../../src/engine/decoders/wasm.ts'
import { BLUE, GREEN, type Pixels, paint, RED, raw, YELLOW } from '../../support/pictures.ts'
import { LIMITS, quarters, startReading } from './reading.ts'

const { facts, read, end } = startReading()

type Encoder = {
  encode(rgba: Uint8Array, width: number, height: number, options: object): Uint8Array | null
}
const encoder = codecLoader<(options: FactoryOptions) => Promise<Encoder>>({
  format: 'jxl',
  package: '@jsquash/jxl',
  wasm: '@jsquash/jxl/codec/enc/jxl_enc.wasm',
  factory: async () => (await import('@jsquash/jxl/codec/enc/jxl_enc.js')).default,
})
const SETTINGS = {
  effort: 3,
  quality: 100,
  progressive: false,
  epf: -1,
  lossyPalette: false,
  decodingSpeedTier: 0,
  photonNoiseIso: 0,
  lossyModular: false,
  lossless: true,
}

/** Lossless. */
async function writeJxl({ width, height, channels, data }: Pixels, memory = 2 ** 29): Promise<Buffer> {
  const { data: rgba } = paint(width, height, (x, y) => {
    const at = (y * width + x) * channels
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, channels === 4 ? (data[at + 3] ?? 0) : 255]
  })
  const bytes = await inSandbox('jxl', await encoder(), memory, async (factory, options) =>
    (await factory(options)).encode(new Uint8Array(rgba), width, height, SETTINGS)?.slice(),
  )
  if (!bytes) throw new Error('not encoded')
  return Buffer.from(bytes)
}

/** As a file of boxes (ISO/IEC 18181-2), the codestream in two parts. */
function inBoxes(codestream: Buffer): Buffer {
  const box = (type: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(8 + body.length)
    head.write(type, 4, 'latin1')
    return Buffer.concat([head, body])
  }
  const middle = codestream.length >> 1
  return Buffer.concat([
    box('JXL ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a])),
    box('ftyp', Buffer.from('jxl \0\0\0\0jxl ', 'latin1')),
    box('jxlp', Buffer.concat([Buffer.from([0, 0, 0, 0]), codestream.subarray(0, middle)])),
    box('jxlp', Buffer.concat([Buffer.from([0x80, 0, 0, 1]), codestream.subarray(middle)])),
  ])
}

describe('pixels', () => {
  it.each([
    [40, 24],
    [41, 23],
    [300, 200],
    [7, 600],
    [512, 512],
    [320, 180],
  ])('a picture of %i×%i', async (width, height) => {
    const file = await writeJxl(raw.quadrants(width, height))
    expect(await facts(file)).toMatchObject({ format: 'jxl', width, height, orientation: 1 })
    const seen = await read(file)
    expect(seen).toMatchObject({ width, height })
    expect(quarters(seen).map((colour) => colour.slice(0, 3))).toEqual([RED, GREEN, BLUE, YELLOW])
  })

  it('alpha is kept', async () => {
    const file = await writeJxl(paint(16, 16, (x) => (x < 8 ? [...RED, 100] : [...BLUE, 255])))
    expect(await facts(file)).toMatchObject({ alpha: true })
    expect(quarters(await read(file)).slice(0, 2)).toEqual([
      [...RED, 100],
      [...BLUE, 255],
    ])
  })

  it('a codestream in boxes', async () => {
    const file = inBoxes(await writeJxl(raw.quadrants(40, 24)))
    expect(await facts(file)).toMatchObject({ format: 'jxl', width: 40, height: 24 })
    expect(quarters(await read(file)).map((colour) => colour.slice(0, 3))).toEqual([RED, GREEN, BLUE, YELLOW])
  })
})

describe('what is refused', () => {
  it('more pixels than allowed, before anything is decoded', async () => {
    const file = await writeJxl(raw.quadrants(40, 24))
    expect(await end(file, 1, { ...LIMITS, inputPixels: 959 })).toBe('too-large')
    // Sides of 2³¹ × 2³⁰: the largest height that the format knows, twice as wide.
    expect(await end(Buffer.concat([Buffer.from([0xff, 0x0a, 0xfe]), Buffer.alloc(20, 0xff)]))).toBe('too-large')
  })

  it('a file cut off anywhere', async () => {
    const file = await writeJxl(raw.noise(40, 24))
    for (const length of [2, 3, 4, 10, 40, 100, file.length >> 1, file.length - 20]) {
      expect(await end(file.subarray(0, length))).toBe('image-corrupt')
    }
  })

  it('any damage ends in pixels or a fault', async () => {
    const plain = await writeJxl(raw.logo(40, 24))
    const originals = [plain, inBoxes(plain)]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(400), fc.nat(7)), { minLength: 1, maxLength: 4 }),
        async (original, flips) => {
          const bytes = Buffer.from(original)
          for (const [at, bit] of flips) {
            const place = 12 + (at % (bytes.length - 12))
            bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
          }
          expect(await end(bytes)).toBeTypeOf('string')
        },
      ),
      { numRuns: 60 },
    )
  })
})

it('a codec that wants more memory than allowed is stopped', async () => {
  await expect(writeJxl(raw.noise(700, 700), 18 * 2 ** 20)).rejects.toMatchObject({
    code: 'too-large',
    context: { format: 'jxl' },
  })
})

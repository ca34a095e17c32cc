import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeForeign } from '../../../src/engine/decode.ts'
import { bmp, decodeBmp } from '../../../src/engine/decoders/bmp.ts'
import { probe } from '../../../src/engine/probe.ts'
import { createWorkers } from '../../../src/engine/workers.ts'
import { isFault } from '../../../src/faults.ts'
import { encodeBmp } from '../../support/bmp-writer.ts'
import { type Pixels, paint, pixel, RED, raw } from '../../support/pictures.ts'

const LIMITS = { inputPixels: 1_000_000, outputPixels: 1_000_000, frames: 1 }
const decode = async (bytes: Uint8Array, limits = LIMITS): Promise<Pixels> => {
  const { data, ...sides } = decodeBmp(bytes, limits)
  return { ...sides, data: Buffer.from(data) }
}
const code = async (bytes: Uint8Array, limits = LIMITS) => {
  try {
    decodeBmp(bytes, limits)
    return 'accepted'
  } catch (error) {
    return isFault(error) ? error.code : error
  }
}
/** Colours that 5 bits a channel can hold exactly after stretching, so that 16-bit files are compared without tolerance. */
const coarse = (five: number) => Math.round((five * 255) / 31)
const coarsePicture = paint(13, 7, (x, y) => [coarse(2 * x), coarse(4 * y), coarse(x + y)])

describe('pixels', () => {
  // 13 pixels: no depth fills its rows of four bytes.
  it.each([1, 4, 8, 24, 32] as const)('%i bits, bottom-up and top-down', async (bits) => {
    const picture = paint(13, 7, (x, y) =>
      bits === 1 ? ((x + y) % 3 ? [255, 0, 0] : [0, 0, 255]) : [x % 3 ? 200 : 10, y, 77],
    )
    for (const topDown of [false, true]) {
      const seen = await decode(encodeBmp(picture, { bits, topDown }))
      expect([seen.width, seen.height, seen.channels]).toEqual([13, 7, 3])
      expect(seen.data.equals(picture.data)).toBe(true)
    }
  })

  it('16 bits mean 5-5-5', async () => {
    expect((await decode(encodeBmp(coarsePicture, { bits: 16 }))).data.equals(coarsePicture.data)).toBe(true)
  })

  it('16 bits with masks 5-6-5', async () => {
    const picture = paint(13, 7, (x, y) => [coarse(2 * x), Math.round((8 * y * 255) / 63), coarse(x + y)])
    expect((await decode(encodeBmp(picture, { bits: 16, masks565: true }))).data.equals(picture.data)).toBe(true)
  })

  it.each([12, 40, 124] as const)('a header of %i bytes', async (header) => {
    const picture = raw.quadrants(9, 5)
    for (const bits of [8, 24] as const) {
      expect((await decode(encodeBmp(picture, { bits, header }))).data.equals(picture.data)).toBe(true)
    }
  })

  it('32 bits with an alpha mask keep their alpha', async () => {
    const logo = raw.logo(20, 16)
    const seen = await decode(encodeBmp(logo, { bits: 32 }))
    expect(seen.channels).toBe(4)
    expect(seen.data.equals(logo.data)).toBe(true)
  })

  it('alpha that is announced but zero everywhere means opaque', async () => {
    const seen = await decode(encodeBmp(raw.solid(4, 4, [...RED, 0]), { bits: 32 }))
    expect(pixel(seen, 2, 2)).toEqual([...RED, 255])
  })

  it('an index beyond the palette is black', async () => {
    const bytes = encodeBmp(raw.solid(4, 1), { bits: 8 })
    // Two colours used.
    bytes.writeUInt32LE(2, 46)
    bytes.fill(200, bytes.length - 4)
    expect(pixel(await decode(bytes), 0, 0)).toEqual([0, 0, 0])
  })
})

describe('run-length encoding', () => {
  /** A file of 4 × `height` pixels with the palette 0 = black, 1 = red, 2 = white over the given commands. */
  function runs(bits: 4 | 8, height: number, commands: readonly number[]): Buffer {
    const head = encodeBmp(raw.solid(4, height), { bits }).subarray(0, 54 + 4 * (1 << bits))
    const file = Buffer.concat([head, Buffer.from(commands)])
    file.writeUInt32LE(bits === 8 ? 1 : 2, 30)
    file.fill(0, 54, 54 + 12)
    file.set([0, 0, 255], 58)
    file.set([255, 255, 255], 62)
    return file
  }
  const names = (seen: Pixels, y: number) =>
    [0, 1, 2, 3].map((x) => ({ '0,0,0': '.', '255,0,0': 'r', '255,255,255': 'w' })[pixel(seen, x, y).join()]).join('')

  it('runs, literals with padding, line ends; the first line is the lowest', async () => {
    const seen = await decode(runs(8, 2, [2, 1, 2, 2, 0, 0, 0, 3, 1, 2, 1, 0, 1, 2, 0, 1]))
    expect([names(seen, 0), names(seen, 1)]).toEqual(['rwrw', 'rrww'])
  })

  it('nibbles in turn', async () => {
    const seen = await decode(runs(4, 2, [4, 0x12, 0, 0, 0, 4, 0x11, 0x22, 0, 1]))
    expect([names(seen, 0), names(seen, 1)]).toEqual(['rrww', 'rwrw'])
  })

  it('jumps leave the first colour', async () => {
    const seen = await decode(runs(8, 2, [1, 1, 0, 2, 2, 1, 1, 2, 0, 1]))
    expect([names(seen, 0), names(seen, 1)]).toEqual(['...w', 'r...'])
  })

  it('runs beyond the picture are dropped, a missing end is a damage', async () => {
    expect(names(await decode(runs(8, 1, [200, 1, 0, 1])), 0)).toBe('rrrr')
    expect(await code(runs(8, 1, [2, 1]))).toBe('image-corrupt')
  })
})

describe('hostile files', () => {
  const good = encodeBmp(raw.quadrants(20, 20), { bits: 24 })
  const changed = (change: (file: Buffer) => void) => {
    const file = Buffer.from(good)
    change(file)
    return file
  }

  it('sides beyond the file are a damage before memory is taken', async () => {
    expect(await code(changed((file) => file.writeInt32LE(2_000_000_000, 18)))).toBe('image-corrupt')
    expect(await code(changed((file) => file.writeInt32LE(-2_147_483_648, 22)))).toBe('image-corrupt')
    expect(await code(changed((file) => file.writeInt32LE(-20, 18)))).toBe('image-corrupt')
    expect(await code(changed((file) => file.writeInt32LE(0, 22)))).toBe('image-corrupt')
  })

  it('a run-length file may claim any sides, but not above the limit', async () => {
    const file = encodeBmp(raw.solid(4, 4), { bits: 8 })
    file.writeUInt32LE(1, 30)
    file.writeInt32LE(30_000, 18)
    file.writeInt32LE(30_000, 22)
    expect(await code(file)).toBe('too-large')
    await expect(probe(file, LIMITS)).rejects.toMatchObject({ code: 'too-large' })
  })

  it('pixels that begin inside the header or behind the end', async () => {
    expect(await code(changed((file) => file.writeUInt32LE(10, 10)))).toBe('image-corrupt')
    expect(await code(changed((file) => file.writeUInt32LE(4_000_000_000, 10)))).toBe('image-corrupt')
  })

  it('a cut-off file', async () => {
    for (const length of [0, 2, 17, 30, 53, 60, good.length - 1]) {
      expect(await code(good.subarray(0, length))).toBe('image-corrupt')
    }
  })

  it('variants that are none of ours are named', async () => {
    expect(await code(changed((file) => file.writeUInt32LE(4, 30)))).toBe('unsupported')
    expect(await code(changed((file) => file.writeUInt16LE(64, 28)))).toBe('unsupported')
  })

  it('any damage ends in pixels or a fault, and the probe agrees with the decoder', async () => {
    const originals = [
      good,
      encodeBmp(raw.quadrants(9, 9), { bits: 4 }),
      encodeBmp(raw.quadrants(9, 9), { bits: 16, masks565: true }),
      encodeBmp(raw.logo(9, 9), { bits: 32 }),
      encodeBmp(raw.quadrants(9, 9), { bits: 8, header: 12 }),
    ]
    const change = fc.tuple(fc.nat(137), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...originals), fc.array(change, { maxLength: 3 }), async (original, changes) => {
        const bytes = Buffer.from(original)
        for (const [at, value] of changes) bytes[at] = value
        try {
          const seen = await decode(bytes)
          const facts = await bmp.probe(bytes, LIMITS)
          expect([facts.width, facts.height]).toEqual([seen.width, seen.height])
          expect(facts.alpha).toBe(seen.channels === 4)
          expect(seen.data.length).toBe(seen.width * seen.height * seen.channels)
        } catch (error) {
          expect(isFault(error)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

it('is decoded in a worker thread, faults included', async () => {
  const workers = createWorkers({ size: 1 })
  try {
    const picture = raw.quadrants(12, 8)
    const bytes = encodeBmp(picture, { bits: 24 })
    const facts = await probe(bytes, LIMITS)
    const seen = await decodeForeign(bytes, facts, 1, LIMITS, workers)
    expect(seen.kind === 'pixels' && Buffer.from(seen.raw.data).equals(picture.data)).toBe(true)
    expect(bytes.length).toBeGreaterThan(0)
    await expect(decodeForeign(bytes.subarray(0, 60), facts, 1, LIMITS, workers)).rejects.toMatchObject({
      code: 'image-corrupt',
    })
    await expect(decodeForeign(bytes, { ...facts, format: 'gif' }, 1, LIMITS, workers)).rejects.toMatchObject({
      code: 'unsupported',
      context: { format: 'gif' },
    })
  } finally {
    await workers.close()
  }
})

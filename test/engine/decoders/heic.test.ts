import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { BLUE, GREEN, near, RED, withProfile, YELLOW } from '../../support/pictures.ts'
import { DEEP, HALF, mirror, PLAIN, profile, turn, withProperties } from './heic-files.ts'
import { LIMITS, quarters, startReading } from './reading.ts'

const { facts, read, end } = startReading()

async function shows(bytes: Buffer, expected: readonly (readonly number[])[]): Promise<void> {
  const seen = quarters(await read(bytes))
  for (const [i, colour] of expected.entries()) {
    expect(near(seen[i] ?? [], colour, 4), `quarter ${i}: ${seen[i]} is ${colour}`).toBe(true)
  }
}

describe('pixels', () => {
  it('colours where they belong', async () => {
    expect(await facts(PLAIN)).toMatchObject({ format: 'heic', width: 64, height: 32, alpha: false, depth: 8 })
    expect(await read(PLAIN)).toMatchObject({ width: 64, height: 32, channels: 3 })
    await shows(PLAIN, [RED, GREEN, BLUE, YELLOW])
  })

  it('alpha is kept', async () => {
    expect(await facts(HALF)).toMatchObject({ alpha: true })
    const seen = quarters(await read(HALF))
    expect(seen.map((colour) => Math.round((colour[3] ?? 0) / 255))).toEqual([1, 0, 1, 0])
    expect(near(seen[0] ?? [], [...RED, 255], 4)).toBe(true)
  })

  it('ten bits become eight', async () => {
    expect(await facts(DEEP)).toMatchObject({ depth: 16 })
    await shows(DEEP, [RED, GREEN, BLUE, YELLOW])
  })

  it.each([
    ['a quarter to the left', [turn(1)], [GREEN, YELLOW, RED, BLUE]],
    ['upside down', [turn(2)], [YELLOW, BLUE, GREEN, RED]],
    ['a quarter to the right', [turn(3)], [BLUE, RED, YELLOW, GREEN]],
    ['left and right exchanged', [mirror('left-right')], [GREEN, RED, YELLOW, BLUE]],
    ['top and bottom exchanged', [mirror('top-bottom')], [BLUE, YELLOW, RED, GREEN]],
    ['turned, then mirrored', [turn(1), mirror('left-right')], [YELLOW, GREEN, BLUE, RED]],
  ])('%s, as its boxes say', async (name, boxes, expected) => {
    const bytes = withProperties(PLAIN, ...boxes)
    const turned = name.includes('quarter') || name.includes('then')
    expect(await facts(bytes)).toMatchObject({ width: turned ? 32 : 64, height: turned ? 64 : 32, orientation: 1 })
    await shows(bytes, expected)
  })

  it('a profile is obeyed', async () => {
    const { icc } = await sharp(await withProfile(8, 8, 'png')).metadata()
    const bytes = withProperties(PLAIN, profile(icc ?? Buffer.alloc(0)))
    expect(await facts(bytes)).toMatchObject({ profile: true })
    // The same values in a wider space are stronger colours: red leaves sRGB.
    const [red = []] = quarters(await read(bytes))
    expect(red[0]).toBeGreaterThan(RED[0] + 8)
    expect(red[1]).toBeLessThan(RED[1] - 8)
  })
})

describe('what is refused', () => {
  it('more pixels than allowed, before anything is decoded', async () => {
    expect(await end(PLAIN, 1, { ...LIMITS, inputPixels: 2047 })).toBe('too-large')
    expect(await end(PLAIN, 1, { ...LIMITS, inputPixels: 2048 })).toBe('read')
  })

  it('a header that claims other sides than the picture has', async () => {
    const lying = Buffer.from(PLAIN)
    lying.writeUInt32BE(1024, lying.lastIndexOf('ispe') + 8)
    expect(await end(lying)).toBe('image-corrupt')
  })

  it('sides beyond all limits', async () => {
    const lying = Buffer.from(PLAIN)
    lying.writeUInt32BE(0xffff_ffff, lying.lastIndexOf('ispe') + 8)
    lying.writeUInt32BE(0xffff_ffff, lying.lastIndexOf('ispe') + 12)
    expect(await end(lying)).toBe('too-large')
  })

  it('a file cut off anywhere', async () => {
    for (let length = 24; length < PLAIN.length - 8; length += 41) {
      expect(await end(PLAIN.subarray(0, length))).toBe('image-corrupt')
    }
  })

  it('any damage ends in pixels or a fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(PLAIN, HALF, DEEP),
        fc.array(fc.tuple(fc.nat(1200), fc.nat(7)), { minLength: 1, maxLength: 4 }),
        async (original, flips) => {
          const bytes = Buffer.from(original)
          // The first twelve bytes stay: without them it is no HEIC.
          for (const [at, bit] of flips) if (at >= 12 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
          expect(await end(bytes)).toBeTypeOf('string')
        },
      ),
      { numRuns: 60 },
    )
  })
})

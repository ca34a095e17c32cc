import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateQuality } from '../../src/engine/jpeg-quality.ts'
import { truncatedJpeg } from '../support/broken-pictures.ts'
import { cmykJpeg, encode, greyJpeg, jpeg, paint, raw } from '../support/pictures.ts'

const small = raw.quadrants(16, 16)
const all = Array.from({ length: 100 }, (_, i) => i + 1)

describe('tables of a known encoder', () => {
  it('the standard tables give back the quality asked for, at every quality', async () => {
    const seen = await Promise.all(all.map(async (quality) => estimateQuality(await jpeg(small, quality))))
    expect(seen).toEqual(all)
  })

  it('a grey picture has one table, which is enough', async () => {
    const grey = paint(16, 16, (x) => [16 * x])
    const seen = await Promise.all(
      [20, 50, 75, 92, 100].map(async (quality) => estimateQuality(await jpeg(grey, quality))),
    )
    expect(seen).toEqual([20, 50, 75, 92, 100])
  })

  it("this server's own tables give back the quality asked for", async () => {
    const options = { quantisationTable: 3, trellisQuantisation: true, overshootDeringing: true }
    const seen = await Promise.all(
      all.slice(3).map(async (quality) => estimateQuality(await jpeg(small, quality, options))),
    )
    expect(seen).toEqual(all.slice(3))
  })

  it('progressive files, and CMYK ones', async () => {
    expect(estimateQuality(await jpeg(small, 64, { progressive: true }))).toBe(64)
    expect(estimateQuality(await cmykJpeg(16, 16))).toBe(95)
    expect(estimateQuality(await greyJpeg(16, 16))).toBe(95)
  })
})

describe('tables of other encoders', () => {
  it.each([2, 4, 5, 6, 7, 8])('table %i: near, and growing with the quality', async (quantisationTable) => {
    const asked = [10, 30, 50, 70, 80, 90, 95]
    const seen = await Promise.all(
      asked.map(async (quality) => estimateQuality(await jpeg(small, quality, { quantisationTable })) ?? 0),
    )
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.every((quality) => quality >= 1 && quality <= 100)).toBe(true)
    expect(seen.at(-1)).toBeGreaterThan(80)
  })

  it('one changed value moves the estimate by at most one', async () => {
    const bytes = Buffer.from(await jpeg(small, 80))
    const table = bytes.indexOf(Buffer.from([0xff, 0xdb])) + 5
    bytes[table + 10] = (bytes[table + 10] ?? 0) + 3
    const seen = estimateQuality(bytes) ?? 0
    expect(Math.abs(seen - 80)).toBeLessThanOrEqual(1)
  })

  it('tables of 16 bits', () => {
    // Quality 10 unclamped: 99 × 5 = 495 does not fit into a byte.
    const base = estimateTable(10)
    expect(base).toBe(10)
  })
})

describe('damaged files', () => {
  it('a picture cut off after its tables still says its quality', async () => {
    expect(estimateQuality(await truncatedJpeg())).toBe(95)
  })

  it('no tables, no estimate', async () => {
    expect(estimateQuality(Buffer.from([0xff, 0xd8, 0xff, 0xd9]))).toBeUndefined()
    expect(estimateQuality(Buffer.alloc(0))).toBeUndefined()
    expect(estimateQuality(await encode(small, 'png'))).toBeUndefined()
  })

  it('any bytes end in a quality or nothing', async () => {
    const whole = await jpeg(small, 80)
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(400), fc.nat(255), (length, at, value) => {
        const bytes = Buffer.from(whole.subarray(0, length))
        if (at < bytes.length) bytes[at] = value
        const quality = estimateQuality(bytes)
        expect(quality === undefined || (quality >= 1 && quality <= 100)).toBe(true)
      }),
    )
  })
})

/** The estimate for a file of one 16-bit luminance table scaled to `quality` without the limit of a byte. */
function estimateTable(quality: number): number | undefined {
  const base = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
  ]
  const segment = Buffer.alloc(2 + 2 + 1 + 128)
  segment.set([0xff, 0xdb])
  segment.writeUInt16BE(131, 2)
  segment[4] = 0x10
  base.forEach((value, i) => {
    segment.writeUInt16BE((value * 5000) / quality / 100, 5 + 2 * i)
  })
  return estimateQuality(Buffer.concat([Buffer.from([0xff, 0xd8]), segment, Buffer.from([0xff, 0xd9])]))
}

import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { parseGif } from '../../../src/engine/optimise/gif/parse.ts'
import { repackGif } from '../../../src/engine/optimise/gif/repack.ts'
import { KEEP_NOTHING } from '../../../src/engine/optimise/keep.ts'
import { losslessly } from '../../../src/engine/optimise/losslessly.ts'
import { gifBomb } from '../../support/broken-pictures.ts'
import { animated, encode, logo, paint, photo, raw } from '../../support/pictures.ts'
import { factsOf, workshop } from './workshop.ts'

const workers = workshop()
const optimise = async (bytes: Buffer) => losslessly(bytes, await factsOf(bytes), KEEP_NOTHING, workers)
const shown = async (bytes: Uint8Array) => {
  const picture = sharp(bytes, { animated: true })
  const { delay, loop, pages } = await picture.metadata()
  return { pixels: (await picture.ensureAlpha().raw().toBuffer()).toString('base64'), delay, loop, pages }
}

/** A square that wanders over a photograph. */
async function wandering(): Promise<Buffer> {
  const ground = raw.photo(120, 90).data
  const frames = await Promise.all(
    [0, 1, 2, 3, 3, 4].map((step) =>
      encode(
        paint(120, 90, (x, y) => {
          const inside = x >= 20 * step && x < 20 * step + 16 && y > 30 && y < 46
          const at = 3 * (y * 120 + x)
          return inside ? [250, 30, 30] : [ground[at] ?? 0, ground[at + 1] ?? 0, ground[at + 2] ?? 0]
        }),
      ),
    ),
  )
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: [40, 50, 60, 70, 80, 90], loop: 3, keepDuplicateFrames: true })
    .toBuffer()
}

/** A disc that flies over a bright ground and comes from nowhere. */
async function flying(): Promise<Buffer> {
  const frames = await Promise.all(
    [-1, 0, 1, 2, 3].map((step) =>
      encode(
        paint(120, 80, (x, y) =>
          Math.hypot(x - 20 - 25 * step, y - 40) < 15 && step >= 0
            ? [20, 20, 90]
            : [((x >> 2) * 36) & 192, ((y >> 2) * 36) & 192, 200],
        ),
      ),
    ),
  )
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: [40, 40, 40, 40, 40], dither: 0 })
    .toBuffer()
}

/** Frames on nothing, so that pixels become transparent again. */
async function onNothing(): Promise<Buffer> {
  const frames = await Promise.all(
    [0, 1, 2].map((step) =>
      encode(paint(60, 40, (x) => (x >= 20 * step && x < 20 * step + 20 ? [200, 20, 20, 255] : [0, 0, 0, 0]))),
    ),
  )
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 100, 100] })
    .toBuffer()
}

describe('a GIF optimised without loss', () => {
  it.each([
    ['a still photograph', () => photo(160, 120, 'gif')],
    [
      'transparency',
      async () =>
        sharp(await logo(120, 120))
          .gif()
          .toBuffer(),
    ],
    ['an animation', () => animated('gif', { loop: 2 })],
    ['frames that differ in part', wandering],
    ['frames that become transparent again', onNothing],
    ['what comes and goes before a ground', flying],
    ['hundred frames of one pixel', async () => gifBomb(100)],
  ])('%s shows the same frames, as long and as often', async (_, make) => {
    const source = await make()
    const { bytes } = await optimise(source)
    expect(bytes.length).toBeLessThanOrEqual(source.length)
    expect(await shown(bytes)).toEqual(await shown(source))
  })

  it('gets smaller where only a part changes', async () => {
    const frames = await Promise.all(
      [0, 1, 2, 3].map((step) =>
        encode(
          paint(120, 90, (x, y) => (y > 40 && x < 20 * step ? [200, 30, 30] : [(x * 2) & 224, (y * 2) & 224, 60])),
        ),
      ),
    )
    const whole = await Promise.all(frames.map((frame) => sharp(frame).gif().toBuffer()))
    // Whole frames one after the other, as simple tools write them.
    const head = whole[0] ?? Buffer.alloc(0)
    const source = Buffer.concat([
      head.subarray(0, -1),
      ...whole.slice(1).map((gif) => gif.subarray(13 + tableBytes(gif), -1)),
      Buffer.from(';'),
    ])
    const { bytes, changed } = await optimise(source)
    expect(changed).toBe(true)
    expect(bytes.length).toBeLessThan(source.length)
    expect(await shown(bytes)).toEqual(await shown(source))
  })

  it('brings back what was behind a thing that moves instead of painting it again', async () => {
    const source = await flying()
    const { bytes } = await optimise(source)
    const frames = parseGif(bytes)?.frames ?? []
    expect(frames.slice(1, -1).map(({ disposal }) => disposal)).toEqual([3, 3, 3])
    expect(Math.max(...frames.slice(1).map(({ width }) => width))).toBeLessThan(32)
    expect(bytes.length).toBeLessThan(source.length)
  })

  it('clears, or brings back nothing, where something becomes transparent, instead of painting whole frames', async () => {
    const { bytes } = await optimise(await onNothing())
    expect(parseGif(bytes)?.frames.map(({ width, disposal }) => [width, disposal])).toEqual([
      [20, 2],
      [20, 3],
      [20, 1],
    ])
  })

  it('loses comments and foreign application blocks, and keeps the number of loops', async () => {
    const plain = await animated('gif', { loop: 5 })
    const tail = plain.subarray(0, -1)
    const comment = Buffer.from('\x21\xfe\x06secret\0', 'latin1')
    const foreign = Buffer.from('\x21\xff\x0bXMP DataXMP\x03abc\0', 'latin1')
    const { bytes, changed } = await optimise(Buffer.concat([tail, comment, foreign, Buffer.from(';')]))
    expect(changed).toBe(true)
    expect(Buffer.from(bytes).includes('secret')).toBe(false)
    expect(Buffer.from(bytes).includes('XMP Data')).toBe(false)
    expect((await sharp(bytes).metadata()).loop).toBe(5)
  })

  it('cut off is image-corrupt', async () => {
    const source = await photo(160, 120, 'gif')
    const facts = await factsOf(source)
    const cut = source.subarray(0, source.length >> 1)
    await expect(losslessly(cut, facts, KEEP_NOTHING, workers)).rejects.toMatchObject({ code: 'image-corrupt' })
  })

  it('any bytes end in a result or in none, never in an error', async () => {
    const source = await animated('gif')
    fc.assert(
      fc.property(fc.nat(source.length - 1), fc.nat(255), fc.nat(source.length), (at, value, end) => {
        const hurt = Buffer.from(source)
        hurt[at] = value
        const result = repackGif(hurt.subarray(0, Math.max(end, at)))
        expect(result === undefined || result.length > 0).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

/** Bytes of a GIF's global colour table. */
function tableBytes(gif: Buffer): number {
  const flags = gif[10] ?? 0
  return flags & 128 ? 3 * 2 ** ((flags & 7) + 1) : 0
}

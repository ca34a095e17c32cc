import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { assertFits, type Encoding, encodeWith } from '../../src/engine/encode.ts'
import { isFault } from '../../src/faults.ts'
import { decode, jpeg, meanDifference, type Pixels, pipeline, raw } from '../support/pictures.ts'

const PLAIN: Encoding = {
  format: 'jpeg',
  quality: 80,
  lossless: false,
  progressive: false,
  chroma: '4:2:0',
  palette: false,
  avifEffort: 0,
}
const encode = (picture: Pixels, encoding: Partial<Encoding>) =>
  encodeWith(pipeline(picture), picture, { ...PLAIN, ...encoding }).toBuffer()

/** Peak signal-to-noise ratio over all channels, in dB. */
function psnr(a: Pixels, b: Pixels): number {
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += ((a.data[i] ?? 0) - (b.data[i] ?? 0)) ** 2
  return 10 * Math.log10(65_025 / (sum / a.data.length))
}

describe('JPEG', () => {
  const photo = raw.photo(320, 240)

  it('is baseline with halved chroma, and progressive or full chroma when asked', async () => {
    const plain = await sharp(await encode(photo, {})).metadata()
    expect(plain).toMatchObject({ format: 'jpeg', isProgressive: false, chromaSubsampling: '4:2:0' })
    const asked = await sharp(await encode(photo, { progressive: true, chroma: '4:4:4' })).metadata()
    expect(asked).toMatchObject({ isProgressive: true, chromaSubsampling: '4:4:4' })
  })

  it.each([50, 75, 92])(
    'of quality %i is as faithful as libjpeg of that quality, within 1 dB, in fewer bytes',
    async (quality) => {
      const ours = await encode(photo, { quality })
      const theirs = await jpeg(photo, quality, { chromaSubsampling: '4:2:0', optimiseCoding: true })
      expect(ours.length).toBeLessThan(theirs.length)
      const difference = psnr(photo, await decode(ours)) - psnr(photo, await decode(theirs))
      expect(Math.abs(difference)).toBeLessThan(1)
    },
  )
})

describe('lossless outputs give every pixel back', () => {
  const logo = raw.logo(64, 48)
  it.each<Partial<Encoding>>([
    { format: 'png' },
    { format: 'webp', lossless: true },
    { format: 'avif', lossless: true },
  ])('$format', async (encoding) => {
    const back = await decode(await encode(logo, encoding))
    // What is fully transparent has no colour worth keeping.
    const seen = (one: Pixels) => one.data.map((value, i) => (one.data[i - (i % 4) + 3] === 0 ? 0 : value))
    expect(Buffer.compare(seen(back), seen(logo))).toBe(0)
  })
})

describe('lossy outputs stay near', () => {
  it.each<Partial<Encoding>>([{ format: 'jpeg' }, { format: 'webp' }, { format: 'avif', quality: 60 }])(
    '$format',
    async (encoding) => {
      const gradient = raw.gradient(64, 48)
      expect(meanDifference(await decode(await encode(gradient, encoding)), gradient)).toBeLessThan(4)
    },
  )

  it('PNG is reduced to a palette when asked', async () => {
    const bytes = await encode(raw.bars(64, 48), { format: 'png', palette: true })
    expect((await sharp(bytes).metadata()).isPalette).toBe(true)
  })
})

describe('animations', () => {
  const strip = () =>
    sharp(Buffer.concat([raw.solid(8, 8, [0, 0, 0]).data, raw.solid(8, 8, [255, 255, 255]).data]), {
      animated: true,
      raw: { width: 8, height: 16, channels: 3, pageHeight: 8 },
    })
  const timed = async (format: 'gif' | 'webp', delays: readonly number[], loop: number) =>
    sharp(await encodeWith(strip(), { width: 8, height: 8 }, { ...PLAIN, format, delays, loop }).toBuffer()).metadata()

  it.each(['gif', 'webp'] as const)('%s carries delays and loops', async (format) => {
    expect(await timed(format, [40, 1200], 3)).toMatchObject({ pages: 2, delay: [40, 1200], loop: 3 })
    expect(await timed(format, [40, 50], 0)).toMatchObject({ loop: 0 })
  })

  it('a frame that stands longer than the encoder can say stands as long as it can', async () => {
    expect((await timed('webp', [100, 655_350], 0)).delay).toEqual([100, 65_535])
  })
})

describe('sizes that a format cannot hold are refused before anything is encoded', () => {
  it.each([
    ['jpeg', 65_535],
    ['webp', 16_383],
    ['avif', 16_384],
    ['gif', 65_535],
  ] as const)('%s up to %i', (format, longest) => {
    expect(() => assertFits(format, { width: longest, height: 1 })).not.toThrow()
    expect(() => assertFits(format, { width: 1, height: longest + 1 })).toThrowError(
      expect.toSatisfy((error: unknown) => isFault(error, 'too-large')),
    )
  })
})

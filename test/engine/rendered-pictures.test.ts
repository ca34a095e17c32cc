import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { Fault, isFault } from '../../src/faults.ts'
import type { Layer, OutputFormat, SourceRef, Step } from '../../src/plan/plan.ts'
import * as pictures from '../support/pictures.ts'
import { ANIMATION, GREEN, near, pixel, RED, raw, WHITE, YELLOW } from '../support/pictures.ts'
import { EXACT_TRIM, effect, fixed, KEEP, ORIENT, place, startEngine } from './rendering.ts'

const OVERLAY: SourceRef = { kind: 'object', connection: 'local', key: 'logo.png' }
const MISSING: SourceRef = { kind: 'object', connection: 'local', key: 'missing.png' }
const { render, show } = startEngine({
  open: async (project, source) => {
    if (project !== 'demo' || source.kind !== 'object' || source.key !== OVERLAY.key) throw new Fault('object-missing')
    return pictures.encode(raw.quadrants(20, 20))
  },
})

const metadata = (bytes: Buffer) => sharp(bytes).metadata()
const HALF = place('inside', 32)

describe('profiles (pixboost §10)', () => {
  it.each<OutputFormat>(['jpeg', 'webp', 'avif'])('stay with the pixel values in %s', async (format) => {
    const bytes = await pictures.withProfile(64, 48)
    const shown = await show(bytes, { steps: [ORIENT, HALF], output: fixed(format) })
    expect((await metadata(shown.bytes)).icc).toEqual((await metadata(bytes)).icc)
    const stored = await pictures.decode(bytes, { ignoreIcc: true })
    const kept = await pictures.decode(shown.bytes, { ignoreIcc: true })
    expect(near(pixel(kept, 8, 6), pixel(stored, 16, 12), 14)).toBe(true)
    // The values are not those of sRGB: only with the profile is this the red it was.
    expect(near(pixel(stored, 16, 12), RED, 8)).toBe(false)
    expect(near(pixel(shown.pixels, 8, 6), RED, 14)).toBe(true)
  })

  it('are applied and dropped in PNG, and wherever the plan says convert', async () => {
    const bytes = await pictures.withProfile(64, 48)
    for (const output of [fixed('png'), fixed('jpeg', { metadata: { ...KEEP, profile: { kind: 'convert' } } })]) {
      const shown = await show(bytes, { steps: [HALF], output })
      expect((await metadata(shown.bytes)).hasProfile).toBe(false)
      expect(near(pixel(shown.pixels, 8, 6), RED, 8)).toBe(true)
    }
  })

  it('are dropped unread when the plan says discard', async () => {
    const bytes = await pictures.withProfile(64, 48, 'png')
    const shown = await show(bytes, { output: fixed('png', { metadata: { ...KEEP, profile: { kind: 'discard' } } }) })
    expect((await metadata(shown.bytes)).hasProfile).toBe(false)
    expect(pixel(shown.pixels, 8, 6)).toEqual(pixel(await pictures.decode(bytes, { ignoreIcc: true }), 8, 6))
  })

  it('stay when the picture is trimmed first', async () => {
    const bytes = await pictures.withProfile(64, 48, 'png')
    const shown = await show(bytes, { steps: [EXACT_TRIM, ORIENT, HALF], output: fixed('webp') })
    expect((await metadata(shown.bytes)).hasProfile).toBe(true)
    expect(near(pixel(shown.pixels, 8, 6), RED, 14)).toBe(true)
  })

  it('are applied before sRGB colours are laid beside the picture, and between passes', async () => {
    const bytes = await pictures.withProfile(64, 48, 'png')
    const grey = { r: 128, g: 128, b: 128, alpha: 1 }
    const border: Step = { kind: 'border', width: 4, colour: grey }
    for (const steps of [[border], [effect({ name: 'sharpen', sigma: 1 }), HALF]]) {
      const shown = await show(bytes, { steps, output: fixed('webp', { lossless: true }) })
      expect((await metadata(shown.bytes)).hasProfile).toBe(false)
      expect(near(pixel(shown.pixels, 12, 8), RED, 8)).toBe(true)
    }
  })
})

describe('other colour spaces become 8-bit sRGB', () => {
  it('CMYK, without a profile', async () => {
    const shown = await show(await pictures.cmykJpeg(64, 48), { steps: [ORIENT, HALF] })
    expect(await metadata(shown.bytes)).toMatchObject({ space: 'srgb', channels: 3, hasProfile: false })
    const [r = 0, g = 0] = pixel(shown.pixels, 8, 6)
    expect(r).toBeGreaterThan(180)
    expect(g).toBeLessThan(90)
  })

  it.each<OutputFormat>(['png', 'jpeg', 'webp', 'avif'])('16 bits a channel, to %s', async (format) => {
    const shown = await show(await pictures.deepPng(64, 48), { output: fixed(format) })
    expect((await metadata(shown.bytes)).depth).toBe('uchar')
    expect(near(pixel(shown.pixels, 32, 20), [130, 0, 0], 10)).toBe(true)
  })

  it('16 bits with a profile', async () => {
    const deep = await sharp(raw.quadrants(64, 48).data, { raw: { width: 64, height: 48, channels: 3 } })
      .toColourspace('rgb16')
      .withIccProfile('srgb')
      .png()
      .toBuffer()
    const shown = await show(deep, { output: fixed('png') })
    expect(await metadata(shown.bytes)).toMatchObject({ depth: 'uchar', hasProfile: false })
    expect(near(pixel(shown.pixels, 8, 6), RED, 3)).toBe(true)
  })
})

describe('grey pictures', () => {
  it('stay one channel in JPEG and PNG', async () => {
    for (const format of ['jpeg', 'png'] as const) {
      const shown = await show(await pictures.greyJpeg(64, 48), { steps: [ORIENT, HALF], output: fixed(format) })
      expect(await metadata(shown.bytes)).toMatchObject({ channels: 1, space: 'b-w' })
      expect(near(pixel(shown.pixels, 16, 10), [129, 129, 129], 6)).toBe(true)
    }
  })

  it('stay so over several passes, and lose it to a colour', async () => {
    const bytes = await pictures.greyJpeg(64, 48)
    const border = (r: number): Step => ({ kind: 'border', width: 2, colour: { r, g: 0, b: 0, alpha: 1 } })
    expect((await metadata((await show(bytes, { steps: [border(0), HALF] })).bytes)).channels).toBe(1)
    const red = await show(bytes, { steps: [HALF, border(255)], output: fixed('png') })
    expect((await metadata(red.bytes)).channels).toBe(3)
    expect(pixel(red.pixels, 0, 0)).toEqual([255, 0, 0])
    const faded = await pictures.encode(pictures.paint(20, 20, () => [100, 128]))
    const flat: Step = { kind: 'flatten', colour: { r: 255, g: 0, b: 0, alpha: 1 } }
    const flattened = await show(faded, { steps: [flat], output: fixed('png') })
    expect(near(pixel(flattened.pixels, 9, 9), [177, 50, 50], 2)).toBe(true)
  })

  it.each<OutputFormat>(['png', 'webp', 'avif', 'gif'])(
    'are made by the greyscale effect, with alpha, in %s',
    async (format) => {
      const shown = await show(await pictures.logo(64, 64), {
        steps: [HALF, effect({ name: 'greyscale' })],
        output: fixed(format),
      })
      const picture = await pictures.decode(shown.bytes)
      const [r = 0, g = 0, b = 0, alpha] = pixel(picture, 6, 16)
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(4)
      expect(r).toBeLessThan(200)
      expect(near([alpha ?? 0, pixel(picture, 0, 0)[3] ?? 255], [255, 0], 2)).toBe(true)
    },
  )
})

describe('alpha', () => {
  it.each<OutputFormat>(['png', 'webp', 'avif', 'gif'])('survives in %s', async (format) => {
    const { pixels } = await show(await pictures.logo(64, 64), { steps: [HALF], output: fixed(format) })
    expect(pixels).toMatchObject({ width: 32, height: 32, channels: 4 })
    expect(near([pixel(pixels, 16, 16)[3] ?? 0, pixel(pixels, 0, 0)[3] ?? 255], [255, 0], 2)).toBe(true)
    expect(near(pixel(pixels, 6, 16), RED, 14)).toBe(true)
  })

  it('is laid on white in JPEG, unless the plan flattens on something else', async () => {
    const logo = await pictures.logo(64, 64)
    const white = await show(logo, { steps: [HALF], output: fixed('jpeg', { chroma: '4:4:4' }) })
    expect(near(pixel(white.pixels, 0, 0), WHITE, 10)).toBe(true)
    const flatten: Step = { kind: 'flatten', colour: { r: 0, g: 64, b: 0, alpha: 1 } }
    const green = await show(logo, { steps: [HALF, flatten], output: fixed('jpeg', { chroma: '4:4:4' }) })
    expect(near(pixel(green.pixels, 0, 0), [0, 64, 0], 12)).toBe(true)
  })
})

describe('animations', () => {
  const DELAYS = [40, 120, 2000, 70]
  const frames = async (bytes: Buffer, height: number) => {
    const strip = await pictures.decode(bytes, { pages: -1 })
    return Array.from({ length: strip.height / height }, (_, i) =>
      pixel(strip, strip.width - 2, height * i + height - 1),
    )
  }

  it.each([
    ['gif', 'gif'],
    ['gif', 'webp'],
    ['webp', 'webp'],
    ['webp', 'gif'],
  ] as const)('%s to %s keeps frames, order, delays and loops', async (source, format) => {
    const bytes = await pictures.animated(source, { delays: DELAYS, loop: 3 })
    for (const steps of [
      [ORIENT],
      [ORIENT, HALF],
      [ORIENT, place('cover', 10, 20)],
      [effect({ name: 'blur', sigma: 1 }), HALF],
    ]) {
      const shown = await show(bytes, { steps, output: fixed(format) })
      expect(shown).toMatchObject({ format, frames: 4 })
      expect(await metadata(shown.bytes)).toMatchObject({ pages: 4, delay: DELAYS, loop: 3 })
    }
    const scaled = await show(bytes, { steps: [HALF], output: fixed(format) })
    const colours = await frames(scaled.bytes, scaled.height)
    for (const [i, colour] of colours.entries())
      expect(near(colour, ANIMATION[i] ?? WHITE, 20), `frame ${i}: ${colour}`).toBe(true)
  })

  it.each<OutputFormat>(['avif', 'jpeg', 'png'])('%s shows the first frame, not a film strip', async (format) => {
    const shown = await show(await pictures.animated('gif'), { steps: [place('inside', 20)], output: fixed(format) })
    expect([shown.frames, shown.pixels.width, shown.pixels.height]).toEqual([1, 20, 16])
    expect(near(pixel(shown.pixels, 15, 12), RED, 16)).toBe(true)
  })

  it('the first frame or one page is taken when the plan says so', async () => {
    const bytes = await pictures.animated('gif', { delays: [100, 100, 100, 100] })
    const first = await show(bytes, { frame: { kind: 'first' } })
    expect([first.frames, (await metadata(first.bytes)).pages]).toEqual([1, 1])
    const fourth = await show(bytes, { frame: { kind: 'page', page: 4 }, output: fixed('png') })
    expect(near(pixel(fourth.pixels, 30, 30), YELLOW, 4)).toBe(true)
  })

  it('partial frames are composed before they are scaled (pixboost §17)', async () => {
    // The encoder stores only what changes: a small mark walking over a still ground.
    const walk = [0, 1, 2].map((step) =>
      pictures.paint(60, 40, (x, y) => (y > 10 && y < 20 && x > 10 + 10 * step && x < 20 + 10 * step ? RED : GREEN)),
    )
    const encoded = await Promise.all(walk.map((one) => pictures.encode(one)))
    const gif = await sharp(encoded, { join: { animated: true } })
      .gif({ delay: [100, 100, 100] })
      .toBuffer()
    const shown = await show(gif, { steps: [place('inside', 30)] })
    const strip = await pictures.decode(shown.bytes, { pages: -1 })
    for (const [i, x] of [7, 12, 17].entries()) {
      expect(near(pixel(strip, x, 20 * i + 7), RED, 24)).toBe(true)
      expect(near(pixel(strip, 2, 20 * i + 2), GREEN, 24)).toBe(true)
      expect(near(pixel(strip, 27, 20 * i + 17), GREEN, 24)).toBe(true)
    }
  })
})

describe('other metadata', () => {
  it('is dropped, with the position and the author in it', async () => {
    const shown = await show(await pictures.withExif(64, 48), { steps: [HALF] })
    expect(await metadata(shown.bytes)).not.toHaveProperty('exif')
  })

  it('stays when the plan keeps it, but for the orientation that was applied', async () => {
    const kept = { metadata: { ...KEEP, exif: true } }
    const shown = await show(await pictures.withExif(64, 48), { steps: [ORIENT, HALF], output: kept })
    expect((await metadata(shown.bytes)).exif?.toString('latin1')).toContain('A. Nonymous')
    const twice = await show(await pictures.withExif(64, 48), {
      steps: [effect({ name: 'blur', sigma: 1 }), HALF],
      output: kept,
    })
    expect((await metadata(twice.bytes)).exif?.toString('latin1')).toContain('A. Nonymous')
    const turned = await show(await pictures.oriented(6), { steps: [ORIENT, HALF], output: kept })
    expect((await metadata(turned.bytes)).orientation ?? 1).toBe(1)
    expect([turned.width, turned.height]).toEqual([32, 24])
    expect(near(pixel(turned.pixels, 8, 6), RED, 16)).toBe(true)
  })
})

describe('layers', () => {
  const layer = (more: Partial<Layer> = {}): Layer => ({
    kind: 'layer',
    picture: { kind: 'source', source: OVERLAY },
    steps: [],
    at: { kind: 'anchor', x: 1, y: 1 },
    blend: 'over',
    ...more,
  })
  const base = () => pictures.solid(60, 40, WHITE)

  it('are opened, go through their own steps and are laid in place', async () => {
    const shown = await show(await base(), {
      steps: [layer({ steps: [place('inside', 10), { kind: 'mirror', axis: 'horizontal' }] })],
    })
    expect(shown.used).toEqual([OVERLAY])
    expect(near(pixel(shown.pixels, 52, 32), GREEN)).toBe(true)
    expect(near(pixel(shown.pixels, 58, 32), RED)).toBe(true)
    expect(pixel(shown.pixels, 48, 32)).toEqual(WHITE)
    expect(shown.pixels.channels).toBe(3)
  })

  it('larger than the picture are cut to it', async () => {
    const shown = await show(await base(), {
      steps: [layer({ steps: [place('stretch', 100, 100)], at: { kind: 'anchor', x: 0, y: 0 } })],
    })
    expect(shown).toMatchObject({ width: 60, height: 40 })
    expect(near(pixel(shown.pixels, 5, 5), RED)).toBe(true)
    expect(near(pixel(shown.pixels, 57, 5), GREEN)).toBe(true)
  })

  it('of one colour need no source, and lie on every frame of an animation', async () => {
    const solid = layer({
      picture: { kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 1 }, box: { width: 6, height: 6 } },
    })
    const shown = await show(await pictures.animated('gif'), { steps: [solid] })
    const strip = await pictures.decode(shown.bytes, { pages: -1 })
    expect(shown).toMatchObject({ frames: 3, used: [] })
    for (const i of [0, 1, 2]) expect(near(pixel(strip, 38, 32 * i + 30), [0, 0, 0, 255])).toBe(true)
  })

  it('lie on layers', async () => {
    const dot = layer({
      picture: { kind: 'solid', colour: { r: 0, g: 0, b: 0, alpha: 1 }, box: { width: 4, height: 4 } },
    })
    const shown = await show(await base(), { steps: [layer({ steps: [dot] })] })
    expect(pixel(shown.pixels, 58, 38)).toEqual([0, 0, 0])
    expect(near(pixel(shown.pixels, 45, 35), [32, 64, 224])).toBe(true)
  })

  it('that cannot be opened fail the picture, but not where a branch leaves them out', async () => {
    const missing = layer({ picture: { kind: 'source', source: MISSING } })
    await expect(render(await base(), { steps: [missing] })).rejects.toSatisfy((error) =>
      isFault(error, 'object-missing'),
    )
    const never: Step = {
      kind: 'branch',
      cases: [{ when: { left: 1, is: 'gt', right: 2 }, steps: [missing] }],
      otherwise: [],
    }
    expect(await show(await base(), { steps: [never] })).toMatchObject({ used: [] })
  })
})

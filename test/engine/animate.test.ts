import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { digest } from '../../src/plan/digest.ts'
import type { Animate, OutputFormat, SourceRef, Step } from '../../src/plan/plan.ts'
import * as pictures from '../support/pictures.ts'
import { ANIMATION, BLUE, decode, encode, GREEN, near, pixel, RED, WHITE, YELLOW } from '../support/pictures.ts'
import { effect, fixed, ORIENT, place, planOf, type Request, startEngine } from './rendering.ts'

/** What can be opened, by the path of its URL. */
const SOURCES: Readonly<Record<string, () => Promise<Buffer>>> = {
  '/green': () => pictures.solid(40, 32, GREEN),
  '/small': () => pictures.solid(20, 10, BLUE),
  '/large': () => pictures.quadrants(60, 62),
  '/photo': () => pictures.photo(40, 32),
  '/moving': () => pictures.animated('gif', { width: 40, height: 32, delays: [50, 60] }),
  '/turned': () => pictures.oriented(6, 32, 40),
  '/huge': () => pictures.solid(5000, 4001, GREEN),
  '/not-a-picture': async () => Buffer.from('hello'),
}
const opened: string[] = []
const { render, engine } = startEngine({
  open: async (_, source) => {
    const path = source.kind === 'url' ? new URL(source.url).pathname : ''
    opened.push(path)
    const make = SOURCES[path]
    if (!make) throw new Error('no such picture')
    return make()
  },
})

const web = (name: string): SourceRef => ({ kind: 'url', url: `http://a.example/${name}` })
const frame = (name: string, ...steps: readonly Step[]) => ({ source: web(name), steps })
const animate = (frames: Animate['frames'], more: Partial<Animate> = {}): Animate => ({
  kind: 'animate',
  frames,
  delay: 250,
  loop: 0,
  ...more,
})

async function moving(bytes: Buffer, request: Request, format: OutputFormat = 'webp') {
  const result = await render(bytes, { output: fixed(format, { lossless: true }), ...request })
  if (result === 'untouched') throw new Error('the source was handed on untouched')
  const strip = await decode(result.bytes, { pages: -1 })
  const { pages = 1, delay = [], loop } = await sharp(result.bytes, { pages: -1 }).metadata()
  const at = (number: number, x: number, y: number) => pixel(strip, x, number * result.height + y)
  return { ...result, pages, delay, loop, at }
}

describe('an animation of several pictures', () => {
  it.each(['gif', 'webp'] as const)('has the picture first, then the others, in %s', async (format) => {
    const first = await pictures.solid(40, 32, RED)
    const seen = await moving(first, { steps: [animate([frame('green'), frame('moving')], { loop: 3 })] }, format)
    expect(seen).toMatchObject({ format, width: 40, height: 32, frames: 3, pages: 3, loop: 3, delay: [250, 250, 250] })
    for (const [i, colour] of [RED, GREEN, ANIMATION[0] ?? RED].entries()) {
      expect(near(seen.at(i, 30, 20), [...colour, 255], 4)).toBe(true)
    }
    // The mark of the animation's first frame.
    expect(near(seen.at(2, 1, 1), [...WHITE, 255], 4)).toBe(true)
  })

  it('centres what is smaller on an empty canvas, and cuts what is larger', async () => {
    const first = await pictures.solid(40, 32, RED)
    const seen = await moving(first, { steps: [animate([frame('small'), frame('large')])] })
    expect(seen.at(1, 10, 11)).toEqual([...BLUE, 255])
    expect(seen.at(1, 29, 20)).toEqual([...BLUE, 255])
    for (const [x, y] of [
      [9, 15],
      [30, 15],
      [20, 10],
      [20, 21],
    ] as const) {
      expect(seen.at(1, x, y)[3]).toBe(0)
    }
    // 60×62 around the same middle: its quadrants meet where the canvas has its middle.
    expect(seen.at(2, 19, 15)).toEqual([...RED, 255])
    expect(seen.at(2, 20, 16)).toEqual([...YELLOW, 255])
    expect(seen.at(2, 0, 31)).toEqual([...BLUE, 255])
  })

  it('of a GIF shows nothing beside a small picture after a photograph, whoever reads it', async () => {
    const steps = [animate([frame('small'), frame('photo')])]
    const seen = await moving(await pictures.photo(40, 32), { steps }, 'gif')
    expect(seen.at(1, 20, 16)).toEqual([...BLUE, 255])
    expect(seen.at(1, 5, 5)[3]).toBe(0)
    const photo = pictures.raw.photo(40, 32)
    for (const number of [0, 2]) {
      let off = 0
      for (let x = 0; x < 40; x++) {
        const difference = pixel(photo, x, 20).map((value, i) => Math.abs(value - (seen.at(number, x, 20)[i] ?? 0)))
        off = Math.max(off, ...difference)
      }
      expect(off).toBeLessThan(40)
    }
  })

  it('takes the first frame of an animated picture, and forgets its times', async () => {
    const bytes = await pictures.animated('gif', { delays: [100, 200, 300], loop: 5 })
    const seen = await moving(bytes, { steps: [animate([frame('green')], { delay: 40 })] }, 'gif')
    expect(seen).toMatchObject({ frames: 2, pages: 2, delay: [40, 40], loop: 0 })
    expect(near(seen.at(0, 30, 20), [...RED, 255], 4)).toBe(true)
    expect(near(seen.at(1, 30, 20), [...GREEN, 255], 4)).toBe(true)
  })

  it('gives its frames steps of their own, which know the first one', async () => {
    const fit = place('inside', undefined, undefined, {
      box: { width: { get: 'baseWidth' }, height: { get: 'baseHeight' } },
    })
    const steps = [place('stretch', 20, 10), animate([frame('small', fit), frame('turned', ORIENT)])]
    const seen = await moving(await pictures.solid(40, 32, RED), { steps })
    expect(seen).toMatchObject({ width: 20, height: 10, frames: 3 })
    expect(seen.at(1, 0, 0)).toEqual([...BLUE, 255])
    // Upright again, larger than the canvas on all sides.
    expect(near(seen.at(2, 0, 0), [...RED, 255], 40)).toBe(true)
    expect(near(seen.at(2, 19, 0), [...GREEN, 255], 40)).toBe(true)
    expect(near(seen.at(2, 19, 9), [...YELLOW, 255], 40)).toBe(true)
  })

  it('goes on frame by frame', async () => {
    const steps: readonly Step[] = [
      animate([frame('large')]),
      place('stretch', 20, 16),
      { kind: 'mirror', axis: 'horizontal' },
      { kind: 'rotate', degrees: 90 },
      { kind: 'draw', drawing: { name: 'two-level', threshold: 0.3 } },
      effect({ name: 'negate' }),
      { kind: 'border', width: 2, colour: { r: 9, g: 9, b: 9, alpha: 1 } },
    ]
    const seen = await moving(await pictures.solid(40, 32, [0, 0, 0]), { steps })
    expect(seen).toMatchObject({ width: 20, height: 24, frames: 2, delay: [250, 250] })
    expect(seen.at(0, 10, 12)).toEqual([255, 255, 255, 255])
    expect(seen.at(0, 1, 1)).toEqual([9, 9, 9, 255])
    // Mirrored: GREEN (bright) top left, YELLOW below it; turned: BLUE is dark in the left half below.
    expect(seen.at(1, 15, 5)).toEqual([0, 0, 0, 255])
    expect(seen.at(1, 5, 20)).toEqual([255, 255, 255, 255])
  })

  it('may be made after a trim, and trimmed itself', async () => {
    const bordered = await encode(pictures.raw.bordered(pictures.raw.solid(30, 20, RED), [4, 5, 6, 7]))
    const trim: Step = { kind: 'trim', rule: { kind: 'exact' } }
    const seen = await moving(bordered, { steps: [trim, animate([frame('small')]), trim] })
    // Of one colour, the first frame does not say what to keep; the second one says its picture.
    expect(seen).toMatchObject({ width: 20, height: 10, frames: 2, delay: [250, 250] })
    expect(seen.at(0, 0, 0)).toEqual([...RED])
    expect(seen.at(1, 0, 0)).toEqual([...BLUE])
  })

  it('of two steps the last one counts, with what the first one shows first', async () => {
    const steps = [animate([frame('small')], { delay: 10 }), animate([frame('green'), frame('small')], { delay: 90 })]
    const seen = await moving(await pictures.solid(40, 32, RED), { steps })
    expect(seen).toMatchObject({ frames: 3, delay: [90, 90, 90] })
    expect(seen.at(0, 20, 16)).toEqual([...RED, 255])
    expect(seen.at(1, 20, 16)).toEqual([...GREEN, 255])
  })

  it('names what it used, and its digest tells sources and times apart', async () => {
    const result = await moving(await pictures.solid(40, 32, RED), {
      steps: [animate([frame('small'), frame('green'), frame('small')])],
    })
    expect(result.used).toEqual([web('small'), web('green')])
    const digests = [
      animate([frame('small')]),
      animate([frame('green')]),
      animate([frame('small'), frame('small')]),
      animate([frame('small')], { delay: 100 }),
      animate([frame('small')], { loop: 1 }),
      animate([frame('small', ORIENT)]),
    ].map((step) => digest(planOf({ steps: [step] })))
    expect(new Set(digests).size).toBe(digests.length)
  })
})

describe('where nothing can move', () => {
  it.each(['png', 'jpeg', 'avif'] as const)('%s shows the first frame, and nothing is opened', async (format) => {
    opened.length = 0
    const steps = [animate([frame('green')]), effect({ name: 'negate' })]
    const seen = await render(await pictures.solid(40, 32, RED), { steps, output: fixed(format) })
    if (seen === 'untouched') throw new Error('not rendered')
    expect(seen).toMatchObject({ format, frames: 1, width: 40, height: 32, used: [] })
    expect(
      near(
        pixel(await decode(seen.bytes), 20, 16),
        RED.map((value) => 255 - value),
        12,
      ),
    ).toBe(true)
    expect(opened).toEqual([])
  })

  it('in a layer and in a frame the step does nothing', async () => {
    const inner = animate([frame('green')])
    const layer: Step = {
      kind: 'layer',
      picture: { kind: 'source', source: web('small') },
      steps: [inner],
      at: { kind: 'anchor', x: 0, y: 0 },
      blend: 'over',
    }
    const seen = await moving(await pictures.solid(40, 32, RED), { steps: [layer, animate([frame('small', inner)])] })
    expect(seen).toMatchObject({ frames: 2 })
    expect(seen.at(0, 5, 5)).toEqual([...BLUE, 255])
    expect(seen.at(1, 20, 16)).toEqual([...BLUE, 255])
    expect(seen.used).toEqual([web('small')])
  })
})

describe('limits', () => {
  const red = () => pictures.solid(40, 32, RED)

  it('more frames than allowed are refused before anything is opened', async () => {
    opened.length = 0
    const steps = [animate(Array.from({ length: 50 }, () => frame('green')))]
    await expect(moving(await red(), { steps })).rejects.toMatchObject({ code: 'too-large', context: { frames: 51 } })
    expect(opened).toEqual([])
  })

  it('so are more pixels over all frames, also those of a later scale', async () => {
    opened.length = 0
    const three = animate([frame('green'), frame('green')])
    for (const steps of [
      [place('stretch', 3000, 2500), three],
      [three, place('stretch', 3000, 2500)],
    ]) {
      await expect(moving(await red(), { steps })).rejects.toMatchObject({ code: 'too-large' })
    }
    expect(opened).toEqual([])
  })

  it.each([
    ['too large', 'huge', 'too-large'],
    ['no picture', 'not-a-picture', 'not-an-image'],
  ])('a source that is %s is refused', async (_, name, code) => {
    const steps = [animate([frame('green'), frame(name)])]
    await expect(moving(await red(), { steps })).rejects.toMatchObject({ code })
    expect(engine.load().running).toBe(0)
  })

  it('a source that cannot be opened is told as its store told it', async () => {
    await expect(moving(await red(), { steps: [animate([frame('missing')])] })).rejects.toThrow('no such picture')
  })
})

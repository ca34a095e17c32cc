import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findFace } from '../../../src/engine/text/families.ts'
import { isFault } from '../../../src/faults.ts'
import type { Layer, TextPicture } from '../../../src/plan/plan.ts'
import { type Pixels, pixel, solid } from '../../support/pictures.ts'
import { fixed, startEngine } from '../rendering.ts'

const FONT = { kind: 'url', url: 'http://fonts.example/lobster.ttf' } as const
const lobster = readFileSync(findFace('Lobster', { bold: false, italic: false })?.file ?? '')
const { engine, render, show } = startEngine({
  open: async (_, source) =>
    source.kind === 'url' && source.url.endsWith('.ttf') ? lobster : Buffer.from('no font at all'),
})
const BLACK = { r: 0, g: 0, b: 0, alpha: 1 }
const RED = { r: 255, g: 0, b: 0, alpha: 1 }

function text(changes: Partial<TextPicture>, more: Partial<Layer> = {}): Layer {
  const plain: TextPicture = {
    text: 'Hello',
    font: { family: 'Open Sans' },
    size: 40,
    colour: BLACK,
    align: 'centre',
    padding: [0, 0, 0, 0],
    bold: false,
    italic: false,
    strikethrough: false,
    radius: [0, 0, 0, 0],
    alpha: 1,
  }
  return {
    kind: 'layer',
    picture: { kind: 'text', ...plain, ...changes },
    steps: [],
    at: { kind: 'anchor', x: 0, y: 0 },
    blend: 'over',
    ...more,
  }
}

const canvas = solid(400, 300, [255, 255, 255])
async function write(changes: Partial<TextPicture>, more: Partial<Layer> = {}): Promise<Pixels> {
  const { pixels } = await show(await canvas, { steps: [text(changes, more)], output: fixed('png') })
  return pixels
}
const darkness = (picture: Pixels, x: number, y: number) => 255 - (pixel(picture, x, y)[1] ?? 0)

/** The box around everything that is not white. */
function inked(picture: Pixels) {
  let [left, top, right, bottom] = [picture.width, picture.height, -1, -1]
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (darkness(picture, x, y) === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 }
}
/** Rows of writing: runs of rows with ink. */
function lines(picture: Pixels): number {
  let count = 0
  let before = false
  for (let y = 0; y < picture.height; y++) {
    let ink = false
    for (let x = 0; x < picture.width && !ink; x++) ink = darkness(picture, x, y) > 0
    if (ink && !before) count++
    before = ink
  }
  return count
}
const amount = (picture: Pixels) => {
  let sum = 0
  for (let y = 0; y < picture.height; y++) for (let x = 0; x < picture.width; x++) sum += darkness(picture, x, y)
  return sum
}
const same = (one: Pixels, other: Pixels) => one.data.equals(other.data)

describe('a text layer (imagekit §6.5)', () => {
  it('is written as high as its size says, cut to its ink', async () => {
    // Capitals of Open Sans are 0.714 em high.
    const seen = inked(await write({ text: 'HEH', size: 100 }))
    expect(seen).toMatchObject({ left: 0, top: 0 })
    expect(Math.abs(seen.height - 71.4)).toBeLessThanOrEqual(1.5)
  })

  it('takes lengths from the picture below', async () => {
    const byBase = await write({ text: 'HEH', size: { op: 'div', left: { get: 'baseWidth' }, right: 4 } })
    expect(same(byBase, await write({ text: 'HEH', size: 100 }))).toBe(true)
  })

  it('shows markup and entities as they are', async () => {
    const [ampersand, bold, plain] = await Promise.all([
      write({ text: 'AT&T' }),
      write({ text: '<b>x</b>' }),
      write({ text: 'x' }),
    ])
    expect(inked(ampersand).width).toBeGreaterThan(70)
    expect(inked(bold).width).toBeGreaterThan(3 * inked(plain).width)
  })

  it.each([
    ['é', 'e'],
    ['ñ', 'n'],
  ])('puts the accent on %s', async (accented, plain) => {
    expect(inked(await write({ text: accented })).height).toBeGreaterThan(
      inked(await write({ text: plain })).height + 5,
    )
  })

  it.each([
    ['Arabic', 'سلام'],
    ['Hebrew', 'שלום'],
    ['Greek', 'γεια'],
    ['Cyrillic', 'мир'],
  ])('writes %s with letters, not with boxes for missing ones', async (_, word) => {
    // A missing letter is written as a box with its number.
    const missing = await write({ text: '\u{10ffff}' })
    const written = await write({ text: word.slice(0, 1) })
    expect(inked(written).width).toBeGreaterThan(2)
    expect(same(written, missing)).toBe(false)
    expect(inked(written)).not.toEqual(inked(missing))
  })

  it('joins Arabic letters and begins at the right', async () => {
    const joined = await write({ text: 'بب' })
    const apart = await write({ text: 'ب\u200cب' })
    expect(inked(joined).width).toBeLessThan(inked(apart).width)
  })

  it('breaks lines between words to stay within its width', async () => {
    const wrapped = await write({ text: 'one two three four', width: 120, background: { ...RED, alpha: 0.2 } })
    const seen = inked(wrapped)
    expect(seen.width).toBe(120)
    expect(lines(await write({ text: 'one two three four', width: 120 }))).toBeGreaterThan(1)
    expect(lines(await write({ text: 'one two three four', size: 20 }))).toBe(1)
  })

  it('sets lines as far apart as told', async () => {
    const near = inked(await write({ text: 'H\nH', lineHeight: 50 }))
    const far = inked(await write({ text: 'H\nH', lineHeight: 90 }))
    expect(far.height - near.height).toBe(40)
  })

  it.each([
    ['left', 0],
    ['centre', 0.5],
    ['right', 1],
  ] as const)('stands %s in its width, also when written from right to left', async (align, part) => {
    for (const line of ['HH', 'שלום\nש']) {
      const seen = inked(await write({ text: line, width: 300, align, size: 30 }))
      expect(Math.abs(seen.left - (300 - seen.width) * part)).toBeLessThanOrEqual(1)
    }
  })

  it('aligns short lines to the physical side', async () => {
    const right = await write({ text: 'שלום שלום\nש', align: 'right', size: 30 })
    const { left, top, width, height } = inked(right)
    let lastRow = right.width
    for (let x = left; x < left + width; x++) {
      if (darkness(right, x, top + height - 3) > 0) lastRow = Math.min(lastRow, x)
    }
    expect(lastRow).toBeGreaterThan(left + width / 2)
  })

  it('is bold, italic, struck through when told', async () => {
    const plain = await write({})
    expect(amount(await write({ bold: true }))).toBeGreaterThan(1.2 * amount(plain))
    expect(amount(await write({ strikethrough: true }))).toBeGreaterThan(1.05 * amount(plain))
    expect(same(await write({ italic: true }), plain)).toBe(false)
  })

  it('has padding, a background with round corners, and alpha', async () => {
    const boxed = await write({ background: RED, padding: [10, 20, 30, 40], radius: [15, 15, 15, 15] })
    const plain = inked(await write({}))
    expect(inked(boxed)).toMatchObject({ width: plain.width + 60, height: plain.height + 40 })
    expect(pixel(boxed, 0, 0)).toEqual([255, 255, 255])
    expect(pixel(boxed, 20, 2)).toEqual([255, 0, 0])
    const faint = await write({ background: RED, padding: [10, 20, 30, 40], alpha: 0.4 })
    expect(pixel(faint, 2, 2)).toEqual([255, 153, 153])
  })

  it('is turned by the layer’s own steps', async () => {
    const upright = inked(await write({ text: 'HEH' }))
    const turned = inked(await write({ text: 'HEH' }, { steps: [{ kind: 'rotate', degrees: 90 }] }))
    expect(turned).toMatchObject({ width: upright.height, height: upright.width })
  })

  it('of blanks is its box alone', async () => {
    expect(inked(await write({ text: '  ', background: RED, padding: [5, 10, 5, 10] }))).toMatchObject({
      width: 20,
      height: 10,
    })
  })
})

describe('fonts of callers', () => {
  it('write under a name of their own and do not turn up in other texts', async () => {
    const before = await write({ font: { family: 'Lobster' }, text: 'Hamburg' })
    const own = await write({ font: { file: FONT }, text: 'Hamburg' })
    expect(same(own, before)).toBe(true)
    const unknown = await write({ font: { family: 'Tintype' }, text: 'Hamburg' })
    expect(same(unknown, await write({ text: 'Hamburg' }))).toBe(true)
  })

  it('are named among what went into the picture', async () => {
    const rendered = await render(await canvas, { steps: [text({ font: { file: FONT } })] })
    expect(rendered === 'untouched' ? [] : rendered.used).toEqual([FONT])
  })

  it('that are no fonts are refused', async () => {
    const file = { kind: 'url', url: 'http://fonts.example/page.html' } as const
    await expect(render(await canvas, { steps: [text({ font: { file } })] })).rejects.toMatchObject({
      code: 'bad-parameter',
    })
  })
})

describe('any text', () => {
  it('is written or refused', async () => {
    const bytes = await solid(60, 40, [255, 255, 255])
    const unit = fc.constantFrom<'grapheme' | 'binary'>('grapheme', 'binary')
    const anything = unit.chain((one) => fc.string({ unit: one, maxLength: 40 }))
    const pieces = fc.constantFrom(
      '&',
      '<span',
      '</',
      '\u202e',
      '\u2066',
      '\ud800',
      '\u0000',
      '%s',
      '&#0;',
      '\u{e0001}',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(anything, pieces), { maxLength: 6 }),
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
        async (parts, size, width, lineHeight) => {
          const changes = {
            text: parts.join(''),
            size,
            ...(width !== undefined && { width }),
            ...(lineHeight !== undefined && { lineHeight }),
          }
          try {
            await render(bytes, { steps: [text(changes)], output: fixed('png') })
          } catch (error) {
            expect(isFault(error, 'bad-parameter'), String(error)).toBe(true)
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 30_000)
})

describe('texts that are too much', () => {
  it.each([
    ['one long line', { text: 'Hello '.repeat(330), size: 45 }],
    ['one very high letter', { text: 'H', size: 16_384 }],
    ['many lines', { text: `x${'\n'.repeat(600)}x`, size: 45 }],
    ['a pile of accents', { text: `a${'\u0301'.repeat(2400)}`, size: 45 }],
    ['wide ligatures', { text: '\ufdfd'.repeat(500), size: 200 }],
    ['more characters than are written', { text: 'a'.repeat(2501), size: 5 }],
    ['a width beyond the limit', { width: 16_384 }],
    ['padding beyond the limit', { padding: [0, 16_384, 0, 0] as const }],
    ['a size of nothing', { size: 0 }],
  ])('%s is a bad parameter, quickly', async (_, changes) => {
    const start = performance.now()
    await expect(render(await canvas, { steps: [text(changes)] })).rejects.toMatchObject({ code: 'bad-parameter' })
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it('letters of 16,000 pixels are too many pixels', async () => {
    await expect(render(await canvas, { steps: [text({ text: 'HHH', size: 5000 })] })).rejects.toMatchObject({
      code: expect.stringMatching(/bad-parameter|too-large/),
    })
  })

  it('leave the event loop free', async () => {
    let longest = 0
    const start = performance.now()
    let last = start
    const look = () => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    const watch = setInterval(look, 2)
    await render(await canvas, { steps: [text({ text: 'wrapped words '.repeat(150), width: 2000, size: 60 })] })
    look()
    clearInterval(watch)
    expect(engine.load().running).toBe(0)
    expect(longest).toBeLessThan((last - start) / 2)
  })
})

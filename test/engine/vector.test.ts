import { describe, expect, it, onTestFinished } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'
import { vectorSize } from '../../src/engine/vector.ts'
import { isFault } from '../../src/faults.ts'
import type { Layer, SourceRef, Step } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { facts, LIMITS } from '../plan/samples.ts'
import * as pictures from '../support/pictures.ts'
import { type Pixels, pixel, WHITE } from '../support/pictures.ts'
import { effect, fixed, place, type Shown, startEngine } from './rendering.ts'

const OVERLAY: SourceRef = { kind: 'object', connection: 'local', key: 'shape.svg' }
/** 20×10 with black in columns 5…14. */
const BAR = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect x="5" width="10" height="10"/></svg>',
)
const { render, show } = startEngine({ open: async () => BAR })

const drawn = (steps: readonly Step[], output = fixed('png')): Promise<Shown> =>
  show(BAR, { steps, output: { ...output, vector: 'rasterise' } })
const MIRROR: Step = { kind: 'mirror', axis: 'horizontal' }
const ATTENTION = place('cover', 100, 100, { focus: { kind: 'attention' } })

/** Alpha of a row of pixels, without repetitions. */
function edges(picture: Pixels, y = 1): readonly (number | undefined)[] {
  const row = Array.from({ length: picture.width }, (_, x) => pixel(picture, x, y)[3])
  return row.filter((alpha, x) => alpha !== row[x - 1])
}

describe('the sides at which a drawing is rendered', () => {
  const sizeFor = (steps: readonly Step[]) => {
    const drawing = facts({ format: 'svg', width: 20, height: 10 })
    return vectorSize(drawing, resolve(steps, drawing, LIMITS))
  }

  it.each<[string, readonly Step[], readonly [number, number] | undefined]>([
    ['its own without steps', [], undefined],
    ['those of the first scale', [place('inside', 200)], [200, 100]],
    ['those before a cut', [place('cover', 100, 100)], [200, 100]],
    ['those of a scale after a mirror', [MIRROR, place('stretch', 7, 9)], [7, 9]],
    [
      'those of a scale after a ground',
      [{ kind: 'flatten', colour: { r: 0, g: 0, b: 0, alpha: 1 } }, place('inside', 40)],
      [40, 20],
    ],
    [
      'its own when something counts in its pixels first',
      [effect({ name: 'blur', sigma: 2 }), place('inside', 40)],
      undefined,
    ],
    ['those in which the eye looks for something', [ATTENTION], [200, 100]],
    [
      'its own when it is to be trimmed first',
      [{ kind: 'trim', rule: { kind: 'exact' } }, place('inside', 40)],
      undefined,
    ],
  ])('%s', (_, steps, size) => {
    expect(sizeFor(steps)).toEqual(size && { width: size[0], height: size[1] })
  })

  it('nothing for pictures of pixels', () => {
    expect(vectorSize(facts(), resolve([place('inside', 40)], facts(), LIMITS))).toBeUndefined()
  })
})

describe('a drawing that becomes a picture', () => {
  it('in its own size, transparent where nothing is drawn', async () => {
    const shown = await drawn([])
    expect(shown).toMatchObject({ format: 'png', width: 20, height: 10, frames: 1 })
    expect(edges(shown.pixels)).toEqual([0, 255, 0])
    expect(pixel(shown.pixels, 5, 1)).toEqual([0, 0, 0, 255])
  })

  it('as sharp as it is wanted', async () => {
    const shown = await drawn([place('inside', 800)])
    expect(shown).toMatchObject({ width: 800, height: 400 })
    expect(edges(shown.pixels)).toEqual([0, 255, 0])
    expect([199, 200, 599, 600].map((x) => pixel(shown.pixels, x, 200)[3])).toEqual([0, 255, 255, 0])
  })

  it.each<[string, readonly Step[], readonly number[]]>([
    ['cut', [place('cover', 100, 100)], [100, 100]],
    ['cut and mirrored', [MIRROR, place('cover', 100, 100), MIRROR], [100, 100]],
  ])('%s', async (_, steps, [width, height]) => {
    const shown = await drawn(steps)
    expect(shown).toMatchObject({ width, height })
    expect(edges(shown.pixels)).toEqual([255])
  })

  it('cut where something is to be seen, as sharp', async () => {
    const shown = await drawn([ATTENTION])
    expect(shown).toMatchObject({ width: 100, height: 100 })
    expect(new Set(edges(shown.pixels))).toEqual(new Set([0, 255]))
  })

  it('on white in a format without transparency', async () => {
    const { pixels } = await drawn([place('inside', 200)], fixed('jpeg'))
    expect([pixel(pixels, 10, 10), pixel(pixels, 100, 50)]).toEqual([
      [255, 255, 255],
      [0, 0, 0],
    ])
  })

  it('padded', async () => {
    const padded = await drawn([
      place('inside', 100, 100, { surround: { kind: 'solid', colour: { r: 255, g: 0, b: 0, alpha: 1 } } }),
    ])
    expect([pixel(padded.pixels, 50, 10), pixel(padded.pixels, 50, 50)]).toEqual([
      [255, 0, 0, 255],
      [0, 0, 0, 255],
    ])
    expect(padded).toMatchObject({ width: 100, height: 100 })
  })

  it('trimmed to its ink', async () => {
    expect(await drawn([{ kind: 'trim', rule: { kind: 'exact' } }])).toMatchObject({ width: 10, height: 10 })
  })

  it('as sharp when a part of it is enlarged', async () => {
    const trimmed = await drawn([{ kind: 'trim', rule: { kind: 'exact' } }, place('inside', 200)])
    expect(trimmed).toMatchObject({ width: 200, height: 200 })
    expect(edges(trimmed.pixels)).toEqual([255])
    const cut = await drawn([place('native', 10, 10), place('inside', 300)])
    expect(cut).toMatchObject({ width: 300, height: 300 })
    const circle = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle cx="20" cy="10" r="8"/></svg>',
    )
    const steps = [{ kind: 'trim', rule: { kind: 'exact' } } as const, place('inside', 800)]
    const { pixels } = await show(circle, { steps, output: { ...fixed('png'), vector: 'rasterise' } })
    expect([pixels.width, pixels.height]).toEqual([800, 800])
    // A row through the middle has two soft pixels at most; enlarged from 16 pixels it would have dozens.
    const row = Array.from({ length: 800 }, (_, x) => pixel(pixels, x, 100)[3] ?? 0)
    expect(row.filter((alpha) => alpha > 0 && alpha < 255).length).toBeLessThanOrEqual(8)
  })

  it('smaller, whatever size it claims to have', async () => {
    const huge = pictures.svg(90_000, 90_000)
    const request = { steps: [place('inside', 20)], output: { ...fixed('png'), vector: 'rasterise' } } as const
    expect(await render(huge, request)).toMatchObject({ width: 20, height: 20 })
    await expect(render(huge, { output: request.output })).rejects.toSatisfy((error) => isFault(error, 'too-large'))
  })

  it('once pressed', async () => {
    const wish = {
      format: 'jpeg',
      keep: { profile: false, date: false, copyright: false, geotag: false, orientation: 'drop' },
      chroma: '4:2:0',
      unkeptProfile: 'srgb',
      quality: 90,
    } as const
    const engine = createEngine({ limits: LIMITS, slots: 1, open: () => Promise.reject(new Error('nothing to open')) })
    onTestFinished(() => engine.close())
    const steps: readonly Step[] = [
      place('inside', 200),
      { kind: 'flatten', colour: { r: 255, g: 255, b: 255, alpha: 1 } },
    ]
    const frame = { kind: 'all' } as const
    const { bytes } = await engine.pressAfter({ bytes: BAR, facts: await engine.probe(BAR), frame, steps, wish })
    const pixels = await pictures.decode(Buffer.from(bytes))
    expect([pixels.width, pixels.height, pixel(pixels, 10, 10), pixel(pixels, 100, 50)]).toEqual([
      200,
      100,
      [255, 255, 255],
      [0, 0, 0],
    ])
  })
})

describe('a drawing that is laid on a picture', () => {
  const lay = async (steps: readonly Step[]): Promise<Pixels> => {
    const layer: Layer = {
      kind: 'layer',
      picture: { kind: 'source', source: OVERLAY },
      steps,
      at: { kind: 'anchor', x: 0, y: 0 },
      blend: 'over',
    }
    return (await show(await pictures.solid(100, 60, WHITE), { steps: [layer] })).pixels
  }
  const row = (picture: Pixels, xs: readonly number[]) => xs.map((x) => pixel(picture, x, 5)[0])

  it('in its own size', async () => {
    expect(row(await lay([]), [4, 5, 14, 15])).toEqual([255, 0, 0, 255])
  })

  it('enlarged as sharp, by its own sides', async () => {
    expect(row(await lay([place('inside', 80)]), [19, 20, 59, 60])).toEqual([255, 0, 0, 255])
    const doubled = place('inside', undefined, undefined, {
      box: { width: { op: 'mul', left: { get: 'initialWidth' }, right: 2 } },
    })
    expect(row(await lay([doubled]), [9, 10, 29, 30])).toEqual([255, 0, 0, 255])
  })
})

import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import type { Drawing, Layer, SourceRef, Step } from '../../src/plan/plan.ts'
import * as pictures from '../support/pictures.ts'
import { BLUE, decode, encode, GREEN, near, type Pixels, paint, pixel, RED, raw, YELLOW } from '../support/pictures.ts'
import { effect, fixed, place, startEngine } from './rendering.ts'

/** Sources by URL; a header `colour` changes what is answered. */
const { engine, render, show } = startEngine({
  open: async (_, source) => {
    if (source.kind !== 'url') throw new Error('no such object')
    const colour = source.headers && Object.values(source.headers).includes('blue') ? BLUE : RED
    return pictures.solid(20, 20, colour)
  },
})
const PNG = fixed('png')
const rgb = (r: number, g: number, b: number, alpha = 1) => ({ r, g, b, alpha })
const draw = (drawing: Drawing): Step => ({ kind: 'draw', drawing })
async function drawn(picture: Pixels, ...steps: readonly Step[]): Promise<Pixels> {
  return (await show(await encode(picture), { steps, output: PNG })).pixels
}

describe('drawings on whole pictures', () => {
  it('keep an opaque picture without an alpha channel, and a transparent one with it', async () => {
    const tint = draw({ name: 'colorize', colour: rgb(200, 40, 0), intensity: 100 })
    expect(await drawn(raw.quadrants(20, 20), tint)).toMatchObject({ channels: 3 })
    const logo = await drawn(raw.logo(20, 20), tint)
    expect(logo).toMatchObject({ channels: 4 })
    expect(pixel(logo, 0, 0)[3]).toBe(0)
  })

  it('colour grey pictures', async () => {
    const grey = paint(10, 10, () => [128])
    const tinted = await drawn(grey, draw({ name: 'colorize', colour: rgb(200, 40, 0), intensity: 100 }))
    expect(near(pixel(tinted, 5, 5), [200, 41, 1], 1)).toBe(true)
    expect(await drawn(grey, draw({ name: 'colorize', colour: rgb(128, 128, 128), intensity: 100 }))).toMatchObject({
      width: 10,
    })
  })

  it('happen in the order in which they are written', async () => {
    const tint = draw({ name: 'colorize', colour: rgb(200, 40, 0), intensity: 100 })
    const grey = effect({ name: 'greyscale' })
    const [r, g, b] = pixel(await drawn(raw.quadrants(20, 20), tint, grey), 5, 5)
    expect(r === g && g === b).toBe(true)
    expect(near(pixel(await drawn(raw.solid(9, 9, [128, 128, 128]), grey, tint), 5, 5), [200, 41, 1], 1)).toBe(true)
  })

  it('open holes in opaque pictures when they bend them', async () => {
    const bent = await drawn(raw.quadrants(314, 40), draw({ name: 'arc', degrees: 180 }))
    expect(bent).toMatchObject({ width: 240, height: 120, channels: 4 })
    expect(pixel(bent, 120, 115)[3]).toBe(0)
    const pulled = await drawn(
      raw.quadrants(40, 40),
      draw({ name: 'perspective', corners: [10, 0, 40, 0, 40, 40, 10, 40] }),
    )
    expect(pixel(pulled, 3, 3)[3]).toBe(0)
    expect(pixel(pulled, 15, 3)).toEqual([...RED, 255])
  })

  it('lie on white where the format has no transparency', async () => {
    const bytes = await encode(raw.quadrants(314, 40))
    const { pixels } = await show(bytes, { steps: [draw({ name: 'arc', degrees: 180 })], output: fixed('jpeg') })
    expect(near(pixel(pixels, 120, 112), [255, 255, 255], 6)).toBe(true)
  })

  it('are made on every frame of an animation', async () => {
    const bytes = await pictures.animated('webp')
    const tint = draw({ name: 'replace-colour', from: rgb(255, 255, 255), to: rgb(0, 0, 0), tolerance: 5 })
    const rendered = await render(bytes, { steps: [tint], output: { lossless: true } })
    if (rendered === 'untouched') throw new Error('untouched')
    expect(rendered.frames).toBe(3)
    const strip = await decode(rendered.bytes, { pages: -1 })
    for (const [i, colour] of [RED, GREEN, BLUE].entries()) {
      expect(near(pixel(strip, 2, 32 * i + 2), [0, 0, 0], 2)).toBe(true)
      expect(near(pixel(strip, 30, 32 * i + 20), colour, 2)).toBe(true)
    }
  })

  it('replace the colour that covers most when none is named', async () => {
    const picture = paint(60, 30, (x) => (x < 40 ? [200, 40, 40] : [40, 40, 200]))
    const replaced = await drawn(picture, draw({ name: 'replace-colour', to: rgb(0, 120, 0), tolerance: 20 }))
    expect(near(pixel(replaced, 10, 10), [0, 120, 0], 12)).toBe(true)
    expect(pixel(replaced, 55, 10)).toEqual([40, 40, 200])
  })

  it('sharpen edges by what a blur takes from them', async () => {
    const edge = paint(60, 20, (x) => (x < 30 ? [80, 80, 80] : [160, 160, 160]))
    const unsharp = (amount: number, threshold: number) =>
      drawn(edge, draw({ name: 'unsharp', radius: 0, sigma: 2, amount, threshold }))
    const sharpened = await unsharp(1, 0)
    // Half a pixel beside the edge a Gaussian of 2 leaves Φ(0.25) = 0.599 of the step on the own side: 80 · 0.401 = 32 more.
    expect(Math.abs((pixel(sharpened, 30, 10)[0] ?? 0) - 192)).toBeLessThanOrEqual(3)
    expect(Math.abs((pixel(sharpened, 29, 10)[0] ?? 0) - 48)).toBeLessThanOrEqual(3)
    expect(pixel(sharpened, 50, 10)).toEqual([160, 160, 160])
    expect((await unsharp(1, 0.2)).data.equals(edge.data)).toBe(true)
    const wide = await drawn(edge, draw({ name: 'unsharp', radius: 0, sigma: 40, amount: 1, threshold: 0 }))
    expect(pixel(wide, 50, 10)[0]).toBeGreaterThan(170)
  })

  it('end a Gaussian at its radius', async () => {
    const dot = paint(41, 41, (x, y) =>
      Math.abs(x - 20) <= 2 && Math.abs(y - 20) <= 2 ? [255, 255, 255] : [100, 100, 100],
    )
    const near3 = await drawn(dot, draw({ name: 'unsharp', radius: 2, sigma: 4, amount: 1, threshold: 0 }))
    expect(pixel(near3, 27, 20)).toEqual([100, 100, 100])
    expect(pixel(near3, 23, 20)[0]).toBeLessThan(100)
    const far = await drawn(dot, draw({ name: 'unsharp', radius: 0, sigma: 4, amount: 8, threshold: 0 }))
    expect(pixel(far, 27, 20)[0]).toBeLessThan(100)
  })

  it('cast a shadow where the picture is transparent, and keep its size', async () => {
    const square = paint(100, 100, (x, y) => (x >= 20 && x < 60 && y >= 20 && y < 60 ? [...RED, 255] : [0, 0, 0, 0]))
    const cast = (blur: number) =>
      drawn(square, draw({ name: 'shadow', blur, strength: 40, x: 10, y: 20, colour: rgb(0, 0, 0) }))
    const hard = await cast(0)
    expect(hard).toMatchObject({ width: 100, height: 100 })
    expect(pixel(hard, 40, 30)).toEqual([...RED, 255])
    expect(pixel(hard, 65, 70)).toEqual([0, 0, 0, 102])
    expect(pixel(hard, 65, 82)).toEqual([0, 0, 0, 0])
    const soft = await cast(5)
    // On the straight edge of the shadow a Gaussian leaves half.
    expect(Math.abs((pixel(soft, 50, 80)[3] ?? 0) - 51)).toBeLessThanOrEqual(6)
    expect(pixel(soft, 50, 99)[3]).toBeLessThanOrEqual(1)
  })

  it('cast no shadow from opaque pictures', async () => {
    const picture = raw.quadrants(30, 30)
    const cast = await drawn(
      picture,
      draw({ name: 'shadow', blur: 5, strength: 100, x: 6, y: 6, colour: rgb(0, 0, 0) }),
    )
    expect(cast.data.equals(picture.data)).toBe(true)
  })

  it('lay a gradient that ends at a part of the way', async () => {
    const shaded = await drawn(
      raw.solid(20, 100, [0, 0, 0]),
      draw({
        name: 'gradient',
        angle: 180,
        from: rgb(255, 255, 255),
        to: rgb(0, 0, 255),
        reach: 0.5,
        reachIsPart: true,
      }),
    )
    expect(near(pixel(shaded, 10, 0), [255, 255, 255], 4)).toBe(true)
    expect(near(pixel(shaded, 10, 25), [127, 127, 255], 4)).toBe(true)
    expect(pixel(shaded, 10, 52)).toEqual([0, 0, 255])
  })
})

const web = (url: string, headers?: Readonly<Record<string, string>>): SourceRef => ({
  kind: 'url',
  url,
  ...(headers && { headers }),
})
function layer(picture: Layer['picture'], more: Partial<Layer> = {}): Layer {
  return { kind: 'layer', picture, steps: [], at: { kind: 'anchor', x: 0, y: 0 }, blend: 'over', ...more }
}
const solid = (colour: readonly [number, number, number], width?: number, height?: number): Layer['picture'] => ({
  kind: 'solid',
  colour: rgb(...colour),
  box: { ...(width !== undefined && { width }), ...(height !== undefined && { height }) },
})

describe('layers (imagekit §6)', () => {
  const base = raw.solid(120, 80, [250, 250, 250])

  it('a gradient block has its own gradient in its own box', async () => {
    const block = layer({
      kind: 'gradient',
      box: { width: { op: 'div', left: { get: 'baseWidth' }, right: 2 }, height: 20 },
      angle: 90,
      from: rgb(255, 0, 0),
      to: rgb(0, 0, 255),
      reach: 1,
      reachIsPart: true,
    })
    const laid = await drawn(base, block)
    expect(near(pixel(laid, 0, 5), [253, 0, 2], 3)).toBe(true)
    expect(near(pixel(laid, 59, 5), [2, 0, 253], 3)).toBe(true)
    expect(pixel(laid, 60, 5)).toEqual([250, 250, 250])
    expect(pixel(laid, 5, 20)).toEqual([250, 250, 250])
  })

  it('may lay layers themselves, three deep, each placed on its parent', async () => {
    const innermost = layer(solid([0, 255, 0], 10, 10), { at: { kind: 'anchor', x: 1, y: 1 } })
    const middle = layer(solid([0, 0, 255], 30, 30), { at: { kind: 'anchor', x: 1, y: 1 }, steps: [innermost] })
    const outer = layer(solid([255, 0, 0], 60, 60), { steps: [middle] })
    const laid = await drawn(base, outer)
    expect(pixel(laid, 5, 5)).toEqual([255, 0, 0])
    expect(pixel(laid, 35, 35)).toEqual([0, 0, 255])
    expect(pixel(laid, 55, 55)).toEqual([0, 255, 0])
    expect(pixel(laid, 65, 65)).toEqual([250, 250, 250])
  })

  it('may be drawn on', async () => {
    const dark = draw({ name: 'colorize', colour: rgb(0, 0, 0), intensity: 100 })
    const laid = await drawn(base, layer({ kind: 'source', source: web('http://a.example/x.png') }, { steps: [dark] }))
    expect(near(pixel(laid, 5, 5), [0, 0, 0], 1)).toBe(true)
  })

  it('with equal URLs and different headers are different sources', async () => {
    const red = layer({ kind: 'source', source: web('http://a.example/x.png') })
    const blue = layer(
      { kind: 'source', source: web('http://a.example/x.png', { colour: 'blue' }) },
      {
        at: { kind: 'anchor', x: 1, y: 1 },
      },
    )
    const laid = await drawn(base, red, blue)
    expect(pixel(laid, 5, 5)).toEqual([...RED])
    expect(pixel(laid, 115, 75)).toEqual([...BLUE])
  })

  it('shift the picture’s pixels as their red and green say', async () => {
    const picture = paint(120, 80, (x) => (x < 60 ? YELLOW : BLUE))
    const map = layer(solid([255, 128, 0]), { blend: { kind: 'displace', x: 20, y: 0 } })
    const shifted = await drawn(picture, map)
    expect(shifted).toMatchObject({ width: 120, height: 80, channels: 3 })
    expect(pixel(shifted, 75, 40)).toEqual([...YELLOW])
    expect(pixel(shifted, 81, 40)).toEqual([...BLUE])
  })

  it('that are huge are refused before they take memory', async () => {
    const start = performance.now()
    const before = process.memoryUsage().rss
    for (const picture of [
      solid([0, 0, 0], 60_000, 60_000),
      {
        kind: 'gradient',
        box: { width: 60_000, height: 60_000 },
        angle: 0,
        from: rgb(0, 0, 0),
        to: rgb(9, 9, 9),
        reach: 1,
        reachIsPart: true,
      },
    ] satisfies Layer['picture'][]) {
      await expect(render(await encode(base), { steps: [layer(picture)] })).rejects.toMatchObject({ code: 'too-large' })
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(engine.load().running).toBe(0)
  })

  it('are scaled by their own steps', async () => {
    const laid = await drawn(
      base,
      layer({ kind: 'source', source: web('http://a.example/x.png') }, { steps: [place('stretch', 40, 10)] }),
    )
    expect(pixel(laid, 39, 9)).toEqual([...RED])
    expect(pixel(laid, 40, 9)).toEqual([250, 250, 250])
  })
})

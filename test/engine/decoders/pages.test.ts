import { writePsdBuffer } from 'ag-psd'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { animated, BLUE, GREEN, near, pixel, RED, raw, WHITE, withProfile, YELLOW } from '../../support/pictures.ts'
import { fixed, place, startEngine } from '../rendering.ts'
import { PLAIN, profile, withProperties } from './heic-files.ts'
import { writePdf } from './pdf-writer.ts'

const { engine, render, show } = startEngine()
const page = (number: number) => ({ kind: 'page', page: number }) as const

const PDF = writePdf([
  { width: 96, height: 48, rectangles: [{ colour: RED, box: [0, 0, 96, 48] }] },
  { width: 48, height: 96, rectangles: [{ colour: GREEN, box: [0, 0, 48, 48] }] },
])

describe('a document', () => {
  it('shows its first page, resized', async () => {
    const seen = await show(PDF, { steps: [place('stretch', 20)], output: fixed('png') })
    expect(seen).toMatchObject({ width: 20, height: 10, frames: 1 })
    expect(near(pixel(seen.pixels, 10, 5), RED, 1)).toBe(true)
  })

  it('is resolved with the sides of the page that is asked for', async () => {
    const seen = await show(PDF, { frame: page(2), steps: [place('inside', 40, 40)], output: fixed('jpeg') })
    expect(seen).toMatchObject({ width: 20, height: 40 })
    expect(near(pixel(seen.pixels, 10, 5), GREEN, 4)).toBe(true)
    expect(near(pixel(seen.pixels, 10, 35), WHITE, 4)).toBe(true)
  })

  it('never is an animation', async () => {
    expect((await engine.probe(PDF)).frames).toBe(1)
    expect(await show(PDF, { output: fixed('webp') })).toMatchObject({ width: 200, height: 100, frames: 1 })
  })

  it('without such a page is a fault', async () => {
    await expect(render(PDF, { frame: page(3) })).rejects.toMatchObject({ code: 'bad-parameter' })
  })
})

describe('a Photoshop file', () => {
  const rgba = (colour: readonly number[], width = 40, height = 20) => ({
    width,
    height,
    data: new Uint8ClampedArray(Array.from({ length: width * height }, () => colour).flat()),
  })
  const file = Buffer.from(
    writePsdBuffer(
      {
        width: 40,
        height: 20,
        imageData: rgba([...BLUE, 255]),
        children: [
          { name: 'ground', imageData: rgba([...BLUE, 255]) },
          { name: 'corner', left: 20, top: 0, imageData: rgba([...YELLOW, 255], 20, 20) },
        ],
      },
      { noBackground: true },
    ),
  )

  it('shows its composite', async () => {
    const seen = await show(file, { output: { choose: { kind: 'as-source', substitute: 'png' } } })
    expect(near(pixel(seen.pixels, 30, 10), BLUE, 1)).toBe(true)
  })

  it('shows a layer, see-through where it is not', async () => {
    const seen = await show(file, { frame: page(3), output: fixed('png') })
    expect(pixel(seen.pixels, 30, 10)).toEqual([...YELLOW, 255])
    expect(pixel(seen.pixels, 10, 10)[3]).toBe(0)
  })

  it('a layer without a format for it stands on a ground', async () => {
    const seen = await show(file, { frame: page(3), output: fixed('jpeg') })
    expect(near(pixel(seen.pixels, 30, 10), YELLOW, 4)).toBe(true)
    expect(near(pixel(seen.pixels, 10, 10), WHITE, 4)).toBe(true)
  })
})

describe('other formats', () => {
  it('a frame of an animation', async () => {
    const film = await animated('gif', { width: 16, height: 16, delays: [100, 100, 100] })
    const seen = await show(film, { frame: page(2), output: fixed('png') })
    expect(seen).toMatchObject({ frames: 1 })
    expect(near(pixel(seen.pixels, 8, 8), GREEN, 6)).toBe(true)
    await expect(render(film, { frame: page(4) })).rejects.toMatchObject({ code: 'bad-parameter' })
  })

  it('a HEIC keeps its profile where the output keeps profiles', async () => {
    const { icc } = await sharp(await withProfile(8, 8, 'png')).metadata()
    const bytes = withProperties(PLAIN, profile(icc ?? Buffer.alloc(0)))
    const kept = await show(bytes, { output: fixed('jpeg') })
    expect((await sharp(kept.bytes).metadata()).icc?.equals(icc ?? Buffer.alloc(0))).toBe(true)
    const converted = await show(bytes, { output: fixed('png') })
    expect((await sharp(converted.bytes).metadata()).icc).toBeUndefined()
    expect(near(pixel(kept.pixels, 10, 5), pixel(converted.pixels, 10, 5), 6)).toBe(true)
  })

  it('a HEIC goes through steps like any picture', async () => {
    const seen = await show(PLAIN, { steps: [place('cover', 16, 16)], output: fixed('webp') })
    expect(seen).toMatchObject({ width: 16, height: 16 })
    expect(near(pixel(seen.pixels, 2, 2), pixel(raw.quadrants(16, 16), 2, 2), 12)).toBe(true)
  })
})

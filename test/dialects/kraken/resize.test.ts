import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { animated, decode, encode, near, paint, pixel, quadrants, RED, WHITE } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

/** Red and green of a pixel tell where in the source it came from, in steps of eight pixels. */
async function coordinates(width: number, height: number): Promise<Buffer> {
  return encode(
    paint(width, height, (x, y) => [Math.floor(x / 8), Math.floor(y / 8), 128]),
    'png',
  )
}

describe('the worked examples', () => {
  it.each([
    ['1600×900', { strategy: 'exact', width: 200, height: 200 }, '200×200'],
    ['1600×900', { strategy: 'portrait', height: 200, width: 50 }, '356×200'],
    ['1600×900', { strategy: 'landscape', width: 400 }, '400×225'],
    ['900×1600', { strategy: 'landscape', width: 300 }, '300×533'],
    ['1600×900', { strategy: 'landscape', width: 4000 }, '1600×900'],
    ['1600×900', { strategy: 'auto', width: 400, height: 400 }, '400×225'],
    ['900×1600', { strategy: 'auto', width: 400, height: 400 }, '225×400'],
    ['1600×900', { strategy: 'auto', width: 800, height: 200 }, '356×200'],
    ['1600×900', { strategy: 'auto', width: 3000, height: 3000 }, '1600×900'],
    ['1600×900', { strategy: 'fit', width: 300, height: 300 }, '300×300'],
    ['100×100', { strategy: 'fit', width: 400, height: 200 }, '400×200'],
    ['1600×900', { strategy: 'crop', width: 2000, height: 300 }, '1600×300'],
    ['1600×900', { strategy: 'square', size: 400 }, '400×400'],
    ['150×37', { strategy: 'square', size: 120 }, '120×120'],
    ['150×37', { strategy: 'exact', width: 100, height: 100 }, '100×100'],
    ['1600×900', { strategy: 'fill', width: 2000, height: 2000 }, '2000×2000'],
    ['150×37', { strategy: 'none' }, '150×37'],
    ['150×37', { strategy: 'none', width: 0, height: 0, size: 0, x: 0, y: 0, scale: 0, crop_mode: null }, '150×37'],
    ['1600×900', { strategy: 'exact', width: '200', height: '100' }, '200×100'],
  ])('%s with %o is %s', async (source, resize, size) => {
    const [width = 0, height = 0] = source.split('×').map(Number)
    const { json } = await house.upload({ wait: true, resize }, await quadrants(width, height, 'jpeg'))
    expect(json).toMatchObject({ success: true, original_width: width, original_height: height })
    expect(`${json.kraked_width}×${json.kraked_height}`).toBe(size)
    const stored = await decode((await house.fetch(json.kraked_url)).bytes)
    expect(`${stored.width}×${stored.height}`).toBe(size)
  })
})

describe('which part of the picture stays', () => {
  it.each([
    [{ strategy: 'crop', width: 304, height: 304 }, [648, 298], 1],
    [{ strategy: 'crop', width: 304, height: 304, crop_mode: 'b' }, [648, 596], 1],
    [{ strategy: 'crop', width: 304, height: 304, crop_mode: 's' }, [648, 596], 1],
    [{ strategy: 'crop', width: 304, height: 304, crop_mode: 'tl' }, [0, 0], 1],
    [{ strategy: 'crop', width: 304, height: 304, crop_mode: 'se' }, [1296, 596], 1],
    [{ strategy: 'crop', width: 304, height: 304, x: 16, y: 24 }, [16, 24], 1],
    [{ strategy: 'crop', width: 304, height: 304, x: 16, crop_mode: 'br' }, [16, 0], 1],
    [{ strategy: 'crop', width: 304, height: 304, scale: 50 }, [496, 148], 2],
    [{ strategy: 'fit', width: 300, height: 300, crop_mode: 'l' }, [0, 0], 3],
    [{ strategy: 'fit', width: 300, height: 300 }, [350, 0], 3],
    [{ strategy: 'square', size: 300 }, [350, 0], 3],
  ] as const)('%o begins at %o of the source', async (resize, [x, y], step) => {
    const { json } = await house.upload({ wait: true, resize }, await coordinates(1600, 900))
    const picture = await decode((await house.fetch(json.kraked_url)).bytes)
    const [red = 0, green = 0] = pixel(picture, 4, 4)
    expect(Math.abs(red - (x + 4 * step) / 8)).toBeLessThanOrEqual(1.5)
    expect(Math.abs(green - (y + 4 * step) / 8)).toBeLessThanOrEqual(1.5)
  })

  it('a window beside the picture is refused', async () => {
    const resize = { strategy: 'crop', width: 10, height: 10, x: 500, y: 0 }
    const answer = await house.upload({ wait: true, resize }, await quadrants(100, 100))
    expect([answer.status, answer.json.success]).toEqual([422, false])
  })
})

describe('the canvas of fill', () => {
  it('is painted above and below the picture, with the smaller band above', async () => {
    const resize = { strategy: 'fill', width: 400, height: 400, background: '#ff0000' }
    const { json } = await house.upload({ wait: true, resize }, await quadrants(1600, 900))
    const picture = await decode((await house.fetch(json.kraked_url)).bytes)
    expect(pixel(picture, 200, 86).slice(0, 3)).toEqual([255, 0, 0])
    expect(near(pixel(picture, 100, 90).slice(0, 3), RED)).toBe(true)
    expect(pixel(picture, 200, 312).slice(0, 3)).toEqual([255, 0, 0])
    expect(pixel(picture, 100, 310).slice(0, 3)).not.toEqual([255, 0, 0])
  })

  it.each([
    ['#f60', [255, 102, 0]],
    ['rgb(1, 2, 3)', [1, 2, 3]],
    ['tomato', [255, 99, 71]],
    [undefined, WHITE],
  ])('%s is a colour', async (background, expected) => {
    const resize = { strategy: 'fill', width: 100, height: 100, background }
    const { json } = await house.upload({ wait: true, resize }, await quadrants(100, 50))
    const picture = await decode((await house.fetch(json.kraked_url)).bytes)
    expect(pixel(picture, 50, 5).slice(0, 3)).toEqual([...expected])
  })

  it('keeps its transparency in PNG and lies on white in JPEG', async () => {
    const resize = { strategy: 'fill', width: 100, height: 100, background: 'rgba(255, 0, 0, 0.5)' }
    const png = await house.upload({ wait: true, resize }, await quadrants(100, 50))
    const picture = await decode((await house.fetch(png.json.kraked_url)).bytes)
    expect(pixel(picture, 50, 5)).toEqual([255, 0, 0, 128])
    const convert = { format: 'jpg' }
    const jpeg = await house.upload({ wait: true, resize, convert }, await quadrants(100, 50))
    const flat = await decode((await house.fetch(jpeg.json.kraked_url)).bytes)
    expect(near(pixel(flat, 50, 5).slice(0, 3), [255, 127, 127])).toBe(true)
  })
})

it('an animation is resized frame by frame and stays one', async () => {
  const resize = { strategy: 'exact', width: 30, height: 20 }
  const { json } = await house.upload({ wait: true, resize }, await animated('gif'), 'moving.gif')
  const picture = await decode((await house.fetch(json.kraked_url)).bytes, { pages: -1 })
  expect([json.kraked_width, json.kraked_height]).toEqual([30, 20])
  expect(picture.height / 20).toBeGreaterThan(1)
})

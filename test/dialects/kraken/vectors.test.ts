import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, near, pixel, WHITE } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'

/** 30×20 with blue in columns 10…19. */
const BAR = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect x="10" width="10" height="20" fill="#0000ff"/></svg>',
)
const BLUE = [0, 0, 255]
const CLEAR = [0, 0, 0, 0]
/** What nobody sees may have any colour. */
const looksLike = (seen: readonly number[], ground: readonly number[]) =>
  ground === CLEAR ? (seen[3] ?? 255) < 3 : near(seen, ground, 16)

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

async function made(wish: object) {
  const { json } = await house.upload({ wait: true, ...wish }, BAR, 'bar.svg')
  expect(json).toMatchObject({ success: true, file_name: 'bar.svg', original_width: 30, original_height: 20 })
  return { json, bytes: (await house.fetch(json.kraked_url)).bytes }
}

describe.each([
  ['lossless', {}],
  ['lossy', { lossy: true }],
])('%s', (_, wish) => {
  it.each([
    ['png', CLEAR],
    ['webp', CLEAR],
    ['avif', CLEAR],
    ['gif', CLEAR],
    ['jpeg', WHITE],
  ])('a drawing becomes %s in its own size', async (format, ground) => {
    const { json, bytes } = await made({ ...wish, convert: { format } })
    expect(json).toMatchObject({ kraked_type: `image/${format}`, kraked_width: 30, kraked_height: 20 })
    const picture = await decode(bytes)
    expect([picture.width, picture.height]).toEqual([30, 20])
    expect(near(pixel(picture, 15, 10).slice(0, 3), BLUE, 24)).toBe(true)
    expect(looksLike(pixel(picture, 1, 1), ground)).toBe(true)
  })
})

it('a drawing lies on the background asked for', async () => {
  const { bytes } = await made({ convert: { format: 'jpeg', background: '#ff0000' } })
  expect(near(pixel(await decode(bytes), 1, 1), [255, 0, 0], 24)).toBe(true)
})

it('a drawing is not resized unless it is converted', async () => {
  const resize = { strategy: 'exact', width: 300, height: 200 }
  const kept = await made({ resize })
  expect(kept.json).toMatchObject({ kraked_type: 'image/svg+xml', kraked_width: 30, kraked_height: 20 })
  const { json, bytes } = await made({ resize, convert: { format: 'png' } })
  expect(json).toMatchObject({ kraked_width: 300, kraked_height: 200 })
  const picture = await decode(bytes)
  expect([99, 100, 199, 200].map((x) => pixel(picture, x, 100)[3])).toEqual([0, 255, 255, 0])
})

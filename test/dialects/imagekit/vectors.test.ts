import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, near, pixel, solid, WHITE } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

/** 30×20 with blue in columns 10…19. */
const BAR = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20"><rect x="10" width="10" height="20" fill="#0000ff"/></svg>',
)
const BLUE = [0, 0, 255]
const CLEAR = [0, 0, 0, 0]
/** What nobody sees may have any colour. */
const looksLike = (seen: readonly number[], ground: readonly number[]) =>
  ground === CLEAR ? seen[3] === 0 : near(seen, ground, 16)
let house: House

beforeAll(async () => {
  house = await openHouse()
  await house.put('bar.svg', BAR)
  await house.put('white.png', await solid(120, 60, WHITE))
})
afterAll(() => house.stop())

describe('SVG (§7.3)', () => {
  it.each([
    ['f-png', 'png', 30, 20, CLEAR],
    ['f-webp', 'webp', 30, 20, CLEAR],
    ['f-avif', 'avif', 30, 20, CLEAR],
    ['f-jpg', 'jpeg', 30, 20, WHITE],
    ['f-jpeg,bg-FF0000', 'jpeg', 30, 20, [255, 0, 0]],
    ['f-png,w-300', 'png', 300, 200, CLEAR],
    ['f-png,w-300,h-300,cm-pad_resize,bg-red', 'png', 300, 300, [255, 0, 0, 255]],
    ['f-png,w-15', 'png', 15, 10, CLEAR],
  ])('an SVG is drawn for %s', async (tr, format, width, height, ground) => {
    for (const accept of ['*/*', 'image/avif,image/webp']) {
      const answer = await succeed(house, `tr:${tr}/bar.svg`, { accept })
      const picture = await decode(answer.bytes)
      expect([answer.type, picture.width, picture.height]).toEqual([`image/${format}`, width, height])
      expect(answer.headers.get('content-security-policy')).toContain('sandbox')
      expect(near(pixel(picture, width >> 1, height >> 1).slice(0, 3), BLUE, 16)).toBe(true)
      expect(looksLike(pixel(picture, 1, 1), ground)).toBe(true)
    }
  })

  it('edges are as sharp as the size asks for', async () => {
    const picture = await decode((await succeed(house, 'tr:w-900,f-png/bar.svg')).bytes)
    expect([299, 300, 599, 600].map((x) => pixel(picture, x, 300)[3])).toEqual([0, 255, 255, 0])
  })

  it('lies on another picture', async () => {
    const picture = await decode(
      (await succeed(house, 'tr:l-image,i-bar.svg,w-60,t-false,lx-0,ly-0,l-end,f-png/white.png')).bytes,
    )
    expect([19, 20, 39, 40].map((x) => pixel(picture, x, 20)[0])).toEqual([255, 0, 0, 255])
  })

  it.each([
    ['cut off', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g>', 'EINVAL - The image is damaged'],
    [
      'beyond the limits',
      '<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>',
      'ELIMIT - The image, or what it would become, is above a limit',
    ],
  ])('one that is %s is 400', async (name, text, error) => {
    const asset = `${name.replaceAll(' ', '-')}.svg`
    await house.put(asset, Buffer.from(text))
    const answer = await house.ask(`tr:f-png/${asset}`)
    expect([answer.status, answer.headers.get('ik-error')]).toEqual([400, error])
    expect((await succeed(house, asset)).bytes.toString()).toBe(text)
  })
})

import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ANIMATION, animated, near, pixel, quadrants } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

let house: House
const DELAYS = [100, 200, 300]

beforeAll(async () => {
  house = await openHouse()
  await house.put('moving.gif', await animated('gif', { width: 80, height: 60, delays: DELAYS, loop: 3 }))
  await house.put('moving.webp', await animated('webp', { width: 80, height: 60, delays: DELAYS, loop: 3 }))
  await house.put('logo.png', await quadrants(20, 20))
})
afterAll(() => house.stop())

/** A point of the frame that shows the frame's own colour after every one of these steps. */
const STEPS: readonly (readonly [tr: string, width: number, height: number])[] = [
  ['w-40', 40, 30],
  ['w-40,h-40', 40, 40],
  ['w-40,h-40,c-force', 40, 40],
  ['w-40,h-40,cm-extract', 40, 40],
  ['w-40,h-40,cm-pad_resize,bg-FFFFFF', 40, 40],
  ['w-40,h-40,cm-pad_resize,bg-blurred', 40, 40],
  ['rt-90', 60, 80],
  ['rt-180', 80, 60],
  ['rt-45,bg-white', 99, 99],
  ['fl-h', 80, 60],
  ['fl-v', 80, 60],
  ['b-5_white', 90, 70],
  ['r-10,bg-white', 80, 60],
  ['bl-2', 80, 60],
  ['o-90,bg-white', 80, 60],
  ['e-sharpen', 80, 60],
  ['e-usm-2-2-1-0', 80, 60],
  ['e-gradient-from-00000000_to-00000001', 80, 60],
  ['l-image,i-logo.png,lfo-bottom_right,l-end', 80, 60],
  ['l-text,i-x,fs-10,lfo-bottom_right,l-end', 80, 60],
  ['l-image,i-ik_canvas,bg-white,w-5,h-5,lfo-bottom_right,l-end', 80, 60],
  ['if-w_gt_50,w-40,if-end', 40, 30],
]

describe('every kind of step on an animation keeps frames, order, delays and loop', () => {
  const cases = STEPS.flatMap(([tr, width, height]) =>
    (['moving.gif', 'moving.webp'] as const).map((file) => [tr, file, width, height] as const),
  )
  it.each(cases)('every frame of %s on %s', async (tr, file, width, height) => {
    const { bytes, type } = await succeed(house, `tr:${tr}:f-webp,lo-true/${file}`)
    expect(type).toBe('image/webp')
    const meta = await sharp(bytes, { pages: -1 }).metadata()
    expect([meta.width, meta.pageHeight, meta.pages, meta.delay, meta.loop]).toEqual([width, height, 3, DELAYS, 3])
    const { data, info } = await sharp(bytes, { pages: -1 }).raw().toBuffer({ resolveWithObject: true })
    const strip = { data, width: info.width, height: info.height, channels: info.channels }
    for (const [i, colour] of ANIMATION.slice(0, 3).entries()) {
      const centre = pixel(strip, Math.floor(width / 2), i * height + Math.floor(height / 2))
      expect([i, centre, near(centre, colour, 40)]).toEqual([i, centre, true])
    }
  })

  it('GIF stays an animated GIF, and an output that cannot move has the first frame', async () => {
    const gif = await succeed(house, 'tr:w-40/moving.gif')
    expect(gif.type).toBe('image/gif')
    expect(await sharp(gif.bytes, { pages: -1 }).metadata()).toMatchObject({ pages: 3, loop: 3, delay: DELAYS })
    const still = await succeed(house, 'tr:w-40,f-png/moving.gif')
    expect((await sharp(still.bytes).metadata()).height).toBe(30)
  })

  it('pg takes one frame, also as a thumbnail', async () => {
    for (const [rest, frame] of [
      ['tr:pg-2,f-png,lo-true/moving.gif', 1],
      ['moving.gif/ik-thumbnail.jpg?tr=pg-3,f-png,lo-true', 2],
      ['moving.gif/ik-thumbnail.jpg?tr=f-png,lo-true', 0],
    ] as const) {
      const { data, info } = await sharp((await succeed(house, rest)).bytes)
        .raw()
        .toBuffer({ resolveWithObject: true })
      const seen = { data, width: info.width, height: info.height, channels: info.channels }
      expect([info.height, near(pixel(seen, 40, 30), ANIMATION[frame] ?? [], 20)]).toEqual([60, true])
    }
    expect((await house.ask('tr:pg-9/moving.gif')).status).toBe(400)
  })

  it('a still layer is laid on every frame', async () => {
    const { bytes } = await succeed(house, 'tr:l-image,i-logo.png,lx-0,ly-40,l-end:f-webp,lo-true/moving.gif')
    const { data, info } = await sharp(bytes, { pages: -1 }).raw().toBuffer({ resolveWithObject: true })
    const strip = { data, width: info.width, height: info.height, channels: info.channels }
    for (const frame of [0, 1, 2]) expect(near(pixel(strip, 3, frame * 60 + 43), [224, 32, 32], 12)).toBe(true)
  })
})

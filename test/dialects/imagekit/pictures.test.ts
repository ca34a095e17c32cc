import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BLACK,
  BLUE,
  decode,
  GREEN,
  near,
  oriented,
  paint,
  pixel,
  RED,
  raw,
  solid,
  WHITE,
  YELLOW,
} from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { boxOf, render, stored, succeed, wrongPixels } from './looking.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.stop())

describe('sizes (§4.1, §4.2)', () => {
  it.each([
    [600, 400, 'w-300', 300, 200],
    [600, 400, 'h-100', 150, 100],
    [300, 200, 'w-300,dpr-2', 600, 400],
    [600, 400, 'w-0.4', 240, 160],
    [600, 400, 'w-300:w-0.5', 150, 100],
    [600, 400, 'w-1', 1, 1],
    [600, 400, 'w-70000,h-100', 150, 100],
    [600, 400, 'w-70000', 600, 400],
    [600, 400, 'w-200,ar-2-1', 200, 100],
    [600, 400, 'h-200,ar-0.5', 100, 200],
    [600, 400, 'w-200,h-200,ar-4-1', 200, 200],
    [600, 400, 'ar-4-1', 600, 400],
    [600, 400, 'dpr-3', 600, 400],
    [60, 40, 'w-3000,h-2000,dpr-2,c-at_max', 60, 40],
    [60, 40, 'w-2000,dpr-3', 2000, 1333],
    [60, 40, 'w-iw_mul_100000', 60, 40],
    [600, 400, 'w-iw_div_2,h-ih_div_4', 300, 100],
    [600, 400, 'w-300:h-ch_div_2,w-iw', 600, 100],
    [600, 400, 'w-300,ar-car_mul_2', 300, 100],
    [640, 865, 'w-300,h-200', 300, 200],
    [640, 865, 'w-300,h-200,c-force', 300, 200],
    [640, 865, 'w-300,h-200,c-at_max', 148, 200],
    [640, 865, 'w-300,h-200,c-at_least', 300, 405],
    [640, 865, 'w-850,h-1000,c-at_max_enlarge', 740, 1000],
    [640, 865, 'w-850,h-1000,c-at_max', 640, 865],
    [640, 865, 'w-900,c-at_max', 640, 865],
    [640, 865, 'w-1280,h-865,c-maintain_ratio_no_enlarge', 640, 433],
    [640, 865, 'w-900,h-900,cm-pad_resize', 900, 900],
    [640, 865, 'w-900,h-900,cm-pad_resize_no_enlarge', 900, 900],
    [640, 865, 'w-100,h-50,cm-extract', 100, 50],
    [640, 865, 'w-700,h-50,cm-pad_extract', 700, 50],
    [640, 865, 'w-700,h-50,cm-pad_extract_no_shrink', 700, 865],
    [640, 865, 'w-320,cm-extract', 320, 433],
  ] as const)('%i×%i %s is %i×%i', async (w, h, tr, width, height) => {
    const seen = await render(house, tr, await stored(house, raw.quadrants(w, h)))
    expect([seen.width, seen.height]).toEqual([width, height])
  })
})

describe('what is kept (§4.2, §4.3)', () => {
  const picture = raw.gradient(90, 60)
  const from = (left: number, top: number) => (x: number, y: number) => pixel(picture, x + left, y + top)

  it.each([
    ['', 30, 20],
    [',fo-center', 30, 20],
    [',fo-top', 30, 0],
    [',fo-bottom', 30, 40],
    [',fo-left', 0, 20],
    [',fo-right', 60, 20],
    [',fo-top_left', 0, 0],
    [',fo-top_right', 60, 0],
    [',fo-bottom_left', 0, 40],
    [',fo-bottom_right', 60, 40],
    [',fo-custom', 30, 20],
    [',fo-face,z-2', 30, 20],
    [',fo-trafficLight_car', 30, 20],
    [',x-5,y-7', 5, 7],
    [',xc-50,yc-30', 35, 20],
    [',xc-50,yc-30,x-1,y-1', 35, 20],
    [',x-iw_div_2,y-10', 45, 10],
  ])('cm-extract,w-30,h-20%s cuts at %i,%i', async (more, left, top) => {
    const seen = await render(house, `cm-extract,w-30,h-20${more}`, await stored(house, picture))
    expect([seen.width, seen.height]).toEqual([30, 20])
    expect(wrongPixels(seen, from(left, top), 0)).toBe(0)
  })

  it('cm-extract keeps the part that lies in the picture, and fails when there is none', async () => {
    const path = await stored(house, picture)
    const seen = await render(house, 'cm-extract,w-30,h-20,x-80,y-50', path)
    expect([seen.width, seen.height]).toEqual([10, 10])
    expect(wrongPixels(seen, from(80, 50), 0)).toBe(0)
    expect((await house.ask(`tr:cm-extract,w-30,h-20,x-100,y-0/${path}`)).status).toBe(400)
    expect((await house.ask(`tr:cm-extract,w-30,h-20,xc-10,yc-30/${path}`)).status).toBe(400)
  })

  it('coordinates refer to the upright picture', async () => {
    const path = await stored(house, oriented(6, 64, 48))
    const seen = await render(house, 'cm-extract,w-20,h-20,x-40,y-2', path)
    expect(near(pixel(seen, 10, 10), GREEN, 20)).toBe(true)
  })

  it.each([
    ['', 5],
    [',fo-left', 0],
    [',fo-right', 2],
  ])('c-maintain_ratio%s', async (more, third) => {
    const thirds = paint(90, 30, (x) => (x < 30 ? RED : x < 60 ? GREEN : BLUE))
    const seen = await render(house, `w-10,h-10${more}`, await stored(house, thirds))
    const colour = third === 0 ? RED : third === 2 ? BLUE : GREEN
    for (const x of [1, 5, 8]) expect(near(pixel(seen, x, 5), colour)).toBe(true)
  })

  it('c-force stretches', async () => {
    const seen = await render(house, 'w-40,h-80,c-force', await stored(house, raw.quadrants(80, 40)))
    expect([pixel(seen, 5, 10), pixel(seen, 35, 10), pixel(seen, 5, 70), pixel(seen, 35, 70)]).toEqual([
      [...RED],
      [...GREEN],
      [...BLUE],
      [...YELLOW],
    ])
  })

  it('fo-auto keeps what the eye goes to, and the size of the plain crop', async () => {
    const scene = paint(300, 100, (x, y) => (Math.hypot(x - 250, y - 50) < 30 ? RED : [120, 124, 128]))
    const seen = await render(house, 'w-100,h-100,fo-auto', await stored(house, scene))
    expect([seen.width, seen.height]).toEqual([100, 100])
    expect(boxOf(seen, RED)?.[2]).toBeGreaterThan(50)
  })

  it.each([
    ['', 0, 15],
    [',fo-top', 0, 0],
    [',fo-bottom', 0, 30],
    [',fo-left', 0, 15],
  ])('cm-pad_resize%s stands at %i,%i', async (more, left, top) => {
    const inner = raw.gradient(60, 30)
    const seen = await render(house, `cm-pad_resize,w-60,h-60,bg-FFFFFF${more}`, await stored(house, inner))
    const expected = (x: number, y: number) => {
      const inside = x >= left && y >= top && x - left < 60 && y - top < 30
      return inside ? pixel(inner, x - left, y - top) : WHITE
    }
    expect(wrongPixels(seen, expected, 0)).toBe(0)
  })

  it('pads are black unless a colour is asked for', async () => {
    const seen = await render(house, 'cm-pad_resize,w-60,h-60', await stored(house, raw.solid(60, 30, RED)))
    expect(pixel(seen, 30, 2)).toEqual([...BLACK])
  })

  it('cm-pad_resize_no_enlarge leaves a small picture as it is', async () => {
    const seen = await render(
      house,
      'cm-pad_resize_no_enlarge,w-100,h-80,bg-white,fo-right',
      await stored(house, raw.solid(20, 10, RED)),
    )
    expect(boxOf(seen, RED)).toEqual([80, 35, 20, 10])
  })

  it.each([
    ['cm-pad_extract,w-60,h-10', 10, -5],
    ['cm-pad_extract,w-60,h-40', 10, 10],
    ['cm-pad_extract,w-60,h-40,fo-bottom_right', 20, 20],
    ['cm-pad_extract_no_shrink,w-60,h-10', 10, 0],
  ])('on a canvas: %s', async (tr, left, top) => {
    const inner = raw.gradient(40, 20)
    const seen = await render(house, `${tr},bg-0000FF`, await stored(house, inner))
    const expected = (x: number, y: number) => {
      const inside = x >= left && y >= top && x - left < 40 && y - top < 20
      return inside ? pixel(inner, x - left, y - top) : [0, 0, 255]
    }
    expect(wrongPixels(seen, expected, 0)).toBe(0)
  })
})

describe('geometry and colour (§4.5)', () => {
  it('rt turns clockwise and grows the canvas', async () => {
    const path = await stored(house, raw.quadrants(30, 20))
    const quarter = await render(house, 'rt-90', path)
    expect([quarter.width, quarter.height]).toEqual([20, 30])
    expect(near(pixel(quarter, 2, 2), BLUE) && near(pixel(quarter, 17, 2), RED)).toBe(true)
    const back = await render(house, 'rt-N90', path)
    expect(near(pixel(back, 2, 2), GREEN)).toBe(true)
    const tilted = await render(house, 'rt-45', path)
    expect([tilted.width, tilted.height, pixel(tilted, 0, 0)[3]]).toEqual([35, 35, 0])
  })

  it('corners of an odd turn are black where nothing can be transparent, or the ground', async () => {
    const path = await stored(house, raw.solid(30, 20, WHITE))
    const black = await decode((await succeed(house, `tr:rt-45,f-jpg,q-100/${path}`)).bytes)
    expect(near(pixel(black, 0, 0), BLACK)).toBe(true)
    const red = await decode((await succeed(house, `tr:rt-45,bg-E02020,f-jpg,q-100/${path}`)).bytes)
    expect(near(pixel(red, 0, 0), RED)).toBe(true)
  })

  it('rt-auto turns as EXIF says when the account does not', async () => {
    const path = await stored(house, oriented(6, 64, 48))
    house.configure({ autoOrient: false })
    const asStored = await render(house, 'h-64', path)
    const upright = await render(house, 'rt-auto', path)
    house.configure({})
    expect([asStored.width, asStored.height]).toEqual([48, 64])
    expect([upright.width, upright.height]).toEqual([64, 48])
  })

  it.each([
    ['fl-h', GREEN],
    ['fl-v', BLUE],
    ['fl-h_v', YELLOW],
    ['fl-v_h', YELLOW],
  ])('mirrored: %s', async (tr, corner) => {
    const seen = await render(house, tr, await stored(house, raw.quadrants(30, 20)))
    expect(pixel(seen, 0, 0)).toEqual([...corner])
  })

  it('b adds a border outside', async () => {
    const seen = await render(house, 'b-5_00FF00', await stored(house, raw.solid(20, 10, RED)))
    expect([seen.width, seen.height]).toEqual([30, 20])
    const inside = (x: number, y: number) => x >= 5 && x < 25 && y >= 5 && y < 15
    expect(wrongPixels(seen, (x, y) => (inside(x, y) ? RED : [0, 255, 0]), 0)).toBe(0)
    const wide = await render(house, 'w-100,b-10', await stored(house, raw.solid(200, 100, RED)))
    expect([wide.width, wide.height, pixel(wide, 0, 0)]).toEqual([120, 70, [...BLACK]])
    const part = await render(house, 'b-iw_div_4_blue', await stored(house, raw.solid(20, 10, RED)))
    expect([part.width, part.height, pixel(part, 0, 0)]).toEqual([30, 20, [0, 0, 255]])
  })

  it('r rounds corners after the size, max is an ellipse', async () => {
    const path = await stored(house, raw.solid(80, 40, RED))
    const round = await render(house, 'w-40,h-40,r-10', path)
    const expected = (x: number, y: number) => {
      const dx = Math.max(10 - x - 0.5, 0, x + 0.5 - 30)
      const dy = Math.max(10 - y - 0.5, 0, y + 0.5 - 30)
      const distance = Math.hypot(dx, dy)
      return distance > 11.5 ? [0] : distance < 8.5 ? [255] : undefined
    }
    const alpha = { ...round, channels: 1, data: Buffer.from(round.data.filter((_, i) => i % 4 === 3)) }
    expect(wrongPixels(alpha, expected)).toBe(0)
    const some = await render(house, 'r-20_0_0_0', path)
    expect([pixel(some, 0, 0)[3], pixel(some, 79, 0)[3], pixel(some, 0, 39)[3]]).toEqual([0, 255, 255])
    const ellipse = await render(house, 'r-max', path)
    expect([pixel(ellipse, 6, 6)[3], pixel(ellipse, 40, 1)[3], pixel(ellipse, 1, 20)[3]]).toEqual([0, 255, 255])
    const onWhite = await decode((await succeed(house, `tr:r-max,f-jpg/${path}`)).bytes)
    expect(near(pixel(onWhite, 1, 1), WHITE)).toBe(true)
    const onBlue = await decode((await succeed(house, `tr:r-max,bg-2040E0,f-jpg/${path}`)).bytes)
    expect(near(pixel(onBlue, 1, 1), BLUE)).toBe(true)
  })

  it('bg fills what is transparent', async () => {
    const glass = raw.solid(20, 10, [255, 0, 0, 128])
    const seen = await render(house, 'bg-0000FF', await stored(house, glass))
    expect(near(pixel(seen, 5, 5), [128, 0, 127], 2)).toBe(true)
    const jpeg = await decode((await succeed(house, `tr:f-jpg/${await stored(house, glass)}`)).bytes)
    expect(near(pixel(jpeg, 5, 5), [255, 127, 127])).toBe(true)
  })

  it('o multiplies alpha; with bg it is blended and opaque', async () => {
    const path = await stored(house, raw.solid(20, 10, [200, 0, 0, 200]))
    expect(near(pixel(await render(house, 'o-50', path), 5, 5), [200, 0, 0, 100], 1)).toBe(true)
    const blended = await render(house, 'o-50,bg-FFFFFF50', path)
    const part = 100 / 255
    expect(
      near(pixel(blended, 5, 5), [200 * part + 255 * (1 - part), 255 * (1 - part), 255 * (1 - part), 255], 2),
    ).toBe(true)
  })

  it('t cuts similar edges', async () => {
    const framed = raw.bordered(raw.quadrants(40, 20), [3, 4, 5, 6], [250, 252, 255])
    const path = await stored(house, framed)
    expect(await render(house, 't-true', path)).toMatchObject({ width: 40, height: 20 })
    expect(await render(house, 't-false', path)).toMatchObject({ width: 50, height: 28 })
    expect(await render(house, 't-20,w-0.5', path)).toMatchObject({ width: 25, height: 13 })
  })

  it('bl is a Gaussian blur', async () => {
    const sigma = 6
    const seen = await render(
      house,
      `bl-${sigma}`,
      await stored(
        house,
        paint(120, 20, (x) => (x < 60 ? BLACK : WHITE)),
      ),
    )
    for (const x of [40, 50, 55, 60, 65, 70, 80]) {
      expect(Math.abs((pixel(seen, x, 10)[0] ?? 0) - 255 * normal((x + 0.5 - 60) / sigma))).toBeLessThan(4)
    }
  })

  it('bg-blurred surrounds the sharp picture with its own blur, brighter if asked', async () => {
    const inner = raw.quadrants(80, 40)
    const path = await stored(house, inner)
    const seen = await render(house, 'cm-pad_resize,w-80,h-80,bg-blurred_5', path)
    expect(wrongPixels(seen, (x, y) => (y >= 20 && y < 60 ? pixel(inner, x, y - 20) : undefined), 0)).toBe(0)
    expect(near(pixel(seen, 4, 4), RED, 30) && near(pixel(seen, 75, 75), YELLOW, 30)).toBe(true)
    const bright = await render(house, 'cm-pad_resize,w-80,h-80,bg-blurred_5_30', path)
    const more = (pixel(bright, 4, 4)[1] ?? 0) - (pixel(seen, 4, 4)[1] ?? 0)
    expect(more).toBeGreaterThan(24)
    expect(more).toBeLessThan(42)
    expect(pixel(bright, 10, 30)).toEqual([...RED])
  })

  it('bg-dominant and bg-gradient_dominant take the colours of the picture', async () => {
    const path = await stored(house, raw.solid(40, 20, GREEN))
    for (const bg of ['dominant', 'gradient_dominant', 'gradient_dominant_4']) {
      const seen = await render(house, `cm-pad_resize,w-40,h-40,bg-${bg}`, path)
      expect(near(pixel(seen, 20, 2), GREEN, 24)).toBe(true)
    }
  })
})

describe('effects (§4.6)', () => {
  it('e-grayscale, also spelled by old clients, and not when it says false', async () => {
    const path = await stored(house, raw.solid(20, 10, RED))
    for (const tr of ['e-grayscale', 'e-grayscale-true']) {
      const [r, g, b] = pixel(await render(house, tr, path), 5, 5)
      expect([r === g, g === b]).toEqual([true, true])
    }
    expect(pixel(await render(house, 'e-grayscale-false', path), 5, 5)).toEqual([...RED])
  })

  it('e-contrast stretches to the full range', async () => {
    const path = await stored(
      house,
      paint(64, 20, (x) => [64 + 2 * x, 64 + 2 * x, 64 + 2 * x]),
    )
    const seen = await render(house, 'e-contrast', path)
    expect(pixel(seen, 0, 5)[0]).toBeLessThan(12)
    expect(pixel(seen, 63, 5)[0]).toBeGreaterThan(243)
  })

  it('e-sharpen and e-usm deepen edges and leave flat areas', async () => {
    const path = await stored(
      house,
      paint(60, 20, (x) => (x < 30 ? [80, 80, 80] : [160, 160, 160])),
    )
    for (const tr of ['e-sharpen', 'e-sharpen-10', 'e-usm-5-2-1-0.01']) {
      const seen = await render(house, tr, path)
      expect(pixel(seen, 29, 10)[0]).toBeLessThan(80)
      expect(pixel(seen, 30, 10)[0]).toBeGreaterThan(160)
      expect(near(pixel(seen, 2, 10), [80, 80, 80], 2)).toBe(true)
    }
  })

  it('e-shadow lies below, to the right and down', async () => {
    const square = paint(100, 100, (x, y) => (x >= 30 && x < 60 && y >= 30 && y < 60 ? [...RED, 255] : [0, 0, 0, 0]))
    const seen = await render(house, 'e-shadow-bl-0_st-50_x-10_y-10', await stored(house, square))
    expect(near(pixel(seen, 65, 65), [0, 0, 0, 128], 3)).toBe(true)
    expect(pixel(seen, 45, 45)).toEqual([...RED, 255])
    expect(pixel(seen, 25, 25)[3]).toBe(0)
  })

  it('e-shadow moves by percents of the sides, halves of a pixel to the right', async () => {
    const wide = paint(150, 50, (x, y) => (x >= 60 && x < 90 && y >= 20 && y < 30 ? [...RED, 255] : [0, 0, 0, 0]))
    const path = await stored(house, wide)
    const columns = async (tr: string) => {
      const seen = await render(house, tr, path)
      return Array.from({ length: seen.width }, (_, x) => x).filter((x) => pixel(seen, x, 25)[3] === 255)
    }
    // 7 % of 150 are 10.5 pixels.
    const right = await columns('e-shadow-bl-0_st-100_x-7_y-0')
    expect([right[0], right.at(-1)]).toEqual([60, 100])
    const left = await columns('e-shadow-bl-0_st-100_x-N7_y-0')
    expect([left[0], left.at(-1)]).toEqual([50, 89])
  })

  it('e-shadow is refused above two megapixels', async () => {
    const path = await stored(house, raw.solid(1500, 1400, WHITE))
    const answer = await house.ask(`tr:e-shadow/${path}`)
    expect([answer.status, answer.headers.get('ik-error')?.slice(0, 6)]).toEqual([400, 'ELIMIT'])
    expect((await house.ask(`tr:w-300,e-shadow/${path}`)).status).toBe(200)
  })

  it('e-gradient runs from one colour to the other', async () => {
    const path = await stored(house, raw.solid(40, 100, WHITE))
    const seen = await render(house, 'e-gradient-ld-bottom_from-red_to-blue_sp-1', path)
    expect(near(pixel(seen, 5, 0), [254, 0, 1], 4) && near(pixel(seen, 5, 99), [1, 0, 254], 4)).toBe(true)
    expect(near(pixel(seen, 5, 50), [127, 0, 128], 4)).toBe(true)
    const up = await render(house, 'e-gradient-ld-top_from-red_to-blue_sp-50', path)
    expect(near(pixel(up, 5, 10), [0, 0, 255], 4) && near(pixel(up, 5, 99), [252, 0, 3], 6)).toBe(true)
  })

  it('e-colorize, cr and e-distort change the picture as they say', async () => {
    const grey = await stored(house, raw.solid(20, 20, [128, 128, 128]))
    expect(near(pixel(await render(house, 'e-colorize-co-red_in-100', grey), 5, 5), [255, 0, 0], 8)).toBe(true)
    const red = await stored(house, raw.solid(20, 20, [255, 0, 0]))
    expect(near(pixel(await render(house, 'cr-0000FF_20_FF0000', red), 5, 5), [0, 0, 255], 8)).toBe(true)
    const moved = await render(house, 'e-distort-p-0_0_10_0_10_20_0_20', red)
    expect([near(pixel(moved, 4, 10), [255, 0, 0, 255], 8), pixel(moved, 15, 10)[3]]).toEqual([true, 0])
    const bent = await render(house, 'e-distort-a-90', await stored(house, raw.solid(100, 20, RED)))
    expect([pixel(bent, 0, 0)[3], bent.height > 20]).toEqual([0, true])
  })
})

describe('expressions and conditions (§5)', () => {
  it.each([
    ['if-w_gt_500,w-100,if-else,w-20,if-end', 100],
    ['if-w_gt_700,w-100,if-else,w-20,if-end', 20],
    ['if-w_gt_700,w-100,if-end', 600],
    ['if-ar_gt_1_and_h_lt_500,w-100,if-end', 100],
    ['if-ar_lt_1_or_ih_eq_400,w-100,if-end', 100],
    ['w-300:if-w_eq_300_and_iw_eq_600,w-50,if-end', 50],
    ['if-ar_eq_3-2,w-100:w-0.5,if-end', 50],
    ['w-2_pow_3_mul_2', 64],
  ])('expression or condition %s is %i wide', async (tr, width) => {
    expect((await render(house, tr, await stored(house, raw.quadrants(600, 400)))).width).toBe(width)
  })
})

/** The normal distribution up to x. */
function normal(x: number): number {
  const steps = 2000
  let sum = 0.5
  for (let i = 0; i < steps; i++)
    sum += (Math.exp(-((((i + 0.5) * x) / steps) ** 2) / 2) / Math.sqrt(2 * Math.PI)) * (x / steps)
  return sum
}

it('orig-true hands on the stored bytes, whatever stands beside it', async () => {
  const bytes = await solid(30, 20, RED)
  await house.put('as-stored.png', bytes)
  const answer = await succeed(house, 'tr:w-10,orig-true,bl-5/as-stored.png')
  expect(answer.bytes.equals(bytes)).toBe(true)
})

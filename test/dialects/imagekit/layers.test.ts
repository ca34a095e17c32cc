import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BLUE, bordered, GREEN, near, oriented, paint, pixel, RED, raw, solid, WHITE } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { boxOf, render, stored, succeed } from './looking.ts'

let house: House
let base = ''
let logo = ''

beforeAll(async () => {
  house = await openHouse()
  base = await stored(house, raw.solid(400, 300, WHITE))
  await house.put('brand/logo.png', await solid(120, 120, RED))
  logo = 'i-brand@@logo.png'
})
afterAll(() => house.stop())

const layer = (more: string) => `l-image,${logo}${more},l-end`

describe('where a layer lies (§6.1, §6.2)', () => {
  it.each([
    ['', [140, 90]],
    [',lfo-center', [140, 90]],
    [',lfo-top', [140, 0]],
    [',lfo-bottom', [140, 180]],
    [',lfo-left', [0, 90]],
    [',lfo-right', [280, 90]],
    [',lfo-top_left', [0, 0]],
    [',lfo-top_right', [280, 0]],
    [',lfo-bottom_left', [0, 180]],
    [',lfo-bottom_right', [280, 180]],
    [',lx-10,ly-20', [10, 20]],
    [',lx-10,ly-20,lfo-right', [10, 20]],
    [',lx-N10,ly-N20', [270, 160]],
    [',lx-N0,ly-N0', [280, 180]],
    [',lx-0', [0, 90]],
    [',ly-0', [140, 0]],
    [',lxc-100,lyc-100', [40, 40]],
    [',lxc-200', [140, 90]],
    [',lx-10,lap-center', [210, 90]],
    [',lx-N60,ly-N60,lap-center', [140, 90]],
    [',lxc-0,lyc-0,lap-bottom_right', [280, 180]],
    [',lx-1000,ly-1000', [280, 180]],
    [',lx-bw_sub_cw,ly-bh_div_10', [280, 30]],
    [',lx-bw_mul_0.4', [160, 90]],
    [',lso-1,leo-2,ldu-3', [140, 90]],
  ])('a layer%s lies at %j', async (more, [left, top]) => {
    expect(boxOf(await render(house, layer(more), base), RED)).toEqual([left, top, 120, 120])
  })

  it('a layer larger than its base is cut to it', async () => {
    const seen = await render(house, 'l-image,i-ik_canvas,bg-E02020,w-1000,h-50,l-end', base)
    expect([seen.width, seen.height, boxOf(seen, RED)]).toEqual([400, 300, [0, 125, 400, 50]])
  })

  it('layers come after the parameters of their step, in the order written', async () => {
    const blue = 'l-image,i-ik_canvas,bg-2040E0,w-50,h-50,lx-0,ly-0,l-end'
    const green = 'l-image,i-ik_canvas,bg-20B020,w-20,h-20,lx-0,ly-0,l-end'
    const seen = await render(house, `${blue},${green},w-200,h-100`, base)
    expect([seen.width, boxOf(seen, BLUE)]).toEqual([200, [0, 0, 50, 50]])
    expect(boxOf(seen, GREEN)).toEqual([0, 0, 20, 20])
  })

  it('a nested layer lies on its parent', async () => {
    const inner = 'l-image,i-ik_canvas,bg-2040E0,w-20,h-20,lx-10,ly-10,l-end'
    const seen = await render(house, layer(`,lx-100,ly-100,${inner}`), base)
    expect(boxOf(seen, BLUE)).toEqual([110, 110, 20, 20])
  })
})

describe('image layers (§6.3)', () => {
  it.each([
    [',w-60', 60, 60],
    [',w-60,h-30', 60, 30],
    [',w-bw_div_4', 100, 100],
    [',h-bh_div_10', 30, 30],
    [',w-0.5', 60, 60],
    [',w-60,dpr-2', 120, 120],
    [',w-100:w-50', 50, 50],
    [',w-60,h-30,c-at_max', 30, 30],
    [',w-30,h-30,cm-extract', 30, 30],
    [',rt-90,w-60,h-30', 30, 60],
  ])('a layer%s is %i×%i', async (more, width, height) => {
    expect(boxOf(await render(house, layer(more), base), RED)?.slice(2)).toEqual([width, height])
  })

  it('loses its edges unless t-false', async () => {
    await house.put('framed.png', await bordered(raw.solid(20, 10, RED), [5, 5, 5, 5], [0, 0, 0]))
    const trimmed = await render(house, 'l-image,i-framed.png,l-end', base)
    expect([boxOf(trimmed, RED), boxOf(trimmed, [0, 0, 0])]).toEqual([[190, 145, 20, 10], undefined])
    const whole = await render(house, 'l-image,i-framed.png,t-false,l-end', base)
    expect(boxOf(whole, [0, 0, 0])).toEqual([185, 140, 30, 20])
  })

  it('is upright, has effects, radius and opacity of its own', async () => {
    await house.put('turned.jpg', await oriented(6, 40, 20))
    const seen = await render(house, 'l-image,i-turned.jpg,lx-0,ly-0,l-end', base)
    expect(near(pixel(seen, 35, 5), GREEN, 20)).toBe(true)
    const faded = await render(house, layer(',o-50,lx-0,ly-0'), base)
    expect(near(pixel(faded, 60, 60), [240, 144, 144], 3)).toBe(true)
    const round = await render(house, layer(',r-max,lx-0,ly-0'), base)
    expect([near(pixel(round, 2, 2), WHITE), near(pixel(round, 60, 60), RED)]).toEqual([true, true])
    const grey = await render(house, layer(',e-grayscale,lx-0,ly-0'), base)
    expect(new Set(pixel(grey, 60, 60)).size).toBe(1)
  })

  it('may be named in base64, which wins', async () => {
    const name = encodeURIComponent(Buffer.from('brand/logo.png').toString('base64'))
    expect(boxOf(await render(house, `l-image,i-nothing.png,ie-${name},l-end`, base), RED)).toEqual([140, 90, 120, 120])
    expect(boxOf(await render(house, `l-image,ie-${name},i-nothing.png,l-end`, base), RED)).toEqual([140, 90, 120, 120])
  })

  it('lies in any origin of the default endpoint; a missing one is 404', async () => {
    await house.put('elsewhere.png', await solid(30, 30, BLUE), 'second')
    const seen = await render(house, 'l-image,i-elsewhere.png,l-end', base)
    expect(boxOf(seen, BLUE)).toEqual([185, 135, 30, 30])
    const missing = await house.ask(`tr:l-image,i-nowhere.png,l-end/${base}`)
    expect([missing.status, missing.text]).toEqual([404, 'Not Found'])
    expect(missing.headers.get('ik-error')).toMatch(/^ENOENT - /)
  })

  it.each([
    ['lm-multiply', [0, 0, 0]],
    ['lm-cutter', undefined],
    ['lm-cutout', undefined],
  ])('a layer blends: %s', async (mode, dark) => {
    const blue = await stored(house, raw.solid(40, 40, [0, 0, 255]))
    const seen = await render(house, `l-image,i-ik_canvas,bg-FF0000,w-20,h-20,lx-0,ly-0,${mode},l-end`, blue)
    const [under, beside] = [pixel(seen, 5, 5), pixel(seen, 30, 30)]
    if (dark !== undefined) expect([near(under, dark, 2), near(beside, [0, 0, 255])]).toEqual([true, true])
    else if (mode === 'lm-cutter') expect([under, beside[3]]).toEqual([[0, 0, 255, 255], 0])
    else expect([under[3], beside]).toEqual([0, [0, 0, 255, 255]])
  })

  it('lm-displace shifts the picture by the red and green of the layer', async () => {
    const halves = await stored(
      house,
      paint(100, 40, (x) => (x < 50 ? [0, 0, 255] : [0, 255, 0])),
    )
    const seen = await render(house, 'l-image,i-ik_canvas,bg-FF8080,w-100,h-40,lm-displace,lx-20,ly-0,l-end', halves)
    expect(near(pixel(seen, 60, 20), [0, 0, 255], 6)).toBe(true)
    expect(near(pixel(seen, 80, 20), [0, 255, 0], 6)).toBe(true)
  })
})

describe('solid and gradient blocks (§6.4)', () => {
  it.each([
    ['bg-E02020', [0, 0, 400, 300]],
    ['bg-E02020,w-300,h-100', [50, 100, 300, 100]],
    ['bg-E02020,w-bw_div_2,h-bh_div_3,lfo-top_left', [0, 0, 200, 100]],
    ['bg-E02020,w-0.5,h-10,lfo-top_left', [0, 0, 200, 10]],
  ])('a block %s', async (block, box) => {
    expect(boxOf(await render(house, `l-image,i-ik_canvas,${block},l-end`, base), RED)).toEqual(box)
  })

  it.each([
    ['bg-FF0000,al-5', [255, 127, 127]],
    ['bg-FF000080', [255, 51, 51]],
    ['bg-FF000080,al-1', [255, 51, 51]],
    ['bg-red,al-5', [255, 0, 0]],
  ])('a block %s has the colour %j on white', async (block, colour) => {
    const seen = await render(house, `l-image,i-ik_canvas,${block},l-end`, base)
    expect(near(pixel(seen, 200, 150), colour, 2)).toBe(true)
  })

  it('has round corners and gradients', async () => {
    const round = await render(house, 'l-image,i-ik_canvas,bg-E02020,w-100,h-100,r-max,lx-0,ly-0,l-end', base)
    expect([near(pixel(round, 3, 3), WHITE), near(pixel(round, 50, 50), RED)]).toEqual([true, true])
    const shade = await render(
      house,
      'l-image,i-ik_canvas,e-gradient-ld-right_from-red_to-blue,w-200,h-50,lx-0,ly-0,l-end',
      base,
    )
    expect(near(pixel(shade, 0, 10), [254, 0, 1], 4) && near(pixel(shade, 199, 10), [1, 0, 254], 4)).toBe(true)
  })
})

describe('texts (§6.5)', () => {
  const text = (more: string) => `l-text,${more},l-end`

  it('is black, centred, trimmed to its ink', async () => {
    const box = boxOf(await render(house, text('i-HHHH,fs-60'), base), [0, 0, 0], 90)
    expect(box).toBeDefined()
    const [left = 0, top = 0, width = 0, height = 0] = box ?? []
    expect(Math.abs(left + width / 2 - 200)).toBeLessThan(3)
    expect(Math.abs(top + height / 2 - 150)).toBeLessThan(3)
    // Capitals of Open Sans are 0.714 em high.
    expect(Math.abs(height - 43)).toBeLessThan(4)
  })

  it('has a box with padding, colour, opacity and corners', async () => {
    const seen = await render(house, text('i-H,fs-40,co-FFFFFF,bg-2040E0,pa-10_20,lx-0,ly-0'), base)
    const plain = await render(house, text('i-H,fs-40,lx-0,ly-0'), base)
    const [, , inkWidth = 0, inkHeight = 0] = boxOf(plain, [0, 0, 0], 200) ?? []
    const [left, top, width = 0, height = 0] = boxOf(seen, BLUE) ?? []
    expect([left, top]).toEqual([0, 0])
    expect(Math.abs(width - inkWidth - 40)).toBeLessThan(4)
    expect(Math.abs(height - inkHeight - 20)).toBeLessThan(4)
    const glass = await render(house, text('i-H,fs-40,co-2040E0,bg-2040E0,pa-10,al-5,lx-0,ly-0'), base)
    expect(near(pixel(glass, 3, 3), [143, 159, 239], 4)).toBe(true)
  })

  it('wraps within a width, grows with the base', async () => {
    const wrapped = await render(house, text('i-one two three four,fs-30,w-120,bg-2040E0,co-white,lx-0,ly-0'), base)
    const [, , width, height = 0] = boxOf(wrapped, BLUE) ?? []
    expect([width, height > 60]).toEqual([120, true])
    const large = boxOf(await render(house, text('i-H,fs-bh_div_2'), base), [0, 0, 0], 90)
    expect(Math.abs((large?.[3] ?? 0) - 107)).toBeLessThan(6)
  })

  it('is text, never markup', async () => {
    for (const raw of ['AT&T', '<b>x</b>', '&amp;', 'Grüße', 'שלום', '100%']) {
      const tr = text(`ie-${encodeURIComponent(Buffer.from(raw).toString('base64'))},fs-30`)
      expect(boxOf(await render(house, tr, base), [0, 0, 0], 90)).toBeDefined()
    }
  })

  it('comes from the query with blanks, rotated and in another style', async () => {
    const answer = await succeed(house, `${base}?tr=l-text,i-hello+world,fs-30,tg-b_i,ff-Roboto,rt-90,l-end`)
    expect(answer.type).toMatch(/^image\//)
  })
})

describe('what is refused', () => {
  it.each([
    ['w-300,l-image,i-brand@@logo.png,w-bw_div_2,l-end', 'stands alone'],
    ['l-text,i-a,fs-cw_div_2,l-end', 'only bw, bh and bar'],
    ['l-image,i-ik_canvas,bg-red,w-iw,l-end', 'only bw, bh and bar'],
    ['l-image,i-ik_canvas,bg-dominant,l-end', 'one colour'],
    ['l-image,lx-1,l-end', 'needs an input'],
    ['l-text,fs-10,l-end', 'needs a text'],
    ['l-image,i-a.png,lx-1,lxc-2,l-end', 'exclude each other'],
    ['l-video,i-a.mp4,l-end', 'not available'],
    ['l-nothing,i-a,l-end', 'no layer of type'],
    ['l-image,i-a,l-image,i-b,l-image,i-c,l-image,i-d,l-end,l-end,l-end,l-end', 'nested 3 deep'],
    ['l-image,i-brand@@logo.png,q-50,f-png,l-end', "no parameter 'f'"],
    ['l-image,i-brand@@logo.png,pg-2,l-end', 'pg'],
    ['l-text,i-a,fs-99999,l-end', 'fs takes'],
    ['w-bw', 'baseWidth'],
  ])('is refused: %s', async (tr, reason) => {
    const answer = await house.ask(`tr:${tr}/${base}`)
    expect([answer.status, answer.text]).toEqual([400, 'Bad transformation request'])
    expect(answer.headers.get('ik-error')).toContain(reason)
  })
})

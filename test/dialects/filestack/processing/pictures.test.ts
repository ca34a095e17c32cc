import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collageCells } from '../../../../src/dialects/filestack/processing/compile/collage.ts'
import {
  animated,
  BLUE,
  decode,
  GREEN,
  near,
  oriented,
  type Pixels,
  paint,
  pixel,
  RED,
  type Rgb,
  raw,
  WHITE,
  YELLOW,
} from '../../../support/pictures.ts'
import { boxOf, wrongPixels } from '../../imagekit/looking.ts'
import { type Cdn, openCdn } from './cdn.ts'

let cdn: Cdn
const picture = raw.gradient(60, 40)
let source = ''
let quads = ''
const quadrants = raw.quadrants(60, 40)
const BLACK = [0, 0, 0]

beforeAll(async () => {
  cdn = await openCdn()
  source = await cdn.put(picture)
  quads = await cdn.put(quadrants)
})
afterAll(() => cdn.stop())

const sizeOf = ({ width, height }: Pixels) => [width, height]
const shifted = (from: Pixels, x: number, y: number) => (px: number, py: number) => pixel(from, px + x, py + y)

describe('resize', () => {
  it.each([
    ['w:30', 30, 20],
    ['h:80', 120, 80],
    ['w:7', 7, 5],
    ['w:30,h:30', 30, 20],
    ['w:90,h:90', 90, 60],
    ['w:90,h:90,f:max', 60, 40],
    ['w:90,f:max', 60, 40],
    ['w:30,h:30,f:max', 30, 20],
    ['w:30,h:30,f:scale', 30, 30],
    ['w:90,f:scale', 90, 60],
    ['w:30,h:30,f:crop', 30, 30],
    ['w:90,h:90,f:crop', 90, 90],
    ['w:20,f:crop', 20, 13],
  ])('%s makes 60×40 %i×%i', async (options, width, height) => {
    expect(sizeOf(await cdn.see(`resize=${options}`, source))).toEqual([width, height])
  })

  it.each([
    ['center', 10],
    ['left', 0],
    ['right', 20],
    ['top', 10],
    ['[top,left]', 0],
    ['[middle,right]', 20],
    ['faces', 10],
  ])('crop keeps what stands at %s', async (align, left) => {
    const seen = await cdn.see(`resize=w:40,h:40,fit:crop,align:${align}`, source)
    expect(wrongPixels(seen, shifted(picture, left, 0), 0)).toBe(0)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('a photo of EXIF orientation %i comes out upright', async (orientation) => {
    const handle = await cdn.put(oriented(orientation, 64, 48), 'photo.jpg', 'image/jpeg')
    const answer = await cdn.get(`/resize=w:32/${handle}`)
    const seen = await decode(answer.bytes)
    expect(sizeOf(seen)).toEqual([32, 24])
    expect(
      [pixel(seen, 4, 4), pixel(seen, 28, 4), pixel(seen, 4, 20)].map((one, i) =>
        near(one, [RED, GREEN, BLUE][i] ?? RED, 20),
      ),
    ).toEqual([true, true, true])
    expect((await sharp(answer.bytes).metadata()).orientation ?? 1).toBe(1)
  })
})

describe('crop', () => {
  it('cuts from the top-left corner', async () => {
    const seen = await cdn.see('crop=dim:[7,5,20,10]', source)
    expect(sizeOf(seen)).toEqual([20, 10])
    expect(wrongPixels(seen, shifted(picture, 7, 5), 0)).toBe(0)
  })

  it('drops what lies outside, and refuses what lies beside', async () => {
    const seen = await cdn.see('crop=d:[50,30,100,100]', source)
    expect(sizeOf(seen)).toEqual([10, 10])
    expect(wrongPixels(seen, shifted(picture, 50, 30), 0)).toBe(0)
    expect((await cdn.send('GET', `/crop=dim:[60,0,10,10]/${source}`)).status).toBe(400)
  })

  it('measures on the upright picture', async () => {
    const handle = await cdn.put(oriented(6, 64, 48), 'photo.jpg', 'image/jpeg')
    expect(near(pixel(await cdn.see('crop=dim:[40,2,20,20]', handle), 10, 10), GREEN, 20)).toBe(true)
  })
})

describe('turns and mirrors', () => {
  it('rotate turns clockwise', async () => {
    const seen = await cdn.see('rotate=deg:90', source)
    expect(sizeOf(seen)).toEqual([40, 60])
    expect(wrongPixels(seen, (x, y) => pixel(picture, y, 39 - x), 0)).toBe(0)
  })

  it('the canvas grows, and its corners are filled', async () => {
    const seen = await cdn.see('rotate=deg:45,background:red', quads)
    expect(sizeOf(seen)).toEqual([71, 71])
    expect(pixel(seen, 0, 0).slice(0, 3)).toEqual([255, 0, 0])
    const plain = await cdn.see('rotate=deg:45', quads)
    expect(pixel(plain, 70, 70).slice(0, 3)).toEqual([255, 255, 255])
    const open = await cdn.see('rotate=deg:45,background:transparent', quads)
    expect(pixel(open, 0, 0)[3]).toBe(0)
  })

  it('exif turns by the tag, exif:false leaves the stored pixels and forgets it', async () => {
    const handle = await cdn.put(oriented(6, 64, 48), 'photo.jpg', 'image/jpeg')
    for (const task of ['rotate=deg:exif', 'rotate=exif:true']) {
      expect(sizeOf(await cdn.see(task, handle))).toEqual([64, 48])
    }
    const answer = await cdn.get(`/rotate=exif:false/${handle}`)
    const { width, height, orientation = 1 } = await sharp(answer.bytes).metadata()
    expect([width, height, orientation]).toEqual([48, 64, 1])
  })

  it('flip swaps top and bottom, flop left and right', async () => {
    expect(wrongPixels(await cdn.see('flip', source), (x, y) => pixel(picture, x, 39 - y), 0)).toBe(0)
    expect(wrongPixels(await cdn.see('flop', source), (x, y) => pixel(picture, 59 - x, y), 0)).toBe(0)
  })
})

describe('colours', () => {
  const grey = (one: readonly number[]) => Math.max(...one.slice(0, 3)) - Math.min(...one.slice(0, 3)) <= 2

  it('monochrome is grey, negative is inverted', async () => {
    const seen = await decode((await cdn.get(`/monochrome/${source}`)).bytes)
    expect(wrongPixels(seen, (x, y) => (grey(pixel(seen, x, y)) ? undefined : [-99]), 0)).toBe(0)
    const inverted = await cdn.see('negative', source)
    expect(wrongPixels(inverted, (x, y) => pixel(picture, x, y).map((one) => 255 - one), 1)).toBe(0)
  })

  it('sepia is brown, and stronger with its tone', async () => {
    const flat = await cdn.put(raw.solid(8, 8, [120, 120, 120]))
    const [r = 0, g = 0, b = 0] = pixel(await cdn.see('sepia=tone:100', flat), 4, 4)
    expect(r > g && g > b).toBe(true)
    const weak = pixel(await cdn.see('sepia=tone:20', flat), 4, 4)
    expect(Math.abs((weak[0] ?? 0) - (weak[2] ?? 0))).toBeLessThan(r - b)
    expect(near(pixel(await cdn.see('sepia=tone:0', flat), 4, 4), [120, 120, 120], 0)).toBe(true)
  })

  it('blackwhite has two levels, and less black below a lower threshold', async () => {
    const ramp = await cdn.put(paint(101, 4, (x) => [2.55 * x, 2.55 * x, 2.55 * x]))
    for (const [threshold, black] of [
      [20, 20],
      [50, 50],
      [90, 90],
    ] as const) {
      const seen = await cdn.see(`blackwhite=threshold:${threshold}`, ramp)
      const dark = Array.from({ length: 101 }, (_, x) => pixel(seen, x, 1)[0]).filter((one) => one === 0).length
      expect(Math.abs(dark - black)).toBeLessThanOrEqual(1)
    }
  })

  it('modulate: brightness, saturation in percent, hue in degrees', async () => {
    const red = await cdn.put(raw.solid(8, 8, [200, 40, 40]))
    const at = async (options: string) => pixel(await cdn.see(`modulate=${options}`, red), 4, 4)
    expect(near(await at('brightness:100'), [200, 40, 40], 1)).toBe(true)
    expect(grey(await at('saturation:0'))).toBe(true)
    expect((await at('brightness:50'))[0]).toBeLessThan(150)
    const [r = 0, g = 0] = await at('hue:120')
    expect(g).toBeGreaterThan(r)
  })
})

describe('softness and grain', () => {
  it('blur softens edges, sharpen strengthens them', async () => {
    const edge = await cdn.put(paint(40, 8, (x) => (x < 20 ? [80, 80, 80] : [160, 160, 160])))
    const soft = await cdn.see('blur=amount:4', edge)
    expect(pixel(soft, 16, 4)[0]).toBeGreaterThan(85)
    expect(near(pixel(soft, 1, 4), [80, 80, 80], 2)).toBe(true)
    const hard = await cdn.see('sharpen=amount:4', edge)
    expect(pixel(hard, 19, 4)[0]).toBeLessThan(78)
    for (const idle of ['blur=amount:0', 'sharpen=amount:0']) {
      expect(wrongPixels(await cdn.see(idle, source), shifted(picture, 0, 0), 0)).toBe(0)
    }
  })

  it('pixelate makes blocks of that size', async () => {
    const seen = await cdn.see('pixelate=amount:10', source)
    expect(wrongPixels(seen, (x, y) => pixel(seen, x - (x % 10), y - (y % 10)), 0)).toBe(0)
    expect(near(pixel(seen, 0, 0), pixel(picture, 4, 4), 12)).toBe(true)
  })

  it('oil_paint flattens grain and keeps areas', async () => {
    const grainy = raw.noise(40, 40, 3)
    const seen = await cdn.see('oil_paint=amount:4', await cdn.put(grainy))
    const steps = (of: Pixels) => {
      let sum = 0
      for (let x = 1; x < 40; x++) sum += Math.abs((pixel(of, x, 20)[0] ?? 0) - (pixel(of, x - 1, 20)[0] ?? 0))
      return sum
    }
    expect(steps(seen)).toBeLessThan(steps(grainy) / 2)
    expect(near(pixel(await cdn.see('oil_paint', quads), 5, 5), RED, 1)).toBe(true)
  })

  it.each(['partial_blur', 'partial_pixelate'])('%s works in its areas only', async (task) => {
    const stripes = paint(60, 40, (x) => (x % 2 === 0 ? [255, 255, 255] : [0, 0, 0]))
    const handle = await cdn.put(stripes)
    const seen = await cdn.see(`${task}=objects:[[10,10,20,20],[45,0,100,8]],amount:6,blur:0`, handle)
    const inside = (x: number, y: number) => (x >= 10 && x < 30 && y >= 10 && y < 30) || (x >= 45 && y < 8)
    expect(wrongPixels(seen, (x, y) => (inside(x, y) ? undefined : pixel(stripes, x, y)), 0)).toBe(0)
    expect(near(pixel(seen, 20, 20), [128, 128, 128], 20)).toBe(true)
    const oval = await cdn.see(`${task}=objects:[[10,10,20,20]],amount:6,blur:0,type:oval`, handle)
    expect(near(pixel(oval, 10, 10), pixel(stripes, 10, 10), 0)).toBe(true)
    expect(near(pixel(oval, 20, 20), [128, 128, 128], 20)).toBe(true)
  })
})

describe('shapes and frames', () => {
  it('rounded corners are transparent PNG, or lie on a colour', async () => {
    const jpeg = await cdn.put(raw.solid(60, 40, RED), 'a.png')
    const seen = await cdn.see('rounded_corners=radius:12', jpeg)
    expect([pixel(seen, 0, 0)[3], pixel(seen, 30, 0)[3], pixel(seen, 0, 20)[3]]).toEqual([0, 255, 255])
    expect((await cdn.see('rounded_corners=radius:max', jpeg)).channels).toBe(4)
    const most = await cdn.see('round_corners=radius:max', jpeg)
    expect(pixel(most, 2, 2)[3]).toBe(0)
    expect(pixel(most, 19, 1)[3]).toBeGreaterThan(200)
    const flat = await cdn.see('rounded_corners=radius:12,background:yellow', jpeg)
    expect(pixel(flat, 0, 0).slice(0, 3)).toEqual([255, 255, 0])
  })

  it.each([
    ['rounded_corners', 'image/png'],
    ['rounded_corners=background:white', 'image/jpeg'],
    ['circle', 'image/png'],
    ['circle=background:white', 'image/jpeg'],
    ['vignette', 'image/png'],
    ['torn_edges', 'image/png'],
    ['torn_edges=background:black', 'image/jpeg'],
    ['shadow', 'image/png'],
    ['polaroid', 'image/jpeg'],
    ['polaroid=rotate:10', 'image/png'],
    ['rotate=deg:10', 'image/jpeg'],
    ['rotate=deg:10,background:transparent', 'image/png'],
    ['circle/resize=w:10', 'image/png'],
    ['circle/output=format:jpg', 'image/jpeg'],
    ['circle/border=background:white', 'image/jpeg'],
  ])('a JPEG after %s is %s', async (tasks, type) => {
    const handle = await cdn.put(oriented(1), 'photo.jpg', 'image/jpeg')
    const answer = await cdn.get(`/${tasks}/${handle}`)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('content-disposition')).toContain(type === 'image/png' ? '"photo.png"' : '"photo.jpg"')
  })

  it('circle keeps the inscribed ellipse', async () => {
    const seen = await cdn.see('circle', source)
    const inside = (x: number, y: number) => ((x + 0.5 - 30) / 30) ** 2 + ((y + 0.5 - 20) / 20) ** 2
    const wrong = wrongPixels(seen, (x, y) => {
      const far = inside(x, y)
      if (far > 1.1) return [...pixel(seen, x, y).slice(0, 3), 0]
      return far < 0.9 ? [...pixel(picture, x, y), 255] : undefined
    })
    expect(wrong).toBe(0)
  })

  it('vignette fades towards the edges by its amount', async () => {
    const seen = await cdn.see('vignette=amount:80', source)
    expect(pixel(seen, 30, 20)).toEqual([...pixel(picture, 30, 20), 255])
    expect(pixel(seen, 0, 0)[3]).toBeLessThan(80)
    expect(pixel(await cdn.see('vignette=amount:80,blurmode:linear', source), 45, 20)[3]).not.toBe(
      pixel(seen, 45, 20)[3],
    )
    expect(near(pixel(await cdn.see('vignette=amount:100,background:black', source), 0, 0), BLACK, 2)).toBe(true)
  })

  it('polaroid has a frame with a wider bottom', async () => {
    const seen = await cdn.see('polaroid=color:lime', source)
    expect(sizeOf(seen)).toEqual([64, 50])
    expect(
      wrongPixels(
        seen,
        (x, y) => (x >= 2 && x < 62 && y >= 2 && y < 42 ? pixel(picture, x - 2, y - 2) : [0, 255, 0]),
        0,
      ),
    ).toBe(0)
    const turned = await cdn.see('polaroid=rotate:90', source)
    expect(sizeOf(turned)).toEqual([50, 64])
    expect(near(pixel(turned, 2, 30), [255, 250, 250], 0)).toBe(true)
  })

  it('torn_edges takes between its two numbers off each side', async () => {
    const seen = await cdn.see('torn_edges=spread:[2,6]', source)
    expect(sizeOf(seen)).toEqual([60, 40])
    for (let x = 8; x < 52; x++) {
      expect(pixel(seen, x, 0)[3]).toBe(0)
      expect(pixel(seen, x, 8)[3]).toBe(255)
    }
    expect(near(pixel(await cdn.see('torn_edges=spread:[2,6],background:red', source), 0, 0), [255, 0, 0], 0)).toBe(
      true,
    )
  })

  it('shadow falls to where its vector points, on a canvas that holds it', async () => {
    const handle = await cdn.put(raw.solid(20, 20, RED))
    const seen = await cdn.see('shadow=vector:[10,5],blur:0,opacity:100,color:blue', handle)
    expect(sizeOf(seen)).toEqual([30, 25])
    const wrong = wrongPixels(seen, (x, y) => {
      if (x < 20 && y < 20) return [...RED, 255]
      return x >= 10 && y >= 5
        ? [0, 0, 255, 255]
        : [pixel(seen, x, y)[0] ?? 0, pixel(seen, x, y)[1] ?? 0, pixel(seen, x, y)[2] ?? 0, 0]
    })
    expect(wrong).toBe(0)
    const other = await cdn.see('shadow=vector:[-10,0],blur:0,opacity:50', handle)
    expect(sizeOf(other)).toEqual([30, 20])
    expect(near(pixel(other, 4, 10), [0, 0, 0, 128], 1)).toBe(true)
    expect(sizeOf(await cdn.see('shadow', handle))).toEqual([44, 44])
  })

  it('border grows the picture by twice its width, and shows its background through holes', async () => {
    const seen = await cdn.see('border=width:5,color:lime', source)
    expect(sizeOf(seen)).toEqual([70, 50])
    expect(
      wrongPixels(
        seen,
        (x, y) => (x >= 5 && x < 65 && y >= 5 && y < 45 ? pixel(picture, x - 5, y - 5) : [0, 255, 0]),
        0,
      ),
    ).toBe(0)
    const logo = await cdn.put(raw.logo(40, 40))
    expect(pixel(await cdn.see('border=width:3', logo), 4, 4).slice(0, 3)).toEqual([255, 255, 255])
    expect(pixel(await cdn.see('border=width:3,background:transparent', logo), 4, 4)[3]).toBe(0)
  })
})

describe('several pictures', () => {
  it.each([
    ['', 20, 10],
    ['position:top', 20, 0],
    ['position:[bottom,right]', 40, 20],
    ['p:[left,middle]', 0, 10],
    ['size:50', 25, 15],
    ['size:200', 10, 0],
    ['size:500', 0, 0],
  ])('watermark %s lies at %i,%i', async (options, left, top) => {
    const mark = await cdn.put(raw.solid(20, 20, WHITE))
    const seen = await cdn.see(`watermark=file:${mark}${options && `,${options}`}`, quads)
    expect(sizeOf(seen)).toEqual([60, 40])
    const box = boxOf(seen, WHITE, 4)
    expect(box?.slice(0, 2)).toEqual([left, top])
  })

  it('collage lays the source first, then the files in their order', async () => {
    const handles = await Promise.all([GREEN, BLUE, YELLOW].map((colour) => cdn.put(raw.solid(50, 50, colour))))
    const red = await cdn.put(raw.solid(50, 50, RED))
    const seen = await cdn.see(`collage=files:[${handles.join(',')}],width:110,height:110,margin:10,color:000`, red)
    expect(sizeOf(seen)).toEqual([110, 110])
    const cells = collageCells(4, { width: 110, height: 110 }, 10)
    expect(cells).toEqual([
      { x: 10, y: 10, width: 40, height: 40 },
      { x: 60, y: 10, width: 40, height: 40 },
      { x: 10, y: 60, width: 40, height: 40 },
      { x: 60, y: 60, width: 40, height: 40 },
    ])
    const colours = [RED, GREEN, BLUE, YELLOW]
    const wrong = wrongPixels(seen, (x, y) => {
      const at = cells.findIndex((c) => x >= c.x && x < c.x + c.width && y >= c.y && y < c.y + c.height)
      return at === -1 ? BLACK : colours[at]
    })
    expect(wrong).toBe(0)
  })

  it('collage: fit crop fills the cells, auto keeps the whole pictures', async () => {
    const wide = await cdn.put(raw.solid(80, 20, GREEN))
    const seen = await cdn.see(`collage=files:[${wide}],width:110,height:60,margin:10,color:000`, wide)
    expect(boxOf(seen, GREEN)).toEqual([10, 25, 90, 10])
    const full = await cdn.see(`collage=files:[${wide}],width:110,height:60,margin:10,color:000,fit:crop`, wide)
    expect(boxOf(full, GREEN)).toEqual([10, 10, 90, 40])
    expect((await cdn.send('GET', `/collage=files:[${wide}],width:20,height:20,margin:10/${wide}`)).status).toBe(400)
  })

  it('a collage grid covers the canvas, whatever the number of pictures', () => {
    for (let count = 2; count <= 100; count++) {
      for (const [width, height] of [
        [1000, 1000],
        [1600, 900],
        [300, 2000],
      ] as const) {
        const cells = collageCells(count, { width, height }, 3)
        expect(cells).toHaveLength(count)
        const area = cells.reduce((sum, cell) => sum + (cell.width + 3) * (cell.height + 3), 0)
        expect(area).toBe((width - 3) * (height - 3))
        expect(Math.min(...cells.map((cell) => Math.min(cell.width, cell.height)))).toBeGreaterThan(0)
      }
    }
  })

  it('animate makes a GIF of a list', async () => {
    const green = await cdn.put(raw.solid(60, 40, GREEN))
    const tall = await cdn.put(raw.solid(20, 40, BLUE))
    const answer = await cdn.get(`/animate=delay:200,loop:3/[${source},${green},${tall}]`)
    expect(answer.headers.get('content-type')).toBe('image/gif')
    const { pages, delay, loop, pageHeight, width } = await sharp(answer.bytes, { animated: true }).metadata()
    expect({ pages, delay, loop, pageHeight, width }).toEqual({
      pages: 3,
      delay: [200, 200, 200],
      loop: 3,
      pageHeight: 40,
      width: 60,
    })
    const frame = async (page: number) => decode(answer.bytes, { page })
    expect(near(pixel(await frame(1), 30, 20), GREEN, 4)).toBe(true)
    const last = await frame(2)
    expect(near(pixel(last, 30, 20), BLUE, 4)).toBe(true)
    expect(pixel(last, 2, 20)[3]).toBe(0)
  })

  it('animate: a box, a colour, and tasks before it for every picture', async () => {
    const tall = await cdn.put(raw.solid(20, 40, BLUE))
    const list = `[${quads},${tall}]`
    const answer = await cdn.get(`/rotate=deg:90/animate=width:30,height:30,fit:crop,background:lime/${list}`)
    const { pages, pageHeight, width } = await sharp(answer.bytes, { animated: true }).metadata()
    expect([pages, pageHeight, width]).toEqual([2, 30, 30])
    expect(near(pixel(await decode(answer.bytes, { page: 0 }), 2, 2), BLUE, 8)).toBe(true)
    const boxed = await cdn.get(`/animate=background:lime/${list}`)
    expect(near(pixel(await decode(boxed.bytes, { page: 1 }), 2, 20), [0, 255, 0], 8)).toBe(true)
  })

  it('animations stay animations', async () => {
    const gif = await cdn.put(await animated('gif'), 'a.gif', 'image/gif')
    for (const tasks of ['resize=w:20', 'circle', 'flip']) {
      const answer = await cdn.get(`/${tasks}/${gif}`)
      expect((await sharp(answer.bytes).metadata()).pages).toBe(3)
      expect(answer.headers.get('content-type')).toBe('image/gif')
    }
  })
})

describe('from left to right', () => {
  it.each([
    ['crop=dim:[0,0,30,20]/flop', (x: number, y: number) => pixel(picture, 29 - x, y)],
    ['flop/crop=dim:[0,0,30,20]', (x: number, y: number) => pixel(picture, 59 - x, y)],
    ['rotate=deg:90/crop=dim:[0,0,10,10]', (x: number, y: number) => pixel(picture, y, 39 - x)],
    ['crop=dim:[0,0,10,10]/rotate=deg:90', (x: number, y: number) => pixel(picture, y, 9 - x)],
  ])('%s', async (tasks, expected) => {
    expect(wrongPixels(await cdn.see(tasks, source), expected, 0)).toBe(0)
  })

  it('a frame is turned with the picture or laid around the turned one', async () => {
    expect(sizeOf(await cdn.see('border=width:5/resize=w:35', source))).toEqual([35, 25])
    expect(sizeOf(await cdn.see('resize=w:35/border=width:5', source))).toEqual([45, 33])
    const colour: Rgb = [0, 255, 0]
    const before = await cdn.see('border=width:4,color:lime/negative', source)
    expect(near(pixel(before, 1, 1), [255, 0, 255], 2)).toBe(true)
    const after = await cdn.see('negative/border=width:4,color:lime', source)
    expect(near(pixel(after, 1, 1), colour, 2)).toBe(true)
  })
})

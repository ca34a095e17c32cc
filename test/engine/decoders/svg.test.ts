import { describe, expect, it } from 'vitest'
import { readInput } from '../../../src/engine/source.ts'
import type { Size } from '../../../src/plan/facts.ts'
import { encode, type Pixels, pixel, raw } from '../../support/pictures.ts'
import { LIMITS, startReading } from './reading.ts'

const { workers, facts, read, end } = startReading()

const NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const drawing = (root: string, content: string) => Buffer.from(`<svg ${NAMESPACES} ${root}>${content}</svg>`)
const RED_HALF = '<rect width="50%" height="100%" fill="#f00"/>'

/** Drawn at other sides than its own, as a plan may ask. */
async function readAt(bytes: Uint8Array, wish: Size, limits = LIMITS): Promise<Pixels> {
  const input = await readInput(bytes, await facts(bytes), { page: 0, count: 1 }, limits, workers, wish)
  if (input.kind !== 'frames') throw new Error('no pixels')
  const { data, width, height, channels } = input.frames
  return { width, height, channels, data: Buffer.from(data) }
}

/** The box around everything that is not quite transparent. */
function ink({ width, height, data }: Pixels): { left: number; top: number; right: number; bottom: number } {
  const box = { left: width, top: height, right: 0, bottom: 0 }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((data[(y * width + x) * 4 + 3] ?? 0) < 16) continue
      box.left = Math.min(box.left, x)
      box.top = Math.min(box.top, y)
      box.right = Math.max(box.right, x + 1)
      box.bottom = Math.max(box.bottom, y + 1)
    }
  }
  return box
}

const inkedPixels = ({ data }: Pixels) => data.filter((value, at) => at % 4 === 3 && value > 128).length

describe('what is drawn', () => {
  it('shapes stand where the numbers say, on a transparent ground', async () => {
    const picture = await read(
      drawing('width="20" height="10"', '<rect x="3" y="2" width="5" height="4" fill="#08f"/>'),
    )
    expect(picture).toMatchObject({ width: 20, height: 10, channels: 4 })
    expect(ink(picture)).toEqual({ left: 3, top: 2, right: 8, bottom: 6 })
    expect([pixel(picture, 3, 2), pixel(picture, 7, 5)]).toEqual([
      [0, 136, 255, 255],
      [0, 136, 255, 255],
    ])
    expect(pixel(picture, 0, 0)).toEqual([0, 0, 0, 0])
  })

  it('half-transparent colours keep their value', async () => {
    const picture = await read(
      drawing('width="4" height="4"', '<rect width="4" height="4" fill="#c86432" opacity=".5"/>'),
    )
    const [r = 0, g = 0, b = 0, alpha] = pixel(picture, 1, 1)
    expect(alpha).toBe(128)
    for (const [seen, wanted] of [
      [r, 200],
      [g, 100],
      [b, 50],
    ] as const) {
      expect(Math.abs(seen - wanted)).toBeLessThanOrEqual(1)
    }
  })

  it('pictures inside of the file', async () => {
    const png = (await encode(raw.quadrants(8, 8), 'png')).toString('base64')
    const picture = await read(
      drawing('width="8" height="8"', `<image width="8" height="8" href="data:image/png;base64,${png}"/>`),
    )
    expect(pixel(picture, 0, 0)).toEqual([224, 32, 32, 255])
    expect(pixel(picture, 7, 7)).toEqual([240, 208, 16, 255])
  })

  it('elements that are used again, styles, and entities that only name a namespace', async () => {
    const text = `<?xml version="1.0"?>
      <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
        <!ENTITY ns "http://www.w3.org/2000/svg">
      ]>
      <svg xmlns="&ns;" xmlns:xlink="http://www.w3.org/1999/xlink" width="8" height="4">
        <style>.a { fill: #0f0 }</style>
        <defs><rect id="r" class="a" width="2" height="2"/></defs>
        <use xlink:href="#r" x="4" y="1"/>
      </svg>`
    const picture = await read(Buffer.from(text))
    expect(ink(picture)).toEqual({ left: 4, top: 1, right: 6, bottom: 3 })
    expect(pixel(picture, 5, 2)).toEqual([0, 255, 0, 255])
  })

  it('the encoding that the file declares', async () => {
    const text = `<?xml version="1.0" encoding="iso-8859-1"?><svg ${NAMESPACES} width="8" height="4"><title>\xe9</title>${RED_HALF}</svg>`
    expect(ink(await read(Buffer.from(text, 'latin1')))).toEqual({ left: 0, top: 0, right: 4, bottom: 4 })
    expect(await end(Buffer.from(text.replace('iso-8859-1', 'utf-8'), 'latin1'))).toBe('image-corrupt')
    expect(await end(Buffer.from(text.replace('iso-8859-1', 'klingon'), 'latin1'))).toBe('unsupported')
  })

  it('a prefix of its own, and a sign that closes a tag inside of a value', async () => {
    const text = `<s:svg xmlns:s="http://www.w3.org/2000/svg" data-a="1 > width='9'" width="8" height='4'><s:rect width="4" height="4"/></s:svg>`
    expect(await facts(Buffer.from(text))).toMatchObject({ width: 8, height: 4 })
    expect(ink(await read(Buffer.from(text)))).toEqual({ left: 0, top: 0, right: 4, bottom: 4 })
  })
})

describe('sides', () => {
  it.each([
    ['in millimetres', 'width="25.4mm" height="12.7mm"', 96, 48],
    ['in points and picas', 'width="72pt" height="3pc"', 96, 48],
    ['in inches and centimetres', 'width="1in" height="2.54cm"', 96, 96],
    ['without unit, with a fraction', 'width="9.6" height="4.4"', 10, 4],
    ['relative ones are those of the view box', 'width="100%" height="50%" viewBox="0 0 40 20"', 40, 20],
    ['one of them, and a view box', 'height="50" viewBox="10 10 40 20"', 100, 50],
    ['none', '', 300, 150],
    ['one of them, without a view box', 'width="40"', 40, 150],
  ])('%s', async (_, root, width, height) => {
    const bytes = drawing(root, RED_HALF)
    expect(await facts(bytes)).toMatchObject({ format: 'svg', width, height, alpha: true })
    const picture = await read(bytes)
    expect([picture.width, picture.height]).toEqual([width, height])
    expect(pixel(picture, 0, 0)).toEqual([255, 0, 0, 255])
  })

  it('the view box is scaled to them, margins in the middle', async () => {
    const box = '<rect x="10" y="10" width="10" height="10"/>'
    const wide = await read(drawing('width="80" height="40" viewBox="10 10 10 10"', box))
    expect(ink(wide)).toEqual({ left: 20, top: 0, right: 60, bottom: 40 })
    const left = await read(drawing('width="80" height="40" viewBox="10 10 10 10" preserveAspectRatio="xMinYMin"', box))
    expect(ink(left)).toEqual({ left: 0, top: 0, right: 40, bottom: 40 })
    const full = await read(drawing('width="80" height="40" viewBox="10 10 10 10" preserveAspectRatio="none"', box))
    expect(ink(full)).toEqual({ left: 0, top: 0, right: 80, bottom: 40 })
  })
})

describe('drawn at the sides that are needed', () => {
  it('edges stay sharp when enlarged', async () => {
    const bytes = drawing('width="10" height="10"', '<rect x="3" width="4" height="10"/>')
    const picture = await readAt(bytes, { width: 1000, height: 1000 })
    expect(ink(picture)).toEqual({ left: 300, top: 0, right: 700, bottom: 1000 })
    expect([299, 300, 699, 700].map((x) => pixel(picture, x, 500)[3])).toEqual([0, 255, 255, 0])
  })

  it('without a view box as with one, and stretched', async () => {
    for (const root of ['width="10" height="10"', 'viewBox="0 0 10 10"']) {
      const picture = await readAt(drawing(root, RED_HALF), { width: 30, height: 7 })
      expect([picture.width, picture.height]).toEqual([30, 7])
      expect(ink(picture)).toEqual({ left: 0, top: 0, right: 15, bottom: 7 })
    }
  })

  it('a rounded side leaves no seam', async () => {
    const ground = '<rect width="158" height="33"/>'
    const picture = await readAt(drawing('viewBox="0 0 158 33"', ground), { width: 200, height: 42 })
    expect([pixel(picture, 0, 0)[3], pixel(picture, 199, 41)[3]]).toEqual([255, 255])
  })

  it('margins around a view box keep their share', async () => {
    const bytes = drawing('width="20" height="10" viewBox="0 0 10 10"', '<rect width="100%" height="100%"/>')
    expect(ink(await readAt(bytes, { width: 200, height: 100 }))).toEqual({ left: 50, top: 0, right: 150, bottom: 100 })
    const stretched = await readAt(bytes, { width: 200, height: 50 })
    expect([stretched.width, stretched.height]).toEqual([200, 100])
  })

  it('never in more pixels than allowed', async () => {
    const bytes = drawing('width="10" height="10"', RED_HALF)
    const limits = { ...LIMITS, inputPixels: 10_000 }
    expect(await readAt(bytes, { width: 2000, height: 500 }, limits)).toMatchObject({ width: 200, height: 50 })
    expect(await readAt(drawing('width="90000" height="90000"', RED_HALF), { width: 20, height: 20 })).toMatchObject({
      width: 20,
      height: 20,
    })
    expect(await end(drawing('width="90000" height="90000"', RED_HALF))).toBe('too-large')
  })
})

describe('text', () => {
  const written = async (attributes: string, text = 'Tintype') =>
    read(drawing('width="200" height="60"', `<text x="5" y="40" font-size="30" ${attributes}>${text}</text>`))

  it('has ink, whatever the font is called', async () => {
    const plain = await written('')
    expect(inkedPixels(plain)).toBeGreaterThan(300)
    expect((await written('font-family="Arial, Helvetica"')).data.equals(plain.data)).toBe(true)
    expect((await written('font-family="Open Sans"')).data.equals(plain.data)).toBe(true)
  })

  it('is written in the built-in family that it names, bold and italic', async () => {
    const plain = await written('')
    const seen = new Map<string, Pixels>()
    for (const style of [
      'font-family="Lobster"',
      'style="font-family: Lato"',
      'font-family="serif"',
      `style="fill: #000; font-family: 'Courier New', monospace"`,
      'font-weight="bold"',
      'font-style="italic"',
    ]) {
      seen.set(style, await written(style))
    }
    const different = new Set([plain, ...seen.values()].map(({ data }) => data.toString('latin1')))
    expect(different.size).toBe(seen.size + 1)
    const bold = seen.get('font-weight="bold"') ?? plain
    expect(inkedPixels(bold)).toBeGreaterThan(inkedPixels(plain) * 1.15)
  })

  it('has letters that the default family lacks', async () => {
    const arabic = await written('', '\u0627\u0644\u0639\u0631\u0628\u064a\u0629')
    expect(inkedPixels(arabic)).toBeGreaterThan(150)
    expect((await written('', '&#x627;&#x644;&#x639;&#x631;&#x628;&#x64a;&#x629;')).data.equals(arabic.data)).toBe(true)
  })

  it('has the size of a browser where none is said', async () => {
    const size = (attribute: string) =>
      read(drawing('width="200" height="60"', `<text x="5" y="40" ${attribute}>Tintype</text>`))
    expect((await size('')).data.equals((await size('font-size="16"')).data)).toBe(true)
  })
})

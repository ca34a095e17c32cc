/** Drawings made to do harm: each ends in a fault or in pixels, and the next picture is drawn as if nothing had been. */
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { drawSvg } from '../../../src/engine/decoders/resvg.ts'
import { pixel } from '../../support/pictures.ts'
import { startWebOrigin } from '../../support/web-origin.ts'
import { LIMITS, startReading } from './reading.ts'

const { facts, read, end } = startReading({ limitMs: 4000 })

const NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const drawing = (content: string, root = 'width="100" height="100"', before = '') =>
  Buffer.from(`${before}<svg ${NAMESPACES} ${root}>${content}</svg>`)
const filtered = (filter: string) =>
  drawing(`<filter id="f">${filter}</filter><rect width="50" height="50" filter="url(#f)"/>`)
const times = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i)).join('')

async function expectHealthy(): Promise<void> {
  expect(pixel(await read(drawing('<rect width="100" height="100" fill="#0f0"/>')), 50, 50)).toEqual([0, 255, 0, 255])
}

describe('what never ends is stopped, and its thread replaced', () => {
  it.each([
    ['noise of endless octaves', filtered('<feTurbulence baseFrequency=".01" numOctaves="2000000000"/>')],
    [
      'masks in masks',
      drawing(
        `<mask id="m0"><rect width="99" height="99"/></mask>${times(
          10,
          (i) =>
            `<mask id="m${i + 1}">${`<rect width="99" height="99" fill="#fff" mask="url(#m${i})"/>`.repeat(10)}</mask>`,
        )}<rect width="99" height="99" mask="url(#m10)"/>`,
      ),
    ],
  ])('%s', async (_, bytes) => {
    expect(await facts(bytes)).toMatchObject({ format: 'svg', width: 100, height: 100 })
    expect(await end(bytes)).toBe('timed-out')
    await expectHealthy()
  })
})

describe('what grows is refused', () => {
  const uses = times(12, (i) => `<g id="u${i + 1}">${`<use xlink:href="#u${i}"/>`.repeat(10)}</g>`)
  const names = [...'abcdefghij']
  const entities = (first: string) =>
    `<!DOCTYPE svg [<!ENTITY a "${first}">${names
      .slice(1)
      .map((name, i) => `<!ENTITY ${name} "${`&${names[i]};`.repeat(10)}">`)
      .join('')}]>`

  it.each([
    [
      'elements used by elements that are used',
      drawing(`<defs><rect id="u0"/>${uses}</defs><use xlink:href="#u12"/>`),
      'too-large',
    ],
    [
      'elements that use each other',
      drawing('<g id="a"><use xlink:href="#b"/></g><g id="b"><use xlink:href="#a"/></g>'),
      'too-large',
    ],
    ['entities of letters', drawing('&j;', '', entities('aaaaaaaaaa')), 'image-corrupt'],
    ['entities of elements', drawing('&j;', '', entities('<g/>')), 'image-corrupt'],
    ['elements inside of each other', drawing(`${'<g>'.repeat(200_000)}${'</g>'.repeat(200_000)}`), 'too-large'],
    ['an arc of infinite radius', drawing('<path d="M0 0A1e30 1e30 0 0 1 1e38 1e38z" stroke="red"/>'), 'too-large'],
    ['more than 16 MB', Buffer.concat([drawing(''), Buffer.alloc(2 ** 24, ' ')]), 'too-large'],
  ])('%s', async (_, bytes, code) => {
    expect(await end(bytes)).toBe(code)
    await expectHealthy()
  })

  it('layers upon layers end at the bound on memory', async () => {
    const layers = 200
    const groups = `${'<g opacity=".5"><rect width="9999" height="9999"/>'.repeat(layers)}${'</g>'.repeat(layers)}`
    expect(await end(drawing(groups, 'width="2000" height="2000"'))).toBe('too-large')
    await expectHealthy()
  })

  it('a small picture inside that claims to be huge', async () => {
    const content = `<image width="9" height="9" href="data:image/png;base64,${hugePng(60_000).toString('base64')}"/>`
    expect(['read', 'too-large', 'image-corrupt']).toContain(await end(drawing(content)))
    await expectHealthy()
  })
})

describe('what is odd ends in pixels or a fault', () => {
  it.each([
    ['an element that uses itself', drawing('<g id="a"><use xlink:href="#a"/></g>')],
    ['a pattern of itself', drawing('<pattern id="p"><rect fill="url(#p)"/></pattern><rect fill="url(#p)"/>')],
    [
      'numbers beyond numbers',
      drawing('<rect width="NaN" height="1e400" transform="matrix(1e30 1e30 1e30 1e30 0 0)"/>'),
    ],
    ['a filter as large as the world', filtered('<feGaussianBlur stdDeviation="1e9"/>')],
    ['a filter that grows', filtered('<feMorphology operator="dilate" radius="100000"/>')],
    ['text of giants', drawing(`<text font-size="1e9" letter-spacing="1e30">${'a'.repeat(10_000)}</text>`)],
    [
      'a drawing in a drawing, huge',
      drawing(
        `<image width="99" height="99" href="data:image/svg+xml;base64,${drawing('<rect/>', 'width="1000000" height="1000000"').toString('base64')}"/>`,
      ),
    ],
    ['nothing but a beginning', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"')],
    ['no namespace', Buffer.from('<svg width="5" height="5"><rect/></svg>')],
    ['what is not well-formed', Buffer.from(`<svg ${NAMESPACES}><g></svg>`)],
    [
      'a root of ten thousand attributes',
      drawing(
        '',
        times(10_000, (i) => `a${i}="${i}"`),
      ),
    ],
    ['NUL and other signs that XML forbids', drawing('\0\u0001\ufffe')],
  ])('%s', async (_, bytes) => {
    expect(['read', 'image-corrupt', 'too-large']).toContain(await end(bytes))
    await expectHealthy()
  })

  it('packed drawings are no pictures', async () => {
    await expect(facts(gzipSync(drawing('')))).rejects.toMatchObject({ code: 'not-an-image' })
  })

  it('huge sides are facts, but no picture', async () => {
    const bytes = drawing('', 'width="100000" height="100000"')
    expect(await facts(bytes)).toMatchObject({ width: 100_000, height: 100_000 })
    expect(await end(bytes)).toBe('too-large')
    expect(await facts(drawing('', 'width="1e300" height="1e300"'))).toMatchObject({ width: 2 ** 31 - 1 })
  })
})

describe('nothing outside of the file is read', () => {
  it('no address, no file', async () => {
    const origin = await startWebOrigin()
    try {
      const sources = [`${origin.url}/a.png`, 'file:///etc/hostname', '/etc/hostname', '../../package.json']
      const content = sources
        .map(
          (href) =>
            `<image href="${href}" width="9" height="9"/><image xlink:href="${href}" width="9" height="9"/>` +
            `<use href="${href}#a"/><style>@import "${href}";@font-face{src:url(${href})}</style>` +
            `<rect width="5" height="5" fill="url(${href}#b)" filter="url(${href}#c)"/>`,
        )
        .join('')
      const picture = await read(drawing(`<rect x="50" width="50" height="50" fill="#0f0"/>${content}`))
      expect(pixel(picture, 75, 25)).toEqual([0, 255, 0, 255])
      expect(await end(drawing('&x;', '', '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>'))).toBe(
        'image-corrupt',
      )
      expect(origin.requests).toEqual([])
    } finally {
      await origin.stop()
    }
  })

  it('no script runs', async () => {
    const content =
      '<script>document.documentElement.remove()</script><rect width="9" height="9" onload="x()"/>' +
      '<foreignObject width="99" height="99"><p xmlns="http://www.w3.org/1999/xhtml">hello</p></foreignObject>'
    const picture = await read(drawing(content))
    expect([pixel(picture, 5, 5), pixel(picture, 50, 50)]).toEqual([
      [0, 0, 0, 255],
      [0, 0, 0, 0],
    ])
  })
})

it('the memory of the renderer is bounded from within', async () => {
  const groups = `${'<g opacity=".5"><rect width="2000" height="2000"/>'.repeat(60)}${'</g>'.repeat(60)}`
  const text = drawing(groups, 'width="2000" height="2000"').toString()
  await expect(drawSvg(text, [], { width: 2000, height: 2000 })).rejects.toMatchObject({
    code: 'too-large',
    message: 'the drawing needs more memory than allowed',
    context: { format: 'svg', reason: 'unreachable' },
  })
  expect(LIMITS.inputPixels).toBeGreaterThanOrEqual(4_000_000)
})

/** One colour, one bit a pixel: a few kilobytes that unpack to `side`² pixels. */
function hugePng(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(data.length)
    head.write(type, 4, 'latin1')
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])))
    return Buffer.concat([head, data, tail])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 6], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(2 ** 20))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

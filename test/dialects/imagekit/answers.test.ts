import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as broken from '../../support/broken-pictures.ts'
import { animated, decode, encode, photo, RED, raw, solid, svg, withExif, withProfile } from '../../support/pictures.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
  await house.put('a/b.jpg', await photo(120, 80, 'jpeg'))
  await house.put('red.png', await solid(60, 40, RED))
  await house.put('moving.gif', await animated('gif'))
})
afterAll(() => house.stop())
beforeEach(() => house.origin.reset())
afterEach(() => {
  house.configure({})
  house.now = Date.UTC(2026, 0, 1)
})

const WEBP = { accept: 'image/webp,*/*' }
const BOTH = { accept: 'image/avif,image/webp,*/*' }

describe('the format (§8)', () => {
  const photograph = () => photo(90, 60, 'jpeg')
  const png = () => encode(raw.photo(90, 60))
  const alpha = () => encode(raw.logo(60, 60))
  const opaqueAlpha = () => encode(raw.solid(40, 40, [9, 99, 199, 255]))
  const moving = () => animated('gif')
  it.each([
    ['a photo', photograph, '', {}, 'image/jpeg'],
    ['a photo', photograph, '', { accept: '*/*' }, 'image/jpeg'],
    ['a photo', photograph, '', WEBP, 'image/webp'],
    ['a photo', photograph, '', BOTH, 'image/webp'],
    ['a photo', photograph, '', { accept: 'image/webp;q=0,*/*' }, 'image/jpeg'],
    ['a photo', photograph, 'f-auto', WEBP, 'image/webp'],
    ['a photo', photograph, 'f-jpg', WEBP, 'image/jpeg'],
    ['a photo', photograph, 'f-jpeg', WEBP, 'image/jpeg'],
    ['a photo', photograph, 'f-png', WEBP, 'image/png'],
    ['a photo', photograph, 'f-webp', {}, 'image/webp'],
    ['a photo', photograph, 'f-avif', {}, 'image/avif'],
    ['a photo', photograph, 'f-orig', WEBP, 'image/jpeg'],
    ['a photo', photograph, 'f-gif', {}, 'image/jpeg'],
    ['a photo', photograph, 'f-svg', {}, 'image/jpeg'],
    ['a photo', photograph, 'r-10', {}, 'image/png'],
    ['a photo', photograph, 'r-10,bg-red', {}, 'image/jpeg'],
    ['a photo', photograph, 'r-10', WEBP, 'image/webp'],
    ['an opaque PNG', png, '', {}, 'image/jpeg'],
    ['an opaque PNG', opaqueAlpha, '', {}, 'image/jpeg'],
    ['an opaque PNG', png, 'f-orig', {}, 'image/png'],
    ['an opaque PNG', png, 'lo-true', {}, 'image/png'],
    ['a logo', alpha, '', {}, 'image/png'],
    ['a logo', alpha, 'bg-white', {}, 'image/jpeg'],
    ['a GIF', moving, '', {}, 'image/gif'],
    ['a GIF', moving, '', BOTH, 'image/webp'],
    ['a GIF', moving, 'f-gif', WEBP, 'image/gif'],
    ['a TIFF', () => encode(raw.quadrants(20, 20), 'tiff'), '', {}, 'image/jpeg'],
    ['a BMP', () => encode(raw.quadrants(20, 20), 'bmp'), 'f-orig', {}, 'image/jpeg'],
  ])('%s %o%s for %j', async (_what, make, tr, headers, type) => {
    const name = `c-${_what.replaceAll(' ', '')}-${tr}-${JSON.stringify(headers).length}.png`
    await house.put(name, await make())
    const answer = await succeed(house, `${tr === '' ? '' : `tr:${tr}/`}${name}`, headers)
    expect(answer.type).toBe(type)
  })

  it('AVIF only when the account turned it on, and never with cp or e-usm', async () => {
    house.configure({ autoAvif: true })
    expect((await succeed(house, 'a/b.jpg', BOTH)).type).toBe('image/avif')
    expect((await succeed(house, 'tr:cp-true/a/b.jpg', BOTH)).type).toBe('image/webp')
    expect((await succeed(house, 'tr:e-usm-1-1-1-0/a/b.jpg', BOTH)).type).toBe('image/webp')
    expect((await succeed(house, 'moving.gif', BOTH)).type).toBe('image/webp')
  })

  it('without auto format the source format stays, and nothing varies', async () => {
    house.configure({ autoFormat: false })
    const answer = await succeed(house, 'a/b.jpg', BOTH)
    expect([answer.type, answer.headers.get('vary')]).toEqual(['image/jpeg', null])
    expect((await succeed(house, 'tr:f-auto/a/b.jpg', BOTH)).type).toBe('image/webp')
  })

  it('an SVG stays as it is, whatever else is asked for', async () => {
    await house.put('shape.svg', svg(30, 20))
    for (const rest of ['shape.svg', 'tr:w-10/shape.svg', 'tr:f-auto,w-10/shape.svg', 'tr:f-svg/shape.svg']) {
      const answer = await succeed(house, rest, WEBP)
      expect([answer.type, answer.bytes.equals(svg(30, 20))]).toEqual(['image/svg+xml', true])
      expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    }
  })

  it('quality, progressive and metadata', async () => {
    const size = async (rest: string) => (await succeed(house, rest)).bytes.length
    expect(await size('tr:q-20/a/b.jpg')).toBeLessThan(await size('a/b.jpg'))
    expect(await size('tr:q-80/a/b.jpg')).toBe(await size('a/b.jpg'))
    const meta = async (rest: string) => sharp((await succeed(house, rest)).bytes).metadata()
    expect((await meta('a/b.jpg')).isProgressive).toBe(false)
    expect((await meta('tr:pr-true/a/b.jpg')).isProgressive).toBe(true)
    expect((await meta('a/b.jpg')).chromaSubsampling).toBe('4:4:4')
    await house.put('exif.jpg', await withExif(40, 30))
    expect((await meta('exif.jpg')).exif).toBeUndefined()
    expect((await meta('tr:md-true/exif.jpg')).exif).toBeDefined()
    await house.put('p3.jpg', await withProfile(40, 30))
    expect([(await meta('p3.jpg')).icc, (await meta('tr:cp-true/p3.jpg')).icc !== undefined]).toEqual([undefined, true])
    expect((await meta('tr:dn-144/a/b.jpg')).density).toBe(144)
    house.configure({ chroma420: true, quality: 30, keepMetadata: 'all', png: 'minimum' })
    expect((await meta('tr:w-99/a/b.jpg')).chromaSubsampling).toBe('4:2:0')
    expect((await meta('tr:w-20/exif.jpg')).exif).toBeDefined()
    expect((await meta('tr:w-20,md-false/exif.jpg')).exif).toBeUndefined()
    expect((await meta('tr:w-20,f-png/a/b.jpg')).isPalette).toBeFalsy()
    house.configure({})
    expect((await meta('tr:w-20,f-png/a/b.jpg')).isPalette).toBe(true)
  })

  it('the largest size of the account holds where the URL asks for none', async () => {
    house.configure({ maxWidth: 60, maxHeight: 30 })
    expect(await decode((await succeed(house, 'a/b.jpg')).bytes)).toMatchObject({ width: 45, height: 30 })
    expect(await decode((await succeed(house, 'tr:w-90/a/b.jpg')).bytes)).toMatchObject({ width: 90, height: 60 })
    expect(await decode((await succeed(house, 'tr:bl-1/red.png')).bytes)).toMatchObject({ width: 45, height: 30 })
  })
})

describe('client hints (§9)', () => {
  it.each([
    ['w-10,dpr-auto', { 'sec-ch-dpr': '2' }, 20, null, 'Accept, Sec-CH-DPR, DPR'],
    ['w-10,dpr-auto', { dpr: '1.5' }, 15, null, 'Accept, Sec-CH-DPR, DPR'],
    ['w-10,dpr-auto', {}, 10, null, 'Accept, Sec-CH-DPR, DPR'],
    ['w-auto', { 'sec-ch-width': '150' }, 200, null, 'Accept, Sec-CH-Width, Width'],
    ['w-auto', { width: '212' }, 300, null, 'Accept, Sec-CH-Width, Width'],
    ['w-auto', { width: '600' }, 600, null, 'Accept, Sec-CH-Width, Width'],
    ['w-auto', {}, 120, null, 'Accept, Sec-CH-Width, Width'],
    [
      'w-auto,dpr-auto',
      { 'sec-ch-width': '212', 'sec-ch-dpr': '2' },
      300,
      '2.83',
      'Accept, Sec-CH-DPR, DPR, Sec-CH-Width, Width',
    ],
    ['w-10,dpr-auto', { 'sec-ch-dpr': 'many' }, 10, null, 'Accept, Sec-CH-DPR, DPR'],
  ])('%s with %j is %i wide', async (tr, headers, width, density, vary) => {
    const answer = await succeed(house, `tr:${tr}/a/b.jpg`, headers)
    expect((await decode(answer.bytes)).width).toBe(width)
    expect([answer.headers.get('content-dpr'), answer.headers.get('vary')]).toEqual([density, vary])
  })

  it('Save-Data counts only where the account turned the data saver on', async () => {
    const saving = { 'save-data': 'on', 'sec-ch-dpr': '2' }
    const plain = await succeed(house, 'a/b.jpg', saving)
    expect(plain.headers.get('vary')).toBe('Accept')
    house.configure({ dataSaver: true })
    const saved = await succeed(house, 'a/b.jpg', saving)
    expect(saved.bytes.length).toBeLessThan(plain.bytes.length)
    expect(saved.headers.get('vary')).toBe('Accept, Save-Data')
    expect((await decode((await succeed(house, 'tr:w-10,dpr-auto/a/b.jpg', saving)).bytes)).width).toBe(10)
  })
})

describe('answers (§10)', () => {
  it('carry the headers of the service', async () => {
    const { headers } = await succeed(house, 'a/b.jpg', WEBP)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'public, s-maxage=15552000, max-age=15552000, must-revalidate',
      'access-control-allow-origin': '*',
      'timing-allow-origin': '*',
      'accept-ranges': 'bytes',
      vary: 'Accept',
      'x-content-type-options': 'nosniff',
    })
    expect(headers.get('etag')).toMatch(/^"/)
    expect(headers.has('x-server')).toBe(false)
  })

  it('files that are no pictures are handed on as they are', async () => {
    await house.put('app.js', Buffer.from('let a = 1'))
    await house.put('notes', Buffer.from('just some words'))
    await house.put('doc.pdf', Buffer.from('%PDF-1.4 not really'))
    for (const [rest, text] of [
      ['app.js', 'let a = 1'],
      ['tr:w-100/app.js', 'let a = 1'],
      ['tr:w-100/notes', 'just some words'],
      ['tr:w-100/doc.pdf', '%PDF-1.4 not really'],
    ] as const) {
      const answer = await succeed(house, rest)
      expect(answer.text).toBe(text)
      expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    }
  })

  it('a layer that is no picture does not let the base through untouched', async () => {
    await house.put('base', await solid(20, 20, RED))
    await house.put('words', Buffer.from('just some words'))
    const answer = await house.ask('tr:l-image,i-words,l-end/base')
    expect(answer.status).toBe(400)
  })

  it.each([
    ['missing', 'missing.jpg', 404, 'ENOENT'],
    ['a name that promises a picture', 'words.jpg', 400, 'EINVAL'],
    ['damaged', 'cut.jpg', 400, 'EINVAL'],
    ['too large', 'bomb.png', 400, 'ELIMIT'],
    ['a folder', 'a', 404, 'ENOENT'],
    ['dots', 'a/%2e%2e%2fb.jpg', 400, 'EINVAL'],
    ['a broken escape', 'a/%ZZ.jpg', 400, 'EINVAL'],
    ['beyond what WebP holds', 'tr:w-20000,h-10,c-force,f-webp/red.png', 400, 'ELIMIT'],
    ['above the result limit', 'tr:w-60000,h-60000/red.png', 400, 'ELIMIT'],
  ])('an error: %s', async (_what, rest, status, code) => {
    await house.put('words.jpg', Buffer.from('just some words'))
    await house.put('cut.jpg', (await photo(400, 300, 'jpeg')).subarray(0, 4000))
    await house.put('bomb.png', broken.lyingPng())
    const answer = await house.ask(rest)
    expect([answer.status, answer.headers.get('ik-error')?.split(' - ')[0]]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  it.each([
    [403, 'EACCES'],
    [401, 'EACCES'],
    [500, 'UNIDENTIFIED'],
  ])('an origin that answers %i is 404 %s', async (status, code) => {
    house.configure({}, { endpoints: [{ prefix: '', origins: ['assets'] }] })
    house.origin.answer(`/assets/failing-${status}.png`, { status })
    const answer = await house.ask(`failing-${status}.png`)
    expect([answer.status, answer.text, answer.headers.get('ik-error')?.split(' - ')[0]]).toEqual([
      404,
      'Not Found',
      code,
    ])
  })

  it('a picture above 40 MB is 400 ELIMIT, a file of another kind is not', async () => {
    const large = Buffer.alloc(40 * 1024 * 1024 + 1)
    for (const name of ['large.png', 'large.zip']) await house.put(name, large)
    const answer = await house.ask('tr:w-5/large.png')
    expect([answer.status, answer.headers.get('ik-error')?.split(' - ')[0]]).toEqual([400, 'ELIMIT'])
    expect((await house.send('HEAD', '/ik/demo/large.zip')).headers.get('content-length')).toBe(String(large.length))
  })

  it('a document above 5 MB is not drawn', async () => {
    await house.put('large.pdf', Buffer.alloc(5 * 1024 * 1024 + 1, '%PDF-1.4 '))
    const answer = await house.ask('large.pdf/ik-thumbnail.jpg')
    expect([answer.status, answer.headers.get('ik-error')?.split(' - ')[0]]).toEqual([400, 'ELIMIT'])
    expect((await house.send('HEAD', '/ik/demo/large.pdf')).status).toBe(200)
  })

  it('the last failure other than missing is reported', async () => {
    house.origin.answer('/assets/denied.png', { status: 403 })
    const answer = await house.ask('denied.png')
    expect([answer.status, answer.headers.get('ik-error')?.split(' - ')[0]]).toEqual([404, 'EACCES'])
  })
})

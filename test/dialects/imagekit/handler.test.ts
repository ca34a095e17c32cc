import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createImagekit } from '../../../src/dialects/imagekit/handler.ts'
import { signed } from '../../../src/dialects/imagekit/signature.ts'
import * as broken from '../../support/broken-pictures.ts'
import {
  animated,
  decode,
  encode,
  GREEN,
  logo,
  near,
  photo,
  pixel,
  quadrants,
  RED,
  raw,
  solid,
  svg,
  withExif,
  withProfile,
} from '../../support/pictures.ts'
import { keyOf, PRIVATE_KEY, PUBLIC_KEY } from './account.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
  await house.put('a/b.jpg', await photo(120, 80, 'jpeg'))
  await house.put('red.png', await solid(60, 40, RED))
  await house.put('logo.png', await logo(60, 40))
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

describe('the forms of a URL (§2)', () => {
  it.each([
    ['a/b.jpg', 120, 80],
    ['tr:w-60/a/b.jpg', 60, 40],
    ['a/tr:w-60/b.jpg', 60, 40],
    ['a/b.jpg?tr=w-60,h-20', 60, 20],
    ['a/b.jpg?tr=h-20%2Cw-60', 60, 20],
    ['tr:w-60:rt-90/a/b.jpg', 40, 60],
    ['tr:w-60/a/b.jpg?tr=rt-90', 40, 60],
    ['a/b.jpg?tr=', 120, 80],
    ['a//b.jpg', 120, 80],
    ['ik-seo/a/b/some-name.jpg?tr=w-30', 30, 20],
    ['a/b.jpg?updatedAt=123&v=2&ik-sdk-version=javascript-1&ik-obj-version=x', 120, 80],
    ['tr:n-ik_ml_thumbnail/a/b.jpg', 120, 80],
    ['tr:n-media_library_thumbnail/a/b.jpg', 120, 80],
  ])('the URL %s', async (rest, width, height) => {
    expect(await decode((await succeed(house, rest)).bytes)).toMatchObject({ width, height })
  })

  it('repeated requests are answered the same, from what was remembered', async () => {
    const first = await succeed(house, 'tr:w-33/a/b.jpg', WEBP)
    const again = await succeed(house, 'tr:w-33/a/b.jpg', WEBP)
    expect(again.bytes.equals(first.bytes)).toBe(true)
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    const etag = first.headers.get('etag') ?? ''
    expect((await house.ask('tr:w-33/a/b.jpg', { ...WEBP, 'if-none-match': etag })).status).toBe(304)
    const part = await house.ask('tr:w-33/a/b.jpg', { ...WEBP, range: 'bytes=0-9' })
    expect([part.status, part.bytes.length]).toEqual([206, 10])
  })

  it('HEAD has no body, OPTIONS is CORS, other methods are 405', async () => {
    const head = await house.send('HEAD', '/ik/demo/a/b.jpg')
    expect([head.status, head.bytes.length, Number(head.headers.get('content-length')) > 0]).toEqual([200, 0, true])
    const options = await house.send('OPTIONS', '/ik/demo/a/b.jpg')
    expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    const post = await house.send('POST', '/ik/demo/a/b.jpg')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  it('ik-attachment downloads under a name', async () => {
    const named = await succeed(house, 'a/b.jpg?ik-attachment=true')
    expect(named.headers.get('content-disposition')).toBe('attachment; filename="b.jpg"')
    const other = await succeed(house, 'a/b.jpg?ik-attachment=true&ik-attachment-filename=m%C3%A4rz%22x')
    expect(other.headers.get('content-disposition')).toBe(
      `attachment; filename="m_rz_x.jpg"; filename*=UTF-8''m%C3%A4rz%22x.jpg`,
    )
  })
})

describe('endpoints and origins (§1.3, §1.4)', () => {
  it('origins are asked in order, and what the first does not have comes from the next', async () => {
    await house.put('both.png', await solid(8, 8, RED))
    await house.put('both.png', await solid(8, 8, GREEN), 'second')
    await house.put('only.png', await solid(8, 8, GREEN), 'second')
    house.origin.answer('/assets/far.png', { headers: { 'content-type': 'image/png' }, body: await solid(8, 8, GREEN) })
    for (const [name, colour] of [
      ['both.png', RED],
      ['only.png', GREEN],
      ['far.png', GREEN],
    ] as const) {
      expect(near(pixel(await decode((await succeed(house, `${name}?tr=f-png`)).bytes), 4, 4), colour)).toBe(true)
    }
  })

  it('the longest prefix wins, and a bound host drops project and prefix', async () => {
    await house.put('shop/x.png', await solid(8, 8, RED))
    await house.put('x.png', await solid(8, 8, GREEN), 'second')
    house.configure(
      {},
      {
        endpoints: [
          { prefix: '', origins: ['bucket'] },
          { prefix: 'shop', origins: ['second'] },
        ],
      },
    )
    const colourOf = async (answer: Promise<{ status: number; bytes: Buffer }>) => {
      const { status, bytes } = await answer
      return status === 200 ? pixel(await decode(bytes), 4, 4) : status
    }
    expect(await colourOf(house.ask('tr:f-png/shop/x.png'))).toEqual([...RED])
    expect(await colourOf(house.ask('shop/tr:f-png/x.png'))).toEqual([...GREEN])
    expect(await colourOf(house.send('GET', '/x.png?tr=f-png', { 'x-forwarded-host': 'cdn.test' }))).toEqual([...GREEN])
    expect(await colourOf(house.ask('shopping/x.png'))).toBe(404)
  })

  it('without the default endpoint nothing is served beside the prefixes', async () => {
    house.configure({}, { endpoints: [{ prefix: 'shop', origins: ['second'] }] })
    const answer = await house.ask('a/b.jpg')
    expect([answer.status, answer.text]).toEqual([404, 'Not Found'])
  })

  it('the media library is asked first', async () => {
    await house.put('lib.png', await solid(8, 8, RED))
    await house.put('lib.png', await solid(8, 8, GREEN), 'second')
    house.configure({}, { mediaLibrary: 'second', endpoints: [{ prefix: '', origins: ['bucket'] }] })
    expect(pixel(await decode((await succeed(house, 'lib.png?tr=f-png')).bytes), 4, 4)).toEqual([...GREEN])
  })

  it('encodeKeys decides how a key is read: image+example.jpg both ways', async () => {
    house.configure(
      {},
      {
        endpoints: [
          { prefix: '', origins: ['second'] },
          { prefix: 'plain', origins: ['bucket'] },
        ],
      },
    )
    await house.put('dir/image%2Bexample.jpg', await quadrants(20, 10, 'jpeg'), 'second')
    expect((await house.ask('dir/image+example.jpg')).status).toBe(200)
    expect((await house.ask('plain/dir/image+example.jpg')).status).toBe(404)
    await house.put('other/image+example.jpg', await quadrants(20, 10, 'jpeg'))
    expect((await house.ask('plain/other/image+example.jpg')).status).toBe(200)
    expect((await house.ask('plain/other/image%2Bexample.jpg')).status).toBe(200)
  })

  it('an origin with a canonical base names the original in a Link header', async () => {
    await house.put('dir/a b.jpg', await quadrants(20, 10, 'jpeg'))
    const plain = await succeed(house, 'tr:w-10/dir/a%20b.jpg?v=1')
    expect(plain.headers.get('link')).toBe('<https://www.example.com/media/dir/a%20b.jpg>; rel="canonical"')
    await house.put('only2.png', await solid(8, 8, GREEN), 'second')
    expect((await succeed(house, 'only2.png')).headers.get('link')).toBeNull()
  })

  it('a web server is told who asks, and gets the query that is not ours', async () => {
    house.origin.answer('/assets/dir/a%20b+c.png?alt=media&token=a%2Fb', { body: await solid(8, 8, GREEN) })
    await succeed(house, 'dir/a%20b+c.png?alt=media&tr=w-4&token=a%2Fb&ik-sdk-version=1')
    expect(house.origin.requests[0]?.headers['x-req-from']).toBe('imagekit')
  })

  it('an absolute URL is read only from hosts that a key allows', async () => {
    const url = `${house.origin.url}/far/away.png`
    house.origin.answer('/far/away.png', { body: await solid(8, 8, GREEN) })
    expect((await house.ask(`tr:w-4/${url}`)).status).toBe(404)
    house.configure({}, {}, [keyOf(PUBLIC_KEY, { allowedHosts: ['127.0.0.1'] })])
    for (const form of [url, encodeURIComponent(url), url.replace('//', '/')]) {
      expect((await house.ask(`tr:w-4/${form}`)).status).toBe(200)
    }
    expect((await house.ask(`tr:w-4/http://other.test/a.png`)).status).toBe(404)
  })

  it('a missing picture is replaced by the default one, transformed alike, wherever that lies', async () => {
    await house.put('defaults/none.png', await solid(40, 40, GREEN), 'second')
    const answer = await succeed(house, 'tr:w-10,di-@@defaults@@none.png,f-png/nowhere.png')
    const seen = await decode(answer.bytes)
    expect([seen.width, pixel(seen, 5, 5)]).toEqual([10, [...GREEN]])
    expect(answer.headers.get('link')).toBeNull()
    expect((await house.ask('tr:w-10,di-none/nowhere.png')).status).toBe(404)
  })

  it('nothing answers for unknown accounts, or for keys of other dialects', async () => {
    for (const target of ['/ik/nobody/a/b.jpg', '/ik/', '/ik', '/ik/demo', '/ik/demo/', '/ik/demo?x=1']) {
      const answer = await house.send('GET', target)
      expect([target, answer.status, answer.text]).toEqual([target, 404, 'Not Found'])
    }
    house.configure({}, {}, [keyOf(PUBLIC_KEY, { dialects: ['pixboost'] })])
    expect((await house.ask('a/b.jpg')).status).toBe(404)
  })
})

describe('signatures and restrictions (§11)', () => {
  it('nothing that permits stands in the log', () => {
    const log = { warn: () => undefined, error: () => undefined }
    const { directory, delivery } = house
    const surface = createImagekit({ directory, delivery, keySecret: () => undefined, log })
    expect(surface.loggable?.('/ik/demo/tr:w-1/a.jpg?ik-t=1&ik-s=abc')).toBe('/ik/demo/tr:w-1/a.jpg')
    expect(surface.loggable?.('/ik/demo/https%3A%2F%2Fa.test%2Fb%3Ftoken=x')).toBe('/ik/demo/https%3A%2F%2Fa.test%2Fb')
  })

  it('a valid signature is accepted until it expires, a wrong one never', async () => {
    const rest = 'tr:w-20/a/b.jpg?v=1'
    const expiry = Date.UTC(2026, 0, 1) / 1000 + 60
    const url = signed(rest, PRIVATE_KEY, expiry)
    expect((await house.ask(url)).status).toBe(200)
    house.now += 61_000
    const expired = await house.ask(url)
    expect([expired.status, expired.text]).toEqual([401, 'Unauthorized'])
    expect(expired.headers.get('ik-error')).toContain('expired')
    expect((await house.ask(url.replace('w-20', 'w-21'))).status).toBe(401)
    expect((await house.ask(signed(rest, 'other_key_of_nobody'))).status).toBe(401)
    expect((await house.ask(signed(rest, PRIVATE_KEY))).status).toBe(200)
  })

  it('is taken for any endpoint that the URL matches', async () => {
    house.configure(
      { restrictUnsigned: true },
      {
        endpoints: [
          { prefix: '', origins: ['bucket'] },
          { prefix: 'a', origins: ['bucket'] },
        ],
      },
    )
    await house.put('b.jpg', await quadrants(20, 10, 'jpeg'))
    expect((await house.ask(`a/${signed('b.jpg', PRIVATE_KEY)}`)).status).toBe(200)
    expect((await house.ask(signed('a/b.jpg', PRIVATE_KEY))).status).toBe(200)
    expect((await house.ask('a/b.jpg')).status).toBe(401)
    const host = { 'x-forwarded-host': 'cdn.test' }
    expect((await house.send('GET', `/${signed('b.jpg', PRIVATE_KEY)}`, host)).status).toBe(404)
  })

  it('restrict unnamed: names and plain URLs only', async () => {
    house.configure({ restrictUnnamed: true }, { namedTransformations: { small: 'tr:w-10', turned: 'rt-90' } })
    expect((await house.ask('a/b.jpg')).status).toBe(200)
    expect((await house.ask('tr:n-small:n-turned/a/b.jpg')).status).toBe(200)
    for (const tr of ['w-10', 'n-small:w-5', 'n-small,q-5']) {
      expect((await house.ask(`tr:${tr}/a/b.jpg`)).status).toBe(400)
    }
  })

  it('private files need a signature or names only, cached or not', async () => {
    house.origin.answer('/assets/secret.png', {
      headers: { 'is-private-file': 'true', etag: '"1"' },
      body: await solid(40, 20, RED),
    })
    house.configure({}, { namedTransformations: { small: 'w-10' } })
    const open = ['secret.png', 'tr:w-10/secret.png', 'tr:n-small,q-5/secret.png']
    for (const rest of [...open, ...open]) {
      const answer = await house.ask(rest)
      expect([rest, answer.status]).toEqual([rest, 401])
      const allowed = await house.ask(signed(rest, PRIVATE_KEY))
      expect([rest, allowed.status, allowed.headers.get('cache-control')]).toEqual([rest, 200, 'private, no-cache'])
    }
    expect((await house.ask('tr:n-small/secret.png')).status).toBe(200)
  })
})

describe('named transformations and unknown parameters (§7.1, §10.2)', () => {
  it('expand at their place; unknown, self-referring and empty ones are 400', async () => {
    house.configure({}, { namedTransformations: { thumb: 'tr:w-50,h-50', loop: 'n-loop', empty: 'tr:' } })
    expect(await decode((await succeed(house, 'tr:n-thumb:rt-90,f-png/a/b.jpg')).bytes)).toMatchObject({
      width: 50,
      height: 50,
    })
    for (const name of ['none', 'loop', 'empty', 'constructor', 'toString']) {
      expect((await house.ask(`tr:n-${name}/a/b.jpg`)).status).toBe(400)
    }
  })

  it.each([
    ['tr:xyz-1/a/b.jpg', 'xyz'],
    ['tr:oi-logo.png/a/b.jpg', 'oi'],
    ['tr:w-abc/a/b.jpg', 'w'],
    ['tr:c-nothing/a/b.jpg', 'c'],
    ['tr:q-101/a/b.jpg', 'q'],
    ['tr:f-bmp/a/b.jpg', 'f'],
    ['tr:e-bgremove/a/b.jpg', 'e-bgremove'],
    ['tr:e-dropshadow/a/b.jpg', 'e-dropshadow'],
    ['tr:bg-genfill/a/b.jpg', 'bg'],
    ['tr:so-1/a/b.jpg', 'so'],
    ['tr:c2pa-true/a/b.jpg', 'c2pa'],
    ['tr:h-100,if-w_gt_1,w-5,if-end/a/b.jpg', 'if'],
    ['tr:if-w_gt_1,w-5,if-end,bl-10/a/b.jpg', 'if'],
    ['tr:if-w_gt_1,pg-2,if-end/a/b.jpg', 'pg'],
    ['tr:if-w_gt_1,f-png,if-end/a/b.jpg', 'f'],
    ['tr:w-10,,h-10/a/b.jpg', ''],
    ['tr:/a/b.jpg', 'tr'],
  ])('%s is 400 and names %s', async (rest, parameter) => {
    const answer = await house.ask(rest)
    expect([answer.status, answer.type, answer.text]).toEqual([
      400,
      'text/plain; charset=utf-8',
      'Bad transformation request',
    ])
    expect(answer.headers.get('ik-error')).toMatch(/^EINVAL - /)
    expect(answer.headers.get('ik-error')).toContain(parameter)
    expect(answer.headers.get('cache-control')).toBe('no-cache,no-store')
    expect(answer.headers.get('x-request-id')).toBeTruthy()
  })

  it('drops unknown keys where the account says so', async () => {
    house.configure({ unknownParameters: 'ignore' })
    expect(await decode((await succeed(house, 'tr:xyz-1,w-30/a/b.jpg')).bytes)).toMatchObject({ width: 30 })
    expect((await house.ask('tr:e-bgremove/a/b.jpg')).status).toBe(400)
  })
})

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

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createImagekit } from '../../../src/dialects/imagekit/handler.ts'
import { signed } from '../../../src/dialects/imagekit/signature.ts'
import { decode, GREEN, logo, near, photo, pixel, quadrants, RED, solid } from '../../support/pictures.ts'
import { keyOf, PRIVATE_KEY, PUBLIC_KEY } from './account.ts'
import { type House, openHouse } from './house.ts'
import { succeed } from './looking.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
  await house.put('a/b.jpg', await photo(120, 80, 'jpeg'))
  await house.put('logo.png', await logo(60, 40))
})
afterAll(() => house.stop())
beforeEach(() => house.origin.reset())
afterEach(() => {
  house.configure({})
  house.now = Date.UTC(2026, 0, 1)
})

const WEBP = { accept: 'image/webp,*/*' }

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

import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BASIC, formOf, type House, KEY, OTHER_KEY, openHouse, signed } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.stop())
beforeEach(() => {
  house.origin.reset()
  house.configure({})
})

/** So many bytes that never repeat. */
const wild = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) % 256))

async function stored(bytes: Uint8Array | string, query = ''): Promise<{ handle: string; key: string; link: string }> {
  const { json } = await house.store(query, formOf(bytes))
  return { handle: json.handle, key: json.key, link: `/api/file/${json.handle}` }
}

describe('content', () => {
  test('GET: bytes, names, and nothing that a browser would run', async () => {
    const bytes = wild(100_000)
    const { link } = await stored(bytes, 'filename=k%C3%A4tzchen%20%22a%22.png')
    for (const target of [link, `${link}+png`, `${link}/`]) {
      const { status, bytes: got, headers } = await house.send('GET', target)
      expect(status).toBe(200)
      expect(got).toEqual(bytes)
      expect(headers.get('content-type')).toBe('image/png')
      expect(headers.get('content-length')).toBe('100000')
      expect(headers.get('content-disposition')).toBe(
        `inline; filename="k_tzchen _a_.png"; filename*=UTF-8''k%C3%A4tzchen%20%22a%22.png`,
      )
      expect(headers.get('x-file-name')).toBe('k%C3%A4tzchen "a".png')
      expect(headers.get('content-security-policy')).toContain('sandbox')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toMatch(/^ETag, X-File-Name, Content-Disposition/)
    }
  })

  test('HEAD: the same headers', async () => {
    const { link } = await stored('abc')
    const [get, head] = [await house.send('GET', link), await house.send('HEAD', link)]
    expect(head.bytes.length).toBe(0)
    for (const name of ['content-type', 'content-length', 'etag', 'content-disposition', 'x-file-name']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name))
    }
  })

  test('dl, cache, and a page that is none', async () => {
    const { link } = await stored('<script>alert(1)</script>', 'filename=a.html&mimetype=text/html')
    const page = await house.send('GET', `${link}?dl=true`)
    expect(page.headers.get('content-disposition')).toBe('attachment; filename="a.html"')
    expect(page.headers.get('content-security-policy')).toContain('sandbox')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const cached = await house.send('GET', `${link}?cache=true`)
    expect(cached.headers.get('cache-control')).toBe('public, max-age=2592000')
  })

  test('ranges, ETag and 304', async () => {
    const bytes = wild(70_000)
    const { link } = await stored(bytes)
    const part = await house.send('GET', link, { headers: { range: 'bytes=65000-65999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 65000-65999/70000'])
    expect(part.bytes).toEqual(bytes.subarray(65_000, 66_000))
    const beyond = await house.send('GET', link, { headers: { range: 'bytes=70000-' } })
    expect(beyond.status).toBe(416)
    const etag = part.headers.get('etag') ?? ''
    const again = await house.send('GET', link, { headers: { 'if-none-match': etag } })
    expect([again.status, again.bytes.length]).toEqual([304, 0])
  })

  test.each([0, 1, 2])('base64encode: text of the content, whole and in part (%i bytes over)', async (over) => {
    const bytes = wild(66_000 + over)
    const text = bytes.toString('base64')
    const { link } = await stored(bytes)
    const whole = await house.send('GET', `${link}?base64encode=true`)
    expect(whole.headers.get('content-type')).toBe('text/plain')
    expect(whole.headers.get('content-length')).toBe(String(text.length))
    expect(whole.text).toBe(text)
    for (const [start, end] of [
      [0, 0],
      [1, 6],
      [87_380, 87_400],
      [text.length - 3, text.length - 1],
    ] as const) {
      const part = await house.send('GET', `${link}?base64encode=true`, { headers: { range: `bytes=${start}-${end}` } })
      expect(part.text).toBe(text.slice(start, end + 1))
    }
    expect((await house.send('GET', `${link}?base64encode=false`)).bytes).toEqual(bytes)
  })

  test('an object that went behind the back of the server is missing', async () => {
    const { link, key } = await stored('abc')
    await (await import('node:fs/promises')).rm(`${house.dir}/up/${key}`)
    const answer = await house.send('GET', link)
    expect([answer.status, answer.text.replace(/^\[.*\] /, '')]).toEqual([404, 'File not found'])
  })
})

describe('metadata', () => {
  test('the default set', async () => {
    const { link, key } = await stored('abc')
    const before = Date.now()
    const { json, headers } = await house.send('GET', `${link}/metadata?_cacheBust=1`)
    expect(json).toEqual({
      ...{ size: 3, mimetype: 'image/png', filename: 'cat.png', writeable: true, location: 'S3' },
      ...{ path: key, key, container: '', uploaded: expect.any(Number) },
    })
    expect(Math.abs(json.uploaded - before)).toBeLessThan(60_000)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('only what is asked for by name', async () => {
    const bytes = wild(5000)
    const { link } = await stored(bytes)
    const names = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']
    const query = [...names, 'width', 'height', 'source_url', 'cloud'].map((name) => `${name}=true`).join('&')
    const { json } = await house.send('GET', `${link}/metadata?${query}&size=false`)
    const digests = names.map((name) => [name, createHash(name).update(bytes).digest('hex')])
    expect(json).toEqual({ ...Object.fromEntries(digests), width: null, height: null, source_url: null, cloud: {} })
  })

  test('sides of a picture stand upright, a URL is told', async () => {
    const picture = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    house.origin.answer('/p.jpg', { body: picture })
    const url = `${house.origin.url}/p.jpg`
    const { json } = await house.store('', new URLSearchParams({ url }))
    const target = `/api/file/${json.handle}/metadata?width=true&height=true&sourceUrl=true`
    expect((await house.send('GET', target)).json).toEqual({ width: 20, height: 30, sourceUrl: url })
  })

  test.each(['jpeg', 'png', 'webp'] as const)('exif of a %s, for who may see it', async (format) => {
    const picture = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
      .withExif({ IFD0: { Make: 'Maker', Copyright: 'Me' }, IFD2: { DateTimeOriginal: '2020:01:02 03:04:05' } })
      .toFormat(format)
      .toBuffer()
    const { link, handle } = await stored(picture)
    expect((await house.send('GET', `${link}/metadata?exif=true`)).status).toBe(403)
    const unnamed = await house.send('GET', `${link}/metadata?exif=true&${signed({ handle })}`)
    expect(unnamed.status).toBe(403)
    const { json } = await house.send('GET', `${link}/metadata?exif=true&${signed({ call: ['stat', 'exif'] })}`)
    expect(Object.keys(json)).toEqual(['exif'])
    expect(json.exif).toMatchObject({ Make: 'Maker', Copyright: 'Me', DateTimeOriginal: '2020-01-02T03:04:05.000Z' })
  })

  test('a file without exif has none, and one that claims too much either', async () => {
    const { link } = await stored('abc')
    expect((await house.send('GET', `${link}/metadata?exif=true`, { headers: BASIC })).json).toEqual({ exif: {} })
    const bomb = Buffer.alloc(60_000)
    bomb.write('II*\0\x08\0\0\0', 'latin1')
    bomb.writeUInt16LE(512, 8)
    for (let at = 10; at < 10 + 512 * 12; at += 12) {
      bomb.writeUInt16LE(at, at)
      bomb.writeUInt16LE(1, at + 2)
      bomb.writeUInt32LE(0xffff_0000, at + 4)
    }
    const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0, ...Buffer.from('Exif\0\0')])
    head.writeUInt16BE(bomb.length + 8, 4)
    const claiming = await stored(Buffer.concat([head, bomb, Buffer.from([0xff, 0xd9])]))
    const { json } = await house.send('GET', `${claiming.link}/metadata?exif=true`, { headers: BASIC })
    expect(json).toEqual({ exif: {} })
  })
})

describe('overwrite', () => {
  test.each(['POST', 'PUT'])('%s: other bytes, the same handle, key, name and type', async (method) => {
    const { link, key, handle } = await stored('old')
    const etag = (await house.send('GET', link)).headers.get('etag')
    const sent = { body: 'something new', headers: { ...BASIC, 'content-type': 'text/plain' } }
    const { status, json } = await house.send(method, `${link}?key=${KEY}&nonce=fp`, sent)
    expect(status).toBe(200)
    expect(json).toEqual({
      ...{ url: `${house.url}${link}`, handle, key, filename: 'cat.png', mimetype: 'image/png', type: 'image/png' },
      ...{ size: 13, container: '', isWriteable: true },
    })
    const now = await house.send('GET', link)
    expect(now.text).toBe('something new')
    expect(now.headers.get('etag')).not.toBe(etag)
    expect((await house.send('GET', `${link}/metadata?size=true&md5=true`)).json).toEqual({
      size: 13,
      md5: createHash('md5').update('something new').digest('hex'),
    })
    expect(house.purged.at(-1)).toBe(key)
  })

  test.each([
    ['a form', () => formOf('new', { type: 'text/x' })],
    [
      'a form that says who it is at the end',
      () => formOf('new', { after: Object.fromEntries(new URLSearchParams(signed({}))) }),
    ],
    ['base64', () => formOf('bmV3', { after: { base64decode: 'true' } })],
  ])('the new bytes come as %s', async (_, bodyOf) => {
    const { link } = await stored('old')
    const body = bodyOf()
    const headers = body.has('policy') ? {} : BASIC
    expect((await house.send('POST', link, { body, headers })).json).toMatchObject({ size: 3, type: 'image/png' })
    expect((await house.send('GET', link)).text).toBe('new')
    expect(await house.waiting()).toEqual([])
  })

  test('from a url, with another type', async () => {
    house.origin.answer('/new', { body: 'from afar' })
    const { link } = await stored('old')
    const body = new URLSearchParams({ url: `${house.origin.url}/new`, mimetype: 'text/css' })
    const { json } = await house.send('POST', `${link}?${signed({ call: 'writeUrl' })}`, { body })
    expect(json).toMatchObject({ size: 9, mimetype: 'text/css', filename: 'cat.png' })
    expect((await house.send('GET', link)).headers.get('content-type')).toBe('text/css')
  })

  test('what fails leaves the old content', async () => {
    const { link } = await stored('old')
    const url = `${house.origin.url}/missing`
    const failures = [
      await house.send('POST', link, { body: new URLSearchParams({ url }), headers: BASIC }),
      await house.send('POST', `${link}?base64decode=true`, { body: '%%%', headers: BASIC }),
      await house.send('POST', link, { body: '', headers: BASIC }),
      await house.send('POST', `${link}?${signed({ call: 'write', maxSize: 4 })}`, { body: 'larger' }),
      await house.send('POST', `${link}?${signed({ call: 'write', minSize: 9 })}`, { body: 'smaller' }),
      await house.send('POST', `${link}?key=${OTHER_KEY}`, { body: 'new', headers: BASIC }),
    ]
    expect(failures.map(({ status }) => status)).toEqual([400, 400, 400, 403, 403, 403])
    expect((await house.send('GET', link)).text).toBe('old')
  })
})

describe('remove', () => {
  test.each([
    ['DELETE', '', undefined],
    ['POST', '/remove', undefined],
    ['POST', '/remove', new URLSearchParams({ key: KEY, ...Object.fromEntries(new URLSearchParams(signed({}))) })],
    ['DELETE', '', JSON.stringify({ key: KEY, ...Object.fromEntries(new URLSearchParams(signed({}))) })],
    ['POST', '/remove', formOf(undefined, { before: Object.fromEntries(new URLSearchParams(signed({}))) })],
  ])('%s %s', async (method, behind, body) => {
    const { link, key } = await stored('abc')
    const json = typeof body === 'string' ? { 'content-type': 'application/json' } : undefined
    const sent = body === undefined ? { headers: BASIC } : { body, ...(json && { headers: json }) }
    const answer = await house.send(method, link + behind, sent)
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
      200,
      'success',
      'text/plain; charset=utf-8',
    ])
    expect(await house.keys()).not.toContain(key)
    expect(house.purged.at(-1)).toBe(key)
    for (const [again, at] of [
      [method, behind],
      ['GET', ''],
      ['GET', '/metadata'],
      ['POST', ''],
    ] as const) {
      const gone = await house.send(again, link + at, { headers: BASIC })
      expect([gone.status, gone.text.replace(/^\[uuid=[0-9a-f]{16}\] /, '')]).toEqual([404, 'File not found'])
    }
  })

  test('skip_storage leaves the object', async () => {
    const { link, key } = await stored('abc')
    expect((await house.send('DELETE', `${link}?skip_storage=true`, { headers: BASIC })).text).toBe('success')
    expect(await house.keys()).toContain(key)
    expect((await house.send('GET', link)).status).toBe(404)
  })
})

describe('the rest', () => {
  test('OPTIONS answers on every path', async () => {
    for (const target of ['/api/store/S3', '/api/file/x', '/multipart/start', '/nothing=1/x', '/api/file/%ZZ']) {
      const { status, headers } = await house.send('OPTIONS', target)
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, DELETE, OPTIONS')
      expect(headers.get('access-control-allow-headers')).toContain('Filestack-Upload-Region')
      expect(headers.get('access-control-max-age')).toBe('21600')
    }
  })

  test.each([
    ['GET', '/api/store/S3', 405],
    ['PUT', '/api/store/S3', 405],
    ['DELETE', '/api/file/Zk9mVq2RSLu7xN0bTfHw/metadata', 405],
    ['GET', '/api/file/Zk9mVq2RSLu7xN0bTfHw', 404],
    ['GET', '/api/file/short', 404],
    ['GET', '/api/file/%ZZ', 404],
    ['GET', '/api/file', 404],
    ['GET', '/api/file/Zk9mVq2RSLu7xN0bTfHw/unknown', 404],
    ['PATCH', '/api/file/Zk9mVq2RSLu7xN0bTfHw', 405],
    ['GET', '/dialog/open/', 404],
  ])('%s %s is %i, in the form of the dialect', async (method, target, status) => {
    const answer = await house.send(method, target)
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(/^\[uuid=[0-9a-f]{16}\] /)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('an unknown step of an upload in parts is 404, in the form of those', async () => {
    const { status, json } = await house.send('POST', '/multipart/nothing')
    expect([status, json]).toEqual([404, { error: 'Not found', timestamp: expect.any(Number) }])
  })

  test('preview shows pictures, and nothing else', async () => {
    const { handle } = await stored('abc')
    const picture = await house.send('GET', `/api/preview/${handle}`)
    expect([picture.status, picture.text]).toEqual([200, 'abc'])
    const { json } = await house.store('mimetype=application/msword', formOf('abc'))
    expect((await house.send('GET', `/api/preview/${json.handle}`)).status).toBe(501)
  })

  test('unauth, prefetch', async () => {
    expect((await house.send('GET', '/api/clients/unauth')).status).toBe(200)
    const body = JSON.stringify({ picker_config: { lang: 'de' } })
    expect((await house.send('POST', '/prefetch', { body })).json).toEqual({
      ...{ blocked: false, settings: { inapp_browser: false }, updated_config: { lang: 'de' } },
      permissions: { intelligent_ingestion: true, whitelabel: true },
    })
  })

  test('URLs begin with the configured base, whatever the Host header says', async () => {
    const { json } = await house.send('POST', `/api/store/S3?key=${KEY}`, {
      body: formOf('abc'),
      headers: { 'x-forwarded-host': 'evil.test:80:80' },
    })
    expect(json.url).toBe(`${house.url}/api/file/${json.handle}`)
  })

  test('a host that is bound to a project knows no other', async () => {
    const { link } = await stored('abc')
    const at = (host: string) => ({ headers: { 'x-forwarded-host': host, ...BASIC } })
    expect((await house.send('GET', link, at('cdn.test'))).text).toBe('abc')
    expect((await house.send('GET', link, at('other.test'))).status).toBe(404)
    expect((await house.send('DELETE', link, at('other.test'))).status).toBe(404)
    const store = { ...at('other.test'), body: formOf('abc') }
    expect((await house.send('POST', `/api/store/S3?key=${KEY}`, store)).status).toBe(403)
    expect((await house.send('GET', '/', at('cdn.test'))).status).toBe(404)
  })
})

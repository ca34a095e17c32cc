import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { signPolicy } from '../../../src/dialects/filestack/policy.ts'
import { Fault } from '../../../src/faults.ts'
import { writePdf } from '../../engine/decoders/pdf-writer.ts'
import { BLUE, decode, GREEN, near, pixel, RED, raw, solid } from '../../support/pictures.ts'
import { BASIC, formOf, KEY, openHouse, SECRET, signed } from './house.ts'
import { createClient, type MultipartHouse, openMultipartHouse } from './multipart-house.ts'
import { type Cdn, openCdn } from './processing/cdn.ts'

/** Facts of the contract that no other test looks at. */
let cdn: Cdn
let picture = ''
let failing: Fault | undefined

beforeAll(async () => {
  cdn = await openCdn({
    wrap: (store) => ({
      ...store,
      get: async (...all) => {
        if (failing) throw failing
        return store.get(...all)
      },
    }),
  })
  picture = await cdn.put(raw.quadrants(60, 40), 'cat.png')
})
afterEach(() => {
  failing = undefined
})
afterAll(() => cdn.stop())

const unmarked = (text: string) => text.replace(/^\[uuid=[0-9a-f]{16}\] /, '')

describe('common rules (§0)', () => {
  const HEADERS = [
    ...['Content-Type', 'X-No-Stream', 'Content-MD5', 'Filestack-Source', 'Filestack-Trace-Id'],
    ...['Filestack-Trace-Span', 'Filestack-Upload-Region'],
  ]

  test('preflights and answers let pages send and read every header of the clients', async () => {
    for (const [method, target, status] of [
      ['OPTIONS', '/api/store/S3', 204],
      ['OPTIONS', `/resize=w:10/${picture}`, 204],
      ['OPTIONS', '/multipart/start', 204],
      ['GET', `/api/file/${picture}`, 200],
      ['GET', `/resize=w:10/${picture}`, 200],
      ['GET', '/api/file/Zk9mVq2RSLu7xN0bTfHw', 404],
    ] as const) {
      const answer = await cdn.send(method, target, { headers: { 'x-no-stream': 'true', origin: 'http://a.example' } })
      expect(answer.status).toBe(status)
      const list = (name: string) => (answer.headers.get(`access-control-${name}`) ?? '').split(', ')
      expect(list('allow-origin')).toEqual(['*'])
      expect(list('allow-methods')).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect(list('allow-headers')).toEqual(expect.arrayContaining(HEADERS))
      expect(list('expose-headers')).toEqual(expect.arrayContaining(['ETag', 'X-File-Name', 'Content-Disposition']))
      expect(list('max-age')).toEqual(['21600'])
    }
  })

  test('parameters that nobody knows, or that mean nothing here, change nothing', async () => {
    const query =
      'workflows=a&upload_tags=b&plugin=js_lib&plugin=js_lib&_cacheBust=1&nonce=fp&unheard=of&filename=n.png'
    const { status, json } = await cdn.store(query, formOf(await solid(4, 4)))
    expect([status, json.filename, json.type]).toEqual([200, 'n.png', 'image/png'])
    const about = await cdn.get(`/api/file/${json.handle}/metadata?filename=true&unheard=true&_cacheBust=1`)
    expect(about.json).toEqual({ filename: 'n.png' })
    expect((await cdn.get(`/resize=w:2/${json.handle}?unheard=of`)).headers.get('content-type')).toBe('image/png')
  })
})

describe('policies (§2.1)', () => {
  test('any order of members and any white space is a policy, by the letter of what was signed', async () => {
    const target = (text: string) => {
      const policy = Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
      const signature = signPolicy(policy, SECRET)
      return `/api/file/${picture}?${new URLSearchParams({ policy, signature })}`
    }
    const spaced = ` {\n\t"call" : [ "read" ] ,\r\n "note":"ü>>>???", "expiry" : 4102444800.5 } `
    expect((await cdn.send('GET', target(spaced))).status).toBe(200)
    expect((await cdn.send('GET', target(spaced.replace('read', 'stat')))).status).toBe(403)
  })
})

describe('store (§1.1)', () => {
  test('a private address is refused where the configuration does not allow it', async () => {
    const guarded = await openHouse({ allowPrivate: false })
    const store = (url: string) => guarded.store('', new URLSearchParams({ url }))
    for (const url of [`${guarded.origin.url}/a.png`, 'http://localhost/a.png', 'http://[::1]/a.png']) {
      const { status, text } = await store(url)
      expect([status, unmarked(text)]).toEqual([400, `Invalid URL file ${url} - the address is not allowed`])
    }
    expect(guarded.origin.requests).toEqual([])
    expect(await guarded.keys()).toEqual([])
    await guarded.stop()
  })

  test.each([
    ['a part whose name and type say nothing', { filename: 'noending' }, 'application/octet-stream'],
    ['a part whose type says nothing, by its ending', { filename: 'a.gif' }, 'image/gif'],
  ])('the type of %s', async (_, { filename }, type) => {
    const { json } = await cdn.store('', formOf('abc', { filename, type: 'application/octet-stream' }))
    expect(json).toMatchObject({ filename, type })
  })

  test.each([
    ['/dir/a.webp', 'application/octet-stream', 'image/webp'],
    ['/dir/noending', 'application/octet-stream', 'application/octet-stream'],
    ['/dir/b.webp', 'image/png; charset=x', 'image/png'],
  ])('the type of the url %s that comes as %s is %s', async (path, sent, type) => {
    cdn.origin.answer(path, { body: 'abc', headers: { 'content-type': sent } })
    const { json } = await cdn.store('', new URLSearchParams({ url: cdn.origin.url + path }))
    expect(json.type).toBe(type)
  })
})

describe('files (§1.3)', () => {
  test('what was stored elsewhere is removed from there', async () => {
    const { json } = await cdn.send('POST', `/api/store/azure?key=${KEY}`, { body: formOf('abc') })
    expect(await cdn.keys('second')).toContain(json.key)
    const about = await cdn.get(`/api/file/${json.handle}/metadata?location=true&path=true`)
    expect(about.json).toEqual({ location: 'azure', path: json.key })
    expect((await cdn.send('DELETE', `/api/file/${json.handle}?key=${KEY}`, { headers: BASIC })).text).toBe('success')
    expect(await cdn.keys('second')).not.toContain(json.key)
  })

  test('a CDN URL neither removes nor overwrites', async () => {
    const handle = await cdn.put('abc')
    for (const method of ['DELETE', 'PUT']) {
      expect((await cdn.send(method, `/${handle}?${signed({})}`, { headers: BASIC })).status).toBe(405)
    }
    expect((await cdn.get(`/${handle}`)).text).toBe('abc')
  })
})

describe('legacy conversions (§1.3)', () => {
  const convert = (handle: string, query: string) => cdn.send('GET', `/api/file/${handle}/convert?${query}`)

  test.each([
    ['w=20&h=40&fit=crop&align=left', RED, BLUE],
    ['w=20&h=40&fit=crop&align=right', GREEN, undefined],
    ['w=60&h=10&fit=crop&align=bottom', BLUE, BLUE],
    ['w=60&h=10&fit=crop&align=top', RED, RED],
  ])('align: %s', async (query, top, bottom) => {
    const seen = await decode((await convert(picture, query)).bytes)
    expect(near(pixel(seen, 2, 1), top, 4)).toBe(true)
    if (bottom !== undefined) expect(near(pixel(seen, 2, seen.height - 2), bottom, 4)).toBe(true)
  })

  test('fit: clip stays inside, max does not enlarge, scale distorts', async () => {
    const sides = async (query: string) => {
      const { width, height } = await decode((await convert(picture, query)).bytes)
      return [width, height]
    }
    expect(await sides('w=30&h=30')).toEqual([30, 20])
    expect(await sides('w=120&h=120&fit=clip')).toEqual([120, 80])
    expect(await sides('w=120&h=120&fit=max')).toEqual([60, 40])
    expect(await sides('w=30&h=30&fit=scale')).toEqual([30, 30])
  })

  test('quality and compress make the file smaller, filter softens it', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
    const made = sharp({ create: { width: 120, height: 90, channels: 3, background: '#888', noise } })
    const photo = await cdn.put(await made.jpeg({ quality: 95 }).toBuffer(), 'p.jpg', 'image/jpeg')
    const size = async (query: string) => (await convert(photo, query)).bytes.length
    const whole = (await cdn.get(`/${photo}`)).bytes.length
    expect(await size('quality=20')).toBeLessThan(whole / 2)
    expect(await size('compress=true')).toBeLessThanOrEqual(whole)
    expect(await size('filter=blur&blurAmount=8')).toBeLessThan(whole / 2)
    expect(await size('filter=sharpen&sharpenAmount=8')).toBeGreaterThan(await size('filter=blur&blurAmount=1'))
  })

  test('page shows another page of a document, secure means nothing', async () => {
    const page = (colour: typeof RED) =>
      ({ width: 48, height: 48, rectangles: [{ colour, box: [0, 0, 48, 48] }] }) as const
    const pdf = await cdn.put(writePdf([page(RED), page(GREEN)]), 'two.pdf', 'application/pdf')
    const answer = await convert(pdf, 'page=2&format=png&secure=true')
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(near(pixel(await decode(answer.bytes), 20, 20), GREEN, 2)).toBe(true)
    expect((await convert(pdf, 'page=3&format=png')).status).toBe(400)
    expect(near(pixel(await cdn.see('output=format:jpg,page:1', pdf), 20, 20), RED, 4)).toBe(true)
  })

  test('text overlays are answered with 501', async () => {
    expect((await convert(picture, 'text=hello')).status).toBe(501)
  })
})

describe('processing (§4)', () => {
  test('POST answers as GET does', async () => {
    const [get, post] = [await cdn.get(`/resize=w:20/${picture}`), await cdn.send('POST', `/resize=w:20/${picture}`)]
    expect([post.status, post.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(post.bytes.equals(get.bytes)).toBe(true)
  })

  test('the query of a handle says dl and cache', async () => {
    const headers = async (query: string) => (await cdn.get(`/resize=w:20/${picture}?${query}`)).headers
    expect((await headers('dl=true')).get('content-disposition')).toBe('attachment; filename="cat.png"')
    expect((await headers('cache=false')).get('cache-control')).toBe('no-cache')
    expect((await headers('cache=true')).get('cache-control')).toBe('public, max-age=2592000')
  })

  test('a source of too many pixels is 400, and no pixel is decoded', async () => {
    const png = Buffer.from(await solid(4, 4))
    png.writeUInt32BE(20_000, 16)
    png.writeUInt32BE(20_000, 20)
    const answer = await cdn.send('GET', `/resize=w:10/${await cdn.put(png, 'huge.png')}`)
    expect([answer.status, answer.text]).toEqual([400, 'the source, or what it would become, is too large'])
  })

  test('a source of more than 256 MB is 400, and is not downloaded', async () => {
    cdn.origin.answer('/huge.png', {
      ...{ body: await solid(4, 4), cutAfter: 10 },
      headers: { 'content-type': 'image/png', 'content-length': '268435457' },
    })
    const answer = await cdn.send('GET', `/${KEY}/resize=w:10/${cdn.origin.url}/huge.png`)
    expect([answer.status, answer.text]).toEqual([400, 'the source, or what it would become, is too large'])
  })

  test.each([
    ['f00', [255, 0, 0, 255]],
    ['ff0000', [255, 0, 0, 255]],
    ['ff000080', [255, 0, 0, 128]],
    ['Tomato', [255, 99, 71, 255]],
    ['grey20', [51, 51, 51, 255]],
    ['gray100', [255, 255, 255, 255]],
    ['transparent', [0, 0, 0, 0]],
    ['none', [0, 0, 0, 0]],
  ])('the colour %s', async (colour, [r, g, b, alpha = 255]) => {
    const seen = pixel(await cdn.see(`rotate=deg:45,background:${colour}`, picture), 0, 0)
    expect(near([seen[3] ?? 255], [alpha], 1)).toBe(true)
    if (alpha > 0) expect(near(seen.slice(0, 3), [r ?? 0, g ?? 0, b ?? 0], 1)).toBe(true)
  })

  test.each(['grey101', 'snow2', 'ff00', '12345678ff'])('the colour %s is refused', async (colour) => {
    expect((await cdn.send('GET', `/rotate=deg:45,background:${colour}/${picture}`)).status).toBe(400)
  })

  test('a store that fails is a 502 that keeps its secrets', async () => {
    failing = new Fault('source-unreachable', 'AKIA-secret')
    for (const target of [`/${picture}`, `/api/file/${picture}`]) {
      const answer = await cdn.send('GET', target)
      expect([answer.status, unmarked(answer.text)]).toEqual([502, 'storage provider error'])
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    }
  })

  const ELSEWHERE = [
    'ascii detect_faces=minsize:0.3,maxsize:0.4,color:red,export:true crop_faces pixelate_faces blur_faces smart_crop',
    'enhance redeye tags sfw caption ocr copyright image_sentiment text_sentiment doc_detection video_convert',
    'video_playlist pdfinfo pdfconvert pdfcreate doc_to_images preview urlscreenshot minify_js minify_css content',
    ...['doc docx html odt odp ods ppt pptx xls xlsx txt pdf svg'.replaceAll(/\w+/g, 'output=format:$&')],
  ]
  test('what is out of scope is 501, and names the task', async () => {
    for (const task of ELSEWHERE.join(' ').split(' ')) {
      for (const chain of [task, `resize=w:10/${task}`]) {
        const answer = await cdn.send('GET', `/${chain}/${picture}`)
        expect([chain, answer.status]).toEqual([chain, 501])
        expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
        expect(answer.text).toContain(`the task \`${task.replace(/=.*/, '')}\``)
      }
    }
  })
})

describe('uploads in parts (§5)', () => {
  let house: MultipartHouse
  beforeAll(async () => {
    house = await openMultipartHouse()
  })
  afterAll(() => house.stop())
  const upload = async (of: Readonly<Record<string, unknown>>, more: object = {}) => {
    const client = createClient(house)
    const started = await client.start(3, of, more)
    const parts = [await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')), of)]
    return { started, done: await client.complete(started.json, 3, { ...more, parts }, of) }
  }

  test('a region that is named is told again, and the file lies where the store is', async () => {
    const { started, done } = await upload({ region: 'eu-west-9' })
    expect(started.json.region).toBe('eu-west-9')
    expect(done).toMatchObject({ status: 200, json: { status: 'Stored' } })
    expect(String(await house.object(done.json.key))).toBe('abc')
  })

  test('a type that is not told is found by the ending, or is any bytes', async () => {
    const typeOf = async (filename: string) => (await upload({}, { filename, mimetype: undefined })).done.json.mimetype
    expect(await typeOf('a.webp')).toBe('image/webp')
    expect(await typeOf('noending')).toBe('application/octet-stream')
  })

  test('tags and workflows of an upload are accepted', async () => {
    const { done } = await upload({ workflows: ['a'] }, { upload_tags: { a: 'b' }, alt: 'A cat' })
    expect(done).toMatchObject({ status: 200, json: { upload_tags: { a: 'b' }, workflows: [] } })
  })
})

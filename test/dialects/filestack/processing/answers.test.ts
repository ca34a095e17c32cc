import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { IMAGE_TASKS } from '../../../../src/dialects/filestack/processing/tasks/image-tasks.ts'
import { decode, GREEN, near, oriented, pixel, RED, raw, solid } from '../../../support/pictures.ts'
import { KEY, OTHER_KEY } from '../house.ts'
import { b64, type Cdn, openCdn } from './cdn.ts'

let cdn: Cdn
let picture = ''

beforeAll(async () => {
  cdn = await openCdn()
  picture = await cdn.put(raw.quadrants(60, 40), 'cat.png')
})
afterAll(() => cdn.stop())

const widthOf = async (bytes: Buffer) => (await sharp(bytes).metadata()).width
const UNKNOWN = 'Zk9mVq2RSLu7xN0bTfHw'

describe('untouched files', () => {
  it('are the stored bytes, inline under their name, for 30 days', async () => {
    const bytes = await solid(8, 8)
    const handle = await cdn.put(bytes, 'süß.png')
    for (const target of [`/${handle}`, `/${handle}+png`, `/${KEY}/${handle}`, `/${KEY}/${handle}?unknown=1`]) {
      const answer = await cdn.get(target)
      expect(answer.bytes.equals(bytes)).toBe(true)
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/png',
        'cache-control': 'public, max-age=2592000',
        'content-disposition': `inline; filename="s__.png"; filename*=UTF-8''s%C3%BC%C3%9F.png`,
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining('sandbox'),
      })
    }
    expect((await cdn.get(`/${handle}?dl=true`)).headers.get('content-disposition')).toMatch(/^attachment/)
  })

  it('of any kind, and from elsewhere too', async () => {
    const page = await cdn.put('<script>alert(1)</script>', 'a.html', 'text/html')
    expect((await cdn.get(`/${page}`)).headers.get('content-security-policy')).toContain('sandbox')
    cdn.origin.answer('/x/a%20b.txt', { body: 'hello', headers: { 'content-type': 'text/plain' } })
    const seen = await cdn.get(`/${KEY}/${cdn.origin.url}/x/a%20b.txt`)
    expect([seen.text, seen.headers.get('content-type'), seen.headers.get('content-disposition')]).toEqual([
      'hello',
      'text/plain',
      'inline; filename="a b.txt"',
    ])
    expect(seen.headers.get('content-security-policy')).toContain('sandbox')
  })

  it('HEAD, ranges, ETag and 304', async () => {
    for (const target of [`/${picture}`, `/resize=w:30/${picture}`]) {
      const whole = await cdn.get(target)
      const etag = whole.headers.get('etag') ?? ''
      const head = await cdn.send('HEAD', target)
      expect([head.status, head.bytes.length, head.headers.get('content-length')]).toEqual([
        200,
        0,
        String(whole.bytes.length),
      ])
      const unchanged = await cdn.send('GET', target, { headers: { 'if-none-match': etag } })
      expect([unchanged.status, unchanged.headers.get('cache-control')]).toEqual([304, 'public, max-age=2592000'])
      const part = await cdn.send('GET', target, { headers: { range: 'bytes=2-5' } })
      expect([part.status, part.bytes.equals(whole.bytes.subarray(2, 6))]).toEqual([206, true])
    }
  })
})

describe('sources', () => {
  beforeAll(async () => {
    cdn.origin.answer('/p/q.png', { body: await solid(20, 10, GREEN), headers: { 'content-type': 'image/png' } })
    cdn.configure({ aliases: { pics: { connection: 'second', prefix: '/sub/' } } })
  })
  afterAll(() => cdn.configure({}))

  it.each([
    ['plain', () => `${cdn.origin.url}/p/q.png`],
    ['collapsed', () => `${cdn.origin.url.replace('http://', 'http:/')}/p/q.png`],
    ['encoded', () => encodeURIComponent(`${cdn.origin.url}/p/q.png`)],
    ['quoted', () => `%22${cdn.origin.url}/p/q.png%22`],
    ['in base64', () => `b64://${b64(`${cdn.origin.url}/p/q.png`)}`],
  ])('a URL, %s', async (_, source) => {
    expect(await widthOf((await cdn.get(`/${KEY}/resize=w:10/${source()}`)).bytes)).toBe(10)
  })

  it('its own query belongs to it', async () => {
    cdn.origin.answer('/s?a=1,2&b="3"', { body: await solid(30, 10), headers: { 'content-type': 'image/png' } })
    await cdn.get(`/${KEY}/resize=w:10/${cdn.origin.url}/s?a=1,2&b=%223%22`).catch(() => undefined)
    expect(cdn.origin.requests.map(({ target }) => target)).toContain('/s?a=1,2&b=%223%22')
  })

  it('need the key; an unknown key is no key', async () => {
    expect((await cdn.send('GET', `/resize=w:10/${cdn.origin.url}/p/q.png`)).status).toBe(400)
    expect((await cdn.send('GET', `/resize=w:10/src://pics/q.png`)).status).toBe(400)
    expect((await cdn.send('GET', `/resize=w:10/[${cdn.origin.url}/p/q.png]`)).status).toBe(400)
    const answer = await cdn.send('GET', `/UnknownKey/resize=w:10/${picture}`)
    expect([answer.status, answer.text]).toEqual([400, 'invalid task `UnknownKey`'])
  })

  it('storage aliases', async () => {
    const stored = await cdn.send('POST', `/api/store/azure?key=${KEY}&path=/sub/a%20b.png`, {
      body: new Uint8Array(await solid(20, 10)),
    })
    expect(stored.json.key).toBe('kept/sub/a b.png')
    expect(await widthOf((await cdn.get(`/${KEY}/resize=w:10/src://pics/a%20b.png`)).bytes)).toBe(10)
    expect((await cdn.get(`/${KEY}/src://pics/a%20b.png`)).headers.get('content-disposition')).toBe(
      'inline; filename="a b.png"',
    )
    expect((await cdn.send('GET', `/${KEY}/src://pics/none.png`)).status).toBe(404)
    expect((await cdn.send('GET', `/${KEY}/src://pics/../a.png`)).status).toBe(400)
    expect((await cdn.send('GET', `/${KEY}/src://none/a.png`)).status).toBe(400)
  })

  it('handles of others, unknown ones and removed ones are 404', async () => {
    for (const target of [
      `/${UNKNOWN}`,
      `/resize=w:10/${UNKNOWN}`,
      `/${OTHER_KEY}/${picture}`,
      `/${OTHER_KEY}/flip/${picture}`,
      `/watermark=file:${UNKNOWN}/${picture}`,
    ]) {
      const answer = await cdn.send('GET', target)
      expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
        404,
        'File not found',
        'text/plain; charset=utf-8',
      ])
    }
    const other = await cdn.send('POST', `/api/store/S3?key=${OTHER_KEY}`, { body: new Uint8Array(await solid(4, 4)) })
    expect((await cdn.send('GET', `/watermark=file:${other.json.handle}/${picture}`)).status).toBe(404)
    expect(
      (await cdn.send('GET', `/${other.json.handle}`, { headers: { 'x-forwarded-host': 'cdn.test' } })).status,
    ).toBe(404)
    expect((await cdn.send('GET', `/${picture}`, { headers: { 'x-forwarded-host': 'cdn.test' } })).status).toBe(200)
    expect(
      (await cdn.send('GET', `/${OTHER_KEY}/${other.json.handle}`, { headers: { 'x-forwarded-host': 'cdn.test' } }))
        .status,
    ).toBe(403)
  })

  it('links of this server are answered without a way around', async () => {
    const big = await cdn.put(raw.quadrants(80, 40))
    const before = cdn.origin.requests.length
    for (const url of [`${cdn.url}/${big}`, `${cdn.url}/api/file/${big}`, `${cdn.url}/${big}+png?x=1`]) {
      expect(await widthOf((await cdn.get(`/${KEY}/resize=w:10/${url}`)).bytes)).toBe(10)
    }
    const nested = await cdn.get(`/${KEY}/border=width:5/${cdn.url}/resize=w:30/rotate=deg:90/${big}`)
    const seen = await decode(nested.bytes)
    expect([seen.width, seen.height]).toEqual([25, 40])
    const deep = `${cdn.url}/flip/`.repeat(5)
    expect((await cdn.send('GET', `/${KEY}/flip/${deep}${big}`)).status).toBe(400)
    expect((await cdn.send('GET', `/${KEY}/flip/${cdn.url}/store/${big}`)).status).toBe(400)
    expect(cdn.origin.requests.length).toBe(before)
  })

  it('what an overwrite replaced is not shown any more', async () => {
    const handle = await cdn.put(raw.solid(10, 10, RED))
    expect(near(pixel(await cdn.see('resize=w:5', handle), 2, 2), RED)).toBe(true)
    const basic = { authorization: `Basic ${Buffer.from('app:s3cr3t-demo-key-0001').toString('base64')}` }
    const written = await cdn.send('POST', `/api/file/${handle}`, {
      body: new Uint8Array(await solid(10, 10, GREEN)),
      headers: { ...basic, 'content-type': 'image/png' },
    })
    expect(written.status).toBe(200)
    expect(near(pixel(await cdn.see('resize=w:5', handle), 2, 2), GREEN)).toBe(true)
  })
})

describe('how the SDK writes URLs', () => {
  it('quoted values, escaped brackets, b64 tasks and sources', async () => {
    const mark = await cdn.put(raw.solid(4, 4))
    for (const target of [
      `/${KEY}/crop=dim:%5B0,0,20,10%5D/${picture}`,
      `/${KEY}/collage=files:["${mark}","${mark}"],width:20,height:10,margin:1/${picture}`,
      `/${KEY}/collage=files:%5B%22${mark}%22%5D,width:20,height:10,margin:1/${picture}`,
      `/${KEY}/b64/${b64(JSON.stringify([{ name: 'resize', params: { width: 20, height: 10, fit: 'scale' } }]))}/${picture}`,
      `/${KEY}/b64/${b64(JSON.stringify([{ name: 'crop', params: { dim: [0, 0, 20, 10] } }, { name: 'flip' }]))}/b64://${b64(picture)}`,
    ]) {
      const seen = await decode((await cdn.get(target)).bytes)
      expect([seen.width, seen.height]).toEqual([20, 10])
    }
  })
})

describe('caching', () => {
  it.each([
    ['resize=w:9', 'public, max-age=2592000'],
    ['resize=w:9/cache=expiry:60', 'public, max-age=60'],
    ['cache=e:max/resize=w:9', 'public, max-age=31536000'],
    ['cache=false/resize=w:9', 'no-cache'],
    ['cache=expiry:5', 'public, max-age=5'],
    ['cache=false', 'no-cache'],
  ])('%s: %s', async (tasks, control) => {
    expect((await cdn.get(`/${tasks}/${picture}`)).headers.get('cache-control')).toBe(control)
  })

  it('cache=false looks at the source anew', async () => {
    cdn.origin.answer('/turn.png', { body: await solid(10, 10, RED), headers: { 'content-type': 'image/png' } })
    const target = `/resize=w:5/${cdn.origin.url}/turn.png`
    const colour = async (cache: string) => pixel(await decode((await cdn.get(`/${KEY}${cache}${target}`)).bytes), 2, 2)
    expect(near(await colour(''), RED)).toBe(true)
    cdn.origin.answer('/turn.png', { body: await solid(10, 10, GREEN), headers: { 'content-type': 'image/png' } })
    expect(near(await colour(''), RED)).toBe(true)
    expect(near(await colour('/cache=false'), GREEN)).toBe(true)
  })
})

describe('errors', () => {
  it.each([
    [400, 'resize=heigt:100', 'invalid parameter `heigt` for `resize` task'],
    [400, 'resize=w:0', 'invalid parameter `w` for `resize` task: a whole number from 1 to 10000 expected'],
    [400, 'spin', 'invalid task `spin`'],
    [501, 'detect_faces', 'the task `detect_faces` is not available on this server'],
    [501, 'output=format:pdf', 'the format pdf of the task `output` is not available on this server'],
    [400, 'crop=dim:[500,0,1,1]', 'the window to cut leaves the picture'],
    [400, 'resize=w:10000,h:10000,f:scale', 'the source, or what it would become, is too large'],
  ])('%i for %s', async (status, tasks, text) => {
    const answer = await cdn.send('GET', `/${tasks}/${picture}`)
    expect([answer.status, answer.text]).toEqual([status, text])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('sources that are no pictures, damaged, missing', async () => {
    const text = await cdn.put('hello', 'a.png')
    expect((await cdn.send('GET', `/resize=w:10/${text}`)).text).toBe('the source is not an image of a known format')
    const cut = (await oriented(1, 200, 200)).subarray(0, 700)
    const damaged = await cdn.send('GET', `/resize=w:10/${await cdn.put(cut, 'a.jpg', 'image/jpeg')}`)
    expect([damaged.status, damaged.text]).toEqual([400, 'the image is damaged'])
    const gone = await cdn.send('GET', `/${KEY}/resize=w:10/${cdn.origin.url}/none.png`)
    expect([gone.status, gone.text]).toEqual([400, `Invalid URL file ${cdn.origin.url}/none.png - not found`])
    expect((await cdn.send('PUT', `/${picture}`)).status).toBe(405)
    expect((await cdn.send('OPTIONS', `/${picture}`)).status).toBe(204)
  })

  it('whatever the tasks, the answer is one of ours', async () => {
    const value = fc.oneof(
      fc.integer({ min: -5, max: 400 }).map(String),
      fc.constantFrom('max', 'crop', 'red', '', '[1,2]', '[[0,0,5,5]]', picture),
    )
    const name = fc.constantFrom(
      'width',
      'w',
      'h',
      'a',
      'b',
      'd',
      'f',
      's',
      'r',
      'c',
      'm',
      'v',
      'o',
      't',
      'dim',
      'deg',
      'page',
      'quality',
      'margin',
    )
    const options = fc.array(
      fc.tuple(name, value).map((pair) => pair.join(':')),
      { maxLength: 3 },
    )
    const task = fc.tuple(
      fc.constantFrom(...Object.keys(IMAGE_TASKS), 'imagesize', 'metadata', 'debug', 'cache'),
      options,
    )
    const chain = fc.array(
      task.map(([word, given]) => (given.length === 0 ? word : `${word}=${given.join(',')}`)),
      { minLength: 1, maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(chain, async (tasks) => {
        const { status, text } = await cdn.send('GET', `/${tasks.join('/')}/${picture}`)
        expect([200, 400, 404, 501], text).toContain(status)
      }),
      { numRuns: 300 },
    )
    expect(cdn.logged.filter(({ level }) => level === 'error')).toEqual([])
  }, 60_000)

  it('a private address is not reached', async () => {
    const guarded = await openCdn({ allowPrivate: false })
    const answer = await guarded.send('GET', `/${KEY}/flip/http://127.0.0.1:1/a.png`)
    expect([answer.status, answer.text]).toEqual([
      400,
      'Invalid URL file http://127.0.0.1:1/a.png - the address is not allowed',
    ])
    await guarded.stop()
  })
})

describe('fallback', () => {
  let instead = ''
  beforeEach(async () => {
    instead = await cdn.put(raw.solid(7, 7, GREEN), 'instead.png')
  })
  afterEach(() => cdn.configure({}))

  it.each([
    ['a missing handle', () => `fallback=handle:${instead},cache:60/resize=w:5/${UNKNOWN}`],
    ['a missing handle, untouched', () => `fallback=file:${instead},cache:60/${UNKNOWN}`],
    ['a URL without an answer', () => `${KEY}/resize=w:5/fallback=file:${instead},cache:60/${cdn.origin.url}/none.png`],
    ['a task that fails', () => `fallback=file:${instead},cache:60/crop=dim:[900,0,1,1]/${picture}`],
  ])('stands in for %s', async (_, target) => {
    const answer = await cdn.get(`/${target()}`)
    expect(await widthOf(answer.bytes)).toBe(7)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
  })

  it('does not stand in for a request that is wrong or not allowed', async () => {
    expect((await cdn.send('GET', `/fallback=file:${instead}/resize=x:1/${picture}`)).status).toBe(400)
    cdn.configure({ security: true })
    expect((await cdn.send('GET', `/fallback=file:${instead}/resize=w:1/${picture}`)).status).toBe(403)
    expect((await cdn.send('GET', `/fallback=file:${instead}/resize=w:1/${UNKNOWN}`)).status).toBe(403)
  })
})

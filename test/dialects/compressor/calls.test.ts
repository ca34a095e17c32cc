import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, photo, solid } from '../../support/pictures.ts'
import { API_KEY, BASIC_OF_OTHER_DIALECT, basic, type House, OTHER_KEY, openHouse, sha1 } from './house.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let house: House
let picture: Buffer
beforeAll(async () => {
  house = await openHouse({ sourceBytes: 4_000_000, syncBytes: 2_000_000 })
  picture = await photo(320, 240, 'jpeg')
})
beforeEach(() => {
  house.origin.reset()
  house.origin.answer('/pictures/image.jpg', { body: picture, headers: { 'content-type': 'image/jpeg' } })
})
afterAll(() => house?.stop())
const source = () => `${house.origin.url}/pictures/image.jpg`
const auth = { authorization: basic(API_KEY) }

describe('compressor: keys', () => {
  it('takes the key as the user name of Basic, whatever the password, and as a Bearer token', async () => {
    for (const authorization of [basic(API_KEY), basic(API_KEY, 'ignored'), `Bearer ${API_KEY}`, `bearer ${API_KEY}`]) {
      const { status, json } = await house.send('GET', '/1.0/account', { authorization })
      expect(status).toBe(200)
      expect(json).toMatchObject({ success: true, account: { id: 'shop', plan: 'self-hosted', usage: {} } })
    }
  })

  it.each([
    ['no key', undefined],
    ['an unknown key', basic('private_nobody')],
    ['an empty key', basic('')],
    ['another scheme', `Digest ${API_KEY}`],
    ['no credentials', 'Basic'],
    ['a key of another dialect', BASIC_OF_OTHER_DIALECT],
  ])('answers 401 with a challenge to %s', async (_, authorization) => {
    for (const [method, target] of [
      ['GET', '/1.0/account'],
      ['POST', '/1.0/fetch'],
      ['POST', '/1.0/upload'],
    ] as const) {
      const { status, headers, json } = await house.send(
        method,
        target,
        authorization === undefined ? {} : { authorization },
      )
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toMatch(/^Basic/)
      expect(json).toMatchObject({ success: false, code: 401 })
      expect(json.id).toMatch(UUID)
    }
  })

  it('counts what an account handed in', async () => {
    const before = await house.send('GET', '/1.0/account', { authorization: basic(OTHER_KEY) })
    expect(before.json.account).toMatchObject({ usage: { requests: 0, bytes: 0 } })
  })
})

describe('compressor: fetch', () => {
  it('answers a smaller picture whose size and sha1 are those of the bytes served', async () => {
    const { status, headers, json } = await house.fetch({ url: source() })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(json).not.toHaveProperty('success')
    expect(json.id).toMatch(UUID)
    expect(json.input).toEqual({
      name: 'image.jpg',
      type: 'image',
      format: 'jpeg',
      mime: 'image/jpeg',
      size: picture.length,
      sha1: sha1(picture),
      width: 320,
      height: 240,
    })
    const url = String(json.url)
    const [, time = ''] = /\/results\/(\d+)\/[0-9a-f-]{36}\/image\.jpeg$/.exec(url) ?? []
    expect(url).toBe(`${house.url}/results/${time}/${json.id}/image.jpeg`)
    expect(Number(time) % 300).toBe(0)
    expect(Number(time) - Date.now() / 1000).toBeGreaterThan(3500)
    expect(Number(time) - Date.now() / 1000).toBeLessThanOrEqual(3900)

    const file = await house.send('GET', url)
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toBe('image/jpeg')
    expect(file.headers.get('content-security-policy')).toContain('sandbox')
    expect(json.output).toEqual({
      name: 'image.jpeg',
      type: 'image',
      format: 'jpeg',
      mime: 'image/jpeg',
      size: file.bytes.length,
      sha1: sha1(file.bytes),
      width: 320,
      height: 240,
    })
    expect(file.bytes.length).toBeLessThan(picture.length)
    expect((await decode(file.bytes)).width).toBe(320)
  })

  it('serves a result under its own URL only', async () => {
    const { json } = await house.fetch({ url: source() })
    const url = new URL(String(json.url))
    const [, , time = '', id = '', name = ''] = url.pathname.split('/')
    const part = await house.send('GET', url.pathname, { range: 'bytes=0-1' })
    expect([part.status, part.bytes.toString('hex')]).toEqual([206, 'ffd8'])
    expect((await house.send('HEAD', url.pathname)).status).toBe(200)
    for (const other of [
      `/results/${Number(time) + 300}/${id}/${name}`,
      `/results/300/${id}/${name}`,
      `/results/${time}/${id}/other.jpeg`,
      `/results/${time}/${id.replace(/^./, id.startsWith('0') ? '1' : '0')}/${name}`,
      `/results/${time}/${id}`,
    ]) {
      const missing = await house.send('GET', other)
      expect([other, missing.status, missing.json.code]).toEqual([other, 404, 404])
    }
  })

  it('fetches with its own User-Agent, the headers given and the user info of the URL', async () => {
    const url = source().replace('http://', 'http://user:pass@')
    expect((await house.fetch({ url, headers: { 'X-Token': 'abc' } })).status).toBe(200)
    expect(house.origin.requests[0]?.headers).toMatchObject({
      'user-agent': 'Compressor/1.0 (+https://compressor.app)',
      'x-token': 'abc',
      authorization: basic('user', 'pass'),
    })
    await house.fetch({ url: source(), headers: { 'user-agent': 'mine' } })
    expect(house.origin.requests.at(-1)?.headers['user-agent']).toBe('mine')
  })

  it('follows redirects, and names the file by the URL that was asked for', async () => {
    for (let hop = 1; hop <= 5; hop++) {
      const location = hop === 5 ? '/pictures/image.jpg' : `/hop${hop + 1}.png`
      house.origin.answer(`/hop${hop}.png`, { status: 302, headers: { location } })
    }
    const { json } = await house.fetch({ url: `${house.origin.url}/hop1.png` })
    expect(json).toMatchObject({ input: { name: 'hop1.png', sha1: sha1(picture) }, output: { name: 'hop1.jpeg' } })
  })

  it('ignores unknown keys', async () => {
    const { status } = await house.fetch({
      url: source(),
      colour: 1,
      image: { sparkle: true },
      video: { codec: 'h264' },
    })
    expect(status).toBe(200)
  })

  it('reads a finished call under /jobs, for its own account only', async () => {
    const { json } = await house.fetch({ url: source() })
    const job = await house.send('GET', `/1.0/jobs/${json.id}`, auth)
    expect([job.status, job.json]).toEqual([200, { ...json, status: 'completed' }])
    const stranger = await house.send('GET', `/1.0/jobs/${json.id}`, { authorization: basic(OTHER_KEY) })
    expect([stranger.status, stranger.json.code]).toEqual([404, 404])
  })

  it.each([
    ['no JSON', '{"url":', {}, 400, 'the request is not valid JSON'],
    ['no object', '[1]', {}, 400, 'the request must be a JSON object'],
    ['null', 'null', {}, 400, 'the request must be a JSON object'],
    ['another content type', '{}', { 'content-type': 'text/plain' }, 415, 'Content-Type must be application/json'],
    [
      'a form',
      'url=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'Content-Type must be application/json',
    ],
    [
      'JSON nested without end',
      `{"url":${'['.repeat(15_000)}${']'.repeat(15_000)}}`,
      {},
      400,
      'the request is not valid JSON',
    ],
    ['too much JSON', JSON.stringify({ url: 'x'.repeat(40_000) }), {}, 413, 'the file is too large'],
  ])('refuses %s', async (_, body, headers, code, message) => {
    const { status, json } = await house.fetch(body, headers)
    expect([status, json]).toEqual([code, { success: false, id: json.id, code, message }])
    expect(json.id).toMatch(UUID)
  })

  it.each([
    ['nothing to fetch', {}, 'url is required'],
    ['an empty URL', { url: '' }, 'url is required'],
    ['a URL of the wrong type', { url: 5 }, 'url must be a string'],
    ['another scheme', { url: 'ftp://example.com/a.jpg' }, 'url must be an http or https URL'],
    ['no URL', { url: 'a.jpg' }, 'url must be an http or https URL'],
    ['headers of the wrong type', { url: 'http://a/', headers: ['x'] }, 'headers must be an object'],
    ['a header of the wrong type', { url: 'http://a/', headers: { a: 1 } }, 'headers.a must be a string'],
    [
      'a header that breaks the line',
      { url: 'http://a/', headers: { a: 'b\r\nc: d' } },
      'headers.a is not a header that HTTP can carry',
    ],
    ['an image that is no object', { url: 'http://a/', image: null }, 'image must be an object'],
    ['a webhook without URL', { url: 'http://a/', webhook: {} }, 'webhook.url is required'],
    [
      'a webhook that is no URL',
      { url: 'http://a/', webhook: { url: 'nowhere' } },
      'webhook.url must be an http or https URL',
    ],
    ['a webhook of the wrong type', { url: 'http://a/', webhook: 'http://a/' }, 'webhook must be an object'],
  ])('refuses %s with 422', async (_, body, message) => {
    const { status, json } = await house.fetch(body)
    expect([status, json.code, json.message]).toEqual([422, 422, message])
  })

  it('answers 422 when the source cannot be fetched, 415 when it is no picture', async () => {
    house.origin.answer('/text', { body: 'just words', headers: { 'content-type': 'image/jpeg' } })
    house.origin.answer('/broken', { body: picture.subarray(0, 2000) })
    house.origin.answer('/teapot', { status: 418 })
    house.origin.answer('/cut', { body: picture, cutAfter: 100 })
    const outcomes = []
    for (const path of ['missing', 'teapot', 'cut', 'broken', 'text']) {
      const { status, json } = await house.fetch({ url: `${house.origin.url}/${path}` })
      outcomes.push([path, status, json.message])
    }
    expect(outcomes).toEqual([
      ['missing', 422, 'url cannot be fetched: it does not exist'],
      ['teapot', 422, 'url cannot be fetched: it answered with an unexpected status'],
      ['cut', 422, 'url cannot be fetched: it cannot be reached'],
      ['broken', 422, 'the file cannot be decoded'],
      ['text', 415, 'the file is not of a kind that is handled'],
    ])
  })
})

describe('compressor: upload', () => {
  it('compresses an uploaded file, instructions before or after it, or none', async () => {
    const form = new FormData()
    form.append('file', new Blob([picture]), 'C:\\pictures\\cat.of.mine.JPG')
    form.append('data', JSON.stringify({ url: 'http://ignored/', image: { format: 'png' } }))
    const after = await house.send('POST', '/1.0/upload', auth, form)
    expect(after.json).toMatchObject({
      input: { name: 'cat.of.mine.JPG', format: 'jpeg', size: picture.length, sha1: sha1(picture) },
      output: { name: 'cat.of.mine.png', format: 'png', mime: 'image/png' },
    })
    const before = await house.upload(picture, 'cat.jpg', { image: { format: 'webp' } })
    expect(before.json).toMatchObject({ output: { name: 'cat.webp', mime: 'image/webp' } })
    for (const data of [undefined, '', '  ']) {
      const { status, json } = await house.upload(picture, 'cat.jpg', data)
      expect([status, json.output]).toMatchObject([200, { name: 'cat.jpeg' }])
    }
    await expect.poll(() => house.uploads()).toEqual([])
  })

  it.each([
    ['instructions that are no JSON', true, '{', 400, 'the request is not valid JSON'],
    ['instructions that are a list', true, '[]', 400, 'the request must be a JSON object'],
    ['no file', false, '{}', 422, 'file is required'],
    [
      'a wrong option',
      true,
      '{"image":{"compression":"max"}}',
      422,
      'image.compression must be one of: medium, high, ultra',
    ],
  ])('refuses %s and keeps no file', async (_, withFile, data, code, message) => {
    const { status, json } = await house.upload(withFile ? picture : undefined, 'a.jpg', data)
    expect([status, json.code, json.message]).toEqual([code, code, message])
    await expect.poll(() => house.uploads()).toEqual([])
  })

  it('refuses what is no form, a broken one and files above the limit', async () => {
    const json = await house.send('POST', '/1.0/upload', { ...auth, 'content-type': 'application/json' }, '{}')
    expect([json.status, json.json.message]).toEqual([415, 'Content-Type must be multipart/form-data'])
    const broken = await house.send(
      'POST',
      '/1.0/upload',
      { ...auth, 'content-type': 'multipart/form-data; boundary=b' },
      '--b\r\nxx',
    )
    expect([broken.status, broken.json.code]).toEqual([400, 400])
    const large = await house.upload(Buffer.alloc(4_000_001), 'a.jpg')
    expect([large.status, large.json.message]).toEqual([413, 'the file is too large'])
    await expect.poll(() => house.uploads()).toEqual([])
  })
})

describe('compressor: asynchronous work', () => {
  it('answers at once and tells a webhook with the body of a synchronous answer', async () => {
    const { status, json } = await house.fetch({ url: source(), webhook: { url: 'http://example.com/hook' } })
    expect([status, json]).toEqual([202, { id: json.id, status: 'enqueued' }])
    const done = await house.finished(String(json.id))
    expect(done).toMatchObject({ id: json.id, status: 'completed', input: { sha1: sha1(picture) } })
    const [hook] = await house.hooked()
    expect(hook?.headers).toEqual({
      'user-agent': 'Compressor/1.0 (+https://compressor.app)',
      'content-type': 'application/json',
    })
    const { status: _, ...answer } = done
    expect(hook?.body).toEqual(answer)
    expect((await house.send('GET', String(done.url))).status).toBe(200)
  })

  it('works on large files asynchronously, fetched or uploaded, and refuses those above the limit', async () => {
    const large = Buffer.concat([picture, Buffer.alloc(2_100_000)])
    house.origin.answer('/large.jpg', { body: large })
    house.origin.answer('/huge.jpg', { body: Buffer.alloc(4_100_000) })
    const uploaded = await house.upload(large, 'large.jpg', {})
    expect([uploaded.status, uploaded.json.status]).toEqual([202, 'enqueued'])
    expect(await house.finished(String(uploaded.json.id))).toMatchObject({
      status: 'completed',
      input: { name: 'large.jpg', size: large.length },
    })
    await expect.poll(() => house.uploads()).toEqual([])
    const fetched = await house.fetch({ url: `${house.origin.url}/large.jpg` })
    expect([fetched.status, fetched.json.status]).toEqual([202, 'enqueued'])
    expect(await house.finished(String(fetched.json.id))).toMatchObject({ status: 'completed' })
    const huge = await house.fetch({ url: `${house.origin.url}/huge.jpg` })
    expect(huge.status).toBe(202)
    expect(await house.finished(String(huge.json.id))).toEqual({
      success: false,
      id: huge.json.id,
      status: 'failed',
      code: 413,
      message: 'the file is too large',
    })
  })

  it('tells of a failed job', async () => {
    const url = `${house.origin.url}/missing.jpg`
    const { json } = await house.fetch({ url, webhook: { url: 'http://example.com/failed' } })
    const failure = { success: false, id: json.id, code: 422, message: 'url cannot be fetched: it does not exist' }
    expect(await house.finished(String(json.id))).toEqual({ ...failure, status: 'failed' })
    await expect.poll(async () => (await house.hooked()).map(({ body }) => body)).toContainEqual(failure)
  })

  it('knows no job of another account, and none by a wrong id', async () => {
    const { json } = await house.fetch({ url: source(), webhook: { url: 'http://example.com/hook' } })
    for (const [id, key] of [
      [json.id, OTHER_KEY],
      ['00000000-0000-4000-8000-000000000000', API_KEY],
      ['x', API_KEY],
    ] as const) {
      const { status } = await house.send('GET', `/1.0/jobs/${id}`, { authorization: basic(key) })
      expect(status).toBe(404)
    }
    await house.finished(String(json.id))
  })

  it('becomes asynchronous when the work is long', async () => {
    const slow = await openHouse({ syncMs: 0 })
    slow.origin.answer('/a.jpg', { body: picture })
    const { status, json } = await slow.fetch({ url: `${slow.origin.url}/a.jpg` })
    expect([status, json.status]).toEqual([202, 'enqueued'])
    expect(await slow.finished(String(json.id))).toMatchObject({ status: 'completed' })
    await slow.stop()
  })
})

describe('compressor: routes', () => {
  it.each([
    ['GET', '/1.0/fetch', 405],
    ['PUT', '/1.0/upload', 405],
    ['POST', '/1.0/account', 405],
    ['DELETE', '/1.0/jobs/x', 405],
    ['GET', '/1.0', 404],
    ['GET', '/1.0/', 404],
    ['GET', '/1.0/unknown', 404],
    ['POST', '/1.0/fetch/', 404],
    ['GET', '/results/1/x/y', 404],
  ])('%s %s is %i in the form of every error', async (method, target, code) => {
    const { status, json, headers } = await house.send(method, target, auth)
    expect([status, json.success, json.code]).toEqual([code, false, code])
    expect(json.id).toMatch(UUID)
    if (code === 405) expect(headers.get('allow')).toMatch(/POST|GET, HEAD/)
  })

  it('a temporary result is gone after its time', async () => {
    let now = Date.now()
    const early = await openHouse({ clock: () => now })
    early.origin.answer('/a.png', { body: await solid(8, 8) })
    const { json } = await early.fetch({ url: `${early.origin.url}/a.png` })
    expect((await early.send('GET', String(json.url))).status).toBe(200)
    now += 3_900_001
    expect((await early.send('GET', String(json.url))).status).toBe(404)
    await early.stop()
  })

  it('keeps secrets out of log and answers', async () => {
    await house.fetch({ url: 'http://user:hidden@127.0.0.1:1/a.jpg', headers: { 'x-token': 'hidden' } })
    expect(house.logged.join()).not.toContain('hidden')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, oriented, photo, quadrants, solid, svg } from '../../support/pictures.ts'
import { AUTH, type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
beforeEach(() => {
  house.configure({})
  house.origin.reset()
})
afterAll(() => house?.stop())

describe('the answer with wait', () => {
  it('says sizes and names, and the result is where it says', async () => {
    const picture = await photo(320, 200, 'jpeg')
    house.origin.answer('/dir/my%20photo.jpg?v=1', { body: picture })
    const { status, json, headers } = await house.call('/v1/url', {
      url: `${house.origin.url}/dir/my%20photo.jpg?v=1`,
      wait: true,
      lossy: true,
    })
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(json).toEqual({
      success: true,
      file_name: 'my photo.jpg',
      original_size: picture.length,
      kraked_size: expect.any(Number),
      saved_bytes: picture.length - json.kraked_size,
      kraked_url: expect.stringMatching(
        /\/results\/api\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{26}\/my%20photo\.jpg$/,
      ),
      original_width: 320,
      original_height: 200,
      kraked_width: 320,
      kraked_height: 200,
      original_type: 'image/jpeg',
      kraked_type: 'image/jpeg',
    })
    expect(json.kraked_size).toBeLessThanOrEqual(picture.length)
    const result = await house.fetch(json.kraked_url)
    expect([result.status, result.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    expect(result.bytes.length).toBe(json.kraked_size)
  })

  it('what cannot become smaller is answered with its own bytes, and no saving', async () => {
    const first = await house.upload({ wait: true }, await solid(8, 8, [9, 9, 9], 'png'))
    const smallest = (await house.fetch(first.json.kraked_url)).bytes
    const { json } = await house.upload({ wait: true }, smallest)
    expect(json).toMatchObject({
      success: true,
      saved_bytes: 0,
      original_size: smallest.length,
      kraked_size: smallest.length,
    })
    expect((await house.fetch(json.kraked_url)).bytes.equals(smallest)).toBe(true)
  })

  it('an enlarged result saves nothing, never less', async () => {
    const resize = { strategy: 'exact', width: 800, height: 600 }
    const { json } = await house.upload({ wait: true, resize }, await quadrants(80, 60, 'jpeg'))
    expect(json.kraked_size).toBeGreaterThan(json.original_size)
    expect(json.saved_bytes).toBe(0)
  })
})

describe('the file name', () => {
  it.each([
    ['with an extension that changes', { convert: { format: 'png' } }, 'a.b.jpg', 'a.b.png'],
    ['with an extension that is kept', { convert: { format: 'png', keep_extension: true } }, 'a.jpg', 'a.jpg'],
    ['of the same format', { convert: { format: 'jpeg' } }, 'a.jpeg', 'a.jpeg'],
    ['without an extension', {}, 'c0ffee', 'c0ffee'],
    ['without an extension, converted', { webp: true }, 'c0ffee', 'c0ffee.webp'],
    ['with folders', {}, '../../etc/a.jpg', 'a.jpg'],
    ['beyond ASCII', {}, 'größe ö.jpg', 'gr%C3%B6%C3%9Fe%20%C3%B6.jpg'],
  ])('%s', async (_, wish, filename, inUrl) => {
    const { json } = await house.upload({ wait: true, ...wish }, await quadrants(16, 16, 'jpeg'), filename)
    expect(json.file_name).toBe(filename.split('/').at(-1))
    expect(json.kraked_url.split('/').at(-1)).toBe(inUrl)
    expect((await house.fetch(json.kraked_url)).status).toBe(200)
  })
})

describe('temporary results', () => {
  it('are gone after an hour', async () => {
    const { json } = await house.upload({ wait: true }, await quadrants(16, 16))
    try {
      house.ahead += 3_599_000
      const last = await house.fetch(json.kraked_url)
      expect([last.status, last.headers.get('cache-control')]).toEqual([200, 'public, max-age=0'])
      house.ahead += 1_001
      expect(await house.fetch(json.kraked_url)).toMatchObject({ status: 404, json: { success: false } })
    } finally {
      house.ahead = 0
    }
  })

  it('are never a page', async () => {
    const { json } = await house.upload({ wait: true }, svg(20, 10), 'drawing.svg')
    const { headers } = await house.fetch(json.kraked_url)
    expect(headers.get('content-type')).toBe('image/svg+xml')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
  })

  it('can be asked for in part and with HEAD', async () => {
    const { json } = await house.upload({ wait: true }, await quadrants(16, 16))
    const part = await house.send('GET', json.kraked_url, undefined, { range: 'bytes=1-3' })
    expect([part.status, part.bytes.toString()]).toEqual([206, 'PNG'])
    const head = await house.send('HEAD', json.kraked_url)
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(json.kraked_size)])
  })

  it.each([
    '/results/api/00/00/00/00000000000000000000000000/a.jpg',
    '/results/api/..%2f..%2fusage.json',
    '/results/api/',
  ])('%s is 404', async (path) => {
    expect(await house.send('GET', path)).toMatchObject({ status: 404, json: { success: false } })
  })
})

describe('sets', () => {
  it('are answered by id in the order asked for, each with a place of its own', async () => {
    const resize = [
      { id: 20, strategy: 'exact', width: 20, height: 20 },
      { id: 'b', strategy: 'square', size: 10, lossy: true, quality: 30 },
      { id: 3, strategy: 'none' },
      { id: '__proto__', strategy: 'portrait', height: 5 },
    ]
    const answer = await house.upload({ wait: true, resize }, await quadrants(40, 30, 'jpeg'), 'header.jpg')
    const { json } = answer
    expect([...answer.bytes.toString().matchAll(/"(20|b|3|__proto__)":/g)].map(([, id]) => id)).toEqual([
      '20',
      'b',
      '3',
      '__proto__',
    ])
    expect(Object.keys(json)).toEqual(['success', 'results'])
    expect(json.results.b).toMatchObject({
      kraked_width: 10,
      kraked_height: 10,
      original_width: 40,
      file_name: 'header.jpg',
    })
    expect(json.results.b).not.toHaveProperty('success')
    expect(json.results[3]).toMatchObject({ kraked_width: 40, kraked_height: 30 })
    expect(new Set([20, 'b', 3].map((id) => json.results[id].kraked_url)).size).toBe(3)
  })

  it('fail as a whole and leave nothing behind', async () => {
    const before = await house.files('results')
    const resize = [
      { id: 1, strategy: 'none' },
      { id: 2, strategy: 'crop', width: 5, height: 5, x: 5000 },
    ]
    const answer = await house.upload({ wait: true, resize }, await quadrants(40, 30))
    expect([answer.status, answer.json.success]).toEqual([422, false])
    await expect.poll(() => house.files('results')).toEqual(before)
  })
})

describe('orientation', () => {
  it('is forgotten unless asked for: the stored pixels stay', async () => {
    const { json } = await house.upload({ wait: true }, await oriented(6))
    expect(json).toMatchObject({ original_width: 48, kraked_width: 48, kraked_height: 64 })
  })
  it('turns the pixels with auto_orient, before resizing', async () => {
    const turned = await house.upload({ wait: true, auto_orient: true }, await oriented(6))
    expect(turned.json).toMatchObject({ original_width: 48, original_height: 64, kraked_width: 64, kraked_height: 48 })
    const resize = { strategy: 'portrait', height: 24 }
    const both = await house.upload({ wait: true, auto_orient: true, resize }, await oriented(6))
    expect(both.json).toMatchObject({ kraked_width: 32, kraked_height: 24 })
  })
})

describe('formats', () => {
  it.each([
    ['jpeg', 'jpeg', 'image/jpeg'],
    ['jpeg', 'jpg', 'image/jpeg'],
    ['jpeg', 'png', 'image/png'],
    ['jpeg', 'gif', 'image/gif'],
    ['png', 'webp', 'image/webp'],
    ['png', 'avif', 'image/avif'],
    ['gif', 'jpeg', 'image/jpeg'],
  ] as const)('%s to %s is %s', async (from, format, type) => {
    const { json } = await house.upload({ wait: true, convert: { format } }, await quadrants(32, 24, from))
    const result = await house.fetch(json.kraked_url)
    expect([json.kraked_type, result.headers.get('content-type')]).toEqual([type, type])
    expect(await decode(result.bytes)).toMatchObject({ width: 32, height: 24 })
  })
  it('webp wins over another format, and changes no pixel unless lossy', async () => {
    const source = await quadrants(32, 24)
    const { json } = await house.upload({ wait: true, webp: true, convert: { format: 'png' } }, source)
    expect(json.kraked_type).toBe('image/webp')
    const result = await decode((await house.fetch(json.kraked_url)).bytes)
    expect(result.data.equals((await decode(source)).data)).toBe(true)
  })
  it('a transparent picture becomes opaque on the colour asked for', async () => {
    const source = await solid(8, 8, [0, 0, 0, 0])
    const { json } = await house.upload({ wait: true, convert: { format: 'jpeg', background: '#0000ff' } }, source)
    const [r = 0, , b = 0] = (await decode((await house.fetch(json.kraked_url)).bytes)).data
    expect([r < 10, b > 245]).toEqual([true, true])
  })
  it('a higher quality is a larger file', async () => {
    const source = await photo(160, 120, 'jpeg')
    const sizes = []
    for (const quality of [20, 50, 80]) {
      sizes.push((await house.upload({ wait: true, lossy: true, quality }, source)).json.kraked_size)
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    expect(new Set(sizes).size).toBe(3)
  })
})

describe('the sandbox', () => {
  it('invents an answer without fetching or charging', async () => {
    const { status, json } = await house.call('/v1/url', {
      url: `${house.origin.url}/missing.jpg`,
      wait: true,
      dev: true,
    })
    expect([status, json.success, json.file_name]).toEqual([200, true, 'missing.jpg'])
    expect(house.origin.requests).toEqual([])
    expect((await house.fetch(json.kraked_url)).status).toBe(404)
  })
  it('knows an upload, and takes a fifth of its size', async () => {
    const picture = await quadrants(16, 16)
    const { json } = await house.upload({ wait: true, dev: true }, picture)
    expect(json).toMatchObject({ original_size: picture.length, kraked_size: Math.round(picture.length * 0.2) })
  })
  it('says no id to a callback, and an array for a set', async () => {
    const called = await house.call('/v1/url', {
      url: 'http://a.test/a.jpg',
      callback_url: 'http://a.test/',
      dev: true,
    })
    expect([called.status, 'id' in called.json]).toEqual([200, false])
    const resize = [{ id: 'x', strategy: 'none' }]
    const set = await house.call('/v1/url', { url: 'http://a.test/a.jpg', wait: true, dev: true, resize })
    expect(set.json.results).toMatchObject([{ id: 'x', file_name: 'a.jpg' }])
  })
  it('checks credentials and parameters', async () => {
    const url = 'http://a.test/a.jpg'
    expect((await house.call('/v1/url', { url, wait: true, dev: true, auth: {} })).status).toBe(401)
    expect((await house.call('/v1/url', { url, dev: true })).status).toBe(422)
  })
})

describe('quota', () => {
  it('counts input bytes of what succeeded, once per request', async () => {
    const picture = await quadrants(32, 32)
    const used = async () => (await house.call('/user_status', {})).json.quota_used
    const before = await used()
    await house.upload(
      {
        wait: true,
        resize: [
          { id: 1, strategy: 'none' },
          { id: 2, strategy: 'none' },
        ],
      },
      picture,
    )
    await house.upload({ wait: true, dev: true }, picture)
    await house.upload({ wait: true }, Buffer.from('no picture'))
    expect((await used()) - before).toBe(picture.length)
  })
  it('is told by /user_status, and may be overdrawn', async () => {
    const used = (await house.call('/user_status', {})).json.quota_used
    house.configure({ quotaBytes: used + 1 })
    expect((await house.call('/user_status', {})).json).toEqual({
      success: true,
      active: true,
      plan_name: expect.any(String),
      quota_total: used + 1,
      quota_used: used,
      quota_remaining: 1,
    })
    const picture = await quadrants(32, 32)
    expect((await house.upload({ wait: true }, picture)).status).toBe(200)
    expect((await house.call('/user_status', {})).json.quota_remaining).toBe(1 - picture.length)
    expect(await house.upload({ wait: true }, picture)).toMatchObject({
      status: 429,
      json: { success: false, message: 'Request limit reached' },
    })
    expect((await house.upload({ wait: true, dev: true }, picture)).status).toBe(200)
  })
})

describe('the three forms of a body', () => {
  const text = JSON.stringify({ auth: AUTH })
  it.each([
    ['JSON', 'application/json', text],
    ['raw JSON that calls itself a form', 'application/x-www-form-urlencoded', text],
    ['the field data of a form', 'application/x-www-form-urlencoded', `data=${encodeURIComponent(text)}`],
    [
      'a form beside other fields',
      'application/x-www-form-urlencoded',
      `a=1&data=${encodeURIComponent(text).replaceAll('%20', '+')}`,
    ],
    ['no type at all', '', text],
  ])('%s', async (_, type, body) => {
    const answer = await house.send(
      'POST',
      '/user_status',
      Uint8Array.from(Buffer.from(body)),
      type === '' ? {} : { 'content-type': type },
    )
    expect(answer).toMatchObject({ status: 200, json: { success: true, active: true } })
  })
})

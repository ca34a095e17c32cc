import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { quadrants, solid, svg } from '../../support/pictures.ts'
import { AUTH, type House, OTHER, openHouse } from './house.ts'

let house: House
let picture: Buffer
beforeAll(async () => {
  house = await openHouse()
  picture = await quadrants(64, 48, 'jpeg')
})
beforeEach(() => {
  house.origin.reset()
  house.origin.answer('/a.jpg', { headers: { 'content-type': 'text/plain' }, body: picture })
})
afterAll(() => house?.stop())

const UNKNOWN_KEY = 'Unnknown API Key. Please check your API key and try again.'
const NO_JSON = 'Incoming request body does not contain a valid JSON object'
const source = () => ({ url: `${house.origin.url}/a.jpg`, wait: true })
const refused = (status: number, message: string | RegExp) => ({
  status,
  json: {
    success: false,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  },
})

describe('a body that is no JSON object is 400', () => {
  it.each(['', 'hello', '[]', '"text"', 'null', '12', '{"auth":', 'data=%7B', 'data=[]', '\u0000'])(
    '%j',
    async (body) => {
      expect(await house.send('POST', '/v1/url', body)).toMatchObject(refused(400, NO_JSON))
      expect(await house.send('POST', '/user_status', body)).toMatchObject(refused(400, NO_JSON))
    },
  )

  it('one that is too long is not read', async () => {
    const answer = await house.send('POST', '/v1/url', `{"url":"${'x'.repeat(100_000)}"}`)
    expect(answer).toMatchObject(refused(413, NO_JSON))
  })
})

describe('credentials that do not belong together are 401', () => {
  it.each([
    ['none', undefined],
    ['null', null],
    ['a text', 'public_demo'],
    ['no secret', { api_key: AUTH.api_key }],
    ['a wrong secret', { ...AUTH, api_secret: 'wrong-secret' }],
    ["another key's secret", { api_key: AUTH.api_key, api_secret: OTHER.api_secret }],
    ['another type', { api_key: 1, api_secret: ['private_demo'] }],
  ])('%s', async (_, auth) => {
    expect(await house.call('/v1/url', { ...source(), auth })).toMatchObject(refused(401, UNKNOWN_KEY))
    expect(await house.call('/user_status', { auth })).toMatchObject(refused(401, UNKNOWN_KEY))
    expect(await house.upload({ wait: true, auth }, picture)).toMatchObject(refused(401, UNKNOWN_KEY))
  })
})

describe('the order of the checks', () => {
  it('credentials come before parameters', async () => {
    expect(await house.call('/v1/url', { auth: {}, quality: 500 })).toMatchObject(refused(401, UNKNOWN_KEY))
  })
  it('parameters come before the type of the file', async () => {
    expect(await house.upload({}, Buffer.from('no picture'))).toMatchObject(refused(422, /wait flag/))
  })
})

describe('parameters that cannot be used are 422', () => {
  it.each([
    [{ wait: false }, 'You need to specify either callback_url or wait flag'],
    [{ wait: null }, 'You need to specify either callback_url or wait flag'],
    [{ wait: 'yes' }, /wait is not of a type\(s\) boolean/],
    [{ url: undefined }, /url must be set/],
    [{ url: null }, /url must be set/],
    [{ url: 'ftp://example.com/a.jpg' }, /provide a valid URL/],
    [{ url: 7 }, /url is not of a type\(s\) string/],
    [{ callback_url: 'nowhere' }, /provide a valid URL/],
    [{ callback_url: {} }, /callback_url is not of a type\(s\) string/],
    [{ quality: 101 }, /quality setting has to be within the range of 1-100/],
    [{ quality: -1, lossy: true }, /quality setting has to be within the range of 1-100/],
    [{ quality: 1.5 }, /quality is not of a type\(s\) integer/],
    [{ lossy: 'true' }, /lossy is not of a type\(s\) boolean/],
    [{ resize: 'small' }, /resize is not of a type\(s\) object/],
    [{ resize: {} }, /Resize strategy must be one of the following/],
    [{ resize: { strategy: 'huge' } }, /Resize strategy must be one of the following/],
    [{ resize: { strategy: 'portrait', width: 5 } }, "For 'portrait' strategy image height must be set"],
    [{ resize: { strategy: 'landscape', height: 5 } }, "For 'landscape' strategy image width must be set"],
    [{ resize: { strategy: 'exact', height: 5 } }, "For 'exact' strategy image width and height must be set"],
    [{ resize: { strategy: 'auto', width: 5 } }, "For 'auto' strategy image width and height must be set"],
    [{ resize: { strategy: 'crop', width: 5 } }, "For 'crop' strategy image width and height must be set"],
    [{ resize: { strategy: 'fit', width: 5, height: 0 } }, "For 'fit' strategy image width and height must be set"],
    [{ resize: { strategy: 'fill' } }, "For 'fill' strategy image width and height must be set"],
    [{ resize: { strategy: 'square', width: 5 } }, "For 'square' strategy image size must be set"],
    [{ resize: { strategy: 'square', size: 16_385 } }, /size has to be within/],
    [{ resize: { strategy: 'square', size: 'big' } }, /size is not of a type\(s\) integer/],
    [{ resize: { strategy: 'fit', width: 5, height: 5, crop_mode: 'q' } }, /crop_mode/],
    [{ resize: { strategy: 'fill', width: 5, height: 5, background: '#zz' } }, /background/],
    [{ resize: [] }, /1 to 10 sizes/],
    [{ resize: Array.from({ length: 11 }, (_, id) => ({ id, strategy: 'none' })) }, /1 to 10 sizes/],
    [{ resize: [7] }, /is not of a type\(s\) object/],
    [
      { resize: [{ strategy: 'none' }] },
      /^When using multi-resize you must provide a unique 'id' property for each size/,
    ],
    [
      {
        resize: [
          { id: 1, strategy: 'none' },
          { id: '1', strategy: 'none' },
        ],
      },
      /unique 'id' property/,
    ],
    [{ convert: { format: 'bmp' } }, /Convert format must be one of/],
    [{ convert: { background: '#fff' } }, /format must be set/],
    [{ preserve_meta: ['everything'] }, /preserve_meta/],
    [{ preserve_meta: 'date' }, /preserve_meta is not of a type\(s\) array/],
  ])('%o', async (wish, message) => {
    const answer = await house.call('/v1/url', { ...source(), ...wish })
    expect({ status: answer.status, json: answer.json }).toEqual(refused(422, message))
    expect(house.origin.requests).toEqual([])
  })
})

describe('null, zero and what nobody knows mean nothing', () => {
  it('every field of a typed client, empty', async () => {
    const empty = {
      callback_url: null,
      json: null,
      dev: null,
      lossy: null,
      quality: 0,
      sampling_scheme: null,
      webp: null,
      convert: { format: null, background: null, keep_extension: false },
      resize: null,
      preserve_meta: [],
      auto_orient: null,
      s3_store: null,
      azure_store: null,
      origin: 'wp',
      imageFinalName: null,
      file: 'stray',
    }
    expect(await house.call('/v1/url', { ...source(), ...empty })).toMatchObject({
      status: 200,
      json: { success: true },
    })
  })
})

describe('sources', () => {
  it.each([
    ['is not there', '/missing.jpg'],
    ['breaks off', '/cut.jpg'],
    ['is no picture', '/page.html'],
    ['sends the client elsewhere for ever', '/loop.jpg'],
  ])('one that %s is 422', async (_, path) => {
    house.origin.answer('/cut.jpg', { body: picture, cutAfter: 100 })
    house.origin.answer('/page.html', { body: '<html>' })
    house.origin.answer('/loop.jpg', { status: 302, headers: { location: `${house.origin.url}/loop.jpg` } })
    const answer = await house.call('/v1/url', { ...source(), url: house.origin.url + path })
    expect(answer).toMatchObject(refused(422, "Couldn't get this file"))
  })

  it('nobody listens: 422', async () => {
    const answer = await house.call('/v1/url', { ...source(), url: 'http://127.0.0.1:1/a.jpg' })
    expect(answer).toMatchObject(refused(422, "Couldn't get this file"))
  })

  it('of 33,554,433 bytes is 413, announced or not', async () => {
    const body = Buffer.alloc(33_554_433, 1)
    const message = 'File size too large. The maximum file size is 33554432 bytes (32 MB)'
    house.origin.answer('/large.jpg', { body })
    house.origin.answer('/chunked.jpg', { body, chunked: true })
    for (const path of ['/large.jpg', '/chunked.jpg']) {
      expect(await house.call('/v1/url', { ...source(), url: house.origin.url + path })).toMatchObject(
        refused(413, message),
      )
    }
    expect(await house.upload({ wait: true }, body)).toMatchObject(refused(413, message))
    await expect.poll(() => house.files('uploads/incoming')).toEqual([])
  })

  it('a damaged picture is 422', async () => {
    const whole = await quadrants(400, 300, 'png')
    const resize = { strategy: 'exact', width: 10, height: 10 }
    const answer = await house.upload({ wait: true, resize }, whole.subarray(0, whole.length / 2))
    expect([answer.status, answer.json.success]).toEqual([422, false])
  })

  it.each([
    ['TIFF', 'tiff'],
    ['BMP', 'bmp'],
  ] as const)('%s is 415', async (_, format) => {
    const bytes = await solid(8, 8, [1, 2, 3], format)
    expect(await house.upload({ wait: true }, bytes)).toMatchObject(refused(415, 'File type not supported'))
    house.origin.answer('/other', { body: bytes })
    const answer = await house.call('/v1/url', { ...source(), url: `${house.origin.url}/other` })
    expect(answer).toMatchObject(refused(415, 'File type not supported'))
  })

  it('an upload that is no picture is 415', async () => {
    const answer = await house.upload({ wait: true }, Buffer.from('plain text'))
    expect(answer).toMatchObject(refused(415, 'File type not supported'))
  })

  it('SVG to WebP is 415 in the words of the contract', async () => {
    const answer = await house.upload({ wait: true, webp: true }, svg(20, 10))
    expect(answer).toMatchObject(refused(415, 'WebP compression is non available for SVG images'))
  })

  it('an SVG bomb does no harm', async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">${Array.from('bcdefgh', (name, i) => `<!ENTITY ${name} "${`&${'abcdefgh'[i]};`.repeat(10)}">`).join('')}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&h;</text></svg>`
    const answer = await house.upload({ wait: true, convert: { format: 'png' } }, Buffer.from(bomb))
    expect(answer).toMatchObject(refused(422, 'The image is damaged or cannot be decoded'))
    const huge = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"/>')
    expect((await house.upload({ wait: true, convert: { format: 'png' } }, huge)).status).toBe(422)
  })
})

it.each([
  ['GET', '/v1/url'],
  ['PUT', '/v1/upload'],
  ['GET', '/user_status'],
  ['DELETE', '/v1/url'],
])('%s %s is 404', async (method, path) => {
  expect(await house.send(method, path)).toMatchObject({ status: 404, json: { success: false } })
})

it('private addresses are not reached unless the operator allows it', async () => {
  const careful = await openHouse({ allowPrivate: false })
  try {
    const answer = await careful.call('/v1/url', { url: `${careful.origin.url}/a.jpg`, wait: true })
    expect(answer).toMatchObject(refused(422, "Couldn't get this file"))
    expect(careful.origin.requests).toEqual([])
  } finally {
    await careful.stop()
  }
})

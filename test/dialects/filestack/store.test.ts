import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formOf, type House, KEY, OTHER_KEY, openHouse, PLAIN_KEY, sign, signed } from './house.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const HANDLE = /^[A-Za-z0-9_-]{20}$/

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.stop())
beforeEach(() => {
  house.origin.reset()
  house.configure({})
})

describe('where the bytes come from', () => {
  test('a form: the file part, with its name and type', async () => {
    const answer = await house.store('', formOf(PNG))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const { handle, key } = answer.json
    expect(handle).toMatch(HANDLE)
    expect(key).toMatch(/^[A-Za-z0-9_-]{20}_cat\.png$/)
    expect(answer.json).toEqual({
      ...{ url: `${house.url}/api/file/${handle}`, handle, size: PNG.length, type: 'image/png', mimetype: 'image/png' },
      ...{ filename: 'cat.png', key, container: '', isWriteable: true },
    })
    expect(await house.object(key)).toEqual(PNG)
  })

  test.each([
    ['any part with a file name', formOf(PNG, { name: 'whatever' }), 'cat.png'],
    ['not an input that was left empty', emptyFirst(), 'real.png'],
    ['only the first of several', twoFiles(), 'cat.png'],
  ])('a form: %s', async (_, form, filename) => {
    const { json } = await house.store('', form)
    expect(json).toMatchObject({ filename, size: PNG.length })
    expect(await house.object(json.key)).toEqual(PNG)
  })

  test('a form without a file: a text in fileUpload', async () => {
    const { json } = await house.store(
      'base64decode=true&filename=a.png',
      formOf(undefined, { before: { fileUpload: PNG.toString('base64') } }),
    )
    expect(json).toMatchObject({ filename: 'a.png', size: PNG.length })
  })

  test('a form with neither file nor url is refused', async () => {
    const answer = await house.store('', formOf(undefined, { before: { other: 'x' } }))
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(/^\[uuid=[0-9a-f]{16}\] Invalid parameter fileUpload/)
  })

  test.each([
    ['form-urlencoded', (url: string) => new URLSearchParams({ url })],
    ['multipart', (url: string) => formOf(undefined, { before: { url } })],
  ])('a url in a form: %s', async (_, bodyOf) => {
    house.origin.answer('/dir/w%20m.png?x=1', { body: PNG, headers: { 'content-type': 'image/png; q=1' } })
    const { json } = await house.store('', bodyOf(`${house.origin.url}/dir/w%20m.png?x=1`))
    expect(json).toMatchObject({ filename: 'w m.png', type: 'image/png', size: PNG.length })
    expect(await house.object(json.key)).toEqual(PNG)
  })

  test('a url in JSON, with parameters beside it; the query counts more', async () => {
    house.origin.answer('/a', {
      body: PNG,
      headers: { 'content-disposition': "inline; filename*=UTF-8''k%C3%A4tzchen.png" },
    })
    const body = JSON.stringify({ url: `${house.origin.url}/a`, path: '/json/', mimetype: 'image/x-a' })
    const { json } = await house.store('mimetype=image/x-b', body, { 'content-type': 'application/json' })
    expect(json).toMatchObject({ filename: 'kätzchen.png', type: 'image/x-b' })
    expect(json.key).toMatch(/^json\/.{20}_kätzchen\.png$/)
  })

  test.each([
    ['a form without url', 'application/x-www-form-urlencoded', 'a=b&c=d', 'text/plain'],
    ['a form whose bytes are none', 'application/x-www-form-urlencoded', 'x\0&url=http://a/', 'text/plain'],
    ['JSON without url', 'application/json', '{"a":1}', 'text/plain'],
    ['JSON whose url is no string', 'application/json', '{"url":1}', 'text/plain'],
    ['text that is no JSON', 'application/json', 'aGVsbG8=', 'text/plain'],
    ['a picture', 'image/png', 'not really', 'image/png'],
    ['octets', 'application/octet-stream', 'abc', 'text/plain'],
    ['text with a charset', 'text/css; charset=utf-8', 'abc', 'text/css'],
  ])('raw: %s', async (_, type, body, recorded) => {
    const { json } = await house.store('', body, { 'content-type': type })
    expect(json).toMatchObject({ size: Buffer.byteLength(body), type: recorded })
    expect(String(await house.object(json.key))).toBe(body)
  })

  test('raw: a stream without a length', async () => {
    const chunks = [PNG.subarray(0, 10), PNG.subarray(10)]
    const body = new ReadableStream({
      pull: (controller) => {
        const chunk = chunks.shift()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
    })
    const { json } = await house.store('filename=s.png', body)
    expect(json).toMatchObject({ size: PNG.length, type: 'image/png', filename: 's.png' })
  })

  test('a large body that claims to be a form is stored byte for byte', async () => {
    const body = Buffer.alloc(1_000_000, 'url=http://nowhere.test/&')
    const { json } = await house.store('', new Uint8Array(body), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(await house.object(json.key)).toEqual(body)
  })
})

function emptyFirst(): FormData {
  const form = new FormData()
  form.append('unused', new Blob([]), '')
  form.append('photo', new Blob([PNG], { type: 'image/png' }), 'C:\\pictures\\real.png')
  return form
}

function twoFiles(): FormData {
  const form = formOf(PNG)
  form.append('second', new Blob(['xyz']), 'second.txt')
  return form
}

describe('names and types', () => {
  test.each([
    ['filename counts more than the part', 'filename=dog.gif', { filename: 'dog.gif', type: 'image/png' }],
    ['the path does not rename', 'path=/x/1234.jpg', { filename: 'cat.png', key: 'x/1234.jpg' }],
    ['mimetype counts more than the part', 'mimetype=image/webp', { type: 'image/webp' }],
    ['parameters of a media type are dropped', 'mimetype=text/plain;%20charset=utf-8', { type: 'text/plain' }],
  ])('a part: %s', async (_, query, expected) => {
    expect((await house.store(query, formOf(PNG))).json).toMatchObject(expected)
  })

  test.each([
    ['the ending of the name', 'filename=a.webp', { filename: 'a.webp', type: 'image/webp' }],
    ['the last segment of a path', 'path=/d/b.gif', { filename: 'b.gif', type: 'image/gif', key: 'd/b.gif' }],
    ['nothing known', '', { filename: 'file.txt', type: 'text/plain' }],
    ['a type alone', 'mimetype=image/png', { filename: 'file.png', type: 'image/png' }],
  ])('raw bytes: %s', async (_, query, expected) => {
    const answer = await house.store(query, 'abc', { 'content-type': 'application/octet-stream' })
    expect(answer.json).toMatchObject(expected)
  })

  test('a part without a type of its own: by the ending', async () => {
    const boundary = 'xyz'
    const body = `--xyz\r\nContent-Disposition: form-data; name="fileUpload"; filename="a.jpg"\r\n\r\nabc\r\n--xyz--\r\n`
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    expect((await house.store('', body, headers)).json).toMatchObject({ filename: 'a.jpg', type: 'image/jpeg' })
  })

  test('slashes and control characters of a name do not get into the key', async () => {
    const { json } = await house.store(`filename=${encodeURIComponent('a/b\\c\u0007ü d.png')}`, formOf(PNG))
    expect(json.key).toMatch(/^[A-Za-z0-9_-]{20}_a-b-c-ü d\.png$/)
  })
})

describe('where it goes', () => {
  test.each([
    ['/api/store', 'up'],
    ['/api/store/', 'up'],
    ['/api/store/s3', 'up'],
    ['/api/store/S3/', 'up'],
    ['/api/store/AZURE', 'second'],
    ['/api/store/S3/Zk9mVq2RSLu7xN0bTfHw', 'up'],
  ])('POST %s stores', async (path, store) => {
    const { json } = await house.send('POST', `${path}?key=${KEY}&plugin=js_lib&plugin=js_lib&_cacheBust=1`, {
      body: formOf(PNG),
    })
    expect(await house.object(json.key, store)).toEqual(PNG)
  })

  test('the segment counts more than the parameter', async () => {
    const { json } = await house.send('POST', `/api/store/azure?key=${KEY}&location=S3`, { body: formOf(PNG) })
    expect(json.key).toMatch(/^kept\//)
  })

  test('a folder keeps a generated name, a whole path is the key, written over', async () => {
    const folder = await house.store('path=/dir/', formOf(PNG))
    expect(folder.json.key).toMatch(/^dir\/[A-Za-z0-9_-]{20}_cat\.png$/)
    const first = await house.store('path=/dir/name.ext', formOf('first'))
    const second = await house.store('path=dir/name.ext', formOf('second'))
    expect([first.json.key, second.json.key]).toEqual(['dir/name.ext', 'dir/name.ext'])
    expect(first.json.handle).not.toBe(second.json.handle)
    expect(String(await house.object('dir/name.ext'))).toBe('second')
    expect(house.purged).toContain('dir/name.ext')
  })

  test.each(['container=box', 'storeContainer=box'])('stores with %s', async (query) => {
    await mkdir(join(house.dir, 'up', 'box'), { recursive: true })
    const { json } = await house.store(query, formOf(PNG))
    expect(json.container).toBe('box')
    expect(await house.object(`box/${json.key}`)).toEqual(PNG)
  })

  test('a container that is not there is the fault of the store', async () => {
    const answer = await house.store('container=nowhere', formOf(PNG))
    expect(answer.status).toBe(502)
    expect(answer.text).toMatch(/^\[uuid=[0-9a-f]{16}\] storage provider error: S3: /)
  })

  test('multiple with a folder is a mere check', async () => {
    expect((await house.store('multiple=true&path=/dir/', formOf(PNG))).status).toBe(200)
  })
})

describe('base64decode', () => {
  const url = (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  const wild = Buffer.from(Array.from({ length: 700 }, (_, i) => (i * 37) % 256))
  test.each([
    ['standard', wild.toString('base64')],
    ['URL-safe', url(wild)],
    ['without padding', url(wild).replace(/=+$/, '')],
    ['with whitespace', wild.toString('base64').replace(/.{60}/g, '$&\r\n ')],
    ['a data URL', `data:image/png;base64,${wild.toString('base64')}`],
  ])('decodes base64: %s', async (_, body) => {
    const { json } = await house.store('base64decode=true&filename=a.bin', body, { 'content-type': 'text/plain' })
    expect(json.size).toBe(wild.length)
    expect(await house.object(json.key)).toEqual(wild)
  })

  test('in a file part, and in the case that Python writes', async () => {
    const { json } = await house.store('base64decode=True', formOf(wild.toString('base64')))
    expect(await house.object(json.key)).toEqual(wild)
  })

  test.each([['a%b'], ['abc=d'], ['abcde'], ['=abc'], ['ab=']])('%j is refused and leaves nothing', async (body) => {
    const before = await house.keys()
    const answer = await house.store('base64decode=true', body, { 'content-type': 'text/plain' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('base64decode')
    await expect.poll(() => house.keys()).toEqual(before)
  })
})

describe('errors', () => {
  test.each([
    ['no key', '/api/store/S3', 403, 'Invalid Application'],
    ['an unknown key', '/api/store/S3?key=nobody', 403, 'Invalid Application'],
    ['a key of a project without Filestack', `/api/store/S3?key=${PLAIN_KEY}`, 403, 'Invalid Application'],
    ['an unknown location', `/api/store/dropbox?key=${KEY}`, 400, 'Invalid parameter location: '],
    ['a location that is not writable', `/api/store/gcs?key=${KEY}`, 400, 'Invalid parameter location: '],
    [
      'an exact path for several files',
      `/api/store/S3?key=${KEY}&multiple=true&path=/a`,
      400,
      'Invalid parameter multiple: ',
    ],
    ['no media type', `/api/store/S3?key=${KEY}&mimetype=png`, 400, 'Invalid parameter mimetype: '],
    ['no boolean', `/api/store/S3?key=${KEY}&base64decode=1`, 400, 'Invalid parameter base64decode: '],
    ['another access', `/api/store/S3?key=${KEY}&access=all`, 400, 'Invalid parameter access: '],
    [
      'public access where there are no ACLs',
      `/api/store/S3?key=${KEY}&access=public`,
      400,
      'Invalid parameter access: ',
    ],
    ['no region', `/api/store/S3?key=${KEY}&region=a%20b`, 400, 'Invalid parameter region: '],
    ['a path out of the store', `/api/store/S3?key=${KEY}&path=/a/../b`, 400, 'Invalid parameter path: '],
  ])('a store call is refused: %s', async (_, target, status, text) => {
    for (const body of [formOf(PNG), new Uint8Array(PNG)]) {
      const before = await house.keys()
      const answer = await house.send('POST', target, { body })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(answer.text.replace(/^\[uuid=[0-9a-f]{16}\] /, '')).toMatch(new RegExp(`^${text}`))
      await expect.poll(() => house.keys()).toEqual(before)
    }
  })

  test.each([
    ['an empty part', () => formOf('')],
    ['an empty body', () => new Uint8Array()],
  ])('a store call of nothing is refused: %s', async (_, bodyOf) => {
    const answer = await house.store('', bodyOf(), {})
    expect(answer.status).toBe(400)
  })

  test.each([
    ['nobody there', 'http://127.0.0.1:1/a.png', 'cannot be reached'],
    ['missing', '/missing', 'not found'],
    ['an error', '/broken', 'unexpected status'],
    ['a body cut off', '/cut', 'broke off'],
    ['too big', '/big', 'too large'],
    ['another scheme', 'ftp://a/b', 'not an http or https URL'],
    ['no URL', 'hello', 'not an http or https URL'],
    ['empty', '/empty', undefined],
  ])('a url that cannot be had: %s', async (_, path, reason) => {
    house.origin.answer('/broken', { status: 500 })
    house.origin.answer('/cut', { body: PNG, cutAfter: 20 })
    house.origin.answer('/big', { body: Buffer.alloc(21_000_000) })
    house.origin.answer('/empty', { body: '' })
    const url = path.startsWith('/') ? house.origin.url + path : path
    const before = await house.keys()
    const answer = await house.store('', new URLSearchParams({ url }))
    expect(answer.status).toBe(400)
    if (reason) {
      expect(answer.text).toContain(`] Invalid URL file ${url} - `)
      expect(answer.text).toContain(reason)
    }
    await expect.poll(() => house.keys()).toEqual(before)
  })

  test('more bytes than the server takes', async () => {
    for (const body of [formOf(Buffer.alloc(20_000_001)), new Uint8Array(20_000_001)]) {
      expect((await house.store('', body)).status).toBe(413)
    }
  })

  test('a redirect is followed, and a coding undone', async () => {
    const gzip = gzipSync(PNG)
    house.origin.answer('/from', { status: 302, headers: { location: '/to.png' } })
    house.origin.answer('/to.png', { body: gzip, headers: { 'content-encoding': 'gzip', 'content-type': 'image/png' } })
    const { json } = await house.store('', new URLSearchParams({ url: `${house.origin.url}/from` }))
    expect(await house.object(json.key)).toEqual(PNG)
  })
})

describe('fields behind the file', () => {
  test('a key behind it is waited for', async () => {
    const form = formOf(PNG, { after: { key: KEY, path: '/later/', filename: 'l.png' } })
    const { json } = await house.send('POST', '/api/store/S3', { body: form })
    expect(json).toMatchObject({ filename: 'l.png', size: PNG.length })
    expect(await house.object(json.key)).toEqual(PNG)
    expect(await house.waiting()).toEqual([])
  })

  test('a policy behind it is waited for where one is needed', async () => {
    house.configure({ security: true })
    const policy = Object.fromEntries(new URLSearchParams(signed({ call: 'store', path: '^/?late/' })))
    const good = await house.store('path=/late/a.png', formOf(PNG, { after: policy }))
    expect(good.status).toBe(200)
    const bad = await house.store('path=/other/a.png', formOf(PNG, { after: policy }))
    expect(bad.status).toBe(403)
    expect(await house.keys()).not.toContain('other/a.png')
    expect(await house.waiting()).toEqual([])
  })

  test('a policy behind it is verified where none is needed, and a refused file removed', async () => {
    const before = await house.keys()
    const policy = Object.fromEntries(new URLSearchParams(signed({ call: 'store', maxSize: 3 })))
    const answer = await house.store('', formOf(PNG, { after: policy }))
    expect(answer.status).toBe(403)
    expect(answer.text).toContain("The policy's size allows at most 3 bytes")
    await expect.poll(() => house.keys()).toEqual(before)
  })

  test('a path that comes too late is told, and the file removed', async () => {
    const before = await house.keys()
    const answer = await house.store('', formOf(PNG, { after: { path: '/too/late.png' } }))
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('Invalid parameter path: it must stand before the file')
    await expect.poll(() => house.keys()).toEqual(before)
  })

  test('what was said before, or nobody knows, may come again', async () => {
    const form = formOf(PNG, { before: { path: '/b/' }, after: { path: '/c/', plugin: 'js_lib' } })
    expect((await house.store('', form)).json.key).toMatch(/^b\//)
  })

  test('more than may wait is refused', async () => {
    const form = formOf(Buffer.alloc(5_000_001), { after: { key: KEY } })
    const answer = await house.send('POST', '/api/store/S3', { body: form })
    expect(answer.status).toBe(413)
    expect(await house.waiting()).toEqual([])
  })
})

test('a link of this server is read from its store, not fetched', async () => {
  const stored = await house.store('', formOf(PNG))
  const again = await house.store('', new URLSearchParams({ url: stored.json.url }))
  expect(again.json).toMatchObject({ filename: 'cat.png', type: 'image/png', size: PNG.length })
  expect(again.json.handle).not.toBe(stored.json.handle)
  house.configure({ security: true })
  const secured = new URLSearchParams({ url: stored.json.url })
  const storeOnly = await house.store(signed({ call: 'store' }), secured)
  expect(storeOnly.status).toBe(403)
  const both = await house.store(signed({ call: ['store', 'read'] }), secured)
  expect(both.status).toBe(200)
  const foreign = await house.send('POST', `/api/store/S3?key=${OTHER_KEY}`, { body: secured })
  expect(foreign.status).toBe(403)
})

test('a processing URL of this server is worked on here', async () => {
  const picture = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const stored = await house.store('', formOf(picture))
  const url = (tasks: string) => `${house.url}/${tasks}/${stored.json.handle}`
  const send = (tasks: string, query = '') => house.store(query, new URLSearchParams({ url: url(tasks) }))
  const { json } = await send('resize=width:30/output=format:jpg')
  expect(json).toMatchObject({ filename: 'cat.jpg', type: 'image/jpeg' })
  expect(await sharp(await house.object(json.key)).metadata()).toMatchObject({ width: 30, height: 20, format: 'jpeg' })
  house.configure({ security: true })
  const { policy, signature } = sign({ call: 'convert' })
  const storeOnly = signed({ call: 'store' })
  expect((await send('resize=width:30', storeOnly)).status).toBe(403)
  expect((await send(`security=policy:"${policy}",signature:${signature}/resize=width:30`, storeOnly)).status).toBe(200)
  expect((await send('resize=width:30', signed({ call: ['store', 'convert'] }))).status).toBe(200)
  expect((await send('resize=wrong:30', signed({}))).status).toBe(400)
  expect((await send('resize=width:30/store', signed({}))).status).toBe(400)
})

describe('the oldest way to store', () => {
  const post = (body: URLSearchParams | FormData) => house.send('POST', '/api/path/storage/old%20cat.png', { body })
  const fields = { fileContents: PNG.toString('base64'), apikey: KEY, persist: 'true' }

  test.each([
    ['a form', new URLSearchParams(fields)],
    ['a multipart form', formOf(undefined, { before: fields })],
  ])('%s', async (_, body) => {
    const { status, json } = await post(body)
    expect(status).toBe(200)
    expect(json).toEqual({
      result: 'ok',
      data: { url: json.data.url, data: { filename: 'old cat.png', type: 'image/png', size: PNG.length } },
    })
    expect((await house.send('GET', json.data.url)).bytes).toEqual(PNG)
  })

  test.each([
    [{ ...fields, apikey: 'nobody' }, 403, 'Invalid Application'],
    [{ apikey: KEY }, 400, 'Invalid parameter fileContents: the bytes of the file are missing'],
    [{ ...fields, fileContents: '%%%' }, 400, 'Invalid parameter base64decode: the body is not base64'],
  ])('an error is told in its own form', async (given, status, msg) => {
    const answer = await post(new URLSearchParams(given))
    expect([answer.status, answer.json]).toEqual([status, { result: 'error', msg }])
  })
})

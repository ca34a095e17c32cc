import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults.ts'
import { KEY, OTHER_KEY, PLAIN_KEY, sign } from './house.ts'
import { createClient, MB, type MultipartHouse, md5, openMultipartHouse, type Store } from './multipart-house.ts'

const DAY = 86_400_000
let house: MultipartHouse
let failing: Fault | undefined
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  house = await openMultipartHouse({
    wrap: (store) => ({
      ...store,
      put: async (...all) => {
        if (failing) throw failing
        return store.put(...all)
      },
    }),
  })
})
beforeEach(() => {
  house.configure({ security: false })
  house.ahead = 0
  failing = undefined
  client = createClient(house)
})
afterAll(() => house?.stop())

const bytesOf = (size: number) => new Uint8Array(randomBytes(size))
const joined = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
const error = (status: number, message: unknown) => ({
  status,
  json: { error: message, timestamp: expect.any(Number) },
})

describe('an upload in regular mode', () => {
  it('takes the steps that the SDK takes', async () => {
    const [one, two] = [bytesOf(6 * MB), bytesOf(1000)]
    const size = 6 * MB + 1000
    const started = await client.start(size, { path: 'dir/' })
    expect(started).toMatchObject({
      status: 200,
      json: {
        uri: expect.stringMatching(/^\/dir\/[\w-]{20}_cat\.png$/),
        region: 'us-east-1',
        upload_id: expect.any(String),
        location_url: house.url,
      },
    })
    expect(started.json).not.toHaveProperty('upload_type')
    const asked = await client.upload(started.json, { part: 1, size: 6 * MB, md5: md5(one) })
    expect(asked.json).toEqual({
      url: expect.stringMatching(new RegExp(`^${house.url}/multipart/part/[0-9a-f]{32}/1\\?`)),
      headers: {},
      location_url: house.url,
    })
    const put = await client.put(asked, one)
    expect(put).toMatchObject({ status: 200, text: '' })
    expect(put.headers.get('access-control-expose-headers')).toContain('ETag')
    expect(put.headers.get('access-control-allow-origin')).toBe('*')
    const parts = [{ part_number: 1, etag: put.headers.get('etag') ?? '' }, await client.part(started.json, 2, two)]
    const done = await client.complete(started.json, size, { parts, upload_tags: { a: 'b' } })
    expect(done).toMatchObject({ status: 200 })
    const { handle, key } = done.json
    expect(done.json).toEqual({
      ...{ handle: expect.stringMatching(/^[\w-]{20}$/), url: `${house.url}/${handle}`, filename: 'cat.png', size },
      ...{ mimetype: 'image/png', key: started.json.uri.slice(1), container: '', status: 'Stored' },
      ...{ upload_tags: { a: 'b' }, workflows: [] },
    })
    expect((await house.object(key)).equals(joined(one, two))).toBe(true)
    const file = await house.send('GET', `/api/file/${handle}`)
    expect(file.bytes.equals(joined(one, two))).toBe(true)
    expect(await house.pieces()).toEqual([])
    // The answer may have been lost.
    expect((await client.complete(started.json, size, { parts })).json.handle).toBe(handle)
  })

  it('stores under an exact key, as the SDK names it without its storage key', async () => {
    const started = await client.start(3, { path: 'some/folder/cat.png' })
    const parts = [await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')))]
    const done = await client.complete(started.json, 3, { parts })
    expect(done.json).toMatchObject({ key: 'some/folder/cat.png', upload_tags: {} })
    expect(String(await house.object('some/folder/cat.png'))).toBe('abc')
  })

  it('takes a part again whose connection broke in the middle', async () => {
    const bytes = bytesOf(5 * MB)
    const started = await client.start(5 * MB)
    const asked = await client.upload(started.json, { part: 1, size: 5 * MB })
    const broken = request(asked.json.url, { method: 'PUT', headers: { 'content-length': 5 * MB } })
    broken.on('error', () => undefined)
    broken.write(bytes.subarray(0, MB))
    await once(broken, 'socket')
    const folder = join(house.dir, 'uploads', 'parts', started.json.upload_id)
    await expect.poll(() => readdir(folder)).toHaveLength(1)
    broken.destroy()
    await expect.poll(() => readdir(folder)).toHaveLength(0)
    const put = await client.put(asked, bytes)
    const parts = [{ part_number: 1, etag: put.headers.get('etag') }]
    const done = await client.complete(started.json, 5 * MB, { parts })
    expect((await house.object(done.json.key)).equals(bytes)).toBe(true)
  })

  it('goes on after the server was started anew', async () => {
    const started = await client.start(6)
    const one = await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')))
    await house.restart()
    const two = await client.part(started.json, 2, new Uint8Array(Buffer.from('def')))
    const done = await client.complete(started.json, 6, { parts: [two, one] })
    await house.restart()
    expect(await client.complete(started.json, 6, { parts: [one, two] })).toMatchObject({
      ...{ status: 200, json: done.json },
    })
    expect(String(await house.object(done.json.key))).toBe('abcdef')
  })

  it('says 202 until the parts are merged', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const patient = await openMultipartHouse({
      sessions: { patienceMs: 1 },
      wrap: (store) => ({
        ...store,
        put: async (...all) => {
          await promise
          return store.put(...all)
        },
      }),
    })
    const own = createClient(patient)
    const started = await own.start(3)
    const parts = [await own.part(started.json, 1, new Uint8Array(Buffer.from('abc')))]
    expect(await own.complete(started.json, 3, { parts })).toMatchObject({ status: 202, json: {} })
    expect(await own.complete(started.json, 3, { parts })).toMatchObject({ status: 202 })
    resolve()
    await expect.poll(() => own.complete(started.json, 3, { parts })).toMatchObject({ status: 200 })
    await patient.stop()
  })
})

describe('an upload in chunks', () => {
  it('is granted, and takes halves of chunks after failures', async () => {
    const [one, two] = [bytesOf(8 * MB), bytesOf(100_000)]
    const size = 8 * MB + 100_000
    const started = await client.start(size, {}, { fii: true })
    expect(started.json).toMatchObject({ upload_type: 'intelligent_ingestion' })
    const chunk = (from: number, to: number) => client.chunk(started.json, 1, from, one.slice(from, to))
    expect((await chunk(0, 4 * MB)).headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    await chunk(4 * MB, 4 * MB + 32_768)
    await chunk(4 * MB + 32_768, 8 * MB)
    expect(await client.commit(started.json, 1, size)).toMatchObject({ status: 200 })
    await client.chunk(started.json, 2, 0, two)
    expect(await client.commit(started.json, 2, size)).toMatchObject({ status: 200 })
    const done = await client.complete(started.json, size, { fii: true })
    expect((await house.object(done.json.key)).equals(joined(one, two))).toBe(true)
  })

  it('mixes with regular parts where a client falls back', async () => {
    const [one, two, three] = [bytesOf(8 * MB), bytesOf(8 * MB), bytesOf(1)]
    const size = 16 * MB + 1
    const started = await client.start(size, {}, { fii: true })
    const first = await client.part(started.json, 1, one)
    // This one came, but nobody heard of it.
    await client.part(started.json, 2, bytesOf(8 * MB))
    await client.chunk(started.json, 2, 0, two)
    await client.commit(started.json, 2, size)
    await client.chunk(started.json, 3, 0, three)
    await client.commit(started.json, 3, size)
    const done = await client.complete(started.json, size, { fii: true, parts: [first] })
    expect(done.status).toBe(200)
    expect((await house.object(done.json.key)).equals(joined(one, two, three))).toBe(true)
  })

  it.each([
    ['was not agreed on', false, 0, 'offset'],
    ['lies beyond the file', true, 95, 'offset'],
  ])('is refused when it %s', async (_, fii, offset, field) => {
    const started = await client.start(100, {}, { fii })
    const asked = await client.upload(started.json, { fii: true, part: 1, size: 10, offset })
    expect(asked).toMatchObject(error(400, `invalid params: ${field}`))
  })

  it('is not committed with a gap', async () => {
    const started = await client.start(100, {}, { fii: true })
    await client.chunk(started.json, 1, 50, bytesOf(50))
    expect(await client.commit(started.json, 1, 100)).toMatchObject(error(400, 'invalid params: part'))
    expect(await client.commit(started.json, 2, 100)).toMatchObject(error(400, 'invalid params: part'))
    expect(await client.commit(started.json, 1, 99)).toMatchObject(error(400, 'invalid params: size'))
  })
})

describe('the form variant', () => {
  const post = (step: string, fields: Readonly<Record<string, string>>) => {
    const form = new FormData()
    for (const [name, value] of Object.entries({ apikey: KEY, ...fields })) form.append(name, value)
    form.append('files', new Blob([]), 'files')
    return house.send('POST', `/multipart/${step}`, { body: form })
  }

  it('takes flat fields', async () => {
    const about = { filename: 'a.txt', mimetype: 'text/plain', size: '6', store_location: 's3', store_path: 'flat/' }
    const started = await post('start', about)
    expect(started).toMatchObject({ status: 200, json: { uri: expect.stringMatching(/^\/flat\//) } })
    const { uri, region, upload_id } = started.json
    const common = { uri, region, upload_id, store_location: 's3' }
    const etags: string[] = []
    for (const [at, text] of ['abc', 'def'].entries()) {
      const slice = { part: String(at + 1), size: '3', md5: md5(Buffer.from(text)) }
      const asked = await post('upload', { ...common, ...slice })
      const put = await house.send('PUT', asked.json.url, { body: text, headers: asked.json.headers })
      etags.push(`${at + 1}:${put.headers.get('etag')?.replaceAll('"', '')}`)
    }
    const done = await post('complete', { ...common, ...about, parts: etags.join(';') })
    expect(done).toMatchObject({ status: 200, json: { filename: 'a.txt', mimetype: 'text/plain', size: 6 } })
    expect(String(await house.object(done.json.key))).toBe('abcdef')
  })

  it('takes chunks', async () => {
    const started = await post('start', { filename: 'a.txt', size: '3', store_location: 's3', multipart: 'true' })
    expect(started.json).toMatchObject({ upload_type: 'intelligent_ingestion' })
    const common = { upload_id: started.json.upload_id, store_location: 's3' }
    const asked = await post('upload', { ...common, part: '1', size: '3', offset: '0', multipart: 'true' })
    await house.send('PUT', asked.json.url, { body: 'abc' })
    expect(await post('commit', { ...common, part: '1', size: '3' })).toMatchObject({ status: 200 })
    const done = await post('complete', { ...common, size: '3', filename: 'a.txt', multipart: 'true' })
    expect(done).toMatchObject({ status: 200, json: { size: 3 } })
  })
})

describe('what is refused', () => {
  it('the key of another project than the host is bound to', async () => {
    const order = { apikey: KEY, filename: 'a.txt', mimetype: 'text/plain', size: 3, store: { location: 's3' } }
    const at = (host: string) =>
      house.send('POST', '/multipart/start', {
        body: JSON.stringify(order),
        headers: { 'content-type': 'application/json', 'x-forwarded-host': host },
      })
    expect((await at('cdn.test')).status).toBe(200)
    expect(await at('other.test')).toMatchObject(error(403, 'Invalid Application'))
  })
  it.each<[string, object, object, string]>([
    ['no size', { size: undefined }, {}, 'size'],
    ['an empty file', { size: 0 }, {}, 'size'],
    ['a size that is none', { size: 'many' }, {}, 'size'],
    ['a fraction', { size: 1.5 }, {}, 'size'],
    ['no name', { filename: '' }, {}, 'filename'],
    ['a name that is a list', { filename: ['a'] }, {}, 'filename'],
    ['a type that is none', { mimetype: 'picture' }, {}, 'mimetype'],
    ['no key', { apikey: undefined }, {}, 'apikey'],
    ['a store that is none', { store: 's3' }, {}, 'store'],
    ['a region that is none', {}, { region: 'eu west' }, 'store:region'],
    ['an access that is none', {}, { access: 'some' }, 'store:access'],
    ['a path that leaves', {}, { path: '../a' }, 'store:path'],
  ])('%s', async (_, more, of, field) => {
    const body = { apikey: KEY, filename: 'a', mimetype: 'a/b', size: 1, store: { location: 's3', ...of }, ...more }
    expect(await client.post('start', body)).toMatchObject(error(400, `invalid params: ${field}`))
  })

  it.each([
    ['dropbox', 'invalid params: store:location: there is no store for the location dropbox'],
    ['gcs', 'invalid params: store:location: the store is not writable'],
  ])('the location %s, by name', async (location, message) => {
    expect(await client.start(1, { location })).toMatchObject(error(400, message))
  })

  it('public access where there is no such thing', async () => {
    expect(await client.start(1, { access: 'public' })).toMatchObject(
      error(400, expect.stringMatching(/^invalid params: store:access/)),
    )
  })

  it('what is no request at all', async () => {
    for (const body of ['', 'null', '[]', '{', '"text"']) {
      const answer = await house.send('POST', '/multipart/start', {
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer).toMatchObject(error(400, 'invalid params: body'))
    }
    expect(await house.send('GET', '/multipart/start')).toMatchObject(error(405, 'Method not allowed'))
    expect(await house.send('POST', '/multipart/part/x/1')).toMatchObject(error(405, 'Method not allowed'))
    expect((await house.send('POST', '/multipart/other')).status).toBe(404)
  })

  it.each([
    ['nobody’s', 'nobody', 403],
    ['of a project without uploads', PLAIN_KEY, 403],
  ])('a key that is %s', async (_, apikey, status) => {
    const body = { apikey, filename: 'a', mimetype: 'a/b', size: 1, store: { location: 's3' } }
    expect(await client.post('start', body)).toMatchObject(error(status, 'Invalid Application'))
  })

  it('an upload that is unknown, another’s, or over', async () => {
    const started = (await client.start(3)).json
    const slice = { part: 1, size: 3 }
    const asked = await client.upload(started, slice)
    const unknown = { ...started, upload_id: 'f'.repeat(32) }
    for (const answer of [
      await client.upload(unknown, slice),
      await client.commit(unknown, 1, 3),
      await client.complete(unknown, 3, { parts: [] }),
      await client.post('upload', { apikey: OTHER_KEY, upload_id: started.upload_id, ...slice, store: {} }),
    ]) {
      expect(answer).toMatchObject(error(404, 'Upload not found'))
    }
    house.ahead = DAY + 1
    expect(await client.upload(started, slice)).toMatchObject(error(404, 'Upload not found'))
    expect(await house.send('PUT', asked.json.url, { body: 'abc' })).toMatchObject(error(404, 'Upload not found'))
  })

  it.each([
    ['part 0', { part: 0, size: 1 }, 'part'],
    ['no part', { size: 1 }, 'part'],
    ['no size', { part: 1 }, 'size'],
    ['more than the file', { part: 1, size: 101 }, 'size'],
    ['a digest that is none', { part: 1, size: 1, md5: 'abc' }, 'md5'],
  ])('a slice: %s', async (_, slice, field) => {
    const started = await client.start(100)
    expect(await client.upload(started.json, slice)).toMatchObject(error(400, `invalid params: ${field}`))
  })

  it('bytes that are not what was announced', async () => {
    const started = await client.start(3)
    const asked = await client.upload(started.json, { part: 1, size: 3, md5: md5(Buffer.from('abc')) })
    const put = (body: string) => house.send('PUT', asked.json.url, { body })
    expect(await put('abd')).toMatchObject(error(400, 'invalid params: md5'))
    expect(await put('ab')).toMatchObject(error(400, 'invalid params: size'))
    expect(await put('abcd')).toMatchObject(error(400, 'invalid params: size'))
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('abcdefgh'))
        controller.close()
      },
    })
    expect(await house.send('PUT', asked.json.url, { body: stream })).toMatchObject(error(400, 'invalid params: size'))
    expect(await put('abc')).toMatchObject({ status: 200 })
  })

  it('an address that was not handed out, or long ago', async () => {
    const started = await client.start(3)
    const { url } = (await client.upload(started.json, { part: 1, size: 3 })).json
    const put = (target: string) => house.send('PUT', target, { body: 'abc' })
    for (const forged of [
      url.replace(/\/1\?/, '/2?'),
      url.replace('size=3', 'size=2'),
      `${url.replace(/token=.*/, '')}token=`,
      url.replace(/expires=\d+/, 'expires=99999999999'),
      `${url}&offset=1`,
    ]) {
      expect((await put(forged)).status).toBe(403)
    }
    house.ahead = 3_600_001
    expect((await put(url)).status).toBe(403)
    house.ahead = 0
    expect((await put(url)).status).toBe(200)
  })

  it('a list of parts that does not make the file', async () => {
    const started = await client.start(6)
    const one = await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')))
    const complete = (more: object, size = 6) => client.complete(started.json, size, more)
    expect(await complete({})).toMatchObject(error(400, 'invalid params: parts'))
    expect(await complete({ parts: 'x' })).toMatchObject(error(400, 'invalid params: parts'))
    expect(await complete({ parts: [{ part_number: 1 }] })).toMatchObject(error(400, 'invalid params: parts'))
    expect(await complete({ parts: [{ ...one, etag: '"x"' }] })).toMatchObject(error(400, 'invalid params: parts'))
    expect(await complete({ parts: [one, { ...one, part_number: 2 }] })).toMatchObject(
      error(400, 'invalid params: parts'),
    )
    expect(await complete({ parts: [one] })).toMatchObject(error(400, 'invalid params: size'))
    expect(await complete({ parts: [one] }, 3)).toMatchObject(error(400, 'invalid params: size'))
  })

  it('a file that is too large for this server', async () => {
    expect(await client.start(200 * MB + 1)).toMatchObject(error(413, 'The file is too large'))
  })

  it.each([
    ['a store that does not work', new Fault('source-unreachable'), 502],
    ['a disk that is full', new Fault('disk-full'), 507],
  ])('%s, for now: clients try again', async (_, fault, status) => {
    const started = await client.start(3)
    const parts = [await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')))]
    failing = fault
    expect((await client.complete(started.json, 3, { parts })).status).toBe(status)
    failing = undefined
    expect((await client.complete(started.json, 3, { parts })).status).toBe(200)
  })
})

describe('a policy', () => {
  const refused = error(403, 'Invalid App policy')

  it('is needed with security on, at every step', async () => {
    house.configure({ security: true })
    expect(await client.start(3)).toMatchObject(refused)
    const allowed = createClient(house, sign({ call: ['pick'] }))
    const started = await allowed.start(3)
    expect(started.status).toBe(200)
    expect(await client.upload(started.json, { part: 1, size: 3 })).toMatchObject(refused)
    const parts = [await allowed.part(started.json, 1, new Uint8Array(Buffer.from('abc')))]
    expect(await client.commit(started.json, 1, 3)).toMatchObject(refused)
    expect(await client.complete(started.json, 3, { parts })).toMatchObject(refused)
    expect((await allowed.complete(started.json, 3, { parts })).status).toBe(200)
  })

  it.each<[string, object, Store]>([
    ['other calls', { call: ['read', 'convert'] }, {}],
    ['another path', { call: ['store'], path: '^up/' }, { path: 'down/' }],
    ['another container', { call: ['store'], container: '^demo$' }, { container: 'live' }],
    ['a smaller file', { maxSize: 2 }, {}],
    ['a larger file', { minSize: 4 }, {}],
    ['another time', { expiry: 946_684_800 }, {}],
  ])('for %s is refused', async (_, policy, of) => {
    expect(await createClient(house, sign({ ...policy })).start(3, of)).toMatchObject(refused)
  })

  it('bounds the size at the end, too', async () => {
    const started = await client.start(3)
    const parts = [await client.part(started.json, 1, new Uint8Array(Buffer.from('abc')))]
    const late = createClient(house, sign({ call: 'store', maxSize: 2 }))
    expect(await late.complete(started.json, 3, { parts })).toMatchObject(refused)
  })

  it('for the path is good at every step', async () => {
    const allowed = createClient(house, sign({ call: ['store'], path: '^/?up/.*' }))
    const of = { path: '/up/' }
    const started = await allowed.start(3, of)
    const part = await allowed.part(started.json, 1, new Uint8Array(Buffer.from('abc')), of)
    expect((await allowed.complete(started.json, 3, { parts: [part] }, of)).status).toBe(200)
  })

  it('for the path is good below the prefix of a store, too', async () => {
    const allowed = createClient(house, sign({ call: ['store'], path: '^up/a' }))
    const of = { location: 'azure', path: 'up/a.txt' }
    const started = await allowed.start(3, of)
    const part = await allowed.part(started.json, 1, new Uint8Array(Buffer.from('abc')), of)
    const { json } = await allowed.complete(started.json, 3, { parts: [part] }, of)
    expect(json.key).toBe('kept/up/a.txt')
  })

  it.each([
    ['up/b.txt', 'b.txt'],
    ['up/b.txt', 'up/'],
    ['up/', 'u'],
    ['up/', ''],
  ])('for another path does not go on with what is going to %s by naming %j', async (path, claimed) => {
    const started = await client.start(3, { path })
    const other = createClient(house, sign({ call: ['store'], path: `^(?:b|u(?:p/)?$|$)` }))
    expect(await other.upload(started.json, { part: 1, size: 3 }, { path: claimed })).toMatchObject(refused)
  })
})

describe('pages of other origins', () => {
  it.each(['start', 'upload', 'commit', 'complete', 'part/x/1'])('may ask: %s', async (step) => {
    const answer = await house.send('OPTIONS', `/multipart/${step}`)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT')
    for (const name of ['content-type', 'content-md5', 'filestack-source', 'filestack-upload-region']) {
      expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain(name)
    }
  })

  it('may read refusals', async () => {
    const answer = await client.start(0)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })
})

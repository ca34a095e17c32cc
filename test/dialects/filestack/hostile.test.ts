/** Requests that nobody sends by mistake. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decode, solid } from '../../support/pictures.ts'
import { BASIC, formOf, KEY, OTHER_KEY, signed } from './house.ts'
import { type Cdn, openCdn, security } from './processing/cdn.ts'

let cdn: Cdn
let picture = ''
const JSON_TYPE = { 'content-type': 'application/json' }

beforeAll(async () => {
  cdn = await openCdn()
  picture = await cdn.put(solid(20, 10))
  await mkdir(join(cdn.dir, 'up', 'dir'))
  await writeFile(join(cdn.dir, 'up', 'dir', 'secret.png'), await solid(20, 10))
})
afterAll(() => cdn.stop())
beforeEach(() => {
  cdn.origin.reset()
  cdn.configure({ aliases: { assets: { connection: 'up', prefix: 'dir/' } } })
})

const process = (body: object | string) =>
  cdn.send('POST', '/process', { body: typeof body === 'string' ? body : JSON.stringify(body), headers: JSON_TYPE })
const nested = (depth: number, open: string, close: string, inner = '') =>
  `${open.repeat(depth)}${inner}${close.repeat(depth)}`

describe('requests that would keep the server busy', () => {
  it('have at most 100 tasks, whichever way they are written', async () => {
    const flips = (count: number) => Array.from({ length: count }, () => ({ name: 'flip' }))
    const refusal = [400, 'invalid request: there are more than 100 tasks']
    const ask = (count: number) => process({ apikey: KEY, sources: [picture], tasks: flips(count) })
    expect((await ask(100)).status).toBe(200)
    for (const answer of [
      await ask(101),
      await ask(50_000),
      await cdn.send('GET', `/${nested(101, 'flip/', '')}${picture}`),
    ]) {
      expect([answer.status, answer.text]).toEqual(refusal)
    }
  })

  it('name at most 100 pictures beside the source', async () => {
    const collage = (count: number) => ({
      name: 'collage',
      params: { files: Array(count).fill(picture), w: 90, h: 90 },
    })
    const ask = (tasks: readonly object[]) => process({ apikey: KEY, sources: [picture], tasks })
    expect((await ask([collage(9), collage(9)])).status).toBe(200)
    const answer = await ask(Array(12).fill(collage(9)))
    expect([answer.status, answer.text]).toEqual([400, 'invalid request: at most 100 sources'])
  })

  it('make one animation', async () => {
    const animate = { name: 'animate', params: { delay: 10 } }
    const ask = (...tasks: readonly object[]) => process({ apikey: KEY, sources: [picture, picture, picture], tasks })
    expect((await ask({ name: 'flip' }, animate)).status).toBe(200)
    const answer = await ask(...Array.from({ length: 40 }, () => animate))
    expect([answer.status, answer.text]).toEqual([400, 'invalid task `animate`: it can stand only once'])
  })

  it('leave nothing to do behind them', async () => {
    for (const container of ['nowhere', '..', 'a/b']) {
      const { status } = await cdn.store(`container=${container}`, 'content')
      expect(status).toBe(502)
    }
    await cdn.uploads.sweep()
    const unsettled = cdn.logged.filter(({ message }) => /could not be (cleaned up|settled) yet/.test(message))
    expect(unsettled).toEqual([])
  })

  it('are told that they are nested too deep', async () => {
    const head = `{"apikey":"${KEY}","tasks":[],"sources":[`
    const deepSource = await process(`${head}${nested(50_000, '{"source":', '}', `"${picture}"`)}]}`)
    expect([deepSource.status, deepSource.text]).toEqual([400, 'invalid request: a source cannot be read'])
    const deepOption = `{"name":"flip","params":{"a":${nested(100_000, '{"a":', '}', '1')}}}`
    const answer = await process(`{"apikey":"${KEY}","sources":["${picture}"],"tasks":[${deepOption}]}`)
    expect([answer.status, answer.text]).toEqual([400, 'invalid parameter `a` for `flip` task'])
    const config = `{"picker_config":${nested(100_000, '[', ']')}}`
    const prefetched = await cdn.send('POST', '/prefetch', { body: config, headers: JSON_TYPE })
    expect([prefetched.status, prefetched.json.updated_config]).toEqual([200, {}])
  })

  it('do not fill the disk when what they bring is wrong', async () => {
    const form = formOf(new Uint8Array(6_000_000))
    const answer = await cdn.send('POST', `/api/file/${picture}?policy=AAAA&signature=wrong`, { body: form })
    // Longer than what may wait without credentials.
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('The signature was not valid')])
  })

  it('take no places away from those who may do what they ask for', async () => {
    const { hostname, port } = new URL(cdn.url)
    const part = '--x\r\nContent-Disposition: form-data; name="fileUpload"; filename="a.png"\r\n\r\nabc'
    const head = ['POST /api/store/S3 HTTP/1.1', 'Host: a', 'Content-Type: multipart/form-data; boundary=x']
    const text = [...head, 'Content-Length: 1000', '', part].join('\r\n')
    const sockets = Array.from({ length: 64 }, () => connect(Number(port), hostname).on('error', () => undefined))
    for (const socket of sockets) socket.write(text)
    await expect.poll(async () => (await cdn.waiting()).length).toBe(64)
    const late = await cdn.send('POST', '/api/store/S3', { body: formOf('content', { after: { key: KEY } }) })
    expect(late.status).toBe(503)
    const body = formOf(new Uint8Array(await solid(20, 10)))
    expect((await cdn.send('POST', `/api/file/${picture}`, { body, headers: BASIC })).status).toBe(200)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => cdn.waiting()).toEqual([])
  })

  it('do not stop the spool for good when the disk fails once', async () => {
    const own = await openCdn()
    try {
      await writeFile(join(own.dir, 'waiting'), '')
      const store = () => own.send('POST', '/api/store/S3', { body: formOf('content', { after: { key: KEY } }) })
      expect((await store()).status).toBe(500)
      await rm(join(own.dir, 'waiting'))
      expect((await store()).status).toBe(200)
    } finally {
      await own.stop()
    }
  })
})

describe('policies', () => {
  it('for one file do not open what lies behind an alias', async () => {
    cdn.configure({ security: true, aliases: { assets: { connection: 'up', prefix: 'dir/' } } })
    const call = ['read', 'convert', 'stat']
    const targets = (policy: string) => [
      `/${KEY}/${policy}/src://assets/secret.png`,
      `/${KEY}/${policy}/resize=w:5/src://assets/secret.png`,
      `/${KEY}/${policy}/zip/[src://assets/secret.png]`,
      `/${KEY}/${policy}/watermark=f:%22src://assets/secret.png%22/${picture}`,
    ]
    for (const target of targets(security({ call, handle: picture }))) {
      const { status, text } = await cdn.send('GET', target)
      expect([status, text]).toEqual([403, `application ${KEY} policy error: the policy's handle is for another file`])
    }
    for (const target of targets(security({ call }))) await cdn.get(target)
  })

  it('hold for links of this server that carry a key, too', async () => {
    cdn.configure({ security: true })
    const other = await cdn.send('POST', `/api/store/S3?key=${KEY}`, {
      body: new Uint8Array(await solid(8, 8)),
      headers: BASIC,
    })
    const policy = security({ call: ['read', 'convert'], handle: picture })
    const linked = (handle: string) => `${cdn.url}/${KEY}/${handle}`
    const seen = await cdn.get(`/${KEY}/${policy}/resize=w:5/${linked(picture)}`)
    expect((await decode(seen.bytes)).width).toBe(5)
    const refused = await cdn.send('GET', `/${KEY}/${policy}/resize=w:5/${linked(other.json.handle)}`)
    expect(refused.status).toBe(403)
    const fetched = cdn.origin.requests.length
    const copy = (handle: string, allowed: object) =>
      cdn.send('POST', `/api/store/S3?key=${KEY}&${signed({ ...allowed })}`, {
        body: new URLSearchParams({ url: linked(handle) }),
      })
    expect((await copy(picture, { call: ['store', 'read'] })).status).toBe(200)
    expect((await copy(picture, { call: ['store'] })).status).toBe(403)
    expect(cdn.origin.requests.length).toBe(fetched)
  })

  it('a file is unknown below another key', async () => {
    for (const target of [`/${OTHER_KEY}/${picture}`, `/${OTHER_KEY}/${picture}/metadata`]) {
      const { status, text } = await cdn.send('GET', target)
      expect([status, text]).toEqual([404, 'File not found'])
    }
  })
})

describe('the task store', () => {
  it('drops pictures of the object that it replaces', async () => {
    const put = async (colour: readonly number[]) => {
      const handle = await cdn.put(solid(20, 10, colour))
      return (await cdn.get(`/store=path:shared.png/${handle}`)).json.handle
    }
    const first = await put([255, 0, 0])
    const seen = async () => [...(await cdn.see('resize=w:4', first)).data.subarray(0, 3)]
    expect(await seen()).toEqual([255, 0, 0])
    await put([0, 0, 255])
    expect(await seen()).toEqual([0, 0, 255])
  })

  it('keeps names and addresses that may be told', async () => {
    const long = 'b'.repeat(5000)
    for (const [given, kept] of [
      ['a\r\nX-Evil: 1.png', 'a--X-Evil: 1.png'],
      [long, long.slice(0, 255)],
      [' ', 'a.png'],
    ] as const) {
      const tasks = [{ name: 'store', params: { filename: given } }]
      const { json } = await process({ apikey: KEY, sources: [picture], tasks })
      expect(json.filename).toBe(kept)
    }
    cdn.origin.answer('/a.png', { body: await solid(20, 10), headers: { 'content-type': 'image/png' } })
    const source = `${cdn.origin.url}/a.png`.replace('//', '//user:secret@')
    const stored = await cdn.get(`/${KEY}/store/${source}`)
    const told = await cdn.get(`/${stored.json.handle}/metadata?source_url=true`)
    expect(told.json).toEqual({ source_url: `${cdn.origin.url}/a.png` })
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, oriented, raw, solid } from '../../../support/pictures.ts'
import { KEY } from '../house.ts'
import { type Cdn, openCdn, security } from './cdn.ts'

let cdn: Cdn
let picture = ''
let bytes: Buffer = Buffer.alloc(0)

beforeAll(async () => {
  cdn = await openCdn()
  bytes = await solid(60, 40)
  picture = await cdn.put(bytes, 'cat.png')
  cdn.origin.answer('/p/q%20r.png?v=1', {
    body: await solid(20, 10),
    headers: { 'content-type': 'image/png; charset=x' },
  })
})
afterAll(() => cdn.stop())

const HANDLE = /^[A-Za-z0-9_-]{20}$/

describe('store', () => {
  it('makes a new file of the result, and tells of it', async () => {
    const answer = await cdn.get(`/resize=w:30/output=format:jpg/store/${picture}`)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { json } = answer
    expect(json).toEqual({
      url: `${cdn.url}/${json.handle}`,
      handle: expect.stringMatching(HANDLE),
      filename: 'cat.jpg',
      type: 'image/jpeg',
      mimetype: 'image/jpeg',
      size: expect.any(Number),
      key: expect.stringMatching(/_cat\.jpg$/),
      container: '',
      status: 'Stored',
      width: 30,
      height: 20,
    })
    const stored = await cdn.object(json.key)
    expect(stored.length).toBe(json.size)
    expect((await sharp(stored).metadata()).width).toBe(30)
    const seen = await cdn.get(`/${json.handle}`)
    expect(seen.bytes.equals(stored)).toBe(true)
  })

  it('takes name, path, location, whatever their case, by GET and POST, wherever it stands', async () => {
    for (const method of ['GET', 'POST']) {
      const { json } = await cdn.send(
        method,
        `/store=filename:"my, cat.png",path:"in/",location:AZURE,access:private/resize=w:10/${picture}`,
      )
      expect(json).toMatchObject({
        filename: 'my, cat.png',
        width: 10,
        key: expect.stringMatching(/^kept\/in\/.{20}_my, cat\.png$/),
      })
    }
    const exact = await cdn.get(`/store=p:%22x%2Fy.png%22/${picture}`)
    expect(exact.json).toMatchObject({ key: 'x/y.png', filename: 'cat.png', size: bytes.length })
    expect((await cdn.object('x/y.png')).equals(bytes)).toBe(true)
  })

  it('a URL is downloaded and stored', async () => {
    const { json } = await cdn.send('POST', `/${KEY}/store=path:"url/"/${cdn.origin.url}/p/q%20r.png?v=1`)
    expect(json).toMatchObject({ filename: 'q r.png', mimetype: 'image/png', width: 20, height: 10 })
    const about = await cdn.get(`/${json.handle}/metadata?source_url=true`)
    expect(about.json).toEqual({ source_url: `${cdn.origin.url}/p/q%20r.png?v=1` })
  })

  it('base64decode', async () => {
    const text = await cdn.put(`data:image/png;base64,${bytes.toString('base64')}`, 'cat.txt', 'text/plain')
    const { json } = await cdn.get(`/store=base64decode:true,filename:cat.png/${text}`)
    expect((await cdn.object(json.key)).equals(bytes)).toBe(true)
  })

  it('stores nothing when something is wrong, or for a HEAD', async () => {
    const before = await cdn.keys()
    expect((await cdn.send('GET', `/crop=dim:[900,0,1,1]/store/${picture}`)).status).toBe(400)
    expect((await cdn.send('GET', `/store=location:dropbox/${picture}`)).status).toBe(400)
    expect((await cdn.send('GET', `/store=location:gcs/${picture}`)).status).toBe(400)
    expect((await cdn.send('GET', `/store=path:"../x"/${picture}`)).status).toBe(400)
    expect((await cdn.send('GET', `/${KEY}/store/${cdn.origin.url}/none.png`)).status).toBe(400)
    expect((await cdn.send('HEAD', `/store/${picture}`)).status).toBe(405)
    expect(await cdn.keys()).toEqual(before)
  })
})

describe('POST /process', () => {
  const process = (body: object) =>
    cdn.send('POST', '/process', { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

  it('runs tasks on a URL with download headers, which nobody else gets to see', async () => {
    const red = await solid(20, 10)
    cdn.origin.answer('/private.png', (req) =>
      req.headers['x-token'] === 'abc' ? { body: red, headers: { 'content-type': 'image/png' } } : { status: 401 },
    )
    const source = `${cdn.origin.url}/private.png`
    const wanted = { apikey: KEY, sources: [{ source, headers: { 'X-Token': 'abc' } }] }
    const made = await process({ ...wanted, tasks: [{ name: 'resize', params: { width: 10 } }] })
    expect((await sharp(made.bytes).metadata()).width).toBe(10)
    expect((await cdn.send('GET', `/${KEY}/resize=w:10/${source}`)).status).toBe(400)
    const asked = () => cdn.origin.requests.filter(({ target }) => target === '/private.png').length
    const before = asked()
    await process({ ...wanted, tasks: [{ name: 'resize', params: { width: 10 } }] })
    expect(asked()).toBe(before + 1)
    const stored = await process({ ...wanted, tasks: [{ name: 'store', params: { path: 'kept/' } }] })
    expect(stored.json).toMatchObject({ handle: expect.stringMatching(HANDLE), filename: 'private.png', width: 20 })
  })

  it('stores a URL as the SDK asks for it: security after store, store twice', async () => {
    const { policy, signature } = policyOf({ call: ['store'] })
    const answer = await process({
      apikey: KEY,
      sources: [`${cdn.origin.url}/p/q%20r.png?v=1`],
      tasks: [
        { name: 'store', params: { location: 's3', filename: 'named.png' } },
        { name: 'security', params: { policy, signature } },
        { name: 'store', params: { path: 'sdk/' } },
      ],
      upload_tags: { a: 'b' },
    })
    expect(answer.json).toMatchObject({
      filename: 'named.png',
      key: expect.stringMatching(/^sdk\/.{20}_named\.png$/),
      status: 'Stored',
    })
  })

  it('handles, lists, and what is wrong', async () => {
    const flipped = await process({ apikey: KEY, sources: [picture], tasks: [{ name: 'flip' }] })
    expect(flipped.headers.get('content-type')).toBe('image/png')
    const zip = await process({ apikey: KEY, sources: [picture, picture], tasks: [{ name: 'zip' }] })
    expect(zip.headers.get('content-type')).toBe('application/zip')
    const cases: readonly (readonly [number, object | string])[] = [
      [403, { sources: [picture], tasks: [] }],
      [403, { apikey: 'nobody', sources: [picture], tasks: [] }],
      [400, { apikey: KEY, sources: [], tasks: [] }],
      [400, { apikey: KEY, sources: [picture], tasks: 'flip' }],
      [400, { apikey: KEY, sources: [picture], tasks: [{ name: 'resize', params: { heigt: 1 } }] }],
      [400, { apikey: KEY, sources: [picture, picture], tasks: [{ name: 'flip' }] }],
      [400, { apikey: KEY, sources: [{ source: `${cdn.origin.url}/a`, headers: { 'a b': '1' } }], tasks: [] }],
      [400, { apikey: KEY, sources: [{ headers: {} }], tasks: [] }],
      [400, '{'],
      [400, '[]'],
    ]
    for (const [status, body] of cases) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const answer = await cdn.send('POST', '/process', { body: text })
      expect([text, answer.status]).toEqual([text, status])
    }
  })
})

describe('what is told instead of a picture', () => {
  it('imagesize: upright sides, of the source and of the result', async () => {
    const photo = await cdn.put(oriented(6, 64, 48), 'p.jpg', 'image/jpeg')
    expect((await cdn.get(`/imagesize/${photo}`)).text).toBe('{"height":48,"width":64}')
    expect((await cdn.get(`/resize=w:32/imagesize/${photo}`)).json).toEqual({ height: 24, width: 32 })
    expect((await cdn.get(`/${KEY}/imagesize/${cdn.origin.url}/p/q%20r.png?v=1`)).json).toEqual({
      height: 10,
      width: 20,
    })
    expect((await cdn.send('GET', `/imagesize/${await cdn.put('text')}`)).status).toBe(400)
  })

  it('metadata of files and of what lies elsewhere', async () => {
    const about = await cdn.get(`/${picture}/metadata`)
    expect(about.json).toMatchObject({ size: bytes.length, mimetype: 'image/png', filename: 'cat.png', location: 'S3' })
    expect((await cdn.get(`/${KEY}/${picture}/metadata?size=true&width=true`)).json).toEqual({
      size: bytes.length,
      width: 60,
    })
    expect((await cdn.get(`/metadata=[width,height,md5]/${picture}`)).json).toEqual({
      width: 60,
      height: 40,
      md5: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const outside = `${cdn.origin.url}/p/q%20r.png?v=1`
    expect((await cdn.get(`/${KEY}/metadata/${outside}`)).json).toEqual({
      size: expect.any(Number),
      mimetype: 'image/png',
      filename: 'q r.png',
    })
    expect((await cdn.get(`/${KEY}/metadata=width:true,height:true,md5:true/${outside}`)).json).toEqual({
      width: 20,
      height: 10,
      md5: null,
    })
    expect((await cdn.send('GET', '/Zk9mVq2RSLu7xN0bTfHw/metadata')).status).toBe(404)
  })

  it('debug: a report', async () => {
    const answer = await cdn.get(`/debug/resize=width:30/flip/${picture}`)
    expect(answer.json).toEqual({
      apikey: KEY,
      status: { message: 'OK', http_code: 200 },
      start_time: expect.any(Number),
      processing_time: expect.any(Number),
      source: { url: `${cdn.url}/${picture}`, mimetype: 'image/png', size: bytes.length },
      task_uri: 'resize=width:30/flip',
      debug: true,
      chain: [
        { name: 'resize', params: { width: '30' } },
        { name: 'flip', params: {} },
      ],
    })
    const keys = await cdn.keys()
    await cdn.get(`/debug/store/${picture}`)
    expect(await cdn.keys()).toEqual(keys)
  })

  it('debug: what went wrong, with the status that the answer would have had, and no policy', async () => {
    const wrong = await cdn.send('GET', `/debug/resize=heigt:1/${picture}`)
    expect([wrong.status, wrong.json.chain, wrong.json.status]).toEqual([
      400,
      null,
      { message: 'invalid parameter `heigt` for `resize` task', http_code: 400 },
    ])
    const missing = await cdn.send('GET', '/debug/flip/Zk9mVq2RSLu7xN0bTfHw')
    expect([missing.status, missing.json.status.http_code, missing.json.chain]).toEqual([
      404,
      404,
      [{ name: 'flip', params: {} }],
    ])
    const failing = await cdn.send('GET', `/${KEY}/debug/crop=dim:[900,0,1,1]/${picture}`)
    expect(failing.status).toBe(400)
    const secured = await cdn.get(`/debug/flip/${security({})}/${picture}`)
    expect(secured.text).not.toContain('policy')
    expect(secured.json.task_uri).toBe('flip/security')
    expect((await cdn.send('GET', `/flip/debug/${picture}`)).status).toBe(400)
  })
})

describe('zip', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tintype-zip-'))
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  /** Unpacks with a program that is not ours. */
  async function unpacked(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
    const file = join(dir, 'a.zip')
    await writeFile(file, archive)
    const out = await mkdtemp(join(dir, 'out-'))
    const script =
      'import sys,zipfile,json;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;z.extractall(sys.argv[2]);print(json.dumps(z.namelist()))'
    const names: string[] = JSON.parse(execFileSync('python3', ['-c', script, file, out], { encoding: 'utf8' }))
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(out, name))] as const)))
  }

  it('holds every source under its name, duplicates numbered', async () => {
    const other = await cdn.put('hello', 'süß/a.txt', 'text/plain')
    const answer = await cdn.get(`/${KEY}/zip/[${picture},${picture},${other},"${cdn.origin.url}/p/q%20r.png?v=1"]`)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': 'inline; filename="files.zip"',
      'content-security-policy': expect.stringContaining('sandbox'),
    })
    const files = await unpacked(answer.bytes)
    expect([...files.keys()]).toEqual(['cat.png', 'cat (1).png', 'süß-a.txt', 'q r.png'])
    expect(files.get('cat (1).png')?.equals(bytes)).toBe(true)
    expect(String(files.get('süß-a.txt'))).toBe('hello')
  })

  it('one file, tasks before it, and into the store', async () => {
    const small = await unpacked((await cdn.get(`/resize=w:12/output=format:jpg/zip/[${picture}]`)).bytes)
    const [name, jpeg] = [...small][0] ?? []
    expect(name).toBe('cat.jpg')
    expect((await decode(jpeg ?? Buffer.alloc(0))).width).toBe(12)
    const { json } = await cdn.get(`/zip/store=filename:all.zip/[${picture},${picture}]`)
    expect(json).toMatchObject({ filename: 'all.zip', mimetype: 'application/zip', status: 'Stored' })
    expect([...(await unpacked(await cdn.object(json.key))).keys()]).toEqual(['cat.png', 'cat (1).png'])
  })

  it('a hundred sources, and no more; a list is for nothing else', async () => {
    const list = (count: number) => `[${Array.from({ length: count }, () => picture).join(',')}]`
    expect((await unpacked((await cdn.get(`/zip/${list(100)}`)).bytes)).size).toBe(100)
    expect((await cdn.send('GET', `/zip/${list(101)}`)).status).toBe(400)
    expect((await cdn.send('GET', `/flip/${list(2)}`)).status).toBe(400)
    expect((await cdn.send('GET', `/zip/[${picture},Zk9mVq2RSLu7xN0bTfHw]`)).status).toBe(404)
    expect((await cdn.send('HEAD', `/zip/${picture}`)).status).toBe(200)
  })

  it('a source that breaks off breaks the archive off', async () => {
    const gone = await cdn.put(raw.gradient(50, 50), 'gone.png')
    const { json } = await cdn.get(`/${gone}/metadata`)
    await rm(join(cdn.dir, 'up', json.key))
    await expect(cdn.send('GET', `/zip/[${picture},${gone}]`)).rejects.toThrow()
  })
})

function policyOf(members: Parameters<typeof security>[0]) {
  const [, policy = '', signature = ''] = /^security=p:(.*),s:(.*)$/.exec(security(members)) ?? []
  return { policy, signature }
}

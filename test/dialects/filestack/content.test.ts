/** Files whose bytes change while they are asked for, and who may keep what was answered. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { solid } from '../../support/pictures.ts'
import { BASIC, KEY, signed } from './house.ts'
import { type Cdn, openCdn, security } from './processing/cdn.ts'

let cdn: Cdn
/** Happens before every read of an object. */
let before: () => Promise<void> = async () => undefined

beforeAll(async () => {
  const wrap = (store: ObjectStore): ObjectStore => ({
    ...store,
    async get(...asked) {
      await before()
      return store.get(...asked)
    },
  })
  cdn = await openCdn({ wrap })
})
afterAll(() => cdn.stop())
beforeEach(() => {
  before = async () => undefined
  cdn.configure({})
})

describe('a file that is replaced again and again', () => {
  const text = (version: number) => `version ${'x'.repeat(version)} ${version}`
  let link = ''
  let key = ''
  let version = 0

  beforeAll(async () => {
    const { json } = await cdn.store('filename=a.txt', 'as it was stored')
    key = json.key
    link = `/api/file/${json.handle}`
  })
  beforeEach(() => {
    before = async () => {
      version += 1
      await writeFile(join(cdn.dir, 'up', key), text(version))
    }
  })

  it('is answered whole, with the headers of the very bytes', async () => {
    for (let time = 0; time < 3; time++) {
      const { status, text: got, headers } = await cdn.send('GET', link)
      expect([status, got, headers.get('content-length')]).toEqual([200, text(version), String(text(version).length)])
    }
  })

  it('is answered in base64', async () => {
    const { status, text: got } = await cdn.send('GET', `${link}?base64encode=true`)
    expect([status, got]).toEqual([200, Buffer.from(text(version)).toString('base64')])
  })

  it.each([
    ['bytes=0-6', (length: number) => [0, Math.min(7, length)] as const],
    ['bytes=3-', (length: number) => [3, length] as const],
    ['bytes=-4', (length: number) => [length - 4, length] as const],
  ])('is answered in part: %s', async (range, ends) => {
    const { status, text: got, headers } = await cdn.send('GET', link, { headers: { range } })
    const now = text(version)
    const [from, to] = ends(now.length)
    expect([status, got]).toEqual([206, now.slice(from, to)])
    expect(headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${now.length}`)
  })

  it('is sent to those who have an older one', async () => {
    const etag = (await cdn.send('GET', link)).headers.get('etag') ?? ''
    before = async () => undefined
    expect((await cdn.send('GET', link, { headers: { 'if-none-match': etag } })).status).toBe(304)
    const { status } = await cdn.send('GET', link, { headers: { 'if-none-match': '"older"' } })
    expect(status).toBe(200)
  })
})

it('overwrites while it is being read: every answer is one content or another, whole', async () => {
  const { json } = await cdn.store('filename=a.bin', new Uint8Array(1))
  const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(200_000 + i * 1000).fill(i))
  const overwrite = async () => {
    for (const body of contents) {
      const { status } = await cdn.send('POST', `/api/file/${json.handle}`, { body, headers: BASIC })
      expect(status).toBe(200)
    }
  }
  let writing = true
  const written = overwrite().finally(() => {
    writing = false
  })
  while (writing) {
    const { status, bytes, headers } = await cdn.send('GET', `/api/file/${json.handle}`)
    expect([status, headers.get('content-length')]).toEqual([200, String(bytes.length)])
    expect(new Set(bytes).size).toBe(1)
  }
  await written
})

describe('who may keep an answer', () => {
  let picture = ''
  beforeAll(async () => {
    picture = await cdn.put(solid(20, 10))
    cdn.origin.answer('/a.png', { body: await solid(20, 10), headers: { 'content-type': 'image/png' } })
  })
  const targets = () => [
    `/${picture}`,
    `/resize=w:5/${picture}`,
    `/cache=expiry:60/resize=w:5/${picture}`,
    `/zip/${picture}`,
    `/${KEY}/resize=w:5/${cdn.origin.url}/a.png`,
    `/${KEY}/${cdn.origin.url}/a.png`,
    `/fallback=handle:${picture},cache:60/aaaaaaaaaaaaaaaaaaaa`,
  ]
  const seconds = [2_592_000, 2_592_000, 60, 2_592_000, 2_592_000, 2_592_000, 60]

  it('anybody, of an app without security', async () => {
    for (const [at, target] of targets().entries()) {
      expect((await cdn.get(target)).headers.get('cache-control')).toBe(`public, max-age=${seconds[at]}`)
    }
  })

  it('nobody but the one who asked, where a policy is needed', async () => {
    cdn.configure({ security: true })
    const policy = security({ call: ['read', 'convert'] })
    for (const [at, target] of targets().entries()) {
      const allowed = target.startsWith(`/${KEY}/`) ? target.replace(KEY, `${KEY}/${policy}`) : `/${policy}${target}`
      expect((await cdn.get(allowed)).headers.get('cache-control')).toBe(`private, max-age=${seconds[at]}`)
    }
    const converted = await cdn.get(`/api/file/${picture}/convert?w=5&${signed({ call: ['convert'] })}`)
    expect(converted.headers.get('cache-control')).toBe('private, max-age=2592000')
    const never = await cdn.get(`/cache=false/${policy}/resize=w:5/${picture}`)
    expect(never.headers.get('cache-control')).toBe('no-cache')
  })
})

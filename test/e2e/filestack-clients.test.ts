import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEY, SECRET, sign } from '../dialects/filestack/house.ts'
import { startBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { FILESTACK_CLIENTS } from '../support/parts.ts'
import { decode, photo } from '../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts'
import { type Running, startServer } from '../support/server.ts'
import { missing } from '../support/skips.ts'
import { noS3Server, type S3Server, startS3Server } from '../support/versitygw.ts'
import { startWebOrigin, type WebOrigin } from '../support/web-origin.ts'

const EVERYTHING = sign({ call: ['pick', 'read', 'stat', 'write', 'writeUrl', 'store', 'convert', 'remove'] })
const MEGABYTE = 1024 * 1024

let s3: S3Server
let bucket: string
let server: Running
/** Between the clients and the server; can drop connections. */
let link: S3Proxy

/** Runs in the page: a client that talks to this server, and the same bytes for the same seed on both sides of the wire. */
const SETUP = `({ host, key, security }) => {
  const client = window.filestack.init(key, { security })
  Object.assign(client.session.urls, { fileApiUrl: host + '/api/file', uploadApiUrl: host, cdnUrl: host, processUrl: host })
  const bytes = (size, seed) => {
    const made = new Uint8Array(size)
    for (let i = 0, state = seed; i < size; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      made[i] = state >>> 24
    }
    return made
  }
  /** What the client says of an upload; its own object has it in accessors. */
  const told = ({ handle, url, filename, size, mimetype, key, status }) => ({ handle, url, filename, size, mimetype, key, status })
  Object.assign(window, { client, bytes, told })
}`

const skip = [noS3Server(), missing('filestack')].includes(true)

beforeAll(async () => {
  if (skip) return
  s3 = await startS3Server()
  bucket = await s3.createBucket('uploads')
  const port = await freePort()
  link = await startS3Proxy(`http://127.0.0.1:${port}`)
  server = await startServer({
    config: {
      listen: `127.0.0.1:${port}`,
      publicUrl: link.endpoint,
      network: { allowPrivate: true },
      projects: [
        {
          id: 'demo',
          keys: [{ label: 'Key', publicKey: KEY, secret: SECRET }],
          connections: [
            {
              ...{ alias: 'bucket', provider: 's3', bucket, endpoint: s3.endpoint, forcePathStyle: true, write: true },
              ...{ accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey, region: s3.region },
            },
          ],
          filestack: { stores: { S3: 'bucket' } },
        },
      ],
    },
  })
})
afterAll(async () => {
  await server?.stop()
  await link?.stop()
  await s3?.stop()
})

describe.skipIf(skip)('the unmodified client node-filepicker', () => {
  // It is CommonJS without types.
  const load = createRequire(join(FILESTACK_CLIENTS, 'any.js'))
  const client = () => load('node-filepicker')(KEY, { api: `${link.endpoint}/api` })

  it('stores, stats, reads and removes', async () => {
    const text = 'Zwölf Boxkämpfer'
    const base64 = Buffer.from(text).toString('base64')
    const blob = JSON.parse(await client().store(base64, 'boxer.txt', 'text/plain', { path: 'node/' }))
    expect(blob).toMatchObject({ filename: 'boxer.txt', type: 'text/plain', size: Buffer.byteLength(text) })
    expect(blob.key).toMatch(/^node\/[\w-]{20}_boxer\.txt$/)
    expect((await s3.bytes(bucket, blob.key)).toString()).toBe(text)

    const stat = JSON.parse(await client().stat(blob))
    expect(stat).toMatchObject({ filename: 'boxer.txt', mimetype: 'text/plain', size: Buffer.byteLength(text) })

    const read = await new Promise<Buffer>((resolve) => {
      client().read(blob, undefined, (_error: unknown, body: Buffer) => resolve(body))
    })
    expect(Buffer.from(String(read), 'base64').toString()).toBe(text)

    // Removal needs authority: the app's own, in the link, since this client knows no policies.
    const mine = { url: blob.url.replace('://', `://app:${SECRET}@`) }
    expect(await client().remove(mine)).toBe('success')
    expect(await s3.exists(bucket, blob.key)).toBe(false)
    expect((await fetch(blob.url)).status).toBe(404)
  })

  it('hears that removal needs authority', async () => {
    const blob = JSON.parse(await client().store('aGFsbG8=', 'a.txt', 'text/plain', {}))
    const [error] = await new Promise<unknown[]>((resolve) => {
      client()
        .remove(blob, (...heard: unknown[]) => resolve(heard))
        .then(undefined, () => undefined)
    })
    expect(error).toMatchObject({ status: 403 })
  })
})

describe.skipIf(skip || missing('chromium'))('the unmodified browser build of filestack-js', () => {
  let browser: Browser
  let site: WebOrigin
  let page: Page
  beforeAll(async () => {
    browser = await startBrowser()
    site = await startWebOrigin()
    const build = readFileSync(join(FILESTACK_CLIENTS, 'filestack-js', 'build', 'browser', 'filestack.umd.js'))
    site.answer('/filestack.js', { headers: { 'content-type': 'text/javascript' }, body: build })
    const html = '<!doctype html><title>quiet</title><script src="/filestack.js"></script>'
    site.answer('/', { headers: { 'content-type': 'text/html' }, body: html })
    page = await browser.newPage()
    await page.goto(site.url)
    await page.evaluate(`(${SETUP})(${JSON.stringify({ host: link.endpoint, key: KEY, security: EVERYTHING })})`)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.stop()
  })

  /** Runs code of the page with the client. */
  const inPage = (code: string, argument: unknown = null) =>
    page.evaluate(`(${code})(window.client, ${JSON.stringify(argument)})`)
  const bytes = (size: number, seed: number) => {
    const made = Buffer.alloc(size)
    for (let i = 0, state = seed; i < size; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      made[i] = state >>> 24
    }
    return made
  }
  const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')

  it('uploads a small file, stats, reads, overwrites and removes it', async () => {
    const uploaded = await inPage(
      `client => client.upload(new File(['hello'], 'hello.txt', { type: 'text/plain' }), {}, { path: 'sdk/' }).then(told)`,
    )
    expect(uploaded).toMatchObject({ filename: 'hello.txt', size: 5, mimetype: 'text/plain', status: 'Stored' })
    const { handle, key, url } = uploaded as { handle: string; key: string; url: string }
    expect(handle).toMatch(/^[\w-]{20}$/)
    expect(url).toBe(`${link.endpoint}/${handle}`)
    expect((await s3.bytes(bucket, key)).toString()).toBe('hello')

    expect(await inPage(`(client, handle) => client.metadata(handle, { size: true, md5: true })`, handle)).toEqual({
      ...{ handle, size: 5, md5: createHash('md5').update('hello').digest('hex') },
    })
    expect(await inPage(`(client, handle) => client.retrieve(handle, { metadata: true })`, handle)).toMatchObject({
      filename: 'hello.txt',
    })
    const download = `(client, handle) => client.download(handle).then(({ data }) => data.text())`
    expect(await inPage(download, handle)).toBe('hello')

    const { policy, signature } = EVERYTHING
    const written = await inPage(
      `(client, url) => fetch(url, { method: 'PUT', body: 'goodbye' }).then(answer => answer.json())`,
      `${link.endpoint}/api/file/${handle}?${new URLSearchParams({ policy, signature })}`,
    )
    expect(written).toMatchObject({ size: 7, filename: 'hello.txt', mimetype: 'text/plain' })
    // The browser may keep the first answer for thirty days.
    expect(await (await fetch(url)).text()).toBe('goodbye')

    await inPage(`(client, handle) => client.remove(handle)`, handle)
    expect(await s3.exists(bucket, key)).toBe(false)
    expect((await fetch(`${link.endpoint}/${handle}`)).status).toBe(404)
  })

  it('stores a picture by URL, and shows it transformed', async () => {
    site.answer('/photo.jpg', { headers: { 'content-type': 'image/jpeg' }, body: await photo(160, 120, 'jpeg') })
    const stored = await inPage(`(client, url) => client.storeURL(url, { path: 'by-url/' })`, `${site.url}/photo.jpg`)
    expect(stored).toMatchObject({ filename: 'photo.jpg', mimetype: 'image/jpeg', width: 160, height: 120 })
    const { handle } = stored as { handle: string }
    const options = {
      resize: { width: 40, height: 40, fit: 'crop', align: ['top', 'left'] },
      output: { format: 'png' },
    }
    for (const b64 of [false, true]) {
      const link = await inPage(`(client, [handle, options, b64]) => client.transform(handle, options, b64)`, [
        handle,
        options,
        b64,
      ])
      const answer = await fetch(String(link))
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
      expect(await decode(Buffer.from(await answer.arrayBuffer()))).toMatchObject({ width: 40, height: 40 })
    }
  })

  it.each([
    [100, 'regular parts', {}],
    [40, 'intelligent ingestion', { intelligent: true }],
  ])('uploads %i MB: %s', { timeout: 600_000 }, async (megabytes, _title, options) => {
    const size = megabytes * MEGABYTE
    const uploaded = await inPage(
      `(client, [size, options]) => client.upload(new File([bytes(size, 7)], 'big.bin'), options, { path: 'big/' }).then(told)`,
      [size, options],
    )
    expect(uploaded).toMatchObject({ size, status: 'Stored' })
    const { key } = uploaded as { key: string }
    expect(digest(await s3.bytes(bucket, key))).toBe(digest(bytes(size, 7)))
  })

  it.each([
    ['regular parts', {}],
    ['intelligent ingestion', { intelligent: true }],
    ['intelligent ingestion as a fallback', { intelligent: 'fallback' }],
  ])('goes on after dropped connections: %s', { timeout: 300_000 }, async (_title, options) => {
    const size = 20 * MEGABYTE + 17
    const dropped = link.rule({ effect: { kind: 'reset' }, method: 'PUT', count: 2 })
    const uploaded = await inPage(
      `(client, [size, options]) => client.upload(new File([bytes(size, 9)], 'dropped.bin'), { retry: 5, ...options }).then(told)`,
      [size, options],
    )
    dropped()
    expect(uploaded).toMatchObject({ size, status: 'Stored' })
    const { key } = uploaded as { key: string }
    expect(digest(await s3.bytes(bucket, key))).toBe(digest(bytes(size, 9)))
  })

  it('a policy that does not allow it ends the upload', async () => {
    const security = sign({ call: ['read'] })
    const upload = `(client, security) => client.upload(new File(['x'], 'x.txt'), { retry: 0 }, {}, {}, security)
      .then(() => 'uploaded', error => 'refused ' + JSON.stringify(error))`
    expect(await inPage(upload, security)).toMatch(/refused .*"status":"Failed"/)
  })

  it.each([
    ['text/html', `<!doctype html><title>quiet</title><script>document.title = 'ran'</script>`],
    [
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg"><title>quiet</title><script>document.documentElement.append('ran')</script></svg>`,
    ],
    [
      'application/xhtml+xml',
      `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>quiet</title></head><body><script>document.title = 'ran'</script></body></html>`,
    ],
  ])('stored %s runs nothing when it is opened', async (type, body) => {
    const store = `${link.endpoint}/api/store/S3?${new URLSearchParams({ key: KEY, mimetype: type, filename: 'page' })}`
    const stored = await (await fetch(store, { method: 'POST', headers: { 'content-type': type }, body })).json()
    const { url, handle } = stored as { url: string; handle: string }
    for (const address of [url, `${link.endpoint}/${handle}`, `${link.endpoint}/${KEY}/${handle}`]) {
      const visit = await browser.newPage()
      await visit.goto(address)
      const shown = String(await visit.evaluate('document.title + document.documentElement.textContent'))
      await visit.close()
      expect(shown).toContain('quiet')
      expect(shown.replaceAll("'ran'", '')).not.toContain('ran')
    }
  })
})

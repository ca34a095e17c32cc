import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawAnswer, rawRequest } from '../http/raw-client.ts'
import { photo } from '../support/pictures.ts'
import { type Running, startServer } from '../support/server.ts'

/** Every dialect of the whole house, and how its own errors look. */
const MOUNTS: readonly {
  readonly name: string
  readonly paths: readonly string[]
  ownForm(answer: RawAnswer): boolean
}[] = [
  {
    name: 'pixboost',
    paths: ['/api/2/img/local/a.jpg/optimise', '/api/2/img/warmup'],
    ownForm: ({ headers, body }) => headers['content-type'] === 'text/plain; charset=utf-8' && /^[^\n]+\n$/.test(body),
  },
  {
    name: 'imagekit',
    paths: ['/ik/demo/a.jpg', '/ik/demo/tr:w-100/a.jpg', '/ik/nobody/a.jpg'],
    ownForm: ({ headers, body }) =>
      headers['content-type'] === 'text/plain; charset=utf-8' &&
      headers['cache-control'] === 'no-cache,no-store' &&
      body !== '',
  },
  { name: 'kraken', paths: ['/v1/url', '/v1/upload', '/user_status', '/v1/nothing'], ownForm: isFailure },
  { name: 'compressor', paths: ['/1.0/fetch', '/1.0/upload', '/1.0/jobs/x', '/1.0/nothing'], ownForm: isFailure },
  {
    name: 'filestack',
    paths: [
      '/api/store/S3',
      '/api/file/Zk9mVq2RSLu7xN0bTfHw',
      '/public_demo/resize=width:9/Zk9mVq2RSLu7xN0bTfHw',
      '/process?x=',
    ],
    ownForm: ({ headers, body }) =>
      headers['content-type'] === 'text/plain; charset=utf-8' &&
      headers['access-control-allow-origin'] === '*' &&
      body !== '',
  },
  {
    name: 'filestack uploads in parts',
    paths: ['/multipart/start?x=', '/multipart/upload?x=', '/multipart/commit?x=', '/multipart/complete?x='],
    ownForm: ({ headers, body }) =>
      headers['content-type']?.startsWith('application/json') === true && JSON.parse(body).error !== undefined,
  },
]

function isFailure({ headers, body }: RawAnswer): boolean {
  if (headers['content-type']?.startsWith('application/json') !== true) return false
  const { success }: { success?: unknown } = JSON.parse(body)
  return success === false
}

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: h', 'Connection: close', ...headers, '', ''].join('\r\n')
const post = (target: string, body: string, ...headers: string[]) =>
  get(target, ...headers, `Content-Length: ${Buffer.byteLength(body)}`).replace('GET', 'POST') + body

const ATTACKS: readonly (readonly [string, (path: string) => string])[] = [
  ['a malformed escape', (path) => get(`${path}%ZZ`)],
  ['a raw latin-1 byte', (path) => get(`${path}\xe9`)],
  ['an absolute-form target', (path) => get(`http://h${path}%ZZ`)],
  ['an unknown method', (path) => get(path).replace('GET', 'BREW')],
  ['a wrong content type', (path) => post(path, '{}', 'Content-Type: no/such; =;;')],
  ['a multipart body without boundary', (path) => post(path, '{}', 'Content-Type: multipart/form-data')],
  ['malformed JSON', (path) => post(path, '{"auth":', 'Content-Type: application/json')],
  ['JSON that is no object', (path) => post(path, '[null]', 'Content-Type: application/json')],
  ['a head that is too large', (path) => get(path, `X: ${'x'.repeat(40_000)}`)],
  ['a header that is none', (path) => get(path, 'nonsense')],
]

let server: Running
let pictures: string
let port = 0

beforeAll(async () => {
  pictures = await mkdtemp(join(tmpdir(), 'tintype-pictures-'))
  await mkdir(join(pictures, 'sub'))
  await writeFile(join(pictures, 'good.jpg'), await photo(60, 40, 'jpeg'))
  for (const [name, bytes] of Object.entries(HOSTILE)) await writeFile(join(pictures, name), bytes)
  const keys = [{ label: 'Key 1', publicKey: 'public_demo', secret: 'private_demo' }]
  const connections = [{ alias: 'local', provider: 'folder', path: pictures, write: true }]
  const filestack = { stores: { S3: 'local' } }
  server = await startServer({ config: { projects: [{ id: 'demo', keys, connections, filestack }] } })
  port = Number(new URL(server.url).port)
})
afterAll(async () => {
  await server?.stop()
  await rm(pictures, { recursive: true, force: true })
})

describe.each(MOUNTS)('on the whole server the mount of $name answers in its own form', ({ paths, ownForm }) => {
  it.each(ATTACKS)('%s', async (_case, request) => {
    for (const path of paths) {
      const answer = await rawRequest(port, request(path))
      expect(answer.status, `${path} → ${answer.body}`).toBeGreaterThanOrEqual(400)
      expect(answer.status, `${path} → ${answer.body}`).toBeLessThan(500)
      expect(ownForm(answer), `${path} → ${JSON.stringify(answer)}`).toBe(true)
    }
    expect((await server.get('/healthz')).status).toBe(200)
  })
})

const HOSTILE = {
  'page.html': '<!doctype html><script>alert(1)</script>',
  'drawing.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><rect width="9" height="9"/></svg>',
  'note.xml': '<?xml version="1.0"?><x/>',
  'paper.pdf': '%PDF-1.4\n%%EOF',
}

describe('bytes of a store are never trusted as a page, whoever hands them on', () => {
  const expectSandboxed = (headers: Headers) => {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
  }

  it.each(Object.keys(HOSTILE))('%s through Pixboost and ImageKit', async (name) => {
    for (const path of [`/api/2/img/local/${name}/asis?auth=public_demo`, `/ik/demo/${name}`]) {
      const { status, headers } = await server.get(path)
      expect(status, path).toBe(200)
      expectSandboxed(headers)
    }
  })

  it.each(Object.entries(HOSTILE))('%s stored through Filestack', async (filename, body) => {
    const query = new URLSearchParams({ key: 'public_demo', filename })
    const stored = await fetch(`${server.url}/api/store/S3?${query}`, { method: 'POST', body })
    const { handle } = (await stored.json()) as { handle: string }
    for (const path of [`/api/file/${handle}`, `/${handle}`, `/public_demo/${handle}`, `/api/file/${handle}?dl=true`]) {
      const { status, headers, text } = await server.get(path)
      expect([status, text], path).toEqual([200, body])
      expectSandboxed(headers)
    }
  })

  it('a result of Kraken and of Compressor', async () => {
    const upload = async (
      path: string,
      fields: Record<string, string>,
      file: string,
      headers: Record<string, string> = {},
    ) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      form.append(file, new Blob([HOSTILE['drawing.svg']], { type: 'image/svg+xml' }), 'drawing.svg')
      const response = await fetch(server.url + path, { method: 'POST', body: form, headers })
      const { kraked_url, url } = (await response.json()) as { kraked_url?: string; url?: string }
      return fetch(kraked_url ?? url ?? '')
    }
    const data = JSON.stringify({ auth: { api_key: 'public_demo', api_secret: 'private_demo' }, wait: true })
    const authorization = `Basic ${Buffer.from('private_demo:').toString('base64')}`
    for (const result of [
      await upload('/v1/upload', { data }, 'upload'),
      await upload('/1.0/upload', {}, 'file', { authorization }),
    ]) {
      expect(result.status).toBe(200)
      expect(result.headers.get('content-type')).toBe('image/svg+xml')
      expectSandboxed(result.headers)
    }
  })
})

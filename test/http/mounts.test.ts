import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPixboost } from '../../src/dialects/pixboost/handler.ts'
import { createDispatcher, type Dispatcher } from '../../src/http/dispatch.ts'
import type { Surface } from '../../src/http/exchange.ts'
import { directoryOf, KEY, projectOf } from '../dialects/pixboost/account.ts'
import { deliveryOf, goodPicture } from '../dialects/pixboost/server.ts'
import { type RawAnswer, rawRequest } from './raw-client.ts'

/** A mount of the house: what it owns, and how its own errors look. A new dialect is one more entry. */
type Mount = {
  readonly name: string
  readonly surface: Surface
  /** Paths without a query that it owns, whatever is added behind them. */
  readonly paths: readonly string[]
  readonly ownForm: (answer: RawAnswer) => boolean
  /** A request that hands on stored bytes, after the store was told what type they have. */
  readonly handsOn: (contentType: string) => string
}

const quiet = { warn: () => undefined, error: () => undefined }

const pixboostDelivery = deliveryOf()

const MOUNTS: readonly Mount[] = [
  {
    name: 'pixboost',
    surface: createPixboost({
      directory: directoryOf([projectOf('demo', { pixboost: { engineRoutes: true } })]),
      delivery: pixboostDelivery,
      jobs: { add: async () => ({ id: '1' }) },
      publicUrl: () => 'http://h',
      engineProject: () => 'demo',
      log: quiet,
    }),
    paths: ['/api/2/img/bucket/a.png/optimise', '/api/2/img/warmup', '/api/2/img/', '/img/http://h/a/asis'],
    ownForm: ({ headers, body }) =>
      headers['content-type'] === 'text/plain; charset=utf-8' &&
      headers['access-control-allow-origin'] === '*' &&
      /^[^\n]+\n$/.test(body),
    handsOn(contentType) {
      pixboostDelivery.answer = (wish) => ({ ...goodPicture(wish), contentType })
      return `/api/2/img/bucket/a/asis?auth=${KEY}`
    },
  },
]

/** What a hostile or broken client sends to a path, and the statuses an owner may answer. */
const ATTACKS: readonly (readonly [string, (path: string) => string, readonly number[]])[] = [
  ['a malformed escape', (path) => get(`${path}%ZZ`), [404]],
  ['an escape cut off', (path) => get(`${path}%`), [404]],
  ['an escaped latin-1 byte', (path) => get(`${path}%E9`), [404]],
  ['a raw latin-1 byte', (path) => get(`${path}\xe9`), [400, 404]],
  ['double slashes', (path) => get(`${path}//x`), [400, 401, 404, 405]],
  ['an absolute-form target', (path) => get(`http://h${path}%ZZ`), [404]],
  ['a malformed query', (path) => get(`${path}/x?%ZZ&=&;&&%`), [400, 401, 404]],
  ['a wrong content type', (path) => post(path, 'Content-Type: no/such; =;;'), [401, 405]],
  ['a multipart body without boundary', (path) => post(path, 'Content-Type: multipart/form-data'), [401, 405]],
  ['a content coding nobody knows', (path) => post(path, 'Content-Encoding: zip'), [401, 405]],
  ['an unknown method', (path) => get(path).replace('GET', 'BREW'), [405]],
  ['a method of WebDAV', (path) => get(path).replace('GET', 'PROPFIND'), [405]],
  ['a head that is too large', (path) => get(path, `X: ${'x'.repeat(40_000)}`), [431]],
  ['a target that is too long', (path) => get(path + 'x'.repeat(40_000)), [431]],
  ['a header that is none', (path) => get(path, 'nonsense'), [400]],
  ['a header name with a blank', (path) => get(path, 'X y: z'), [400]],
  ['no Host', (path) => `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`, [400]],
  ['an HTTP version of the future', (path) => `GET ${path} HTTP/9.9\r\nHost: h\r\n\r\n`, [400, 505]],
  ['lengths that contradict', (path) => get(path, 'Content-Length: 1', 'Content-Length: 2'), [400]],
  ['an upgrade nobody offers', (path) => get(`${path}%ZZ`, 'Upgrade: websocket', 'Connection: Upgrade'), [404]],
  ['an expectation nobody meets', (path) => get(path, 'Expect: cake'), [417]],
]

function get(target: string, ...headers: string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: h', 'Connection: close', ...headers, '', ''].join('\r\n')
}

function post(target: string, ...headers: string[]): string {
  return `${get(target, ...headers, 'Content-Length: 2').replace('GET', 'POST')}{}`
}

let dispatcher: Dispatcher
let port = 0

beforeAll(async () => {
  dispatcher = createDispatcher({ surfaces: MOUNTS.map(({ surface }) => surface), log: quiet })
  await new Promise<void>((resolve) => dispatcher.server.listen(0, '127.0.0.1', resolve))
  const address = dispatcher.server.address()
  if (address !== null && typeof address !== 'string') port = address.port
})

afterAll(() => dispatcher.close(0))

describe.each(MOUNTS)('the mount of $name answers in its own form', ({ paths, ownForm }) => {
  it.each(ATTACKS)('%s', async (_case, request, statuses) => {
    for (const path of paths) {
      const answer = await rawRequest(port, request(path))
      expect(statuses, `${path} → ${answer.status} ${answer.body}`).toContain(answer.status)
      expect(ownForm(answer), `${path} → ${JSON.stringify(answer)}`).toBe(true)
    }
    expect((await rawRequest(port, get('/health'))).status).toBe(200)
  })
})

describe.each(MOUNTS)('bytes of a store handed on by the mount of $name run nothing', ({ handsOn }) => {
  it.each(['text/html', 'image/svg+xml', 'text/xml', 'application/pdf'])('%s', async (type) => {
    const answer = await rawRequest(port, get(handsOn(type)))
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': type,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      },
    })
  })
})

describe('any bytes on the wire', () => {
  it('end in an answer or a closed connection, and the server goes on', async () => {
    const words = fc.constantFrom(
      'GET ',
      'POST ',
      '/api/2/img/',
      ' HTTP/1.1',
      '\r\n',
      'Host: h',
      ': ',
      '\r\n\r\n',
      '%',
      '\0',
      'chunked',
    )
    const noise = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
    const requests = fc.array(fc.oneof(words, noise), { maxLength: 12 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { status } = await rawRequest(port, request, { end: true })
        expect(status === 0 || (status >= 200 && status < 600)).toBe(true)
      }),
      { numRuns: 150 },
    )
    expect((await rawRequest(port, get('/health'))).status).toBe(200)
  })
})

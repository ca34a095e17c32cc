import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createHealth } from '../../../src/console/health.ts'
import { createIndexPage, type Gallery } from '../../../src/console/index-page/index-page.ts'
import { createDispatcher, type Dispatcher } from '../../../src/http/dispatch.ts'
import type { Surface } from '../../../src/http/exchange.ts'

const running: Dispatcher[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((dispatcher) => dispatcher.close(0)))
})

const silent = { warn() {}, error() {} }

async function ask(surface: Surface, path = '/', init: RequestInit = {}): Promise<Response> {
  const dispatcher = createDispatcher({ surfaces: [surface], log: silent })
  running.push(dispatcher)
  const port = await new Promise<number>((resolve) => {
    dispatcher.server.listen(0, '127.0.0.1', () => {
      const address = dispatcher.server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return fetch(`http://127.0.0.1:${port}${path}`, init)
}

const gallery: Gallery = {
  pictures: async () => [
    { name: 'a.jpg', title: 'A & <b>' },
    { name: 'broken.jpg', title: 'Broken' },
  ],
  path: ({ name }, operation, size) =>
    `/api/2/img/local/${name}/${operation}?auth=KEY${size === undefined ? '' : `&size=${size}`}`,
  async original({ name }) {
    if (name === 'broken.jpg') throw new Error('secret reason')
    return { bytes: 193_352, type: 'image/jpeg' }
  },
  delivered: async (_, accept) =>
    accept === '' ? { bytes: 193_352, type: 'image/jpeg' } : { bytes: 58_000, type: 'image/avif' },
}
const page = createIndexPage({ version: '1.2.3', publicUrl: () => 'https://img.example.com', gallery })

describe('the index page', () => {
  it('shows each picture with its weights and the four operations', async () => {
    const body = await (await ask(page)).text()
    expect(body).toContain('193 kB')
    expect(body).toMatch(/AVIF<\/td>\s*<td>58 kB<\/td>\s*<td><span class="gain">−70 %/)
    for (const operation of ['optimise', 'resize', 'fit', 'asis'])
      expect(body).toContain(`/a.jpg/${operation}?auth=KEY`)
    expect(body).toContain('https://img.example.com/api/2/img/local/a.jpg/resize?auth=KEY&amp;size=400')
  })

  it('escapes what names hold', async () => {
    const body = await (await ask(page)).text()
    expect(body).toContain('A &amp; &lt;b&gt;')
    expect(body).not.toContain('<b>')
  })

  it('stays whole when a picture cannot be measured, and keeps the reason to itself', async () => {
    const body = await (await ask(page)).text()
    expect(body).toContain('could not be measured')
    expect(body).not.toContain('secret reason')
    expect(body.trimEnd()).toMatch(/<\/html>$/)
  })

  it('allows no script and only its own style', async () => {
    const answer = await ask(page)
    const body = await answer.text()
    const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`style-src 'sha256-${hash}'`)
    expect(body).not.toMatch(/<script|style="| on\w+=/)
  })

  it('lists nobody’s pictures on a configured server', async () => {
    const body = await (await ask(createIndexPage({ version: '1.2.3', publicUrl: () => '' }))).text()
    expect(body).toContain('1.2.3')
    expect(body).toContain('/readyz')
    expect(body).not.toContain('<img')
  })

  it('answers HEAD without a body and refuses other methods', async () => {
    const head = await ask(page, '/', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await ask(page, '/', { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('owns the root and nothing else', () => {
    expect(['/', '/?a=1', '/x', '//', '/index.html'].map((target) => page.owns(target, false))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('health', () => {
  it('is alive whatever the parts do', async () => {
    const answer = await ask(createHealth({ ready: () => Promise.reject(new Error('no')) }), '/healthz')
    expect([answer.status, await answer.json()]).toEqual([200, { alive: true }])
  })

  it.each([
    ['ready without reasons', async () => [], 200, { ready: true, reasons: [] }],
    [
      'not ready with reasons',
      async () => ['the database does not answer'],
      503,
      { ready: false, reasons: ['the database does not answer'] },
    ],
    [
      'not ready when a part throws',
      () => Promise.reject(new Error('x')),
      503,
      { ready: false, reasons: ['a part cannot be asked'] },
    ],
  ])('is %s', async (_, ready, status, body) => {
    const answer = await ask(createHealth({ ready }), '/readyz')
    expect([answer.status, await answer.json()]).toEqual([status, body])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectionOf, directoryOf, KEY, keyOf, projectOf, SECRET } from './account.ts'
import { CHANGED, deliveryOf, goodPicture, PICTURE, serve } from './server.ts'

const IMAGE = 'http://www.midday.coffee/assets/cup.jpeg'
const url = (operation: string, query = `auth=${KEY}`) => `/api/2/img/${IMAGE}/${operation}?${query}`

describe('routes', () => {
  it('GET /health is 200, text/plain, OK', async () => {
    const answer = await (await serve()).ask('/health')
    expect([answer.status, answer.headers['content-type'], answer.body]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'OK',
    ])
  })

  it('the four operations answer a picture', async () => {
    const server = await serve()
    for (const operation of ['optimise?', 'resize?size=10&', 'fit?size=10x10&', 'asis?']) {
      const answer = await server.ask(`/api/2/img/${IMAGE}/${operation}auth=${KEY}`)
      expect([answer.status, answer.body]).toEqual([200, PICTURE.toString()])
    }
  })

  it('HEAD is GET without body', async () => {
    const server = await serve()
    const head = await server.ask(url('optimise'), { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(PICTURE.length)])
    const missing = await server.ask('/api/2/img/x', { method: 'HEAD' })
    expect([missing.status, missing.body]).toEqual([404, ''])
  })

  it('OPTIONS is 204 with the CORS headers', async () => {
    const answer = await (await serve()).ask(url('optimise'), { method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-expose-headers': 'Content-Length, Content-Range',
    })
  })

  it('other methods are 405 and say which are allowed', async () => {
    const server = await serve()
    const allow = async (method: string, target: string) => {
      const answer = await server.ask(target, { method })
      return [answer.status, answer.headers.allow]
    }
    expect(await allow('PUT', url('optimise'))).toEqual([405, 'GET, HEAD, DELETE, OPTIONS'])
    expect(await allow('POST', url('optimise'))).toEqual([405, 'GET, HEAD, DELETE, OPTIONS'])
    expect(await allow('BREW', url('optimise'))).toEqual([405, 'GET, HEAD, DELETE, OPTIONS'])
    expect(await allow('DELETE', '/api/2/img/warmup')).toEqual([405, 'POST, OPTIONS'])
    expect(await allow('DELETE', '/health')).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  it('what is no route is 404 page not found', async () => {
    const server = await serve()
    for (const target of [
      '/api/2/img',
      '/api/2/img/',
      '/api/2/img/warmup',
      '/api/2/img/a.jpg/optimise/',
      '/api/2/img/%ZZ/optimise',
    ]) {
      const answer = await server.ask(target)
      expect([answer.status, answer.body]).toEqual([404, '404 page not found\n'])
    }
  })
})

describe('the engine form', () => {
  const directory = directoryOf([projectOf('demo', { pixboost: { engineRoutes: true } })])

  it('does not exist unless a project opens it', async () => {
    expect((await (await serve()).ask(`/img/${IMAGE}/optimise`)).body).toBe('404 not found\n')
    const named = await serve({ engineProject: () => 'demo' })
    expect((await named.ask(`/img/${IMAGE}/optimise`)).body).toBe('404 not found\n')
  })

  it('takes any host without a key, and no alias', async () => {
    const delivery = deliveryOf()
    const server = await serve({ directory, delivery, engineProject: () => 'demo' })
    expect((await server.ask('/img/http://anywhere.test/a.jpg/optimise')).status).toBe(200)
    expect(delivery.asked[0]?.sources).toEqual([{ kind: 'url', url: 'http://anywhere.test/a.jpg' }])
    expect((await server.ask('/img/bucket/a.jpg/optimise')).status).toBe(404)
    expect((await server.ask('/img/http://anywhere.test/a.jpg', { method: 'DELETE' })).status).toBe(405)
  })
})

describe('the key', () => {
  it('may stand anywhere in the query', async () => {
    expect((await (await serve()).ask(url('resize', `x=1&auth=${KEY}&size=3`))).status).toBe(200)
  })

  it('missing, unknown, given twice, or a secret in its place is 401', async () => {
    const server = await serve()
    for (const query of ['', 'auth=', 'auth=unknown', `auth=${KEY}&auth=${KEY}`, `auth=${SECRET}`, `AUTH=${KEY}`]) {
      const answer = await server.ask(url('optimise', query))
      expect([answer.status, answer.headers['content-type']]).toEqual([401, 'text/plain; charset=utf-8'])
    }
  })

  it('without its trailing underscores is accepted when that is unambiguous', async () => {
    const short = KEY.slice(0, -2)
    expect((await (await serve()).ask(url('optimise', `auth=${short}`))).status).toBe(200)
    const ambiguous = directoryOf([projectOf('demo', { keys: [keyOf(KEY), keyOf(`${short}_`)] })])
    const server = await serve({ directory: ambiguous })
    expect((await server.ask(url('optimise', `auth=${short}`))).status).toBe(401)
  })

  it('narrowed to other dialects is 401', async () => {
    const directory = directoryOf([projectOf('demo', { keys: [keyOf(KEY, { dialects: ['imagekit'] })] })])
    expect((await (await serve({ directory })).ask(url('optimise'))).status).toBe(401)
    const both = directoryOf([projectOf('demo', { keys: [keyOf(KEY, { dialects: ['imagekit', 'pixboost'] })] })])
    expect((await (await serve({ directory: both })).ask(url('optimise'))).status).toBe(200)
  })

  it('fails at once when it is deleted', async () => {
    const directory = directoryOf([projectOf('demo')])
    const server = await serve({ directory })
    expect((await server.ask(url('optimise'))).status).toBe(200)
    directory.projects = [projectOf('demo', { keys: [] })]
    directory.change()
    expect((await server.ask(url('optimise'))).status).toBe(401)
  })

  it('names the account: an alias of another account is no source', async () => {
    const other = projectOf('other', { keys: [keyOf('other')], connections: [connectionOf('theirs')] })
    const delivery = deliveryOf()
    const server = await serve({ directory: directoryOf([projectOf('demo'), other]), delivery })
    expect((await server.ask(`/api/2/img/theirs/a.jpg/optimise?auth=${KEY}`)).status).toBe(404)
    expect((await server.ask('/api/2/img/theirs/a.jpg/optimise?auth=other')).status).toBe(200)
    expect(delivery.asked.map(({ project }) => project)).toEqual(['other'])
  })

  it('a host that is not allowed is 401', async () => {
    const answer = await (await serve()).ask(`/api/2/img/http://evil.test/a.jpg/optimise?auth=${KEY}`)
    expect([answer.status, answer.body]).toEqual([401, 'host of the image is not allowed\n'])
  })
})

describe('the worked examples of the contract', () => {
  it.each([
    ['http://www.midday.coffee/assets/cup.jpeg/resize?size=200&', { url: 'http://www.midday.coffee/assets/cup.jpeg' }],
    ['%2F%2Fcdn.example.com%2Fa_1950x.jpg%3Fv%3D1/optimise?', { url: 'https://cdn.example.com/a_1950x.jpg?v=1' }],
    ['assets/cups/a.jpg/optimise?', { connection: 'assets', key: 'cups/a.jpg' }],
    ['bucket/images/hello.png/resize?size=200&', { connection: 'bucket', key: 'images/hello.png' }],
  ])('%s is fetched from where the contract says', async (rest, source) => {
    const delivery = deliveryOf()
    const server = await serve({ delivery }, { trustProxy: true })
    const headers = ['X-Forwarded-Proto: https']
    expect((await server.ask(`/api/2/img/${rest}auth=${KEY}`, { headers })).status).toBe(200)
    expect(delivery.asked[0]?.sources[0]).toMatchObject(source)
  })
})

describe('the Accept header', () => {
  const offered = async (...headers: string[]) => {
    const delivery = deliveryOf()
    await (await serve({ delivery })).ask(url('optimise'), { headers })
    return delivery.asked[0]?.offer
  }

  it('offers exactly the formats it names', async () => {
    expect(await offered('Accept: image/webp')).toEqual(['webp'])
    expect(await offered('Accept: image/avif ,image/webp,*/*;q=0.8')).toEqual(['webp', 'avif'])
    expect(await offered('Accept: image/avif')).toEqual(['avif'])
    expect(await offered()).toEqual([])
  })

  it('with parameters, wildcards or capitals selects nothing', async () => {
    expect(await offered('Accept: image/webp;q=0.8, image/*, */*, IMAGE/AVIF')).toEqual([])
  })

  it('counts in its first line only', async () => {
    expect(await offered('Accept: text/html', 'Accept: image/webp')).toEqual([])
    expect(await offered('ACCEPT: image/webp', 'Accept: image/avif')).toEqual(['webp'])
  })
})

describe('Save-Data', () => {
  const less = async (query: string, ...headers: string[]) => {
    const delivery = deliveryOf()
    await (await serve({ delivery })).ask(url('optimise', `auth=${KEY}&${query}`), { headers })
    const output = delivery.asked[0]?.plan.output
    return output?.kind === 'encode' && output.quality.kind === 'by-source' ? output.quality.less : undefined
  }

  it('must be exactly on', async () => {
    expect(await less('', 'Save-Data: on')).toBe(10)
    for (const value of ['On', 'ON', '1', 'off']) expect(await less('', `Save-Data: ${value}`)).toBe(0)
    expect(await less('dppx=2', 'Save-Data: on')).toBe(20)
    expect(await less('save-data=off', 'Save-Data: on')).toBe(0)
  })

  it('hide answers the empty GIF without fetching', async () => {
    const delivery = deliveryOf()
    const server = await serve({ delivery })
    for (const operation of ['optimise?', 'resize?size=1&', 'fit?size=1x1&']) {
      const answer = await server.ask(`/api/2/img/${IMAGE}/${operation}save-data=hide&auth=${KEY}`, {
        headers: ['Save-Data: on'],
      })
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/gif', vary: 'Accept, Save-Data' } })
      expect(answer.headers['cache-control']).toBeUndefined()
      expect(Buffer.from(answer.body, 'latin1').toString('base64')).toBe(
        'R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==',
      )
    }
    expect(delivery.asked).toEqual([])
    expect((await server.ask(url('asis', `auth=${KEY}&save-data=hide`), { headers: ['Save-Data: on'] })).body).toBe(
      PICTURE.toString(),
    )
    expect((await server.ask(url('optimise', `auth=${KEY}&save-data=hide`))).body).toBe(PICTURE.toString())
  })

  it('where it is switched off Vary is Accept alone', async () => {
    const directory = directoryOf([projectOf('demo', { pixboost: { saveData: false } })])
    const answer = await (await serve({ directory })).ask(url('optimise', `auth=${KEY}&save-data=nonsense`))
    expect([answer.status, answer.headers.vary]).toEqual([200, 'Accept'])
  })
})

describe('headers of an answer', () => {
  it('say type, length, 30 days, Vary and CORS', async () => {
    const { headers } = await (await serve()).ask(url('optimise'))
    expect(headers).toMatchObject({
      'content-type': 'image/webp',
      'content-length': String(PICTURE.length),
      'cache-control': 'public, max-age=2592000',
      vary: 'Accept, Save-Data',
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
    })
    for (const hint of ['accept-ch', 'content-dpr', 'content-disposition', 'set-cookie']) {
      expect(headers[hint]).toBeUndefined()
    }
  })

  it('of asis have no Vary', async () => {
    const { headers } = await (await serve()).ask(url('asis'))
    expect(headers.vary).toBeUndefined()
    expect(headers['cache-control']).toBe('public, max-age=2592000')
  })

  it('take the time to live from the project', async () => {
    const directory = directoryOf([projectOf('demo', { pixboost: { cacheSeconds: 0 } })])
    const { headers } = await (await serve({ directory })).ask(url('optimise'))
    expect(headers['cache-control']).toBe('public, max-age=0')
  })

  it('let clients revalidate and resume: ETag, Last-Modified, 304, 206', async () => {
    const server = await serve()
    const first = await server.ask(url('optimise'))
    expect(first.headers).toMatchObject({ etag: '"good"', 'last-modified': CHANGED.toUTCString() })
    const second = await server.ask(url('optimise'), { headers: ['If-None-Match: "good"'] })
    expect(second).toMatchObject({
      status: 304,
      body: '',
      headers: { vary: 'Accept, Save-Data', 'cache-control': 'public, max-age=2592000', etag: '"good"' },
    })
    const part = await server.ask(url('optimise'), { headers: ['Range: bytes=0-4'] })
    expect([part.status, part.body]).toEqual([206, 'these'])
  })

  it('put every body into the sandbox', async () => {
    const delivery = deliveryOf()
    const server = await serve({ delivery })
    for (const contentType of ['text/html', 'image/svg+xml', 'text/xml', 'application/pdf']) {
      delivery.answer = (wish) => ({ ...goodPicture(wish), contentType })
      const { headers } = await server.ask(url('asis'))
      expect(headers).toMatchObject({
        'content-type': contentType,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      })
    }
  })

  it('name the true type of bytes that are handed on untouched, and what the source said for asis', async () => {
    const delivery = deliveryOf()
    const server = await serve({ delivery })
    delivery.answer = (wish) => {
      const { picture: _, ...untouched } = goodPicture(wish)
      const facts = {
        format: 'svg',
        width: 1,
        height: 1,
        frames: 1,
        orientation: 1,
        alpha: true,
        depth: 8,
        space: 'rgb',
        profile: false,
        bytes: 1,
      } as const
      return {
        ...untouched,
        contentType: 'text/plain',
        contentEncoding: 'gzip',
        source: { ...untouched.source, facts },
      }
    }
    expect((await server.ask(url('optimise'))).headers['content-type']).toBe('image/svg+xml')
    const asis = await server.ask(url('asis'))
    expect([asis.headers['content-type'], asis.headers['content-encoding']]).toEqual(['text/plain', 'gzip'])
  })

  it('come from memory without asking again when the delivery has the answer at hand', async () => {
    const delivery = deliveryOf()
    delivery.peek = goodPicture
    const server = await serve({ delivery })
    expect((await server.ask(url('optimise'))).body).toBe(PICTURE.toString())
    expect(delivery.asked).toEqual([])
  })
})

describe('compiled requests are remembered', () => {
  it('a repeated request is the same Delivery, another Accept is another', async () => {
    const delivery = deliveryOf()
    const server = await serve({ delivery })
    await server.ask(url('optimise'))
    await server.ask(url('optimise'))
    await server.ask(url('optimise'), { headers: ['Accept: image/webp'] })
    const [first, second, third] = delivery.asked
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(third?.offer).toEqual(['webp'])
  })

  it('until anything in the directory changes', async () => {
    const directory = directoryOf([projectOf('demo')])
    const delivery = deliveryOf()
    const server = await serve({ delivery, directory })
    await server.ask(url('optimise'))
    directory.projects = [projectOf('demo', { pixboost: { cacheSeconds: 5 } })]
    directory.change()
    expect((await server.ask(url('optimise'))).headers['cache-control']).toBe('public, max-age=5')
  })
})

describe('a client that leaves', () => {
  it('aborts its own delivery only', async () => {
    const delivery = deliveryOf()
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    delivery.answer = (_wish, signal) => {
      signal?.addEventListener('abort', () => resolve())
      start()
      return new Promise(() => undefined)
    }
    const server = await serve({ delivery })
    const { connect } = await import('node:net')
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(`GET ${url('optimise')} HTTP/1.1\r\nHost: h\r\n\r\n`)
    })
    await started
    socket.destroy()
    await aborted
  })
})

describe('any target, query and headers', () => {
  it('end in an answer, and in no 5xx for a good picture', async () => {
    const server = await serve()
    const piece = fc.constantFrom(
      'bucket/',
      'assets/',
      'http://www.midday.coffee/',
      '//cdn.example.com/',
      'cdn.example.com/',
      '/',
      '%2F',
      '%',
      '%ZZ',
      '..',
      'a',
      '%00',
      '%0A',
      '?',
      '&',
      ';',
      '#',
      '+',
      '=',
      'optimise',
      'resize',
      'fit',
      'asis',
      '/resize?size=1&',
      'size=',
      'dppx=',
      'save-data=hide',
      'trim-border',
      `auth=${KEY}`,
      `/optimise?auth=${KEY}`,
      '%E2%82%AC',
      '\\',
      '"',
      '<',
    )
    const targets = fc.array(piece, { maxLength: 12 }).map((parts) => `/api/2/img/${parts.join('')}`)
    const values = fc.constantFrom('*/*', 'image/webp', 'on', ',,,', 'bytes=0-', '"x"', 'gzip;q=0', '\u00e9')
    const names = fc.constantFrom(
      'Accept',
      'Save-Data',
      'Range',
      'If-None-Match',
      'If-Range',
      'Accept-Encoding',
      'Content-Type',
    )
    const headers = fc.array(
      fc.tuple(names, values).map(([name, value]) => `${name}: ${value}`),
      { maxLength: 5 },
    )
    const methods = fc.constantFrom('GET', 'HEAD', 'GET', 'OPTIONS', 'DELETE', 'POST', 'PUT')
    await fc.assert(
      fc.asyncProperty(methods, targets, headers, async (method, target, lines) => {
        const answer = await server.ask(target, { method, headers: lines })
        expect(answer.status).toBeGreaterThanOrEqual(200)
        // A URL that is none names no good picture (pixboost §11).
        if (!answer.body.includes('the URL cannot be fetched')) expect(answer.status).toBeLessThan(500)
      }),
      { numRuns: 400 },
    )
  })
})

describe('the log', () => {
  it('has no key, secret or signed query', async () => {
    const lines: string[] = []
    const server = await serve({}, { access: (_status, entry) => void lines.push(entry().target) })
    await server.ask(`/api/2/img/${IMAGE}%3FX-Amz-Signature=s3cr3t/optimise?auth=s3cr3t`)
    await server.ask(`/api/2/img/${IMAGE}&auth=s3cr3t`, { method: 'DELETE' })
    await server.ask('/api/2/img/http://user:s3cr3t@h.test/a/optimise')
    await server.ask('/api/2/img/http%3A%2F%2Fuser%3As3cr3t%40h.test%2Fa/optimise')
    await expect.poll(() => lines.length).toBe(4)
    expect(lines.join(' ')).not.toContain('s3cr3t')
    expect(lines[0]).toBe(`/api/2/img/${IMAGE}`)
  })
})

import { describe, expect, it } from 'vitest'
import { FAULTS, Fault, type FaultCode } from '../../../src/faults.ts'
import { directoryOf, KEY, projectOf } from './account.ts'
import { deliveryOf, serve } from './server.ts'

const IMAGE = 'http://www.midday.coffee/assets/cup.jpeg'
const url = (operation: string, query = `auth=${KEY}`) => `/api/2/img/${IMAGE}/${operation}?${query}`

describe('each error has its status and text', () => {
  it.each([
    [400, 'size param is required', 'resize', ''],
    [400, 'size param is required', 'fit', 'size='],
    [400, 'size param is required', 'resize', 'size=1&size=1'],
    [400, 'size param should be in format WxH', 'resize', 'size=abc'],
    [400, 'dppx query param must be a number', 'optimise', 'dppx=abc'],
    [400, "save-data query param must be one of 'off', 'hide'", 'optimise', 'save-data=abc'],
    [400, "can't parse trim-border param", 'optimise', 'trim-border=abc'],
  ])('%i %s', async (status, text, operation, query) => {
    const answer = await (await serve()).ask(url(operation, `auth=${KEY}&${query}`))
    expect([answer.status, answer.body]).toEqual([status, `${text}\n`])
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect([answer.headers.vary, answer.headers['cache-control']]).toEqual([undefined, undefined])
  })

  it('an empty source is 400 url param is required', async () => {
    const server = await serve()
    for (const source of ['', 'bucket', 'bucket/']) {
      const answer = await server.ask(`/api/2/img/${source}/resize?size=1&auth=${KEY}`)
      expect([answer.status, answer.body]).toEqual([400, 'url param is required\n'])
    }
  })

  it('dot segments behind an alias are 400', async () => {
    const answer = await (await serve()).ask(`/api/2/img/bucket/%2E%2E/a/optimise?auth=${KEY}`)
    expect(answer.status).toBe(400)
  })

  it('another scheme is 500 of class source', async () => {
    const answer = await (await serve()).ask(`/api/2/img/ftp://www.midday.coffee/a/optimise?auth=${KEY}`)
    expect([answer.status, answer.headers.vary]).toEqual([500, 'Accept, Save-Data'])
    expect(answer.body).toMatch(/^Error reading image: '.*'\n$/)
  })

  const after: readonly (readonly [FaultCode, number, RegExp])[] = [
    ['object-missing', 404, /^Error reading image: '/],
    ['access-denied', 403, /^Error reading image: '/],
    ['source-timeout', 504, /^Error reading image: '/],
    ['source-unreachable', 500, /^Error reading image: '/],
    ['source-refused', 500, /^Error reading image: '/],
    ['store-misconfigured', 500, /^Error reading image: '/],
    ['address-forbidden', 401, /^host of the image is not allowed/],
    ['not-an-image', 500, /^Error transforming image: '/],
    ['image-corrupt', 500, /^Error transforming image: '/],
    ['too-large', 413, /^image is too large/],
    ['timed-out', 504, /^Error transforming image: '/],
    ['overloaded', 503, /^server is busy/],
  ]
  it.each(after)('a delivery that ends in %s is %i', async (code, status, text) => {
    const delivery = deliveryOf()
    delivery.answer = () => Promise.reject(new Fault(code, 'secret words', { context: { bucket: 'secret' } }))
    const answer = await (await serve({ delivery })).ask(url('optimise'))
    expect(answer.status).toBe(status)
    expect(answer.body).toMatch(text)
    expect(answer.body).not.toContain('secret')
    expect(answer.body.endsWith('\n')).toBe(true)
    expect(answer.headers['cache-control']).toBeUndefined()
    expect(answer.headers.vary).toBe(status === 401 ? undefined : 'Accept, Save-Data')
  })

  it('asis has no Vary on errors either', async () => {
    const delivery = deliveryOf()
    delivery.answer = () => Promise.reject(new Fault('object-missing'))
    const answer = await (await serve({ delivery })).ask(url('asis'))
    expect([answer.status, answer.headers.vary]).toEqual([404, undefined])
  })

  it('one switch makes every failure of a source 500', async () => {
    const directory = directoryOf([projectOf('demo', { pixboost: { upstreamErrors: 'always500' } })])
    const delivery = deliveryOf()
    const server = await serve({ delivery, directory })
    for (const code of ['object-missing', 'access-denied', 'source-timeout', 'source-refused'] as const) {
      delivery.answer = () => Promise.reject(new Fault(code))
      const answer = await server.ask(url('optimise'))
      expect([answer.status, answer.body.slice(0, 19)]).toEqual([500, 'Error reading image'])
    }
    delivery.answer = () => Promise.reject(new Fault('too-large'))
    expect((await server.ask(url('optimise'))).status).toBe(413)
  })

  it('a busy server says when to come back', async () => {
    const delivery = deliveryOf()
    delivery.answer = () => Promise.reject(new Fault('overloaded', undefined, { context: { retryAfterSeconds: 7 } }))
    const answer = await (await serve({ delivery })).ask(url('optimise'))
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7'])
  })

  it('every code of the house has an answer', async () => {
    const delivery = deliveryOf()
    const server = await serve({ delivery })
    for (const code of Object.keys(FAULTS)) {
      delivery.answer = () => Promise.reject(new Fault(code as FaultCode)) // keys of FAULTS are the codes
      expect((await server.ask(url('optimise'))).status).toBeGreaterThanOrEqual(400)
    }
  })

  it('an unknown error is an opaque 500 with the id that stands in the log', async () => {
    const delivery = deliveryOf()
    delivery.answer = () => Promise.reject(new Error('password 123'))
    const server = await serve({ delivery })
    const answer = await server.ask(url('optimise'))
    const id = /^Error transforming image: 'internal error ([a-z0-9-]+)'\n$/.exec(answer.body)?.[1]
    expect(answer.status).toBe(500)
    expect(server.logged).toMatchObject([{ facts: { id } }])
  })
})

describe('the order of checks', () => {
  it('route, 401, size, source, dppx, save-data, trim-border, hide, fetch', async () => {
    const server = await serve()
    const text = async (source: string, operation: string, query: string) =>
      (await server.ask(`/api/2/img/${source}/${operation}?${query}`, { headers: ['Save-Data: on'] })).body.trim()
    const bad = 'dppx=x&save-data=x&trim-border=x'
    expect(await text('', 'nothing', bad)).toBe('404 page not found')
    expect(await text('', 'resize', bad)).toMatch(/^auth/)
    expect(await text('http://evil.test/a', 'resize', `${bad}&auth=${KEY}`)).toMatch(/^host/)
    expect(await text('', 'resize', `${bad}&auth=${KEY}`)).toMatch(/^size/)
    expect(await text('nowhere/a', 'resize', `${bad}&size=1&auth=${KEY}`)).toBe('404 page not found')
    expect(await text('', 'resize', `${bad}&size=1&auth=${KEY}`)).toMatch(/^url/)
    expect(await text('bucket/a', 'resize', `${bad}&size=1&auth=${KEY}`)).toMatch(/^dppx/)
    expect(await text('bucket/a', 'resize', `save-data=x&trim-border=x&size=1&auth=${KEY}`)).toMatch(/^save-data/)
    expect(await text('bucket/a', 'resize', `save-data=hide&trim-border=x&size=1&auth=${KEY}`)).toMatch(/^can't/)
    expect(await text('bucket/a', 'resize', `save-data=hide&size=1&auth=${KEY}`)).toMatch(/^GIF/)
  })

  it('asis looks at no parameter', async () => {
    const answer = await (await serve()).ask(url('asis', `auth=${KEY}&size=x&dppx=x&save-data=x&trim-border=x`))
    expect(answer.status).toBe(200)
  })
})

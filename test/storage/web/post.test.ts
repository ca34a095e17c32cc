import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Agents, createAgents } from '../../../src/storage/agents.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { post } from '../../../src/storage/web/post.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'

const TIMEOUTS = { connect: 5000, tls: 5000, idle: 5000 }

describe('posting to a URL of a caller', () => {
  let agents: Agents
  let guarded: Agents
  let origin: WebOrigin
  beforeAll(async () => {
    agents = createAgents(createGuard({ allowPrivate: true }), TIMEOUTS)
    guarded = createAgents(createGuard({ allowPrivate: false }), TIMEOUTS)
    origin = await startWebOrigin()
  })
  beforeEach(() => origin.reset())
  afterAll(async () => {
    await Promise.all([agents.close(), guarded.close()])
    await origin.stop()
  })

  const send = (url: string, headers: Record<string, string> = {}, signal = new AbortController().signal) =>
    post(agents, url, { headers, body: Buffer.from('body'), signal })

  it.each([200, 204, 302, 404, 410, 500])('resolves with status %i, whatever it means', async (status) => {
    origin.answer('/hook', { status, headers: { location: '/other' } })
    expect(await send(`${origin.url}/hook#top`)).toBe(status)
    expect(origin.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['POST /hook'])
  })

  it('sends user info as credentials, and no header that belongs to the connection', async () => {
    origin.answer('*', {})
    const url = origin.url.replace('//', '//user:pass%21@')
    await send(url, { Host: 'evil.test', 'Content-Length': '1', 'Transfer-Encoding': 'chunked', 'X-Own': 'yes' })
    expect(origin.requests[0]?.headers).toMatchObject({
      host: new URL(origin.url).host,
      authorization: `Basic ${Buffer.from('user:pass!').toString('base64')}`,
      'content-length': '4',
      'user-agent': 'Tintype',
      'x-own': 'yes',
    })
    expect(origin.requests[0]?.headers).not.toHaveProperty('transfer-encoding')
  })

  it('reads little of a long answer', async () => {
    let closed = false
    origin.answer('/endless', (_request, response) => {
      response.on('close', () => {
        closed = true
      })
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
      return undefined
    })
    expect(await send(`${origin.url}/endless`)).toBe(200)
    await expect.poll(() => closed).toBe(true)
  })

  it.each(['', 'x', '/hook', 'ftp://example.com/', 'http://'])('refuses what is no http URL: "%s"', async (url) => {
    await expect(send(url)).rejects.toMatchObject({ code: 'key-invalid' })
  })

  it('refuses headers that HTTP cannot carry', async () => {
    await expect(send(origin.url, { 'X-Bad': 'a\r\nb' })).rejects.toMatchObject({ code: 'bad-parameter' })
  })

  it('reaches no private address under the guard', async () => {
    const request = { headers: {}, body: Buffer.alloc(0), signal: new AbortController().signal }
    await expect(post(guarded, `${origin.url}/hook`, request)).rejects.toMatchObject({ code: 'address-forbidden' })
    expect(origin.requests).toEqual([])
  })

  it('ends when its time is over, and when nobody listens', async () => {
    origin.answer('/silent', () => undefined)
    await expect(send(`${origin.url}/silent`, {}, AbortSignal.timeout(20))).rejects.toMatchObject({
      code: 'source-timeout',
    })
    await expect(send('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'source-unreachable' })
  })
})

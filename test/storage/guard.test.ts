import http from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Agents, createAgents } from '../../src/storage/agents.ts'
import { readAll } from '../../src/storage/body.ts'
import { createGuard, type Resolve } from '../../src/storage/guard.ts'
import { createS3Store } from '../../src/storage/s3/store.ts'
import { createWebStore } from '../../src/storage/web/store.ts'
import { startWebOrigin, type WebOrigin } from '../support/web-origin.ts'

const forbidden = { code: 'address-forbidden' }

/** A resolver that answers from a script, one answer per question; the last one stays. */
function scripted(...answers: readonly (readonly string[])[]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = (hostname, _, done) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    done(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { resolve, asked }
}

describe('the network guard', () => {
  let origin: WebOrigin
  let opened: Agents[] = []
  beforeAll(async () => {
    origin = await startWebOrigin()
  })
  beforeEach(() => {
    origin.reset()
    origin.answer('*', { body: 'secret' })
  })
  afterAll(async () => {
    await Promise.all(opened.map((agents) => agents.close()))
    opened = []
    await origin.stop()
  })

  const agentsWith = (resolve?: Resolve, allowPrivate = false) => {
    const agents = createAgents(createGuard({ allowPrivate, ...(resolve === undefined ? {} : { resolve }) }))
    opened.push(agents)
    return agents
  }
  const fetching = (url: string, agents = agentsWith()) =>
    createWebStore({ provider: 'web', guarded: true }, agents).get({ key: url })

  it.each([
    ['a literal address', 'http://127.0.0.1:PORT/'],
    ['a name', 'http://localhost:PORT/'],
    ['a decimal address', 'http://2130706433:PORT/'],
    ['an octal address', 'http://0177.0.0.1:PORT/'],
    ['a hexadecimal address', 'http://0x7f.0.0.1:PORT/'],
    ['a short address', 'http://127.1:PORT/'],
    ['wide digits', 'http://１２７.０.０.１:PORT/'],
    ['the unspecified address', 'http://0:PORT/'],
    ['a mapped address', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['IPv6 loopback', 'http://[::1]:PORT/'],
    ['user info before it', 'http://example.com@127.0.0.1:PORT/'],
  ])('connects to nothing private: %s', async (_, url) => {
    await expect(fetching(url.replace('PORT', String(origin.port)))).rejects.toMatchObject(forbidden)
    expect(origin.requests).toEqual([])
  })

  it('uses the addresses that it checked: a name that turns private later gains nothing', async () => {
    const { resolve, asked } = scripted(['93.184.216.34'], ['127.0.0.1'])
    const guard = createGuard({ allowPrivate: false, resolve })
    const once = () =>
      new Promise<unknown>((done) =>
        guard.lookup('rebind.example', { all: true }, (error, found) => done(error ?? found)),
      )
    expect(await once()).toEqual([{ address: '93.184.216.34', family: 4 }])
    expect(await once()).toMatchObject(forbidden)
    expect(asked).toHaveLength(2)

    // While connecting, the name is asked exactly once, and that answer is the one connected to.
    const rebinding = scripted(['127.0.0.1'])
    await expect(
      fetching(`http://rebind.example:${origin.port}/`, agentsWith(rebinding.resolve)),
    ).rejects.toMatchObject(forbidden)
    expect(rebinding.asked).toEqual(['rebind.example'])
    expect(origin.requests).toEqual([])
  })

  it('leaves out the private ones of several addresses', async () => {
    const { resolve } = scripted(['10.0.0.1', '93.184.216.34', '::1'])
    const guard = createGuard({ allowPrivate: false, resolve })
    const found = await new Promise((done) =>
      guard.lookup('mixed.example', { all: true }, (error, addresses) => done(error ?? addresses)),
    )
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }])
  })

  it('refuses a redirect of a trusted host to another private place', async () => {
    const other = await startWebOrigin()
    other.answer('*', { body: 'secret' })
    origin.answer('/away', { status: 302, headers: { location: `${other.url}/x` } })
    origin.answer('/meta', { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data/' } })
    const store = createWebStore({ provider: 'web', guarded: false, baseUrl: origin.url }, agentsWith())
    await expect(store.get({ key: 'away' })).rejects.toMatchObject(forbidden)
    await expect(store.get({ key: 'meta' })).rejects.toMatchObject(forbidden)
    expect(other.requests).toEqual([])
    await other.stop()
  })

  it('lets private addresses pass when the operator says so', async () => {
    const answer = await fetching(`${origin.url}/x`, agentsWith(undefined, true))
    expect(answer.kind === 'object' && (await readAll(answer.body)).toString()).toBe('secret')
  })

  it.each([
    ['a literal endpoint', (port: number) => `http://127.0.0.1:${port}`],
    ['a named endpoint', (port: number) => `http://localhost:${port}`],
    ['a literal endpoint behind TLS', (port: number) => `https://127.0.0.1:${port}`],
    ['a named endpoint behind TLS', (port: number) => `https://localhost:${port}`],
    ['IPv4 in IPv6', (port: number) => `http://[::ffff:127.0.0.1]:${port}`],
  ])('keeps the bucket client of a caller away from private addresses: %s', async (_, endpoint) => {
    const store = createS3Store(
      {
        provider: 's3',
        guarded: true,
        bucket: 'bucket',
        endpoint: endpoint(origin.port),
        region: 'us-east-1',
        accessKeyId: 'a',
        secretAccessKey: 'b',
      },
      agentsWith(),
    )
    await expect(store.get({ key: 'a' })).rejects.toMatchObject(forbidden)
    await expect(store.put({ key: 'a' }, Buffer.from('x'))).rejects.toMatchObject(forbidden)
    expect(origin.requests).toEqual([])
  })

  it('checks the socket itself once it is connected', async () => {
    // A lookup that lies, as a broken or hostile one would.
    const guard = createGuard({ allowPrivate: false })
    const { http: agent } = createAgents({
      ...guard,
      lookup: (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    }).node(true)
    const failure = await new Promise((done) => {
      http.get({ host: 'liar.example', port: origin.port, agent }, () => done('answered')).on('error', done)
    })
    expect(failure).toMatchObject(forbidden)
    agent.destroy()
  })
})

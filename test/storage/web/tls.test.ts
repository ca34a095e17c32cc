import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Agents, createAgents } from '../../../src/storage/agents.ts'
import { readAll } from '../../../src/storage/body.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createWebStore } from '../../../src/storage/web/store.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'
import { CERTIFICATE } from './certificate.ts'

describe('a web server behind TLS', () => {
  const before = tls.getCACertificates('default')
  let origin: WebOrigin
  let agents: Agents
  beforeAll(async () => {
    origin = await startWebOrigin({ tls: CERTIFICATE })
    origin.answer('/a', { body: 'sealed' })
    agents = createAgents(createGuard({ allowPrivate: true }))
  })
  afterAll(async () => {
    tls.setDefaultCACertificates(before)
    await agents.close()
    await origin.stop()
  })
  const read = async (baseUrl: string, guarded: boolean) => {
    const answer = await createWebStore({ provider: 'web', guarded, baseUrl }, agents).get({ key: 'a' })
    return answer.kind === 'object' ? (await readAll(answer.body)).toString() : answer.kind
  }

  it('is unreachable when its certificate cannot be believed', async () => {
    await expect(read(origin.url, true)).rejects.toMatchObject({
      code: 'source-unreachable',
      context: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
  })

  it.each([true, false])('is read when it can, by name and by address, guarded: %s', async (guarded) => {
    tls.setDefaultCACertificates([...before, CERTIFICATE.cert])
    expect(await read(`https://localhost:${origin.port}`, guarded)).toBe('sealed')
    expect(await read(origin.url, guarded)).toBe('sealed')
  })

  it('is unreachable under a name that its certificate does not hold', async () => {
    const resolve = { allowPrivate: true, resolve: loopback }
    const other = createAgents(createGuard(resolve))
    const store = createWebStore(
      { provider: 'web', guarded: true, baseUrl: `https://other.example:${origin.port}` },
      other,
    )
    await expect(store.get({ key: 'a' })).rejects.toMatchObject({
      code: 'source-unreachable',
      context: { reason: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
    await other.close()
  })
})

const loopback: Parameters<typeof createGuard>[0]['resolve'] = (_, __, done) =>
  done(null, [{ address: '127.0.0.1', family: 4 }])

import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults.ts'
import { directoryOf, KEY, keyOf, projectOf, SECRET } from './account.ts'
import { deliveryOf, serve } from './server.ts'

const IMAGE = 'http://www.midday.coffee/assets/cup.jpeg'

async function desk(parts: Parameters<typeof serve>[0] = {}) {
  const delivery = deliveryOf()
  const clock = { now: 0 }
  const server = await serve({ delivery, now: () => clock.now, ...parts })
  const purge = (source: string, auth = SECRET) => server.ask(`/api/2/img/${source}?auth=${auth}`, { method: 'DELETE' })
  return { delivery, clock, purge }
}

describe('purging a source', () => {
  it('answers 200 and drops the source, also when nothing was cached', async () => {
    const { delivery, purge } = await desk()
    expect((await purge(IMAGE)).status).toBe(200)
    expect(delivery.purged).toMatchObject([{ project: 'demo', source: { kind: 'url', url: IMAGE } }])
  })

  it('takes an alias path', async () => {
    const { delivery, purge } = await desk()
    expect((await purge('bucket/images/hello%20x.png')).status).toBe(200)
    expect(delivery.purged).toEqual([
      { project: 'demo', source: { kind: 'object', connection: 'bucket', key: 'images/hello x.png' } },
    ])
  })

  it('without a scheme drops the picture of both schemes', async () => {
    const { delivery, clock, purge } = await desk()
    await purge('www.midday.coffee/a.png')
    clock.now = 60_000
    await purge('//www.midday.coffee/a.png')
    const urls = delivery.purged.map(({ source }) => source.kind === 'url' && source.url).sort()
    expect(urls).toEqual(['http', 'http', 'https', 'https'].map((scheme) => `${scheme}://www.midday.coffee/a.png`))
  })

  it('is 401 with a bad secret, a key in its place, or a host that is not among the sources', async () => {
    const { delivery, purge } = await desk()
    expect((await purge(IMAGE, 'wrong')).status).toBe(401)
    expect((await purge(IMAGE, '')).status).toBe(401)
    expect((await purge(IMAGE, KEY)).status).toBe(401)
    expect((await purge('http://evil.test/a')).status).toBe(401)
    expect(delivery.purged).toEqual([])
  })

  it('is bounded by the hosts of all keys of the account', async () => {
    const keys = [keyOf(KEY, { allowedHosts: [] }), keyOf('second', { allowedHosts: ['second.test'] })]
    const { purge } = await desk({ directory: directoryOf([projectOf('demo', { keys })]) })
    expect((await purge('http://second.test/a')).status).toBe(200)
  })

  it('is 401 with the secret of a key that is narrowed to other dialects', async () => {
    const keys = [keyOf(KEY, { dialects: ['kraken'] })]
    const { purge } = await desk({ directory: directoryOf([projectOf('demo', { keys })]) })
    expect((await purge(IMAGE)).status).toBe(401)
  })

  it('is 400 without a source and 404 for an alias the account does not have', async () => {
    const { purge } = await desk()
    expect((await purge('')).status).toBe(400)
    expect((await purge('nowhere/a')).status).toBe(404)
    expect((await purge('%ZZ')).status).toBe(404)
  })

  it('is 429 more than once a minute, each account for itself', async () => {
    const directory = directoryOf([projectOf('demo'), projectOf('other', { keys: [keyOf('other')] })], {
      [SECRET]: KEY,
      others: 'other',
    })
    const { clock, purge } = await desk({ directory })
    expect((await purge('http://evil.test/a')).status).toBe(401)
    expect((await purge(IMAGE)).status).toBe(200)
    clock.now = 59_999
    const early = await purge(IMAGE)
    expect([early.status, early.headers['retry-after']]).toEqual([429, '1'])
    expect((await purge('bucket/a', 'others')).status).toBe(200)
    clock.now = 60_000
    expect((await purge(IMAGE)).status).toBe(200)
  })

  it('that fails is an error in the form of the dialect', async () => {
    const delivery = deliveryOf()
    delivery.purge = () => Promise.reject(new Fault('disk-full'))
    const { purge } = await desk({ delivery })
    expect((await purge(IMAGE)).status).toBe(500)
  })
})

import { describe, expect, it } from 'vitest'
import { createWarmupHandler, WARMUP } from '../../../src/dialects/pixboost/warmup.ts'
import { Fault } from '../../../src/faults.ts'
import { directoryOf, KEY, keyOf, projectOf, SECRET } from './account.ts'
import { deliveryOf, serve } from './server.ts'

const HOME = 'http://img.test:8080'
const image = (operation: string, source = 'bucket/a.png', key = KEY) =>
  `${HOME}/api/2/img/${source}/${operation}auth=${key}`
const GOOD = image('resize?size=200&')

async function desk(parts: Parameters<typeof serve>[0] = {}) {
  const queued: { readonly kind: string; readonly payload: unknown }[] = []
  const jobs = {
    async add(kind: string, payload: unknown) {
      queued.push({ kind, payload })
      return { id: '1' }
    },
  }
  const directory = directoryOf([projectOf('demo'), projectOf('other', { keys: [keyOf('other')] })])
  const server = await serve({ directory, jobs, ...parts })
  const post = (body: string, auth = SECRET, headers: readonly string[] = ['Content-Type: application/json']) =>
    server.ask(`/api/2/img/warmup?auth=${auth}`, { method: 'POST', headers, body })
  return { queued, post, server, directory }
}

const list = (...images: unknown[]) => JSON.stringify({ images })

describe('asking for a warm-up', () => {
  it('is 202 at once and queues the URLs', async () => {
    const { queued, post } = await desk()
    expect((await post(list(GOOD))).status).toBe(202)
    expect(queued).toEqual([{ kind: WARMUP, payload: { project: 'demo', images: [GOOD] } }])
  })

  it('takes URLs of this server under each of its names, over both schemes', async () => {
    const { post } = await desk({ hosts: ['cdn.test'] })
    const at = (home: string) => post(list(GOOD.replace(HOME, home)))
    expect((await at('https://img.test:8080')).status).toBe(202)
    expect((await at('http://IMG.test:8080')).status).toBe(202)
    expect((await at('https://cdn.test')).status).toBe(202)
    expect((await at('http://img.test:81')).status).toBe(400)
    expect((await at('http://evil.test')).status).toBe(400)
    expect((await at('http://img.test:8080@evil.test')).status).toBe(400)
  })

  it('is 401 with a bad secret or a key in its place', async () => {
    const { queued, post } = await desk()
    expect((await post(list(GOOD), 'wrong')).status).toBe(401)
    expect((await post(list(GOOD), KEY)).status).toBe(401)
    expect((await post(list(GOOD), '')).status).toBe(401)
    expect(queued).toEqual([])
  })

  it.each([
    ['bad JSON', '{'],
    ['no object', '[]'],
    ['nothing', 'null'],
    ['no body', ''],
    ['no images', '{}'],
    ['images that are no list', '{"images":"a"}'],
    ['an empty list', list()],
    ['more than 20 URLs', list(...Array.from({ length: 21 }, () => GOOD))],
    ['something that is no text', list(GOOD, 1)],
    ['a URL of another host', list('http://evil.test/api/2/img/bucket/a/optimise?auth=x')],
    ['a URL with the key of another account', list(image('optimise?', 'bucket/a', 'other'))],
    ['a URL without a key', list(image('optimise?', 'bucket/a', ''))],
    ['a URL with a bad size', list(image('resize?size=x&'))],
    ['a URL of a host that is not allowed', list(image('optimise?', 'http://evil.test/a'))],
    ['a URL of something else', list(`${HOME}/health`)],
    ['a path', list('/api/2/img/bucket/a/optimise')],
  ])('is 400 with %s', async (_case, body) => {
    const { queued, post } = await desk()
    const answer = await post(body)
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8'])
    expect(queued).toEqual([])
  })

  it('takes 20 URLs and any content type', async () => {
    const { post } = await desk()
    const body = list(...Array.from({ length: 20 }, () => GOOD))
    expect((await post(body, SECRET, ['Content-Type: nonsense//;;'])).status).toBe(202)
    expect((await post(body, SECRET, [])).status).toBe(202)
  })

  it('is 413 with a body beyond 64 KB, 503 when the queue is full', async () => {
    const { post } = await desk()
    expect((await post(list('x'.repeat(70_000)))).status).toBe(413)
    const full = await desk({
      jobs: { add: () => Promise.reject(new Fault('overloaded')) },
    })
    const answer = await full.post(list(GOOD))
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
  })
})

describe('warming', () => {
  const logged: { facts: object; message: string }[] = []
  const note = (facts: object, message: string) => void logged.push({ facts, message })
  const log = { warn: note, error: note }
  const signal = new AbortController().signal

  it('computes every format the server can produce', async () => {
    const delivery = deliveryOf()
    const run = createWarmupHandler({ directory: directoryOf([projectOf('demo')]), delivery, log })
    await run({ project: 'demo', images: [GOOD] }, signal)
    expect(delivery.asked.map(({ offer }) => offer)).toEqual([[], ['webp'], ['avif'], ['webp', 'avif']])
    expect(delivery.asked[0]?.plan).toMatchObject({ steps: [{ kind: 'orient' }, { box: { width: 200 } }] })
  })

  it('reads URLs exactly as pages write them, with the scheme of the page', async () => {
    const delivery = deliveryOf()
    const run = createWarmupHandler({ directory: directoryOf([projectOf('demo')]), delivery, log })
    const relative = `https://img.test/api/2/img///cdn.example.com/é%2520.jpg/optimise?auth=${KEY}#top`
    await run({ project: 'demo', images: [relative] }, signal)
    expect(delivery.asked[0]?.sources[0]).toMatchObject({ url: 'https://cdn.example.com/%C3%A9%20.jpg' })
  })

  it('fetches asis of a bucket once', async () => {
    const delivery = deliveryOf()
    const run = createWarmupHandler({ directory: directoryOf([projectOf('demo')]), delivery, log })
    await run({ project: 'demo', images: [image('asis?')] }, signal)
    expect(delivery.asked).toHaveLength(1)
  })

  it('goes on after a picture that fails, and leaves out what is not allowed any more', async () => {
    const delivery = deliveryOf()
    delivery.answer = () => Promise.reject(new Fault('object-missing'))
    const run = createWarmupHandler({ directory: directoryOf([projectOf('demo')]), delivery, log })
    await run({ project: 'demo', images: [GOOD, image('optimise?', 'bucket/b', 'gone'), image('optimise?')] }, signal)
    expect(delivery.asked).toHaveLength(8)
    expect(logged).toHaveLength(8)
    expect(JSON.stringify(logged)).not.toContain(KEY)
  })

  it('stops when it is told to, and refuses what it did not queue', async () => {
    const delivery = deliveryOf()
    const run = createWarmupHandler({ directory: directoryOf([projectOf('demo')]), delivery, log })
    await expect(run({ project: 'demo', images: [GOOD] }, AbortSignal.abort())).rejects.toThrow(/abort/)
    expect(delivery.asked).toEqual([])
    await expect(run({ images: 1 }, signal)).rejects.toThrow(Fault)
  })
})

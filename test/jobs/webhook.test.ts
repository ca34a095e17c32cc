import { expect, it, onTestFinished } from 'vitest'
import type { Jobs } from '../../src/jobs/jobs.ts'
import { announce, WEBHOOK, type Webhook, webhookKind } from '../../src/jobs/webhook.ts'
import { createGuard } from '../../src/storage/guard.ts'
import { createStores } from '../../src/storage/stores.ts'
import { onSqlite, type Place, type Places } from './places.ts'
import { startReceiver } from './receiver.ts'

const PATIENCE = { timeout: 10_000, interval: 20 }

type Parts = { readonly allowPrivate?: boolean; readonly delays?: readonly number[]; readonly attempts?: number }

onSqlite((places) => {
  it('is delivered with its body, headers and nothing else, and done when acknowledged', async () => {
    const receiver = await startReceiver((_delivery, response) => response.writeHead(204).end())
    const { send } = await desk(places)
    const body = Buffer.from([0, 255, 1, 128])
    const status = await send({
      url: `${receiver.url}/hook?id=1&token=a%20b#top`,
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'Compressor/1.0 (+https://compressor.app)' },
      body,
      timeoutSeconds: 10,
    })
    expect(status).toMatchObject({ state: 'done', result: { status: 204 } })
    expect(receiver.deliveries).toHaveLength(1)
    const [delivery] = receiver.deliveries
    expect(delivery).toMatchObject({ method: 'POST', path: '/hook?id=1&token=a%20b', body })
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Compressor/1.0 (+https://compressor.app)',
      'content-length': '4',
    })
  })

  it('is delivered again, byte for byte the same, until somebody acknowledges it', async () => {
    const statuses = [500, 404, 302, 429, 401, 200]
    const receiver = await startReceiver((_delivery, response) => {
      response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end()
    })
    const { send } = await desk(places)
    expect(await send(hook(receiver.url))).toMatchObject({ state: 'done' })
    expect(receiver.deliveries.map(({ path }) => path)).toEqual(Array.from({ length: 6 }, () => '/'))
    expect(new Set(receiver.deliveries.map(({ body }) => String(body)))).toEqual(new Set(['outcome']))
  })

  it('waits longer after each failure', async () => {
    const receiver = await startReceiver((_delivery, response) => response.writeHead(500).end())
    const { send, place } = await desk(places, { delays: [10, 60] })
    const job = send(hook(receiver.url))
    await expect.poll(() => receiver.deliveries.length, PATIENCE).toBe(1)
    for (const [seconds, deliveries] of [
      [11, 2],
      [61, 3],
    ] as const) {
      await expect.poll(async () => (await place.dump()).includes('"waiting"'), PATIENCE).toBe(true)
      await place.age(seconds)
      await expect.poll(() => receiver.deliveries.length, PATIENCE).toBe(deliveries)
    }
    expect(await job).toMatchObject({ state: 'dead', reason: { code: 'source-refused' } })
  })

  it('is given up after its last attempt, at once when the receiver is gone for good', async () => {
    const receiver = await startReceiver(({ path }, response) => response.writeHead(path === '/gone' ? 410 : 500).end())
    const { send } = await desk(places, { attempts: 3 })
    expect(await send(hook(receiver.url))).toMatchObject({ state: 'dead', reason: { code: 'source-refused' } })
    expect(receiver.deliveries).toHaveLength(3)
    expect(await send(hook(`${receiver.url}/gone`))).toMatchObject({
      state: 'dead',
      reason: { code: 'object-missing' },
    })
    expect(receiver.deliveries).toHaveLength(4)
  })

  it('is tried again while nobody listens or nobody answers', async () => {
    const receiver = await startReceiver(() => undefined)
    const { send } = await desk(places, { attempts: 2 })
    const silent = { ...hook(receiver.url), timeoutSeconds: 0.05 }
    expect(await send(silent)).toMatchObject({ state: 'dead', reason: { code: 'source-timeout' } })
    expect(receiver.deliveries).toHaveLength(2)
    await receiver.stop()
    expect(await send(hook(receiver.url))).toMatchObject({ state: 'dead', reason: { code: 'source-unreachable' } })
  })

  it('does not reach private addresses, and what is no URL leads nowhere', async () => {
    const receiver = await startReceiver()
    const { send } = await desk(places, { allowPrivate: false })
    expect(await send(hook(receiver.url))).toMatchObject({ state: 'dead', reason: { code: 'address-forbidden' } })
    expect(await send(hook('ftp://example.com/'))).toMatchObject({ state: 'dead', reason: { code: 'key-invalid' } })
    expect(receiver.deliveries).toEqual([])
  })

  it('leaves its URL and headers nowhere in the clear: neither in the database nor in the log', async () => {
    const logged: unknown[] = []
    const note = (...line: unknown[]) => void logged.push(line)
    const { send, place } = await desk(places, { attempts: 2 }, { warn: note, error: note })
    const status = await send({
      ...hook('http://127.0.0.1:1/swordfish'),
      headers: { authorization: 'swordfish' },
    })
    expect(JSON.stringify([status, logged])).not.toContain('swordfish')
    expect(await place.dump()).not.toContain('swordfish')
    expect(logged.length).toBeGreaterThan(0)
  })

  it('is sent once by a job that runs twice, with what the first run said', async () => {
    const receiver = await startReceiver()
    const place = await places.place()
    const jobs = await places.open(place, {
      [WEBHOOK]: webhookOf({}),
      work: {
        attempts: 2,
        handler: async (_payload, _signal, job) => {
          await announce(job, { ...hook(receiver.url), body: Buffer.from(`attempt ${job.attempt}`) }, 1)
          if (job.attempt === 1) throw new Error('broken off after the announcement')
        },
      },
    })
    const job = await jobs.add('work', null)
    await expect.poll(async () => (await jobs.status(job.id))?.state, PATIENCE).toBe('done')
    await expect.poll(() => receiver.deliveries.length, PATIENCE).toBe(1)
    expect(receiver.deliveries.map(({ body }) => String(body))).toEqual(['attempt 1'])
  })
})

const hook = (url: string): Webhook => ({ url, headers: {}, body: Buffer.from('outcome'), timeoutSeconds: 10 })

function webhookOf({ allowPrivate = true, delays = [0] }: Parts) {
  const stores = createStores({ guard: createGuard({ allowPrivate }) })
  onTestFinished(() => stores.close())
  return webhookKind({ post: stores.post, workers: 2, queueLength: 10, delays })
}

/** Sends webhooks as the outcome of a job of their own, and resolves with what became of them. */
async function desk(places: Places, parts: Parts = {}, log?: Log) {
  const place: Place = await places.place()
  const jobs = await places.open(
    place,
    {
      [WEBHOOK]: webhookOf(parts),
      work: {
        handler: async (payload, _signal, job) => {
          const webhook = queued.get(payload)
          if (webhook === undefined) throw new Error('not queued')
          return (await announce(job, webhook, parts.attempts ?? (parts.delays?.length ?? 5) + 1)).id
        },
      },
    },
    log === undefined ? {} : { log },
  )
  const queued = new Map<unknown, Webhook>()
  return {
    place,
    async send(webhook: Webhook) {
      const key = queued.size
      queued.set(key, webhook)
      const parent = await ended(jobs, (await jobs.add('work', key)).id)
      if (parent?.state !== 'done') throw new Error('the webhook was not announced')
      return ended(jobs, String(parent.result))
    },
  }
}

type Log = { warn(...line: unknown[]): void; error(...line: unknown[]): void }

async function ended(jobs: Jobs, id: string) {
  await expect.poll(async () => (await jobs.status(id))?.state, PATIENCE).toMatch(/^(done|dead)$/)
  return jobs.status(id)
}

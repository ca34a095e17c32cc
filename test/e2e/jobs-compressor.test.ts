/** Compressor calls that are worked on later, kept by the whole server although its process is killed in the middle. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startReceiver } from '../jobs/receiver.ts'
import { decode, photo } from '../support/pictures.ts'
import { startS3Proxy } from '../support/s3-proxy.ts'
import { type Running, startServer } from '../support/server.ts'
import { noS3Server, startS3Server } from '../support/versitygw.ts'
import { startWebOrigin } from '../support/web-origin.ts'

const SECRET = 'private_demo'
const AUTH = { authorization: `Bearer ${SECRET}` }
const PUBLIC_URL = 'https://img.example.com'
const PATIENCE = { timeout: 60_000, interval: 50 }
const CONFIG = {
  publicUrl: PUBLIC_URL,
  network: { allowPrivate: true },
  projects: [{ id: 'demo', keys: [{ label: 'Key', publicKey: 'public_demo', secret: SECRET, allowedHosts: [] }] }],
}

let folder: string
let server: Running
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tintype-compressor-'))
  server = await startServer({ config: CONFIG, folder })
})
afterEach(async () => {
  await server.kill()
  await rm(folder, { recursive: true, force: true })
})

async function killAndRestart(): Promise<void> {
  await server.kill()
  server = await startServer({ config: CONFIG, folder })
}

const job = async (id: string) => JSON.parse((await server.get(`/1.0/jobs/${id}`, AUTH)).text)

async function filesBelow(name: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'data', 'optimizer', name), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

/** Waits for the end and the webhook, which tell the same; resolves with what they tell. */
async function outcome(id: string, receiver: Awaited<ReturnType<typeof startReceiver>>) {
  await expect.poll(async () => (await job(id)).status, PATIENCE).toBe('completed')
  await expect.poll(() => receiver.deliveries.length, PATIENCE).toBeGreaterThan(0)
  const { status, ...told } = await job(id)
  for (const { headers, body } of receiver.deliveries) {
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^Compressor/),
    })
    expect(JSON.parse(String(body))).toEqual(told)
  }
  return told
}

describe('a Compressor call outlives kill -9', { timeout: 120_000 }, () => {
  it('in the middle of fetching a large file', async () => {
    const receiver = await startReceiver()
    const origin = await startWebOrigin()
    try {
      // More than what is answered at once (compressor §4.2).
      const large = Buffer.concat([await photo(640, 480, 'jpeg'), Buffer.alloc(33 * 1024 * 1024)])
      const half = Promise.withResolvers<void>()
      let asked = 0
      origin.answer('/large.jpg', (_req, res) => {
        if (++asked > 1) return { body: large }
        res.on('error', () => undefined)
        res.writeHead(200, { 'content-length': String(large.length) })
        res.write(large.subarray(0, large.length / 2), () => half.resolve())
        return undefined
      })
      const answer = await fetch(`${server.url}/1.0/fetch`, {
        method: 'POST',
        headers: { ...AUTH, 'content-type': 'application/json' },
        body: JSON.stringify({ url: `${origin.url}/large.jpg`, webhook: { url: `${receiver.url}/hook` } }),
      })
      const { id, status } = JSON.parse(await answer.text())
      expect([answer.status, status]).toEqual([202, 'enqueued'])
      await half.promise
      await killAndRestart()

      const told = await outcome(id, receiver)
      expect(told).toMatchObject({ id, input: { size: large.length, width: 640 }, output: { format: 'jpeg' } })
      expect(told.url.startsWith(`${PUBLIC_URL}/results/`)).toBe(true)
      const result = await server.get(told.url.slice(PUBLIC_URL.length))
      expect([result.status, result.bytes.length]).toEqual([200, told.output.size])
      expect(await decode(result.bytes)).toMatchObject({ width: 640, height: 480 })
      expect(await filesBelow('uploads')).toEqual([])
      expect((await filesBelow('results')).toSorted()).toEqual(['bytes', 'label.json'])
      expect(asked).toBe(2)
    } finally {
      await origin.stop()
    }
  })

  it.skipIf(noS3Server())('in the middle of storing what was uploaded', async () => {
    const receiver = await startReceiver()
    const s3 = await startS3Server()
    const proxy = await startS3Proxy(s3.endpoint)
    try {
      const bucket = await s3.createBucket('crash')
      const storing = Promise.withResolvers<void>()
      proxy.rule({
        method: 'PUT',
        effect: { kind: 'hang' },
        count: 1,
        when() {
          storing.resolve()
          return true
        },
      })
      const picture = await photo(320, 240, 'jpeg')
      const { accessKeyId: key, secretAccessKey: secret, region } = s3
      const store = { provider: 's3', key, secret, endpoint: proxy.endpoint, forcePathStyle: true, region, bucket }
      const form = new FormData()
      form.set('data', JSON.stringify({ webhook: { url: `${receiver.url}/hook` }, store: { ...store, path: 'a.jpg' } }))
      form.set('file', new Blob([Uint8Array.from(picture)]), 'mine.jpg')
      const answer = await fetch(`${server.url}/1.0/upload`, { method: 'POST', headers: AUTH, body: form })
      expect(answer.status).toBe(202)
      const { id } = JSON.parse(await answer.text())
      await storing.promise
      expect(await filesBelow('uploads')).toHaveLength(1)
      await killAndRestart()

      const told = await outcome(id, receiver)
      expect(told).toMatchObject({ id, url: `${proxy.endpoint}/${bucket}/a.jpg`, input: { name: 'mine.jpg' } })
      expect(await s3.bytes(bucket, 'a.jpg')).toHaveLength(told.output.size)
      await expect.poll(() => filesBelow('uploads')).toEqual([])
      expect(await filesBelow('results')).toEqual([])
    } finally {
      await proxy.stop()
      await s3.stop()
    }
  })
})

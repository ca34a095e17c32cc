import { afterEach, expect, it } from 'vitest'
import { createCompressorJob } from '../../../src/dialects/compressor/queue.ts'
import { parseResultPath, resultPath, resultTime, sendResult } from '../../../src/dialects/compressor/results.ts'
import { Fault } from '../../../src/faults.ts'
import { createDispatcher, type Dispatcher } from '../../../src/http/dispatch.ts'
import { sendText } from '../../../src/http/respond.ts'
import type { RunningJob } from '../../../src/jobs/jobs.ts'
import { rawRequest } from '../../http/raw-client.ts'
import { listenHere } from '../../support/listen.ts'
import { project } from './house.ts'

const ID = '38a8bb5e-7b50-4a22-a0a6-b9602fccb225'
const NOTE = { warn: () => undefined, error: () => undefined }

let dispatcher: Dispatcher | undefined
afterEach(() => dispatcher?.close(0))

it('a job that runs again, since its process died before its end was kept, finds its upload and tells the same', async () => {
  const file = {
    name: 'a.jpg',
    type: 'image',
    format: 'jpeg',
    mime: 'image/jpeg',
    size: 1,
    sha1: '',
    width: 1,
    height: 1,
  }
  const answer = {
    id: ID,
    url: 'http://x.test/a.jpg',
    input: { ...file, type: 'image' },
    output: { ...file, type: 'image' },
  } as const
  const uploads = new Set(['upload'])
  const told: unknown[] = []
  const kind = createCompressorJob({
    work: {
      async fill({ upload }) {
        if (!uploads.has(upload?.spool ?? '')) throw new Fault('object-missing')
        return answer
      },
    },
    directory: { project: (id) => project(id, [], []) },
    removeUpload: async (spool) => void uploads.delete(spool),
    ...{ sourceBytes: 100, log: NOTE, workers: 1 },
  })
  const job: RunningJob = {
    ...{ id: ID, project: 'shop', attempt: 1, attempts: 4, secret: { webhook: { url: 'http://x.test/hook' } } },
    async follow(name, of, payload) {
      told.push([name, of, payload])
      return { id: name }
    },
  }
  const payload = { call: 'upload', upload: { spool: 'upload', filename: 'a.jpg' } }
  const run = () => kind.handler(payload, new AbortController().signal, job)
  expect(await run()).toEqual(answer)
  expect(await run()).toEqual(answer)
  expect(told).toHaveLength(2)
  expect(told[1]).toEqual(told[0])
  await kind.onEnded?.(payload)
  expect([...uploads]).toEqual([])
})

it('the URL that was told first stays good when the work was done again later', async () => {
  const now = Date.UTC(2030, 0, 1)
  const expires = new Date(now + 3_900_000)
  const found = { file: import.meta.filename, size: 1, type: 'image/jpeg', name: 'a.jpg', expires, etag: '"x"' }
  dispatcher = createDispatcher({
    surfaces: [
      {
        name: 'results',
        owns: () => true,
        async handle(exchange) {
          const address = parseResultPath(exchange.target)
          const sent = address && (await sendResult(exchange, { result: async () => found }, address, now))
          if (sent !== true) sendText(exchange, 404, [])
        },
        refuse: (exchange, status) => sendText(exchange, status, []),
      },
    ],
    log: NOTE,
  })
  const { server } = dispatcher
  const port = await listenHere(server)
  const status = async (time: number) => {
    const target = resultPath(time, ID, 'a.jpg')
    return (await rawRequest(port, `HEAD ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)).status
  }
  const time = resultTime(expires)
  expect(await Promise.all([time, time - 300, time + 300, now / 1000].map(status))).toEqual([200, 200, 404, 404])
})

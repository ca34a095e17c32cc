import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedJobs } from '../../../src/catalog/jobs.ts'
import type { Project } from '../../../src/catalog/model.ts'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'
import { createKrakenJob, KRAKEN_JOB } from '../../../src/dialects/kraken/callback.ts'
import { createKraken } from '../../../src/dialects/kraken/handler.ts'
import { createEngine } from '../../../src/engine/create-engine.ts'
import { createDispatcher } from '../../../src/http/dispatch.ts'
import { createJobs } from '../../../src/jobs/create-jobs.ts'
import { WEBHOOK, webhookKind } from '../../../src/jobs/webhook.ts'
import { createOptimizer } from '../../../src/optimizer/create.ts'
import { createMaking } from '../../../src/optimizer/making.ts'
import { createUsage } from '../../../src/optimizer/usage.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { listenHere } from '../../support/listen.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'
import { directoryOf, keyOf, type TestDirectory } from '../pixboost/account.ts'

export const AUTH = { api_key: 'public_demo', api_secret: 'private_demo' }
/** A second project, to mix up its credentials with the first one's. */
export const OTHER = { api_key: 'public_other', api_secret: 'private_other' }

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member, like a client does
  readonly json: any
}

type Body = string | FormData | Uint8Array<ArrayBuffer> | ReadableStream

/** A callback as it arrived. */
export type Callback = { readonly type: string; readonly body: string }

/** The dialect on the real optimizer, engine, stores and queue, behind the real dispatcher. */
export type House = {
  /** Serves sources, and takes callbacks at `/callback`. */
  readonly origin: WebOrigin
  readonly url: string
  readonly directory: TestDirectory
  readonly logged: readonly object[]
  /** Milliseconds that the server's clock is ahead. */
  ahead: number
  /** POSTs JSON, the credentials added. */
  call(path: string, json: object): Promise<Answer>
  /** POSTs a form of `data` and `upload`, the credentials added. */
  upload(json: object, bytes: Uint8Array, filename?: string): Promise<Answer>
  send(method: string, path: string, body?: Body, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Fetches what an answer points to. */
  fetch(url: string): Promise<Answer>
  /** Resolves with the next callback that has not been looked at. */
  callback(): Promise<Callback>
  /** Files in the optimizer's folders: uploads and results. */
  files(kind: 'uploads/incoming' | 'uploads/accepted' | 'results'): Promise<readonly string[]>
  configure(kraken: object): void
  stop(): Promise<void>
}

export type HouseOptions = { readonly allowPrivate?: boolean; readonly kraken?: object }

export async function openHouse({ allowPrivate = true, kraken: settings = {} }: HouseOptions = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'tintype-kraken-'))
  const origin = await startWebOrigin()
  const logged: object[] = []
  const note = (facts: object) => void logged.push(facts)
  const log = { info: () => undefined, warn: note, error: note }
  const secrets = { [AUTH.api_secret]: AUTH.api_key, [OTHER.api_secret]: OTHER.api_key }
  const projects = (kraken: object) => [projectOf('demo', AUTH.api_key, kraken), projectOf('other', OTHER.api_key, {})]
  const directory = directoryOf(projects(settings), secrets)
  const stores = createStores({ guard: createGuard({ allowPrivate }) })
  const limits = { inputPixels: 50_000_000, outputPixels: 50_000_000, frames: 100 }
  const engine = createEngine({
    limits,
    slots: 2,
    open: () => Promise.reject(new Error('no layers here')),
  })
  const house = { ahead: 0 }
  const now = () => Date.now() + house.ahead
  const optimizer = await createOptimizer({
    ...{ engine, directory, limits, log, now, dir },
    make: createMaking({ engine, limits }),
    storeOf: () => {
      throw new Error('no connections here')
    },
    once: stores.once,
  })
  const usage = await createUsage({ file: join(dir, 'usage.json'), now, log })
  let url = ''
  const parts = { directory, optimizer, usage, log, resultsUrl: () => `${url}/results` }
  const jobs = await createJobs({
    store: createEmbeddedJobs({ dataDir: join(dir, 'jobs') }),
    kinds: {
      [KRAKEN_JOB]: createKrakenJob({ ...parts, workers: 2, queueLength: 50 }),
      [WEBHOOK]: webhookKind({ post, workers: 2, queueLength: 50 }),
    },
    sealing: { seal: (plain) => plain, open: (sealed) => sealed },
    log,
  })
  jobs.start()
  const dispatcher = createDispatcher({ surfaces: [createKraken({ ...parts, jobs, now })], log })
  url = `http://127.0.0.1:${await listenHere(dispatcher.server)}`

  const callbacks: Callback[] = []
  const waiting: ((callback: Callback) => void)[] = []
  /** Takes what the queue delivers instead of a web server. */
  async function post(_url: string, request: { headers: Readonly<Record<string, string>>; body: Uint8Array }) {
    const callback = { type: request.headers['content-type'] ?? '', body: Buffer.from(request.body).toString('utf8') }
    const next = waiting.shift()
    if (next) next(callback)
    else callbacks.push(callback)
    return 200
  }

  async function send(method: string, path: string, body?: Body, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(/^https?:/.test(path) ? path : url + path, {
      method,
      headers,
      // A stream is sent as it is read, without a length.
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: answer.status,
      headers: answer.headers,
      bytes,
      json: isJson ? JSON.parse(bytes.toString('utf8')) : undefined,
    }
  }

  return {
    origin,
    url,
    directory,
    logged,
    get ahead() {
      return house.ahead
    },
    set ahead(milliseconds) {
      house.ahead = milliseconds
    },
    call: (path, json) =>
      send('POST', path, JSON.stringify({ auth: AUTH, ...json }), { 'content-type': 'application/json' }),
    upload(json, bytes, filename = 'picture.bin') {
      const form = new FormData()
      form.set('data', JSON.stringify({ auth: AUTH, ...json }))
      form.set('upload', new Blob([Buffer.from(bytes)]), filename)
      return send('POST', '/v1/upload', form)
    },
    send,
    fetch: (target) => send('GET', target),
    callback() {
      const first = callbacks.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve))
    },
    files: (kind) => readdir(join(dir, kind)),
    configure(kraken) {
      directory.projects = projects(kraken)
      directory.change()
    },
    async stop() {
      await dispatcher.close(0)
      await jobs.close()
      await optimizer.close()
      await usage.close()
      await engine.close()
      await stores.close()
      await origin.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function projectOf(id: string, publicKey: string, kraken: object): Project {
  return {
    id,
    keys: [keyOf(publicKey)],
    connections: [],
    settings: {
      pixboost: { cacheSeconds: 1, upstreamErrors: 'mapped', saveData: true, engineRoutes: false },
      imagekit: { settings: IMAGE_DEFAULTS, endpoints: [], namedTransformations: {} },
      others: { kraken },
    },
  }
}

import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedJobs } from '../../../src/catalog/jobs.ts'
import type { Connection, ConnectionSecrets, Directory, Key, Project } from '../../../src/catalog/model.ts'
import { IMAGE_DEFAULTS } from '../../../src/catalog/rules.ts'
import { type CompressorOptions, createCompressor } from '../../../src/dialects/compressor/handler.ts'
import { COMPRESSOR_JOB, createCompressorJob } from '../../../src/dialects/compressor/queue.ts'
import { createWork } from '../../../src/dialects/compressor/work.ts'
import { createEngine } from '../../../src/engine/create-engine.ts'
import { createDispatcher } from '../../../src/http/dispatch.ts'
import { createJobs } from '../../../src/jobs/create-jobs.ts'
import { WEBHOOK, webhookKind } from '../../../src/jobs/webhook.ts'
import { createOptimizer } from '../../../src/optimizer/create.ts'
import { createMaking } from '../../../src/optimizer/making.ts'
import { createSourceRouter } from '../../../src/source-router.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { listenHere } from '../../support/listen.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'

export const API_KEY = 'private_shop'
export const OTHER_KEY = 'private_other'
const NARROWED_KEY = 'private_pixboost_only'

export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** The answer's JSON; an empty object for anything else. */
  readonly json: Record<string, unknown>
}

/** The dialect on the real optimizer, engine, queue and stores; `origin` is where pictures are fetched and webhooks go. */
export type House = {
  readonly url: string
  readonly origin: WebOrigin
  readonly logged: readonly string[]
  /** POST /1.0/fetch with the key. */
  fetch(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** POST /1.0/upload with the key; `data` as JSON unless it is a text already. */
  upload(file: Uint8Array | undefined, filename: string, data?: unknown): Promise<Reply>
  send(
    method: string,
    target: string,
    headers?: Readonly<Record<string, string>>,
    body?: string | FormData,
  ): Promise<Reply>
  /** GET /1.0/jobs/{id} until it is over. */
  finished(id: string): Promise<Record<string, unknown>>
  /** The bodies that the webhook `/hook` got; waits for the first. */
  hooked(): Promise<
    readonly { readonly headers: Readonly<Record<string, unknown>>; readonly body: Record<string, unknown> }[]
  >
  /** Files of uploads that still lie on the disk. */
  uploads(): Promise<readonly string[]>
  stop(): Promise<void>
}

export type HouseOptions = Partial<Pick<CompressorOptions, 'syncBytes' | 'syncMs' | 'sourceBytes' | 'clock'>> & {
  readonly connections?: readonly { readonly connection: Connection; readonly secrets: ConnectionSecrets }[]
  readonly fit?: 'cover' | 'inside'
  readonly keepMs?: number
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { connections = [], fit, keepMs, ...compressorOptions } = options
  const dir = await mkdtemp(join(tmpdir(), 'tintype-compressor-'))
  const origin = await startWebOrigin()
  const directory = directoryOf([
    project(
      'shop',
      [key('shop')],
      connections.map(({ connection }) => connection),
      fit,
    ),
    project('other', [key('other'), key('pixboost_only', ['pixboost'])], []),
  ])
  const openSecrets = ({ id }: Connection) => connections.find(({ connection }) => connection.id === id)?.secrets ?? {}
  const stores = createStores({ guard: createGuard({ allowPrivate: true }) })
  const router = createSourceRouter({ catalog: { directory, openSecrets }, stores })
  const limits = { inputPixels: 50_000_000, outputPixels: 50_000_000, frames: 100 }
  const logged: string[] = []
  const note = (facts: object, message: string) => void logged.push(`${message} ${JSON.stringify(facts)}`)
  const log = { info: note, warn: note, error: note }
  const engine = createEngine({
    limits,
    slots: 2,
    open: () => {
      throw new Error('nothing is overlaid here')
    },
  })
  const optimizer = await createOptimizer({
    ...{ engine, directory, limits, log },
    make: createMaking({ engine, limits }),
    storeOf: router.storeOf,
    once: stores.once,
    dir: join(dir, 'optimizer'),
    ...(keepMs === undefined ? {} : { keepMs }),
  })
  let url = ''
  const publicUrl = () => url
  const hooks: { headers: Readonly<Record<string, unknown>>; body: Record<string, unknown> }[] = []
  const jobs = await createJobs({
    store: createEmbeddedJobs({ dataDir: join(dir, 'data') }),
    kinds: {
      [COMPRESSOR_JOB]: createCompressorJob({
        work: createWork({ directory, optimizer, publicUrl }),
        directory,
        removeUpload: optimizer.spool.remove,
        sourceBytes: options.sourceBytes ?? 268_435_456,
        log,
        workers: 2,
      }),
      [WEBHOOK]: webhookKind({
        async post(_url, { headers, body }) {
          hooks.push({ headers, body: JSON.parse(Buffer.from(body).toString()) })
          return 204
        },
        workers: 1,
        queueLength: 100,
      }),
    },
    sealing: { seal: (plain) => plain, open: (sealed) => sealed },
    log,
    pollMs: 50,
  })
  jobs.start()
  const compressor = createCompressor({ directory, optimizer, jobs, publicUrl, log, ...compressorOptions })
  const dispatcher = createDispatcher({ surfaces: [compressor], log })
  url = `http://127.0.0.1:${await listenHere(dispatcher.server)}`

  const send: House['send'] = async (method, target, headers = {}, body) => {
    const answer = await fetch(target.startsWith('http') ? target : url + target, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isJson = answer.headers.get('content-type') === 'application/json' && bytes.length > 0
    return { status: answer.status, headers: answer.headers, bytes, json: isJson ? JSON.parse(String(bytes)) : {} }
  }
  return {
    url,
    origin,
    logged,
    send,
    fetch: (body, headers = {}) =>
      send(
        'POST',
        '/1.0/fetch',
        { authorization: basic(API_KEY), 'content-type': 'application/json', ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
    upload(file, filename, data) {
      const form = new FormData()
      if (data !== undefined) form.append('data', typeof data === 'string' ? data : JSON.stringify(data))
      if (file !== undefined) form.append('file', new Blob([Buffer.from(file)]), filename)
      return send('POST', '/1.0/upload', { authorization: basic(API_KEY) }, form)
    },
    async finished(id) {
      for (;;) {
        const { status, json } = await send('GET', `/1.0/jobs/${id}`, { authorization: basic(API_KEY) })
        if (status !== 200 || json.status === 'completed' || json.status === 'failed') return json
        await turn()
      }
    },
    async hooked() {
      while (hooks.length === 0) await turn()
      return hooks
    },
    async uploads() {
      const files = await readdir(join(dir, 'optimizer', 'uploads'), { recursive: true, withFileTypes: true })
      return files.filter((file) => file.isFile()).map(({ name }) => name)
    },
    async stop() {
      await dispatcher.close(0)
      await jobs.close()
      await optimizer.close()
      await engine.close()
      await stores.close()
      await origin.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Lets everything else go on for a moment. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

export function basic(secret: string, password = ''): string {
  return `Basic ${Buffer.from(`${secret}:${password}`).toString('base64')}`
}

export const BASIC_OF_OTHER_DIALECT = basic(NARROWED_KEY)

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function directoryOf(projects: readonly Project[]): Directory {
  const byPublicKey = (publicKey: string) => {
    for (const project of projects) {
      const found = project.keys.find((one) => one.publicKey === publicKey)
      if (found !== undefined) return { project, key: found }
    }
    return undefined
  }
  return {
    generation: 1,
    project: (id) => projects.find((one) => one.id === id),
    byPublicKey,
    bySecret: (secret) => byPublicKey(secret.replace(/^private_/, 'public_')),
  }
}

export function project(id: string, keys: readonly Key[], connections: readonly Connection[], fit?: string): Project {
  return {
    id,
    keys,
    connections,
    settings: {
      pixboost: { cacheSeconds: 1, upstreamErrors: 'mapped', saveData: true, engineRoutes: false },
      imagekit: { settings: IMAGE_DEFAULTS, endpoints: [], namedTransformations: {} },
      others: fit === undefined ? {} : { compressor: { fit } },
    },
  }
}

function key(name: string, dialects: Key['dialects'] = []): Key {
  return { label: name, publicKey: `public_${name}`, allowedHosts: [], dialects, declared: true }
}

export function connectionOf(alias: string, parts: Partial<Connection> = {}): Connection {
  return {
    id: `id-${alias}`,
    revision: 1,
    alias,
    name: alias,
    provider: 's3',
    read: true,
    write: true,
    prefix: '',
    buckets: [],
    encodeKeys: false,
    operator: true,
    declared: true,
    ...parts,
  }
}

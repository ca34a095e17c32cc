import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createEmbeddedJobs } from '../../../src/catalog/jobs.ts'
import type { Connection, ConnectionSecrets, PixboostSettings } from '../../../src/catalog/model.ts'
import { createDelivery, type Delivering } from '../../../src/delivery/create.ts'
import { createPixboost } from '../../../src/dialects/pixboost/handler.ts'
import { createWarmupHandler, WARMUP } from '../../../src/dialects/pixboost/warmup.ts'
import { createEngine } from '../../../src/engine/create-engine.ts'
import { createGate } from '../../../src/engine/gate.ts'
import { createDispatcher } from '../../../src/http/dispatch.ts'
import { createJobs } from '../../../src/jobs/create-jobs.ts'
import { createSourceRouter } from '../../../src/source-router.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { listenHere } from '../../support/listen.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'
import { connectionOf, directoryOf, KEY, keyOf, projectOf, SECRET, type TestDirectory } from './account.ts'

export type Answer = {
  readonly status: number
  readonly type: string | null
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
}

/** The dialect on the real delivery, engine and stores: a folder as `bucket` below a prefix, a web server as `assets`. */
export type House = {
  readonly origin: WebOrigin
  readonly delivery: Delivering
  readonly directory: TestDirectory
  readonly url: string
  /** Stores a picture in the folder. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Asks for `source/operation?query`, the key added. */
  ask(rest: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Any other request, the secret added. */
  send(method: string, target: string, body?: string): Promise<Answer>
  configure(pixboost: Partial<PixboostSettings>): void
  stop(): Promise<void>
}

const PREFIX = 'prefix/another-prefix'

/** A further connection, with what the vault would keep of it. */
export type SealedConnection = { readonly connection: Connection; readonly secrets: ConnectionSecrets }

export async function openHouse(further: readonly SealedConnection[] = []): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'tintype-pixboost-'))
  const origin = await startWebOrigin()
  const connections = [
    connectionOf('bucket', { provider: 'folder', path: join(dir, 'pictures'), prefix: PREFIX }),
    connectionOf('assets', { provider: 'web', baseUrl: `${origin.url}/assets` }),
    connectionOf('gone', { provider: 'web', baseUrl: 'http://127.0.0.1:1' }),
    ...further.map(({ connection }) => connection),
  ]
  const openSecrets = ({ id }: Connection) => further.find(({ connection }) => connection.id === id)?.secrets ?? {}
  const keys = [keyOf(KEY, { allowedHosts: ['127.0.0.1'] })]
  const directory = directoryOf([projectOf('demo', { keys, connections })])
  const stores = createStores({ guard: createGuard({ allowPrivate: true }) })
  const router = createSourceRouter({ catalog: { directory, openSecrets }, stores })
  const limits = { inputPixels: 50_000_000, outputPixels: 50_000_000, frames: 100 }
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const engine = createEngine({ limits, slots: 2, open: (...wanted) => delivery.bytes(...wanted) })
  const delivery: Delivering = createDelivery({
    engine,
    open: router.open,
    identity: router.identity,
    limits: { sourceBytes: 268_435_456, requestTimeoutSeconds: 20 },
    cache: { dir: join(dir, 'cache'), memoryBytes: 64e6, diskBytes: 256e6, revalidateSeconds: 300 },
    fetchGate: createGate({ slots: 8, queue: { length: 64, waitMs: 10_000 } }),
    log: quiet,
  })
  const jobs = await createJobs({
    store: createEmbeddedJobs({ dataDir: join(dir, 'data') }),
    kinds: {
      [WARMUP]: { handler: createWarmupHandler({ directory, delivery, log: quiet }), workers: 1, queueLength: 10 },
    },
    sealing: { seal: (plain) => plain, open: (sealed) => sealed },
    log: quiet,
  })
  jobs.start()
  let url = ''
  const pixboost = createPixboost({ directory, delivery, jobs, publicUrl: () => url, log: quiet, purgeEveryMs: 0 })
  const dispatcher = createDispatcher({ surfaces: [pixboost], log: quiet })
  url = `http://127.0.0.1:${await listenHere(dispatcher.server)}`

  async function send(
    method: string,
    target: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await fetch(url + target, { method, headers, ...(body === undefined ? {} : { body }) })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const { status } = answer
    return { status, type: answer.headers.get('content-type'), headers: answer.headers, bytes, text: String(bytes) }
  }

  return {
    origin,
    delivery,
    directory,
    url,
    async put(key, bytes) {
      const path = join(dir, 'pictures', PREFIX, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    },
    ask: (rest, headers) =>
      send('GET', `/api/2/img/${rest}${rest.includes('?') ? '&' : '?'}auth=${KEY}`, undefined, headers),
    send: (method, target, body) => send(method, `${target}?auth=${SECRET}`, body),
    configure(pixboost) {
      directory.projects = [projectOf('demo', { keys, connections, pixboost })]
      directory.change()
    },
    async stop() {
      await dispatcher.close(0)
      await jobs.close()
      await delivery.close()
      await engine.close()
      await stores.close()
      await origin.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

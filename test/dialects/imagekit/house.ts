import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Connection, ConnectionSecrets, ImagekitSettings, ImageSettings, Key } from '../../../src/catalog/model.ts'
import { createDelivery, type Delivering } from '../../../src/delivery/create.ts'
import { createImagekit } from '../../../src/dialects/imagekit/handler.ts'
import { createEngine } from '../../../src/engine/create-engine.ts'
import { createGate } from '../../../src/engine/gate.ts'
import { createDispatcher } from '../../../src/http/dispatch.ts'
import { createSourceRouter } from '../../../src/source-router.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { listenHere } from '../../support/listen.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'
import { connectionOf, directoryOf, keyOf, PRIVATE_KEY, PUBLIC_KEY, projectOf, type TestDirectory } from './account.ts'

export type Answer = {
  readonly status: number
  readonly type: string | null
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
}

/** Connections that come first, and their secrets. */
export type Extension = {
  readonly connections?: readonly Connection[]
  readonly openSecrets?: () => ConnectionSecrets
}

/**
 * The dialect on the real delivery, engine and stores, project `demo`: folders `bucket` and `second`, a web server `assets`,
 * in this order; the host `cdn.test` is bound to the endpoint of the prefix `shop`.
 */
export type House = {
  readonly origin: WebOrigin
  readonly delivery: Delivering
  readonly directory: TestDirectory
  readonly url: string
  /** What the dialect takes for now, milliseconds. */
  now: number
  /** Stores a file in a folder connection. */
  put(key: string, bytes: Uint8Array, connection?: 'bucket' | 'second'): Promise<void>
  /** GET below `/ik/demo/`. */
  ask(rest: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Any request. */
  send(method: string, target: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  configure(
    settings: Partial<ImageSettings>,
    imagekit?: Partial<Omit<ImagekitSettings, 'settings'>>,
    keys?: readonly Key[],
  ): void
  stop(): Promise<void>
}

export async function openHouse(more: Extension = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'tintype-imagekit-'))
  const origin = await startWebOrigin()
  const connections = [
    ...(more.connections ?? []),
    connectionOf('bucket', {
      provider: 'folder',
      path: join(dir, 'bucket'),
      canonicalBaseUrl: 'https://www.example.com/media',
    }),
    connectionOf('second', { provider: 'folder', path: join(dir, 'second'), encodeKeys: true }),
    connectionOf('assets', { provider: 'web', baseUrl: `${origin.url}/assets` }),
  ]
  for (const name of ['bucket', 'second']) await mkdir(join(dir, name))
  const home = (settings: Partial<ImageSettings> = {}, imagekit = {}, keys: readonly Key[] = [keyOf(PUBLIC_KEY)]) =>
    projectOf('demo', { keys, connections, settings, imagekit })
  const directory = directoryOf([home()])
  const stores = createStores({ guard: createGuard({ allowPrivate: true }) })
  const router = createSourceRouter({ catalog: { directory, openSecrets: more.openSecrets ?? (() => ({})) }, stores })
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
  const imagekit = createImagekit({
    directory,
    delivery,
    keySecret: (publicKey) => (publicKey === PUBLIC_KEY ? PRIVATE_KEY : undefined),
    log: quiet,
    clock: () => house.now,
  })
  const bound = imagekit.bind({ project: 'demo', endpoint: 'shop' })
  const dispatcher = createDispatcher({
    surfaces: [imagekit],
    hosts: new Map([['cdn.test', bound]]),
    log: quiet,
    trustProxy: true,
  })
  const url = `http://127.0.0.1:${await listenHere(dispatcher.server)}`

  const house: House = {
    origin,
    delivery,
    directory,
    url,
    now: Date.UTC(2026, 0, 1),
    async put(key, bytes, connection = 'bucket') {
      const path = join(dir, connection, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    },
    ask: (rest, headers) => house.send('GET', `/ik/demo/${rest}`, headers),
    async send(method, target, headers = {}) {
      const answer = await fetch(url + target, { method, headers })
      const bytes = Buffer.from(await answer.arrayBuffer())
      const { status } = answer
      return { status, type: answer.headers.get('content-type'), headers: answer.headers, bytes, text: String(bytes) }
    },
    configure(settings, imagekit, keys) {
      directory.projects = [home(settings, imagekit, keys)]
      directory.change()
    },
    async stop() {
      await dispatcher.close(0)
      await delivery.close()
      await engine.close()
      await stores.close()
      await origin.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return house
}

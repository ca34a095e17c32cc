import { createHmac } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../../src/catalog/database.ts'
import { createFiles } from '../../../src/catalog/files.ts'
import { migrate } from '../../../src/catalog/migrations.ts'
import type { Connection, FilestackSettings, Project } from '../../../src/catalog/model.ts'
import { createDelivery, type Delivering } from '../../../src/delivery/create.ts'
import { createFilestack, type FilestackParts } from '../../../src/dialects/filestack/handler.ts'
import { createEngine } from '../../../src/engine/create-engine.ts'
import { createGate } from '../../../src/engine/gate.ts'
import { createDispatcher } from '../../../src/http/dispatch.ts'
import { sendText } from '../../../src/http/respond.ts'
import { createSourceRouter } from '../../../src/source-router.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { createUploads } from '../../../src/uploads/create.ts'
import type { Uploads } from '../../../src/uploads/uploads.ts'
import { listenHere } from '../../support/listen.ts'
import { startWebOrigin, type WebOrigin } from '../../support/web-origin.ts'
import { connectionOf, directoryOf, keyOf, projectOf, type TestDirectory } from '../pixboost/account.ts'

export const KEY = 'AhTgLagciQByzXpFGRI0Az'
export const SECRET = 's3cr3t-demo-key-0001'
export const OTHER_KEY = 'BbTgLagciQByzXpFGRI0Bz'
export const OTHER_SECRET = 's3cr3t-other-key-002'
/** A key of a project that has no `filestack:` section. */
export const PLAIN_KEY = 'CcTgLagciQByzXpFGRI0Cz'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member, like a client does
  readonly json: any
}

export type Body = string | FormData | URLSearchParams | Uint8Array<ArrayBuffer> | ReadableStream
export type Sent = { readonly body?: Body; readonly headers?: Readonly<Record<string, string>> }

export type House = {
  readonly origin: WebOrigin
  readonly url: string
  readonly dir: string
  readonly directory: TestDirectory
  readonly delivery: Delivering
  readonly uploads: Uploads
  readonly logged: readonly { readonly level: string; readonly message: string }[]
  /** Sources whose cached pictures were dropped. */
  readonly purged: readonly string[]
  /** Milliseconds that the server's clock is ahead. */
  ahead: number
  send(method: string, target: string, sent?: Sent): Promise<Answer>
  /** POSTs to `/api/store/S3` with the key; `query` behind it. */
  store(query: string, body: Body, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** What lies in a store: keys in order. */
  keys(store?: string): Promise<readonly string[]>
  object(key: string, store?: string): Promise<Buffer>
  /** Files that wait on the disk for the rest of their forms. */
  waiting(): Promise<readonly string[]>
  configure(settings: Partial<FilestackSettings>): void
  stop(): Promise<void>
}

export type HouseOptions = Partial<Pick<FilestackParts, 'processing' | 'multipart' | 'serves'>> & {
  readonly uploadBytes?: number
  readonly sourceBytes?: number
  readonly allowPrivate?: boolean
  readonly connections?: readonly Connection[]
  readonly openSecrets?: () => { readonly secretAccessKey?: string }
  readonly stores?: Readonly<Record<string, string>>
  /** Put in front of the stores. */
  readonly wrap?: (store: ObjectStore) => ObjectStore
}

/** The dialect on real uploads, stores, delivery and engine, behind the real dispatcher: project `demo` with folders `up` and `second`. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const dir = await mkdtemp(join(tmpdir(), 'tintype-filestack-'))
  const origin = await startWebOrigin()
  const connections = [
    connectionOf('up', { provider: 'folder', path: join(dir, 'up'), write: true }),
    connectionOf('second', { provider: 'folder', path: join(dir, 'second'), prefix: 'kept', write: true }),
    connectionOf('sealed', { provider: 'folder', path: join(dir, 'sealed') }),
    ...(options.connections ?? []),
  ]
  for (const name of ['up', 'second', 'sealed']) await mkdir(join(dir, name))
  const base: FilestackSettings = {
    ...{ security: false, aliases: {}, directUploads: 'never' },
    stores: options.stores ?? { S3: 'up', azure: 'second', gcs: 'sealed' },
  }
  const demo = (settings: Partial<FilestackSettings>) => withSection('demo', KEY, connections, { ...base, ...settings })
  const projects = (settings: Partial<FilestackSettings>) => [
    demo(settings),
    withSection('other', OTHER_KEY, connections, base),
    projectOf('plain', { keys: [keyOf(PLAIN_KEY)], connections }),
  ]
  const secrets = { [SECRET]: KEY, [OTHER_SECRET]: OTHER_KEY }
  const directory = directoryOf(projects({}), secrets)
  const stores = createStores({ guard: createGuard({ allowPrivate: options.allowPrivate ?? true }) })
  const router = createSourceRouter({
    catalog: { directory, openSecrets: options.openSecrets ?? (() => ({})) },
    stores,
  })
  const wrap = options.wrap ?? ((store: ObjectStore) => store)
  const logged: { level: string; message: string }[] = []
  const note = (level: string) => (_facts: object, message: string) => void logged.push({ level, message })
  const log = { info: () => undefined, warn: note('warn'), error: note('error') }
  const picture = { inputPixels: 50_000_000, outputPixels: 50_000_000, frames: 100 }
  const engine = createEngine({ limits: picture, slots: 2, open: (...wanted) => real.bytes(...wanted) })
  const real: Delivering = createDelivery({
    engine,
    open: router.open,
    identity: router.identity,
    limits: { sourceBytes: 268_435_456, requestTimeoutSeconds: 20 },
    cache: { dir: join(dir, 'cache'), memoryBytes: 64e6, diskBytes: 256e6, revalidateSeconds: 300 },
    fetchGate: createGate({ slots: 8, queue: { length: 64, waitMs: 10_000 } }),
    log,
  })
  const purged: string[] = []
  const delivery: Delivering = {
    ...real,
    purge(project, source) {
      purged.push(source.kind === 'object' ? source.key : source.url)
      return real.purge(project, source)
    },
  }
  const opened = await openDatabase({ database: 'sqlite', dataDir: dir, log })
  await migrate(opened)
  const state = { ahead: 0 }
  const now = () => Date.now() + state.ahead
  const limits = { uploadBytes: options.uploadBytes ?? 20_000_000, sourceBytes: options.sourceBytes ?? 5_000_000 }
  const uploads = await createUploads({
    ...{ files: createFiles(opened.db, now), directory, limits, log, now },
    storeOf: (connection) => wrap(router.storeOf(connection)),
    probe: engine.probe,
  })
  let url = ''
  const filestack = createFilestack({
    ...{ directory, uploads, delivery, limits, log, now },
    keySecret: (publicKey) => Object.entries(secrets).find(([, key]) => key === publicKey)?.[0],
    serves: options.serves ?? (() => true),
    once: stores.once,
    spoolDir: join(dir, 'waiting'),
    publicUrl: () => url,
    processing: options.processing ?? nothing,
    multipart: options.multipart ?? nothing,
  })
  const hosts = new Map([
    ['cdn.test', filestack.bind({ project: 'demo' })],
    ['other.test', filestack.bind({ project: 'other' })],
  ])
  const dispatcher = createDispatcher({ surfaces: [filestack], hosts, log, trustProxy: true })
  url = `http://127.0.0.1:${await listenHere(dispatcher.server)}`

  async function send(method: string, target: string, { body, headers = {} }: Sent = {}): Promise<Answer> {
    const answer = await fetch(/^https?:/.test(target) ? target : url + target, {
      method,
      headers,
      // A stream is sent as it is read, without a length.
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const text = bytes.toString('utf8')
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: answer.status,
      headers: answer.headers,
      bytes,
      text,
      json: isJson && method !== 'HEAD' ? JSON.parse(text) : undefined,
    }
  }

  return {
    ...{ origin, url, dir, directory, delivery, uploads, logged, purged, send },
    get ahead() {
      return state.ahead
    },
    set ahead(milliseconds) {
      state.ahead = milliseconds
    },
    store: (query, body, headers = {}) =>
      send('POST', `/api/store/S3?key=${KEY}${query && `&${query}`}`, { body, headers }),
    async keys(store = 'up') {
      const found = await readdir(join(dir, store), { recursive: true, withFileTypes: true })
      const root = join(dir, store)
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort()
    },
    object: (key, store = 'up') => readFile(join(dir, store, key)),
    waiting: () => readdir(join(dir, 'waiting')).catch(() => []),
    configure(settings) {
      directory.projects = projects(settings)
      directory.change()
    },
    async stop() {
      await dispatcher.close(0)
      await uploads.close()
      await real.close()
      await engine.close()
      await stores.close()
      await opened.db.destroy()
      await origin.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What the other parts of the dialect answer where a test does not bring them. */
const nothing = () => {
  const handle = async (exchange: Parameters<typeof sendText>[0]) => sendText(exchange, 418, [])
  return { handle, process: handle }
}

function withSection(
  id: string,
  key: string,
  connections: readonly Connection[],
  filestack: FilestackSettings,
): Project {
  const project = projectOf(id, { keys: [keyOf(key)], connections })
  return { ...project, settings: { ...project.settings, filestack } }
}

export type PolicyMembers = Readonly<Record<string, unknown>>

/** A year from the clock of the machine. */
export const LATER = Math.floor(Date.now() / 1000) + 31_536_000

/** A policy and its signature, as the documented helpers make them. */
export function sign(members: PolicyMembers, secret = SECRET): { readonly policy: string; readonly signature: string } {
  const json = JSON.stringify('expiry' in members ? members : { expiry: LATER, ...members })
  const policy = Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  return { policy, signature: createHmac('sha256', secret).update(policy).digest('hex') }
}

/** `policy=…&signature=…` */
export function signed(members: PolicyMembers, secret = SECRET): string {
  return new URLSearchParams(sign(members, secret)).toString()
}

export const BASIC = { authorization: `Basic ${Buffer.from(`app:${SECRET}`).toString('base64')}` }

/** A form with a file and fields before and after it. */
export function formOf(
  file: Uint8Array | string | undefined,
  options: {
    readonly name?: string
    readonly filename?: string
    readonly type?: string
    readonly before?: Readonly<Record<string, string>>
    readonly after?: Readonly<Record<string, string>>
  } = {},
): FormData {
  const { name = 'fileUpload', filename = 'cat.png', type = 'image/png', before = {}, after = {} } = options
  const form = new FormData()
  for (const [field, value] of Object.entries(before)) form.append(field, value)
  if (file !== undefined) form.append(name, new Blob([Buffer.from(file)], { type }), filename)
  for (const [field, value] of Object.entries(after)) form.append(field, value)
  return form
}

/** The composition root: configuration → parts → listeners. The only file that knows every part. */
import './process.ts'

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { type Catalog, createCatalog } from './catalog/catalog.ts'
import { createEmbeddedJobs } from './catalog/jobs.ts'
import { VaultError } from './catalog/vault.ts'
import type { Desk, Ports } from './cli/ports.ts'
import { runProgram } from './cli/program.ts'
import { type Config, ConfigError, configFile, formatConfigErrors, listenAddress, loadConfig } from './config/config.ts'
import { createHealth } from './console/health.ts'
import { createIndexPage } from './console/index-page/index-page.ts'
import { createDelivery, type Delivering } from './delivery/create.ts'
import { createCompressor } from './dialects/compressor/handler.ts'
import { COMPRESSOR_JOB, createCompressorJob } from './dialects/compressor/queue.ts'
import { createWork } from './dialects/compressor/work.ts'
import { createFilestack } from './dialects/filestack/handler.ts'
import { createMultipart } from './dialects/filestack/multipart.ts'
import { createProcessing } from './dialects/filestack/processing/processing.ts'
import { createImagekit } from './dialects/imagekit/handler.ts'
import { createKrakenJob, KRAKEN_JOB } from './dialects/kraken/callback.ts'
import { createKraken } from './dialects/kraken/handler.ts'
import { createPixboost } from './dialects/pixboost/handler.ts'
import { createWarmupHandler, WARMUP } from './dialects/pixboost/warmup.ts'
import { createEngine } from './engine/create-engine.ts'
import { createGate } from './engine/gate.ts'
import { CannotStart, Fault } from './faults.ts'
import { createGallery, demoProject, paint } from './first-start.ts'
import { createDispatcher } from './http/dispatch.ts'
import type { Surface } from './http/exchange.ts'
import { listen } from './http/listen.ts'
import { createJobs } from './jobs/create-jobs.ts'
import { createPgBossJobs } from './jobs/pg-boss-store.ts'
import { WEBHOOK, webhookKind } from './jobs/webhook.ts'
import { createOptimizer } from './optimizer/create.ts'
import { createMaking } from './optimizer/making.ts'
import { createUsage } from './optimizer/usage.ts'
import { ENCODE_SLOTS } from './process.ts'
import { createSourceRouter, type SourceRouter } from './source-router.ts'
import { createGuard } from './storage/guard.ts'
import { joinPrefix } from './storage/keys.ts'
import { createStores, type Stores } from './storage/stores.ts'
import { createUploads } from './uploads/create.ts'
import { createSessions } from './uploads/sessions.ts'

/** Sources read at once, and how many more may wait. */
const FETCHES = 64
const FETCH_QUEUE = { length: 1024, waitMs: 15_000 }
/** Works waiting at the encode gate from which on the server says that it is not ready for more. */
const BUSY_QUEUE = ENCODE_SLOTS * 16
/** An hour, and five minutes more: Compressor names the end of a result's life rounded up to five minutes. */
const RESULTS_MS = 65 * 60_000
/** Jobs of one kind that may wait. */
const JOBS_WAITING = 10_000
/** How long answers in flight may take when the server is told to stop. */
const GRACE_MS = 30_000

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

type Configured = { readonly config: Config; readonly file: string | undefined }

type Foundation = {
  readonly config: Config
  readonly catalog: Catalog
  readonly stores: Stores
  readonly router: SourceRouter
  close(): Promise<void>
}

/**
 * What the server and the command line both stand on. `declare`: lay the file's projects over the catalog, which also
 * removes what is no longer declared.
 */
async function lay({ config, file }: Configured, declare: boolean, log: Logger): Promise<Foundation> {
  const { database, dataDir, masterKey, previousMasterKeys, limits } = config
  const catalog = await createCatalog({ database, dataDir, masterKey, previousMasterKeys, limits, log })
  try {
    if (declare) await catalog.applyDeclared(config.projects, file ?? 'the configuration')
  } catch (error) {
    await catalog.close()
    throw error
  }
  const stores = createStores({ guard: createGuard({ allowPrivate: config.network.allowPrivate }) })
  return {
    config,
    catalog,
    stores,
    router: createSourceRouter({ catalog, stores }),
    async close() {
      await stores.close()
      await catalog.close()
    },
  }
}

/** Runs until SIGTERM or SIGINT. Throws when it cannot start. */
async function serve(configured: Configured): Promise<void> {
  const { config } = configured
  const { log, flush } = openLog(config.log.level)
  const foundation = await lay(configured, true, log)
  const { catalog, stores, router } = foundation
  const { directory } = catalog

  let delivery: Delivering
  const engine = createEngine({
    limits: config.limits,
    slots: ENCODE_SLOTS,
    open: (project, source, signal) => delivery.bytes(project, source, signal),
  })
  delivery = createDelivery({
    engine,
    open: router.open,
    identity: router.identity,
    limits: config.limits,
    cache: { ...config.cache, dir: join(config.dataDir, 'cache'), bucket: resultBucket(config, foundation) },
    fetchGate: createGate({ slots: FETCHES, queue: FETCH_QUEUE }),
    log,
  })
  let publicUrl = config.publicUrl ?? ''
  const optimizer = await createOptimizer({
    engine,
    make: createMaking({ engine, limits: config.limits }),
    directory,
    storeOf: router.storeOf,
    once: stores.once,
    dir: join(config.dataDir, 'optimizer'),
    limits: config.limits,
    keepMs: RESULTS_MS,
    log,
  })
  const usage = await createUsage({ file: join(config.dataDir, 'usage.json'), now: Date.now, log })
  const kraken = { directory, optimizer, usage, log, resultsUrl: () => `${publicUrl}/results` }
  const compressor = { directory, optimizer, log, publicUrl: () => publicUrl }
  const { sourceBytes } = config.limits
  const workers = ENCODE_SLOTS
  const jobs = await createJobs({
    store:
      config.database === 'sqlite'
        ? createEmbeddedJobs({ dataDir: config.dataDir })
        : createPgBossJobs({ database: config.database, log }),
    sealing: catalog.sealing,
    log,
    kinds: {
      [WARMUP]: {
        handler: createWarmupHandler({ directory, delivery, log }),
        workers: 1,
        queueLength: 256,
        attempts: 3,
        timeLimit: 3600,
      },
      [KRAKEN_JOB]: createKrakenJob({ ...kraken, workers, queueLength: JOBS_WAITING }),
      [COMPRESSOR_JOB]: createCompressorJob({
        ...{ directory, log, workers, sourceBytes },
        work: createWork(compressor),
        removeUpload: optimizer.spool.remove,
      }),
      [WEBHOOK]: webhookKind({ post: stores.post, workers: 8, queueLength: JOBS_WAITING }),
    },
  })
  const boundTo = (dialect: string) =>
    Object.keys(config.hosts).filter((host) => config.hosts[host]?.dialect === dialect)
  const pixboost = createPixboost({
    directory,
    delivery,
    jobs,
    publicUrl: () => publicUrl,
    hosts: boundTo('pixboost'),
    engineProject: () => catalog.listProjects().find(({ settings }) => settings.pixboost.engineRoutes)?.id,
    log,
  })
  const imagekit = createImagekit({
    directory,
    delivery,
    keySecret: (publicKey) => catalog.openKeySecret(publicKey),
    log,
  })
  const uploadsDir = join(config.dataDir, 'uploads')
  const depositing = { files: catalog.files, directory, storeOf: router.storeOf, limits: config.limits, log }
  const uploads = await createUploads({ ...depositing, probe: engine.probe })
  const sessions = createSessions({ ...depositing, sessions: catalog.uploadSessions, dir: uploadsDir })
  const filestack = createFilestack({
    ...{ directory, uploads, delivery, log, limits: config.limits, once: stores.once },
    publicUrl: () => publicUrl,
    keySecret: (publicKey) => catalog.openKeySecret(publicKey),
    serves: () => catalog.listProjects().some(({ settings }) => settings.filestack !== undefined),
    spoolDir: join(uploadsDir, 'forms'),
    processing: createProcessing,
    multipart: (context) => createMultipart({ ...context, sessions }),
  })
  const krakenSurface = createKraken({ ...kraken, jobs })
  const compressorSurface = createCompressor({ ...compressor, jobs, sourceBytes })
  const demo = configured.file === undefined ? await demoProject(catalog) : undefined
  const index = createIndexPage({
    version,
    publicUrl: () => publicUrl,
    ...(demo && { gallery: createGallery(demo, { directory, delivery, store: router.storeOf(demo.connection) }) }),
  })
  const health = createHealth({
    async ready() {
      const database = await catalog.ping().then(
        () => [],
        () => ['the catalog does not answer'],
      )
      return engine.load().queued > BUSY_QUEUE ? [...database, 'too much work is waiting'] : database
    },
  })
  const hosts = new Map<string, Surface>()
  for (const [host, { dialect, project, endpoint }] of Object.entries(config.hosts)) {
    if (dialect === 'pixboost') hosts.set(host, pixboost)
    else if (dialect === 'imagekit') hosts.set(host, imagekit.bind({ project, endpoint }))
    else if (dialect === 'kraken') hosts.set(host, krakenSurface)
    else if (dialect === 'compressor') hosts.set(host, compressorSurface)
    else hosts.set(host, filestack.bind({ project }))
  }
  const dispatcher = createDispatcher({
    surfaces: [pixboost, imagekit, krakenSurface, compressorSurface, health, index, filestack],
    hosts,
    log,
    trustProxy: config.trustProxy,
    access(status, entry) {
      const level = accessLevel(status)
      if (log.isLevelEnabled(level)) log[level](entry(), 'request')
    },
  })

  const address = await listen(dispatcher.server, listenAddress(config.listen))
  publicUrl ||= address
  log.info({ version, publicUrl, projects: catalog.listProjects().length }, `listening on ${address}`)
  jobs.start()
  if (demo) void paint(demo, publicUrl, log)

  await stopSignal()
  log.info('stopping: finishing what is in flight')
  await dispatcher.close(GRACE_MS)
  await jobs.close()
  await sessions.close()
  await uploads.close()
  await optimizer.close()
  await usage.close()
  await delivery.close()
  await engine.close()
  await foundation.close()
  log.info('stopped')
  flush()
}

/** Good answers are many, and logging one costs a third of answering it from the cache. */
function accessLevel(status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn'
  return status >= 400 ? 'info' : 'debug'
}

/** Lines are gathered for a moment: a write per request would cost more than a cached answer. */
const LOG_BUFFER_BYTES = 8192
const LOG_FLUSH_MS = 100

function openLog(level: Config['log']['level']): { readonly log: Logger; flush(): void } {
  const out = pino.destination({ dest: 1, sync: false, minLength: LOG_BUFFER_BYTES, periodicFlush: LOG_FLUSH_MS })
  process.on('exit', () => out.flushSync())
  return { log: pino({ level }, out), flush: () => out.flushSync() }
}

/** The third level of the cache: a connection of the house, looked up once. */
function resultBucket({ cache }: Config, { catalog, router }: Foundation) {
  if (cache.bucket === undefined) return undefined
  const { connection: alias, project, prefix } = cache.bucket
  const connection = catalog
    .listProjects()
    .find(({ id }) => id === project)
    ?.connections.find((one) => one.alias === alias)
  if (connection === undefined) throw new Fault('not-found', `cache.bucket: there is no connection ${alias}`)
  return { store: router.storeOf(connection), prefix: joinPrefix(connection.prefix, prefix) }
}

/** The first SIGTERM or SIGINT; later ones change nothing. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
  })
}

/** The catalog as the command line sees it. */
function desk({ catalog, router, close }: Foundation): Desk {
  const operator = { operator: true }
  return {
    projects: () => catalog.listProjects(),
    addProject: async (id) => void (await catalog.createProject(id)),
    addKey: (project, key) => catalog.addKey(project, key),
    removeKey: (project, publicKey) => catalog.removeKey(project, publicKey),
    addConnection: (project, connection) => catalog.addConnection(project, connection, operator),
    removeConnection: (project, alias) => catalog.removeConnection(project, alias),
    store: async (_project, connection) => router.storeOf(connection),
    close,
  }
}

const ports: Ports = {
  version,
  terminal: {
    program: process.env.TINTYPE_PROGRAM || 'tintype',
    env: process.env,
    stdin: process.stdin,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: process.stderr.isTTY ? process.stderr.columns : undefined,
    onInterrupt(stop) {
      const signals = ['SIGINT', 'SIGTERM'] as const
      for (const signal of signals) process.once(signal, stop)
      return () => {
        for (const signal of signals) process.off(signal, stop)
      }
    },
  },
  async serve({ config: path }) {
    await serve(readConfiguration(path))
  },
  async open({ config: path }) {
    const configured = readConfiguration(path)
    // Without a file there is nothing to declare: what an earlier one declared stays.
    return desk(await lay(configured, configured.file !== undefined, pino({ level: 'warn' }, pino.destination(2))))
  },
  async optimizer({ config: path }) {
    const { config } = readConfiguration(path)
    const { limits, dataDir } = config
    const open = () => Promise.reject(new Fault('unsupported', 'no further pictures are read here'))
    const engine = createEngine({ limits, slots: ENCODE_SLOTS, open })
    return {
      probe: engine.probe,
      make: createMaking({ engine, limits }),
      ...{ dataDir, sourceBytes: limits.sourceBytes, slots: ENCODE_SLOTS },
      close: engine.close,
    }
  },
}

function readConfiguration(path: string | undefined): Configured {
  const options = { env: process.env, cwd: process.cwd(), ...(path === undefined ? {} : { path }) }
  return { config: loadConfig(options), file: configFile(options) }
}

try {
  process.exitCode = await runProgram(ports, process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}

/** What the operator can mend is told in a sentence; a defect shows where it happened. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return formatConfigErrors(error)
  if (error instanceof CannotStart || error instanceof VaultError) return `tintype: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

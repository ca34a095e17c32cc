/**
 * The promise of a call with `callback_url`, kept by the whole server: what was accepted is done and told, whatever happens
 * to the process, and nothing half done is left. Small here; in full (1,000 calls, ten kills) with TINTYPE_CRASH_FULL=1.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { KRAKEN_JOB } from '../../src/dialects/kraken/callback.ts'
import { followId } from '../../src/jobs/create-jobs.ts'
import { WEBHOOK } from '../../src/jobs/webhook.ts'
import { onBothEngines, type Place } from '../jobs/places.ts'
import { startReceiver } from '../jobs/receiver.ts'
import { photo } from '../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts'
import { type Running, startServer } from '../support/server.ts'
import { noS3Server, type S3Server, startS3Server } from '../support/versitygw.ts'
import { startWebOrigin, type WebOrigin } from '../support/web-origin.ts'
import { callOf, KEYS, readCallback, type Surroundings, type Told } from './jobs-calls.ts'

const FULL = process.env.TINTYPE_CRASH_FULL === '1'
const CALLS = FULL ? 1000 : 60
const KILLS = FULL ? 10 : 3
const SENDERS = 4
const TIMEOUT = FULL ? 1_800_000 : 180_000
const PATIENCE = { timeout: TIMEOUT, interval: 100 }
const PUBLIC_URL = 'https://img.example.com'
const CONFIG = {
  publicUrl: PUBLIC_URL,
  network: { allowPrivate: true },
  projects: [
    { id: 'demo', keys: [{ label: 'Key', publicKey: KEYS.api_key, secret: KEYS.api_secret, allowedHosts: [] }] },
  ],
}

/** Something that happened outside of the server; each kind is the moment of some kills. */
type Moment = 'accepted' | 'fetched' | 'pushed' | 'told'
const MOMENTS: readonly Moment[] = ['accepted', 'fetched', 'told', 'pushed']

let origin: WebOrigin
let s3: S3Server | undefined
let proxy: S3Proxy | undefined
let bucket = ''
let upload: Buffer
let onNews: (moment: Moment) => void = () => undefined

beforeAll(async () => {
  origin = await startWebOrigin()
  const picture = await photo(320, 240, 'jpeg')
  origin.answer('/a.jpg', () => {
    onNews('fetched')
    return { body: picture }
  })
  if (!noS3Server()) {
    s3 = await startS3Server()
    proxy = await startS3Proxy(s3.endpoint)
    proxy.rule({
      method: 'PUT',
      effect: { kind: 'slow-down' },
      when() {
        onNews('pushed')
        return false
      },
    })
  }
  upload = await photo(160, 120, 'png')
})
afterAll(async () => {
  await proxy?.stop()
  await s3?.stop()
  await origin?.stop()
})

onBothEngines((places, engine) => {
  it('what was accepted is done and told, however often the process is killed', { timeout: TIMEOUT }, async () => {
    const place = await places.place()
    const folder = await mkdtemp(join(tmpdir(), 'tintype-crash-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const dataDir = engine === 'sqlite' ? place.address[1] : join(folder, 'data')
    const config = { ...CONFIG, dataDir, database: engine === 'sqlite' ? 'sqlite' : place.address[1] }
    bucket = (await s3?.createBucket('crash')) ?? ''

    const callbacks = await listenForCallbacks()
    let server = startServer({ config, folder })
    const sender = createSender(callbacks.url, () => server)
    let code: number | null = null
    try {
      await server
      const sending = sender.sendAll()
      sending.catch(() => undefined)
      for (let kill = 0; kill < KILLS; kill++) {
        await reached(kill, () => sender.accepted.size + callbacks.told.size)
        const dying = await server
        const born = Promise.withResolvers<Running>()
        server = born.promise
        await dying.kill()
        // Nobody waits for the leases to end.
        await place.age(31)
        born.resolve(startServer({ config, folder }))
        await server
      }
      onNews = () => undefined
      await sending
      await expect.poll(() => unfinished(place), PATIENCE).toEqual([])
      await checkJobs(place, callbacks.told)
    } finally {
      const last = await server
      code = await last.stop()
    }
    expect(code).toBe(0)

    expect(sender.accepted.size).toBe(CALLS)
    for (const [id, path] of sender.accepted) expect([id, callbacks.told.get(id)?.path]).toEqual([id, path])
    const results = [...callbacks.told.values()].flatMap(({ bodies }) => outcomeOf(bodies).results)
    const published = results.filter(({ url }) => url.startsWith(PUBLIC_URL))
    const stored = results.filter(({ url }) => !url.startsWith(PUBLIC_URL))
    expect(await filesBelow(dataDir)).toEqual(
      [
        ...(engine === 'sqlite' ? ['jobs.sqlite', 'tintype.sqlite'] : []),
        ...['master.key', 'usage.json'],
        ...published.flatMap(({ url }) => RESULT_FILES.map((name) => join('optimizer', 'results', idIn(url), name))),
      ].sort(),
    )
    for (const { url, bytes } of published) {
      expect([url, (await stat(join(dataDir, 'optimizer', 'results', idIn(url), 'bytes'))).size]).toEqual([url, bytes])
    }
    if (s3 !== undefined) expect(await objectsIn(s3, bucket)).toEqual(stored.map(keyAndBytes).sort())
  })

  /** Every call has one job and one webhook, and all of them went well. */
  async function checkJobs(place: Place, told: Callbacks['told']): Promise<void> {
    const jobs = [...told.keys()].flatMap((id) => [uuidOf(id), followId(uuidOf(id), WEBHOOK)])
    expect((await rowsOf(place)).map(({ id }) => id).sort()).toEqual(jobs.sort())
    const observer = await places.open(place, { [KRAKEN_JOB]: {}, [WEBHOOK]: {} }, { idle: true })
    for (const job of jobs) expect(await observer.status(job)).toMatchObject({ id: job, state: 'done' })
    await observer.close()
  }
})

type Callbacks = {
  readonly url: string
  /** What was told by the id of a call: every body with its type, and where to. */
  readonly told: ReadonlyMap<string, { readonly path: string; readonly bodies: Set<string> }>
}

async function listenForCallbacks(): Promise<Callbacks> {
  const told = new Map<string, { path: string; bodies: Set<string> }>()
  const { url } = await startReceiver(({ path, headers, body }, response) => {
    const type = headers['content-type'] ?? ''
    const { id } = readCallback(type, String(body))
    const known = told.get(id)
    told.set(id, { path, bodies: (known?.bodies ?? new Set()).add(`${type}\n${body}`) })
    // Some receivers have a bad moment, as long as more kills come: those make time pass.
    const [, n] = path.split('/')
    response.writeHead(known === undefined && Number(n) % 10 === 7 && Number(n) < CALLS / 3 ? 503 : 200).end()
    onNews('told')
  })
  return { url, told }
}

/** Each was told the same, however often it was told. */
function outcomeOf(bodies: ReadonlySet<string>): Told {
  const [first = '', ...others] = bodies
  expect(others).toEqual([])
  const [type = '', body = ''] = first.split('\n')
  const outcome = readCallback(type, body)
  expect(outcome.success).toBe(true)
  return outcome
}

/** Sends all calls, each again and again until its answer comes. `accepted`: the path of the callback by the id. */
function createSender(receiver: string, server: () => Promise<Running>) {
  const store = s3 && proxy && { ...s3, bucket, endpoint: proxy.endpoint }
  const around: Surroundings = { source: `${origin.url}/a.jpg`, upload, receiver, store }
  const accepted = new Map<string, string>()
  let next = 0

  async function send(n: number): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { url } = await server()
      const { path, init } = callOf(n, attempt, around)
      const answer = await fetch(url + path, init)
        .then(async (response) => ({ status: response.status, text: await response.text() }))
        // Killed in between: whether this one was accepted nobody knows.
        .catch(() => undefined)
      if (answer === undefined) continue
      expect(answer).toEqual({ status: 200, text: expect.stringMatching(/^{"id":"[0-9a-f]{32}"}$/) })
      accepted.set(answer.text.slice(7, -2), `/${n}/${attempt}`)
      return onNews('accepted')
    }
  }
  async function sendSome(): Promise<void> {
    for (let n = next++; n < CALLS; n = next++) await send(n)
  }
  return { accepted, sendAll: () => Promise.all(Array.from({ length: SENDERS }, sendSome)) }
}

/** Resolves when it is time for a kill: its share of all that is to be accepted and told, and at a moment of its kind. */
function reached(kill: number, progress: () => number): Promise<void> {
  const share = ((kill + 1) / (KILLS + 1)) * 2 * CALLS
  return new Promise((resolve) => {
    onNews = (moment) => {
      // When all calls are accepted, that moment does not come any more.
      const late = progress() >= share + CALLS / 10
      if (progress() >= share && (moment === MOMENTS[kill % MOMENTS.length] || late)) resolve()
    }
  })
}

type Row = { readonly id: string; readonly state: string }

async function rowsOf(place: Place): Promise<readonly Row[]> {
  const rows: readonly Row[] = JSON.parse(await place.dump())
  return rows.map(({ id, state }) => ({ id, state }))
}

/** Jobs that have not ended. */
async function unfinished(place: Place): Promise<readonly Row[]> {
  return (await rowsOf(place)).filter(({ state }) => !/^(done|dead|completed)$/.test(state))
}

const RESULT_FILES = ['bytes', 'label.json']

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.map((file) => relative(folder, file)).sort()
}

async function objectsIn({ client }: S3Server, Bucket: string): Promise<readonly string[]> {
  const objects: string[] = []
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    objects.push(...Contents.map(({ Key, Size }) => `${Key} ${Size}`))
  }
  return objects.sort()
}

function keyAndBytes({ url, bytes }: { readonly url: string; readonly bytes: number }): string {
  return `${new URL(url).pathname.slice(bucket.length + 2)} ${bytes}`
}

/** The id in the URL of a temporary result. */
function idIn(url: string): string {
  return url.split('/').slice(-5, -1).join('')
}

/** The id of the job behind a call. */
function uuidOf(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

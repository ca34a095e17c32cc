import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../../../src/catalog/database.ts'
import { createFiles } from '../../../src/catalog/files.ts'
import { createUploadSessions } from '../../../src/catalog/upload-sessions.ts'
import { createMultipart } from '../../../src/dialects/filestack/multipart.ts'
import { createSourceRouter } from '../../../src/source-router.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import { createStores } from '../../../src/storage/stores.ts'
import { createSessions, type Sessions, type SessionsOptions } from '../../../src/uploads/sessions.ts'
import { type Answer, type House, type HouseOptions, KEY, openHouse } from './house.ts'

export const MB = 1024 * 1024
export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

export type MultipartHouse = House & {
  readonly sessions: Sessions
  /** Ends the sessions' process and starts another one, with the clock and the disk as they are. */
  restart(): Promise<void>
  /** Folders of pieces on the disk. */
  pieces(): Promise<readonly string[]>
}

/** The dialect's house with upload sessions. */
export async function openMultipartHouse(
  options: HouseOptions & { readonly sessions?: Partial<SessionsOptions> } = {},
): Promise<MultipartHouse> {
  let handle: ReturnType<typeof createMultipart>['handle'] = async () => {
    throw new Error('not open yet')
  }
  let made: ((sessions: Sessions) => void) | undefined
  const house = await openHouse({
    ...options,
    multipart(context) {
      made = (sessions) => {
        handle = createMultipart({ ...context, sessions }).handle
      }
      return { handle: (...request) => handle(...request) }
    },
  })
  const opened = await openDatabase({ database: 'sqlite', dataDir: house.dir, log: QUIET })
  const stores = createStores({ guard: createGuard({ allowPrivate: true }) })
  const { storeOf } = createSourceRouter({
    catalog: { directory: house.directory, openSecrets: options.openSecrets ?? (() => ({})) },
    stores,
  })
  const wrap = options.wrap ?? ((store) => store)
  const now = () => Date.now() + house.ahead
  const start = () =>
    createSessions({
      ...{ directory: house.directory, dir: join(house.dir, 'uploads'), log: QUIET, now, sweepMs: 86_400_000 },
      sessions: createUploadSessions(opened.db, now),
      files: createFiles(opened.db, now),
      storeOf: (connection) => wrap(storeOf(connection)),
      limits: { uploadBytes: options.uploadBytes ?? 200 * MB },
      ...options.sessions,
    })
  let sessions = start()
  made?.(sessions)
  const { stop } = house
  return Object.defineProperties(
    {
      ...house,
      sessions,
      ahead: 0,
      async restart() {
        await sessions.close()
        sessions = start()
        made?.(sessions)
      },
      pieces: () => readdir(join(house.dir, 'uploads', 'parts')).catch(() => []),
      async stop() {
        await sessions.close()
        await stores.close()
        await opened.db.destroy()
        await stop()
      },
    },
    {
      sessions: { get: () => sessions },
      ahead: {
        get: () => house.ahead,
        set: (milliseconds: number) => {
          house.ahead = milliseconds
        },
      },
    },
  )
}

const QUIET = { warn: () => undefined, info: () => undefined, error: () => undefined }

export type Store = Readonly<Record<string, unknown>>
export type Started = { readonly uri: string; readonly region: string; readonly upload_id: string }
export type Part = { readonly part_number: number; readonly etag: string }

/** The requests of the JavaScript SDK (4.3.8), member by member. */
export function createClient(house: House, credentials: Readonly<Record<string, string>> = {}) {
  const trace = { 'filestack-source': 'JS-4.3.8', 'filestack-trace-id': '1-a', 'filestack-trace-span': 'jssdk-a' }
  const file = { filename: 'cat.png', mimetype: 'image/png' }

  const post = (step: string, body: object): Promise<Answer> =>
    house.send('POST', `/multipart/${step}`, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...trace },
    })
  const common = ({ uri, region, upload_id }: Started) => ({ apikey: KEY, ...credentials, uri, region, upload_id })
  const store = (of: Store) => ({ store: { location: 's3', ...of } })

  return {
    post,
    start: (size: number, of: Store = {}, more: object = {}) =>
      post('start', { ...file, size, ...{ apikey: KEY, ...credentials }, ...more, ...store(of) }),
    upload: (started: Started, slice: object, of: Store = {}) =>
      post('upload', { ...common(started), ...slice, ...store(of) }),
    put: (answer: Answer, bytes: Uint8Array<ArrayBuffer>) =>
      house.send('PUT', answer.json.url, { body: bytes, headers: answer.json.headers }),
    commit: (started: Started, part: number, size: number) =>
      post('commit', { ...common(started), size, part, ...store({}) }),
    complete: (started: Started, size: number, more: object, of: Store = {}) =>
      post('complete', { ...common(started), ...file, size, ...more, ...store(of) }),
    /** A whole part, as regular mode sends it. */
    async part(started: Started, part: number, bytes: Uint8Array<ArrayBuffer>, of: Store = {}): Promise<Part> {
      const asked = await this.upload(started, { part, size: bytes.byteLength, md5: md5(bytes) }, of)
      const answer = await this.put(asked, bytes)
      return { part_number: part, etag: answer.headers.get('etag') ?? '' }
    },
    /** A chunk of a part, as the intelligent mode sends it. */
    async chunk(started: Started, part: number, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Answer> {
      const slice = { fii: true, part, size: bytes.byteLength, offset, md5: md5(bytes) }
      return this.put(await this.upload(started, slice), bytes)
    },
  }
}

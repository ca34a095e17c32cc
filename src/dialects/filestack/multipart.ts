/** The multipart upload protocol: `/multipart/{start,upload,commit,complete}`, and the address that parts are sent to (filestack §5). */
import { isFault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { incoming } from '../../http/incoming.ts'
import { sendText } from '../../http/respond.ts'
import { GRANT_SECONDS, type Sessions, type Slice, type UploadSession } from '../../uploads/sessions.ts'
import type { FileRecord } from '../../uploads/uploads.ts'
import { CORS, sendJson, uuidOf } from './answers.ts'
import type { App } from './app.ts'
import { checkSize, type Grant } from './authority.ts'
import type { Context } from './context.ts'
import { refusing, UNEXPECTED } from './faults.ts'
import type { Multipart, Step } from './handler.ts'
import { addressOf, isSigned, readAddress } from './multipart-address.ts'
import { BAD_ADDRESS, invalid, NO_METHOD, NO_UPLOAD, sendRefusal, uploadRefusal } from './multipart-faults.ts'
import { readRequest, type UploadRequest } from './multipart-request.ts'
import { inferNames, typeOf } from './names.ts'
import { forgetPictures } from './pictures.ts'
import { sourceOf } from './sources.ts'
import { appAt, type Door } from './wish.ts'

export type MultipartContext = Pick<
  Context,
  'directory' | 'authority' | 'uploads' | 'delivery' | 'publicUrl' | 'log' | 'now'
> & { readonly sessions: Sessions }

/** A client must be told some region; most stores have none. */
const ANY_REGION = 'us-east-1'

export function createMultipart(context: MultipartContext): Multipart {
  const { directory, authority, uploads, sessions, publicUrl, log, now } = context

  /** Any file that a policy lets somebody pick or store may be uploaded, to where it says. */
  function authorise(app: App, request: UploadRequest, settled: Settled): Grant {
    const policy = request.text('policy')
    const signature = request.text('signature')
    const { key, container = '' } = settled.place
    const path = request.store('path')
    // The place was settled at the start; what is said of it later is believed if it leads there.
    const fits = path !== undefined && leadsTo(path, app, settled)
    const credentials = { ...(policy !== undefined && { policy }), ...(signature !== undefined && { signature }) }
    return authority.check(app, credentials, {
      ...{ calls: [], anyOf: ['pick', 'store'], key, container },
      ...(fits && { path }),
    })
  }

  async function start(exchange: Exchange, request: UploadRequest, door: Door): Promise<void> {
    const app = appOf(request, door)
    const called = request.text('filename')
    if (called === undefined) throw invalid('filename')
    const type = request.text('mimetype')
    if (type !== undefined && typeOf(type) === undefined) throw invalid('mimetype')
    const { filename, mimetype } = inferNames({ from: 'part', filename: called, mimetype: typeOf(type) })
    const size = request.count('size')
    if (size === undefined || size === 0) throw invalid('size')
    const [access, region] = [accessOf(request), regionOf(request)]
    const [location, path, container] = [request.store('location'), request.store('path'), request.store('container')]
    const destination = uploads.place({
      ...{ project: app.project.id, filename },
      ...(location !== undefined && { location }),
      ...(path !== undefined && { path }),
      ...(container !== undefined && { container }),
    })
    checkSize(size, authorise(app, request, destination).bounds)
    const chunked = isChunked(request)
    const { origin } = exchange.req.headers
    const session = await sessions.start({
      ...{ project: app.project.id, apiKey: app.key.publicKey, filename, mimetype, size, destination, access, chunked },
      directUploads: app.settings.directUploads,
      ...(region !== undefined && { region }),
      ...(origin !== undefined && { origin }),
    })
    const { place } = session.file
    const connection = app.project.connections.find(({ alias }) => alias === place.connection)
    sendJson(exchange, 200, {
      uri: `/${[place.container, place.key].filter((part) => part !== undefined).join('/')}`,
      region: region ?? connection?.region ?? ANY_REGION,
      upload_id: session.id,
      location_url: publicUrl(),
      ...(chunked && { upload_type: 'intelligent_ingestion' }),
    })
  }

  async function upload(exchange: Exchange, request: UploadRequest, door: Door): Promise<void> {
    const { session } = await known(request, door)
    const slice = sliceOf(request)
    const target = await sessions.grant(session, slice)
    const expires = Math.floor(now() / 1000) + GRANT_SECONDS
    const here = () => ({ url: publicUrl() + addressOf(session, slice, expires), headers: {} })
    const { url, headers } = target.kind === 'store' ? target : here()
    sendJson(exchange, 200, { url, headers, location_url: publicUrl() })
  }

  async function commit(exchange: Exchange, request: UploadRequest, door: Door): Promise<void> {
    const { session } = await known(request, door)
    checkWhole(request, session)
    await sessions.commit(session, required(request, 'part'))
    sendJson(exchange, 200, {})
  }

  async function complete(exchange: Exchange, request: UploadRequest, door: Door): Promise<void> {
    const { app, session, grant } = await known(request, door)
    checkWhole(request, session)
    checkSize(session.file.size, grant.bounds)
    const chunked = isChunked(request)
    const parts = request.parts()
    if (parts === undefined && !chunked) throw invalid('parts')
    const outcome = await sessions.complete(session, { parts: parts ?? [], chunked })
    if (outcome.kind === 'merging') return sendJson(exchange, 202, {})
    const { file } = outcome
    // Another object may have been there, and pictures made of it.
    if (session.exact) await forgetPictures(context, app, file)
    const { handle, filename, size, mimetype, place } = file
    sendJson(exchange, 200, {
      ...{ handle, url: `${publicUrl()}/${handle}`, filename, size, mimetype },
      ...{ key: place.key, container: place.container ?? '', status: 'Stored' },
      ...{ upload_tags: request.raw('upload_tags') ?? {}, workflows: [] },
    })
  }

  async function part(exchange: Exchange): Promise<void> {
    const { req, res, signal } = exchange
    try {
      const address = readAddress(exchange.target)
      const session = address && (await sessions.find(address.id))
      if (address === undefined || session === undefined) throw refusing(NO_UPLOAD)
      if (!isSigned(session, address) || address.expires * 1000 <= now()) throw refusing(BAD_ADDRESS)
      const declared = req.headers['content-length']
      if (declared !== undefined && Number(declared) !== address.slice.size) throw invalid('size')
      const { etag } = await sessions.take(session, address.slice, incoming(exchange), signal)
      sendText(exchange, 200, [...CORS, 'ETag', etag, 'Cache-Control', 'no-store'])
    } finally {
      if (!req.complete) {
        // What still comes is thrown away while the answer goes out; the connection is not used again.
        res.shouldKeepAlive = false
        req.resume()
      }
    }
  }

  /** The upload that a request goes on with, and that it may. */
  async function known(
    request: UploadRequest,
    door: Door,
  ): Promise<{ app: App; session: UploadSession; grant: Grant }> {
    const app = appOf(request, door)
    const id = request.text('upload_id')
    if (id === undefined) throw invalid('upload_id')
    const session = await sessions.find(id)
    if (session === undefined || session.file.project !== app.project.id) throw refusing(NO_UPLOAD)
    return { app, session, grant: authorise(app, request, { place: session.file.place, exact: session.exact }) }
  }

  function appOf(request: UploadRequest, door: Door): App {
    const key = request.text('apikey')
    if (key === undefined) throw invalid('apikey')
    return appAt(directory, door, key)
  }

  const steps = { start, upload, commit, complete }

  async function answer(exchange: Exchange, step: Step, door: Door): Promise<void> {
    const { method } = exchange.req
    if (step === 'part' ? method !== 'PUT' : method !== 'POST') throw refusing(NO_METHOD)
    return step === 'part' ? part(exchange) : steps[step](exchange, await readRequest(exchange), door)
  }

  return {
    async handle(exchange, step, door) {
      try {
        await answer(exchange, step, door)
      } catch (error) {
        // Nobody is left to be answered.
        if (exchange.res.destroyed || exchange.signal.aborted) return
        const refusal = uploadRefusal(error)
        const facts = { id: exchange.id, uuid: uuidOf(exchange), step }
        if (refusal === UNEXPECTED) log.error({ ...facts, err: error }, 'a request failed unexpectedly')
        else if (refusal.status >= 500)
          log.warn({ ...facts, err: isFault(error) ? (error.cause ?? error) : error }, refusal.message)
        sendRefusal(exchange, refusal, now())
      }
    },
  }
}

/** Where a file goes, and whether its sender named the whole key. */
type Settled = { readonly place: FileRecord['place']; readonly exact: boolean }

/** Whether a file whose sender gave this path is put there. */
function leadsTo(path: string, { project }: App, { place, exact }: Settled): boolean {
  const source = sourceOf(project, { place })
  const key = source.kind === 'object' ? source.key : place.key
  const bare = path.replace(/^\/+/, '')
  if (exact) return bare === key
  const isFolder = bare === '' || bare.endsWith('/')
  return isFolder && key.startsWith(bare) && !key.includes('/', bare.length)
}

function sliceOf(request: UploadRequest): Slice {
  const md5 = request.text('md5')
  if (md5 !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(md5)) throw invalid('md5')
  return {
    ...{ part: required(request, 'part'), size: required(request, 'size') },
    ...(md5 !== undefined && { md5 }),
    ...(isChunked(request) && { start: request.count('offset') ?? 0 }),
  }
}

/** Forms say `multipart` for it. */
function isChunked(request: UploadRequest): boolean {
  return request.flag('fii') || request.flag('multipart')
}

/** `size` is the size of the whole file. */
function checkWhole(request: UploadRequest, { file }: UploadSession): void {
  if (required(request, 'size') !== file.size) throw invalid('size')
}

function required(request: UploadRequest, name: string): number {
  const count = request.count(name)
  if (count === undefined) throw invalid(name)
  return count
}

function accessOf(request: UploadRequest): 'public' | 'private' {
  const access = request.store('access')?.toLowerCase() ?? 'private'
  if (access !== 'public' && access !== 'private') throw invalid('store:access')
  return access
}

function regionOf(request: UploadRequest): string | undefined {
  const region = request.store('region')
  if (region !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(region)) throw invalid('store:region')
  return region
}

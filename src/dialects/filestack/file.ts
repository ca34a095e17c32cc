/** Calls on a stored file: `/api/file/{handle}` (filestack §1.3). */
import type { FileRecord } from '../../catalog/files.ts'
import type { Exchange } from '../../http/exchange.ts'
import { cacheControl, sendJson, sendPlain } from './answers.ts'
import { type App, appOf } from './app.ts'
import { decodeBase64 } from './base64.ts'
import { type Handed, readFields, receive, type Taker } from './body.ts'
import { answerContent } from './content.ts'
import type { Context } from './context.ts'
import { NO_APP, NO_FILE, refusing, storing } from './faults.ts'
import { createParameters, credentialsOf, type Parameters, queryOf } from './parameters.ts'
import { forgetPictures } from './pictures.ts'
import { PolicyRefusal } from './policy.ts'
import type { Storing } from './store.ts'
import { openUrl } from './url-source.ts'
import { appAt, blobOf, type Door, mimetypeOf } from './wish.ts'

/** Default caching of the CDN, seconds (filestack §4.1). */
const CACHE_SECONDS = 2_592_000

export type Found = { readonly file: FileRecord; readonly app: App }

/** The file of a handle. Fault with status 404 when there is none, or none at this door. */
export async function findFile({ uploads, directory }: Context, door: Door, handle: string): Promise<Found> {
  const file = await uploads.find(handle)
  const app = file && appOf(directory, file)
  const elsewhere = door.project !== undefined && door.project !== file?.project
  if (file === undefined || app === undefined || elsewhere) throw refusing(NO_FILE)
  return { file, app }
}

/** GET and HEAD: the content. */
export async function answerFile(context: Context, exchange: Exchange, { file, app }: Found): Promise<void> {
  const parameters = createParameters(queryOf(exchange.target))
  const { handle } = file
  context.authority.check(app, credentialsOf(exchange, parameters), { calls: ['read'], handle })
  // What only some may see is kept by nobody else.
  const keeps = parameters.flag('cache') === true && !app.settings.security
  await answerContent(context, exchange, file, {
    attachment: parameters.flag('dl') ?? false,
    base64: parameters.flag('base64encode') ?? false,
    cacheControl: cacheControl(app, keeps ? CACHE_SECONDS : 'no'),
  })
}

/**
 * POST and PUT: other bytes under the same handle, key and name. The file of a form always waits on the disk until all fields are
 * known, since what is overwritten cannot be put back: up to `limits.uploadBytes` when what came before it may overwrite, else up to
 * `limits.sourceBytes`.
 */
export async function answerOverwrite(context: Storing, exchange: Exchange, found: Found, door: Door): Promise<void> {
  const { file } = found
  const { uploadBytes, sourceBytes } = context.limits
  const taker: Taker<FileRecord> = {
    begin(parameters) {
      try {
        checkOverwrite(context, exchange, found, { door, parameters, by: 'bytes' })
        return { most: uploadBytes, as: 'known' }
      } catch (error) {
        // What is missing may still come.
        const missing = error instanceof PolicyRefusal && error.reason.kind === 'missing'
        if (missing) return { most: Math.min(sourceBytes, uploadBytes), as: 'strangers' }
        throw error
      }
    },
    take: (handed, parameters) => overwrite(context, exchange, found, { door, parameters, handed }),
    check: () => undefined,
    undo: async () => undefined,
  }
  const receiving = { spool: context.spool, limit: uploadBytes }
  const written = await receive(exchange, queryOf(exchange.target), taker, receiving)
  await forgetPictures(context, found.app, file)
  sendJson(exchange, 200, blobOf(context, written))
}

type Overwriting = { readonly door: Door; readonly parameters: Parameters }

/** Overwriting needs authority, security on or off; from a URL either of two calls will do (filestack §2.3, §2.4). */
function checkOverwrite(
  { authority, directory }: Context,
  exchange: Exchange,
  { file, app }: Found,
  { door, parameters, by }: Overwriting & { readonly by: Handed['kind'] },
) {
  checkKey(directory, door, app, parameters)
  const credentials = credentialsOf(exchange, parameters)
  const calls = by === 'url' ? ({ calls: [], anyOf: ['writeUrl', 'write'] } as const) : ({ calls: ['write'] } as const)
  return { ...authority.check(app, credentials, { ...calls, handle: file.handle, always: true }), credentials }
}

/** A key that is sent must be one of the project that the file belongs to. */
function checkKey(directory: Context['directory'], door: Door, app: App, parameters: Parameters): void {
  const key = parameters.text('key')
  if (key === undefined) return
  if (appAt(directory, door, key).project.id !== app.project.id) throw refusing(NO_APP)
}

async function overwrite(
  context: Storing,
  exchange: Exchange,
  found: Found,
  { door, parameters, handed }: Overwriting & { readonly handed: Handed },
): Promise<FileRecord> {
  const { file, app } = found
  const { bounds, credentials } = checkOverwrite(context, exchange, found, { door, parameters, by: handed.kind })
  const mimetype = mimetypeOf(parameters)
  const base64 = parameters.flag('base64decode') ?? false
  const { signal } = exchange
  const source =
    handed.kind === 'bytes' ? handed : await openUrl(context, exchange, { url: handed.url, app, credentials })
  const { body, size } = source
  const order = {
    bounds,
    ...(mimetype !== undefined && { mimetype }),
    ...(size !== undefined && !base64 && { size }),
  }
  const bytes = base64 ? decodeBase64(body) : body
  return storing(file.location, () => context.uploads.overwrite(file, order, bytes, signal))
}

/** DELETE, and POST to `/remove`: the link and the object, or the link alone. */
export async function answerRemove(context: Storing, exchange: Exchange, found: Found, door: Door): Promise<void> {
  const { file, app } = found
  const parameters = await readFields(exchange, queryOf(exchange.target))
  checkKey(context.directory, door, app, parameters)
  const asked = { calls: ['remove'], handle: file.handle, always: true } as const
  context.authority.check(app, credentialsOf(exchange, parameters), asked)
  const keepObject = parameters.flag('skip_storage') ?? false
  await storing(file.location, () => context.uploads.remove(file, { keepObject }))
  await forgetPictures(context, app, file)
  sendPlain(exchange, 200, 'success')
}

/** Files behind URLs that a request names: downloads, and this server's own links without a way around (filestack §1.1). */
import { Fault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type App, appOf } from './app.ts'
import type { Credentials } from './authority.ts'
import type { Context, Downloaded } from './context.ts'
import { badUrl } from './faults.ts'
import { ownTarget } from './own-target.ts'
import { createParameters, pathOf, queryOf } from './parameters.ts'
import { PolicyRefusal } from './policy.ts'

export type UrlRequest = {
  readonly url: string
  /** Who asks. */
  readonly app: App
  /** Hold for the caller's own files where the URL brings none. */
  readonly credentials: Credentials
}

/** What it takes to open a URL; `processed` knows the processing URLs of this server. */
export type Opening = Context & {
  processed(exchange: Exchange, request: UrlRequest): Promise<Downloaded | undefined>
}

/** Opens a URL. Fault with status 400 for one that cannot be had, while its body flows too; PolicyRefusal for one of this server. */
export async function openUrl(context: Opening, exchange: Exchange, request: UrlRequest): Promise<Downloaded> {
  const { url } = request
  const { signal } = exchange
  try {
    if (!isWebUrl(url)) throw new Fault('key-invalid')
    const target = ownTarget(context.publicUrl(), url)
    const opened =
      target === undefined
        ? undefined
        : ((await openLink(context, target, request, signal)) ?? (await context.processed(exchange, request)))
    const found = opened ?? (await context.download(url, undefined, signal))
    return { ...found, body: translated(found.body, url) }
  } catch (error) {
    throw error instanceof PolicyRefusal ? error : badUrl(url, error)
  }
}

/** A file link of either form: `/api/file/{handle}` or `/{handle}`. Nothing for other URLs of this server. */
async function openLink(
  context: Context,
  target: string,
  request: UrlRequest,
  signal: AbortSignal,
): Promise<Downloaded | undefined> {
  const handle = /^\/(?:api\/file\/)?([A-Za-z0-9_-]{20})(?:\+[^/]*)?\/?$/.exec(pathOf(target))?.[1]
  if (handle === undefined) return undefined
  const { directory, uploads, authority } = context
  const file = await uploads.find(handle)
  const app = file && appOf(directory, file)
  if (file === undefined || app === undefined) throw new Fault('object-missing')
  const query = createParameters(queryOf(target))
  const [policy, signature] = [query.text('policy'), query.text('signature')]
  const ownFile = app.project.id === request.app.project.id
  const credentials =
    policy !== undefined || signature !== undefined
      ? { ...(policy && { policy }), ...(signature && { signature }) }
      : ownFile
        ? request.credentials
        : {}
  authority.check(app, credentials, { calls: ['read'], handle })
  const body = await uploads.read(file, undefined, signal)
  return { body, contentType: file.mimetype, filename: file.filename, size: file.size }
}

async function* translated(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw badUrl(url, error)
  }
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== ''
}

/** What is told of a URL to everybody who may look at the file. */
export function withoutUser(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.username === '' && url.password === '')) return text
  url.username = ''
  url.password = ''
  return url.href
}

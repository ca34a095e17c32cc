import type { Exchange, Surface } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import { card, galleryHead, pageEnd, pageStart, plainBody } from './pages.ts'
import { POLICY } from './style.ts'

/** The operations of the Pixboost API, in the order in which the page offers them. */
export type Operation = 'optimise' | 'resize' | 'fit' | 'asis'

/** A picture that the page shows. */
export type Shown = { readonly name: string; readonly title: string }

/** Bytes and media type of a picture. */
export type Weight = { readonly bytes: number; readonly type: string }

/** The pictures the page shows: those of the demo, or of the local folder. */
export type Gallery = {
  pictures(): Promise<readonly Shown[]>
  /** Path and query, beginning with `/`, that answers the picture; `size` as the operation takes it. */
  path(picture: Shown, operation: Operation, size?: string): string
  /** What the source weighs. Throws a Fault. */
  original(picture: Shown, signal: AbortSignal): Promise<Weight>
  /** What `optimise` really delivers for an `Accept` header. Throws a Fault. */
  delivered(picture: Shown, accept: string, signal: AbortSignal): Promise<Weight>
}

export type IndexPageOptions = {
  readonly version: string
  /** What URLs to copy start with, without a slash at the end. */
  readonly publicUrl: () => string
  /** Absent on a server that somebody configured: then the page lists nothing of anybody. */
  readonly gallery?: Gallery
}

const HEADERS = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  POLICY,
  'X-Content-Type-Options',
  'nosniff',
  'Referrer-Policy',
  'no-referrer',
  'Cache-Control',
  'no-store',
] as const

/** What a browser accepts that knows the new formats. */
const MODERN = 'image/avif,image/webp'

/**
 * The page at `/`: proof that the server runs. On a first start it shows the demo's pictures with what they weigh before
 * and after; on a configured server only the server's name, its version and where to go from here. Works without scripts.
 */
export function createIndexPage(options: IndexPageOptions): Surface {
  return {
    name: 'index',
    owns: (target) => target === '/' || target.startsWith('/?'),
    async handle(exchange) {
      const { method } = exchange.req
      if (method !== 'GET' && method !== 'HEAD') return refuse(exchange, 405)
      const { res } = exchange
      res.writeHead(200, [...HEADERS])
      if (method === 'HEAD') return void res.end()
      const title = options.gallery === undefined ? 'Tintype' : 'Tintype: your pictures, before and after'
      res.write(pageStart(title).html)
      if (options.gallery === undefined) res.write(plainBody(options.version).html)
      else await writeGallery(exchange, options, options.gallery)
      res.end(pageEnd().html)
    },
    refuse,
  }
}

/** Cards go out one by one as they are measured, so that the first is seen while the last is still being computed. */
async function writeGallery({ res, signal }: Exchange, options: IndexPageOptions, gallery: Gallery): Promise<void> {
  const pictures = await gallery.pictures().catch(() => [])
  const [first] = pictures
  const example = first === undefined ? undefined : options.publicUrl() + gallery.path(first, 'resize', '400')
  res.write(galleryHead(options.version, example).html)
  for (const picture of pictures) {
    if (signal.aborted || res.destroyed) return
    const weights = await weigh(gallery, picture, signal).catch(() => undefined)
    const path = (operation: Operation, size?: string) => gallery.path(picture, operation, size)
    res.write(card({ title: picture.title, name: picture.name, path, ...(weights !== undefined && { weights }) }).html)
  }
  res.write('</ul>')
}

async function weigh(gallery: Gallery, picture: Shown, signal: AbortSignal) {
  const [original, plain, modern] = await Promise.all([
    gallery.original(picture, signal),
    gallery.delivered(picture, '', signal),
    gallery.delivered(picture, MODERN, signal),
  ])
  return { original, plain, modern }
}

function refuse(exchange: Exchange, status: number): void {
  const allow = status === 405 ? ['Allow', 'GET, HEAD'] : []
  sendText(
    exchange,
    status,
    ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', ...allow],
    `${status}\n`,
  )
}

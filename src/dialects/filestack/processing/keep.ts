/** The task `store`: what the tasks come to becomes a new file (filestack §4.2). */
import type { FileRecord } from '../../../catalog/files.ts'
import { discard } from '../../../storage/body.ts'
import type { App } from '../app.ts'
import { checkSize, type Grant } from '../authority.ts'
import { deposit, type Piece } from '../deposit.ts'
import { inferNames, recordedName } from '../names.ts'
import { withoutUser } from '../url-source.ts'
import { authorise, type Wish } from '../wish.ts'
import { zipped } from './archive.ts'
import { sourceFailure } from './cdn-faults.ts'
import type { StoreOptions } from './chain.ts'
import { credentialsFor, type Order, type Work } from './order.ts'
import { deliver, flowing, UNTOUCHED } from './picture.ts'
import type { Ready, Result } from './result.ts'

type Storable = Exclude<Result, { readonly kind: 'json' }>

/** Whether it may be stored, before anything is worked on. Throws PolicyRefusal; Faults of places that cannot be used. */
export function authoriseStore(work: Work, order: Order, app: App, store: StoreOptions, filename: string): Grant {
  const wish = wishOf(order, app, store)
  return authorise(work.context, wish, wish.filename ?? filename, ['store'])
}

/** Stores the result, and what is told of it. */
export async function keep(work: Work, ready: Ready, store: StoreOptions, result: Storable) {
  const { context, exchange } = work
  const { order, app } = ready
  const wish = wishOf(order, app, store)
  const piece = await pieceOf(work, ready, result, wish)
  const file = await deposit(context, wish, piece, await allowed(work, wish, piece), exchange.signal)
  return told(work, file)
}

/** Judged by its final name and size. A body that may not be stored is not read. */
async function allowed({ context }: Work, wish: Wish, { filename, size, body }: Piece) {
  try {
    const granted = authorise(context, wish, filename)
    if (size !== undefined && !wish.base64) checkSize(size, granted.bounds)
    return granted
  } catch (error) {
    await discard(body)
    throw error
  }
}

/** Empty texts count as absent. */
function wishOf(order: Order, app: App, store: StoreOptions): Wish {
  return {
    app,
    credentials: credentialsFor(order),
    location: store.location || undefined,
    filename: recordedName(store.filename),
    mimetype: undefined,
    path: store.path || undefined,
    container: store.container || undefined,
    region: store.region || undefined,
    access: store.access ?? 'private',
    base64: store.base64decode ?? false,
  }
}

async function pieceOf(work: Work, { located: [main], job }: Ready, result: Storable, wish: Wish): Promise<Piece> {
  const { context, exchange } = work
  const sourceUrl = main.kind === 'web' ? { sourceUrl: withoutUser(main.url) } : {}
  switch (result.kind) {
    case 'file': {
      const { file } = result
      const body = await context.uploads.read(file, undefined, exchange.signal)
      return { filename: wish.filename ?? file.filename, mimetype: file.mimetype, body, size: body.file.size }
    }
    case 'outside': {
      const { located } = result
      if (located.kind === 'object') {
        const delivered = await deliver(work, job, located, UNTOUCHED)
        const clues = { from: 'url', filename: wish.filename, sentName: located.name } as const
        const names = inferNames({ ...clues, sentType: delivered.contentType.split(';', 1)[0] })
        return { ...names, body: flowing(delivered), size: delivered.size }
      }
      const { url, headers } = located
      try {
        const { body, contentType, filename, size } = await context.download(url, headers, exchange.signal)
        const clues = { from: 'url', filename: wish.filename, url, sentName: filename, sentType: contentType } as const
        return { ...inferNames(clues), body: reading(body, url), ...sourceUrl, ...(size !== undefined && { size }) }
      } catch (error) {
        throw sourceFailure(url, error)
      }
    }
    case 'picture': {
      const { delivered, name } = result
      const mimetype = delivered.contentType.split(';', 1)[0] ?? delivered.contentType
      const filename = wish.filename ?? name
      return { filename, mimetype, body: flowing(delivered), size: delivered.size, ...sourceUrl }
    }
    case 'archive':
      return { filename: wish.filename ?? 'files.zip', mimetype: 'application/zip', body: zipped(result.entries()) }
  }
}

/** A download that breaks off is the URL's fault, not the store's. */
async function* reading(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw sourceFailure(url, error)
  }
}

async function told({ context, exchange }: Work, file: FileRecord) {
  const { handle, filename, mimetype, size, place } = file
  const sides = await context.uploads.sides(file, exchange.signal)
  return {
    url: `${context.publicUrl()}/${handle}`,
    handle,
    filename,
    type: mimetype,
    mimetype,
    size,
    key: place.key,
    container: place.container ?? '',
    status: 'Stored',
    ...(sides !== 'none' && { width: sides.width, height: sides.height }),
  }
}

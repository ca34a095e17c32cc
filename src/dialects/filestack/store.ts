/** `POST /api/store` (filestack §1.1). */
import type { FileRecord } from '../../catalog/files.ts'
import { isFault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendJson } from './answers.ts'
import { checkSize } from './authority.ts'
import { type Handed, receive, type Taker } from './body.ts'
import { deposit, type Piece } from './deposit.ts'
import { badParameter } from './faults.ts'
import { inferNames } from './names.ts'
import { type Parameters, queryOf } from './parameters.ts'
import { PolicyRefusal } from './policy.ts'
import type { Spool } from './spool.ts'
import { type Opening, openUrl, withoutUser } from './url-source.ts'
import { authorise, blobOf, type Door, readWish, type Wish } from './wish.ts'

export type Storing = Opening & { readonly spool: Spool }

/**
 * Answers a store call. A form's file streams into the store when what came before it says whose it is and that it may; else it waits
 * on the disk for the rest of the form, up to `limits.sourceBytes`. A field that comes after a streamed file and asks for something
 * else than what was done is refused with 400 and the file is removed again; a policy that comes after it is verified all the same.
 *
 * @param location the segment behind `/api/store`, decoded
 */
export async function answerStore(
  context: Storing,
  exchange: Exchange,
  door: Door,
  location: string | undefined,
): Promise<void> {
  const read = (parameters: Parameters) => readWish(context, exchange, door, parameters, location)
  const taker: Taker<FileRecord> = {
    begin(parameters) {
      try {
        authorise(context, read(parameters), 'file')
        return 'stream'
      } catch (error) {
        // What is missing may still come; what is wrong is told when the file is taken.
        if (!isMissing(error, parameters)) return 'stream'
        return { most: context.limits.sourceBytes, as: 'strangers' }
      }
    },
    take: (handed, parameters) => storeHanded(context, exchange, read(parameters), handed),
    check(file, before, all) {
      const late = ARRANGING.find((name) => before.text(name) !== all.text(name))
      if (late !== undefined) throw badParameter(late, 'it must stand before the file')
      const { app, credentials, path } = read(all)
      const { key, container = '' } = file.place
      const asked = { calls: ['store'] as const, key, container, ...(path !== undefined && { path }) }
      checkSize(file.size, context.authority.check(app, credentials, asked).bounds)
    },
    undo: (file) => context.uploads.remove(file),
  }
  const receiving = { spool: context.spool, limit: context.limits.uploadBytes }
  const file = await receive(exchange, queryOf(exchange.target), taker, receiving)
  sendJson(exchange, 200, blobOf(context, file))
}

/** Parameters that say whose a file is, what it is called and where it lies. */
const ARRANGING: readonly string[] = [
  'key',
  'location',
  'storeLocation',
  'filename',
  'mimetype',
  'path',
  'storePath',
  'container',
  'storeContainer',
  'region',
  'storeRegion',
  'access',
  'storeAccess',
  'base64decode',
  'multiple',
]

/** Whether a request may still become good by fields that have not come yet. */
function isMissing(error: unknown, parameters: Parameters): boolean {
  if (error instanceof PolicyRefusal) return error.reason.kind === 'missing'
  return isFault(error) && parameters.text('key') === undefined
}

/** Stores what was handed in, if the wish may be granted. Throws PolicyRefusal; Faults with a status, of places and of stores. */
export async function storeHanded(
  context: Storing,
  exchange: Exchange,
  wish: Wish,
  handed: Handed,
): Promise<FileRecord> {
  const { filename, mimetype, path } = wish
  if (handed.kind === 'bytes') {
    const { from, filename: sentName, type: sentType, body, size } = handed
    const names = inferNames({ from, filename, mimetype, path, sentName, sentType })
    return put(context, exchange, wish, { ...names, body, ...(size !== undefined && { size }) })
  }
  const { url } = handed
  const expected = inferNames({ from: 'url', filename, mimetype, path, url })
  // Nothing is downloaded for somebody who may not store it.
  authorise(context, wish, expected.filename)
  const { app, credentials } = wish
  const opened = await openUrl(context, exchange, { url, app, credentials })
  const { body, size, filename: sentName, contentType: sentType } = opened
  const names = inferNames({ from: 'url', filename, mimetype, path, url, sentName, sentType })
  return put(context, exchange, wish, {
    ...names,
    body,
    sourceUrl: withoutUser(url),
    ...(size !== undefined && { size }),
  })
}

async function put(context: Storing, { signal }: Exchange, wish: Wish, piece: Piece): Promise<FileRecord> {
  return deposit(context, wish, piece, authorise(context, wish, piece.filename), signal)
}

/** The REST API: which call a path below `/api` is (filestack §1). */
import type { Exchange } from '../../http/exchange.ts'
import { sendError, sendJson, sendPlain } from './answers.ts'
import { answerContent } from './content.ts'
import { NO_FILE, NO_ROUTE, refusing } from './faults.ts'
import { answerFile, answerOverwrite, answerRemove, findFile } from './file.ts'
import { answerConversion, answerStoredConversion } from './legacy-convert.ts'
import { flagsOf, metadataOf } from './metadata.ts'
import { answerOldStore } from './old-store.ts'
import { createParameters, credentialsOf, queryOf } from './parameters.ts'
import { answerStore, type Storing } from './store.ts'
import type { Door } from './wish.ts'

/** What answers a request: methods and what they do. */
type Call = Readonly<Partial<Record<Method, () => Promise<void> | void>>>
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

export type Rest = {
  /** @param segments raw, behind `/api`, without empty ones at the end */
  handle(exchange: Exchange, segments: readonly string[], door: Door): Promise<void> | void
}

export function createRest(context: Storing): Rest {
  function callOf(exchange: Exchange, segments: readonly string[], door: Door): Call | undefined {
    const [first, second, third] = segments
    switch (first) {
      case 'store':
        // A third segment is shown by one table of the docs and means nothing (filestack §1.1).
        return segments.length > 3 ? undefined : { POST: () => answerStore(context, exchange, door, decoded(second)) }
      case 'file':
        return second === undefined || segments.length > 3 ? undefined : fileCall(exchange, second, third, door)
      case 'preview':
        return second === undefined ? undefined : reading(() => answerPreview(exchange, second, door))
      case 'clients':
        return second === 'unauth' ? reading(() => sendPlain(exchange, 200, 'success')) : undefined
      case 'path': {
        const name = decoded(third)
        if (second !== 'storage' || name === undefined || segments.length > 3) return undefined
        return { POST: () => answerOldStore(context, exchange, door, name) }
      }
      default:
        return undefined
    }
  }

  function fileCall(exchange: Exchange, segment: string, action: string | undefined, door: Door): Call | undefined {
    const found = () => findFile(context, door, handleOf(segment))
    switch (action) {
      case undefined:
        return {
          ...reading(async () => answerFile(context, exchange, await found())),
          POST: async () => answerOverwrite(context, exchange, await found(), door),
          PUT: async () => answerOverwrite(context, exchange, await found(), door),
          DELETE: async () => answerRemove(context, exchange, await found(), door),
        }
      case 'metadata':
        return reading(async () => answerMetadata(exchange, await found()))
      case 'convert':
        return {
          ...reading(async () => answerConversion(context, exchange, await found(), door)),
          POST: async () => answerStoredConversion(context, exchange, await found(), door),
        }
      case 'remove':
        return {
          POST: async () => answerRemove(context, exchange, await found(), door),
          DELETE: async () => answerRemove(context, exchange, await found(), door),
        }
      default:
        return undefined
    }
  }

  async function answerMetadata(exchange: Exchange, { file, app }: Awaited<ReturnType<typeof findFile>>) {
    const parameters = createParameters(queryOf(exchange.target))
    const flags = flagsOf((name) => parameters.text(name)?.toLowerCase() === 'true')
    const credentials = credentialsOf(exchange, parameters)
    sendJson(exchange, 200, await metadataOf(context, { file, app, credentials, flags, signal: exchange.signal }))
  }

  /** Pictures are shown as they are; a viewer of documents is out of scope (filestack §1.3). */
  async function answerPreview(exchange: Exchange, segment: string, door: Door): Promise<void> {
    const { file, app } = await findFile(context, door, handleOf(segment))
    const credentials = credentialsOf(exchange, createParameters(queryOf(exchange.target)))
    context.authority.check(app, credentials, { calls: ['convert'], handle: file.handle })
    if (!file.mimetype.startsWith('image/')) {
      return sendError(exchange, 501, 'preview is only built for images')
    }
    await answerContent(context, exchange, file, { attachment: false, base64: false })
  }

  return {
    handle(exchange, segments, door) {
      const call = callOf(exchange, segments, door)
      if (call === undefined) return sendError(exchange, NO_ROUTE.status, NO_ROUTE.message)
      const act = actOf(call, exchange.req.method)
      if (act !== undefined) return act()
      sendError(exchange, 405, 'Method not allowed', ['Allow', [...Object.keys(call), 'OPTIONS'].join(', ')])
    },
  }
}

/** `GET` also serves `HEAD` (filestack §0.2). */
function reading(act: () => Promise<void> | void): Call {
  return { GET: act, HEAD: act }
}

function actOf(call: Call, method: string | undefined): (() => Promise<void> | void) | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'POST':
    case 'PUT':
    case 'DELETE':
      return call[method]
    default:
      return undefined
  }
}

/** The handle of a raw segment; `+ext` behind it only decorates the URL. Fault with status 404 for what is none. */
function handleOf(segment: string): string {
  const handle = /^([A-Za-z0-9_-]{20})(?:\+.*)?$/s.exec(decoded(segment) ?? '')?.[1]
  if (handle === undefined) throw refusing(NO_FILE)
  return handle
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  } catch {
    return segment
  }
}

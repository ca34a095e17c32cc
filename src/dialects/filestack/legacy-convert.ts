/** `/api/file/{handle}/convert`: conversions as they were before processing URLs (filestack §1.3). */
import { isFault } from '../../faults.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendJson } from './answers.ts'
import { readFields } from './body.ts'
import type { Context } from './context.ts'
import { BAD_CONVERSION, NO_APP, refusing } from './faults.ts'
import type { Found } from './file.ts'
import { legacyTasks } from './legacy-tasks.ts'
import { createParameters, credentialsOf, type Parameters, queryOf } from './parameters.ts'
import { type Chain, readChain } from './processing/chain.ts'
import { keep } from './processing/keep.ts'
import type { Order, Work } from './processing/order.ts'
import { resultOf } from './processing/result.ts'
import { prepare, run } from './processing/run.ts'
import { type Door, readWish } from './wish.ts'

/** GET and HEAD: the picture. */
export async function answerConversion(context: Context, exchange: Exchange, found: Found, door: Door): Promise<void> {
  const parameters = createParameters(queryOf(exchange.target))
  const order = orderOf(context, exchange, found, { parameters })
  await converting(() => run({ context, exchange, door }, order, () => undefined))
}

/** POST: the picture as a new file, told of as a store call tells of it. */
export async function answerStoredConversion(
  context: Context,
  exchange: Exchange,
  found: Found,
  door: Door,
): Promise<void> {
  const parameters = await readFields(exchange, queryOf(exchange.target))
  const wish = readWish(context, exchange, door, parameters)
  if (wish.app.project.id !== found.app.project.id) throw refusing(NO_APP)
  const { location, filename, path, container, region, access } = wish
  const store = { location, filename, path, container, region, access, base64decode: undefined }
  const order = orderOf(context, exchange, found, { parameters, store })
  const work: Work = { context, exchange, door }
  const told = await converting(async () => {
    const ready = await prepare(work, order, () => undefined)
    const result = await resultOf(work, ready)
    if (result.kind === 'json') throw refusing(BAD_CONVERSION)
    return keep(work, ready, store, result)
  })
  const { handle, size, mimetype, key } = told
  const url = `${context.publicUrl()}/api/file/${handle}`
  const named = { filename: told.filename, container: told.container, isWriteable: true }
  sendJson(exchange, 200, { url, handle, size, type: mimetype, mimetype, key, ...named })
}

type Asked = { readonly parameters: Parameters; readonly store?: NonNullable<Chain['store']> }

/** Any conversion needs `convert`, one that changes nothing too. Throws PolicyRefusal; Fault with status 400. */
function orderOf(context: Context, exchange: Exchange, { file, app }: Found, { parameters, store }: Asked): Order {
  const { handle } = file
  const credentials = credentialsOf(exchange, parameters)
  context.authority.check(app, credentials, { calls: ['convert', ...(store ? (['store'] as const) : [])], handle })
  const chain = badlyAsked(() => readChain(legacyTasks(parameters)))
  return {
    chain: { ...chain, ...(store && { store }) },
    sources: [{ source: { kind: 'handle', handle } }],
    isList: false,
    ...{ app, credentials, parameters },
  }
}

async function converting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw conversionFailure(error)
  }
}

function badlyAsked<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw conversionFailure(error)
  }
}

/** Clients tell all of these apart by their status alone (filestack §1.3, §1.4). */
function conversionFailure(error: unknown): unknown {
  if (!isFault(error) || error.context.filestackStatus !== undefined) return error
  const badly = error.code === 'bad-parameter' || error.code === 'too-large'
  return badly ? refusing(BAD_CONVERSION, error) : error
}

/** From what a request wants to its answer: find, judge, work, send. */
import { Fault, isFault } from '../../../faults.ts'
import { cacheControl, sendJson } from '../answers.ts'
import { type App, appOf } from '../app.ts'
import { answerContent } from '../content.ts'
import { findFile } from '../file.ts'
import { PolicyRefusal } from '../policy.ts'
import type { Chain } from './chain.ts'
import { authoriseStore, keep } from './keep.ts'
import { appFor, type Located, locate } from './locate.ts'
import { unfold } from './nested.ts'
import { credentialsFor, type Order, requireFewSources, type Work } from './order.ts'
import { callsFor, subjectOf } from './permissions.ts'
import { locateReferences } from './picture.ts'
import { type Ready, resultOf } from './result.ts'
import { send } from './send.ts'

/** Takes note of whose request it is, for the words of a refusal. */
export type Seen = (app: App) => void

/**
 * Answers a request: a result, what `store` made of it, or, where its source is missing or a task fails, the file of `fallback`.
 * Throws PolicyRefusal and Faults.
 */
export async function run(work: Work, order: Order, seen: Seen): Promise<void> {
  try {
    const ready = await prepare(work, order, seen)
    const { store } = ready.order.chain
    const result = await resultOf(work, ready)
    if (store === undefined || result.kind === 'json') return await send(work, ready, result)
    sendJson(work.exchange, 200, await keep(work, ready, store, result))
  } catch (error) {
    const { fallback } = order.chain
    if (fallback === undefined || !isReplaceable(error) || work.exchange.res.headersSent) throw error
    await sendFallback(work, order, fallback, seen)
  }
}

/** Finds and judges everything that a request names; nothing is worked on before. */
export async function prepare(work: Work, given: Order, seen: Seen): Promise<Ready> {
  requireFewSources(given.sources)
  requireMethod(work, given.chain)
  const app = given.app ?? (await appFor(work, given.sources[0].source))
  seen(app)
  const { order, permissions } = unfold(work, { ...given, app })
  const { authority } = work.context
  for (const { credentials, asked } of permissions) authority.check(app, credentials, asked)
  const [first, ...rest] = order.sources
  const main = await locate(work, app, first)
  const others: Located[] = []
  for (const wanted of rest) others.push(await locate(work, app, wanted))
  const { chain, judged } = order
  for (const located of [main, ...others]) {
    const calls = judged === undefined ? callsFor(chain, located.kind) : { calls: judged.calls }
    authority.check(app, judged?.credentials ?? credentialsFor(order), { ...calls, ...subjectOf(located) })
  }
  const references = await locateReferences(work, app, chain.images)
  for (const located of references.values()) {
    authority.check(app, credentialsFor(order), { calls: ['convert'], ...subjectOf(located) })
  }
  if (chain.store !== undefined) authoriseStore(work, order, app, chain.store, main.name)
  const job = { app, images: chain.images, references, anew: chain.cache === 'no' }
  return { order, app, located: [main, ...others], job }
}

/** A request for the head alone stores nothing. */
function requireMethod({ exchange }: Work, { store }: Chain): void {
  if (store !== undefined && exchange.req.method === 'HEAD') {
    throw new Fault('bad-parameter', 'invalid request: `store` needs GET or POST', {
      context: { filestackStatus: 405 },
    })
  }
}

/** What the caller may not do, or asks for wrongly, is told even so. */
function isReplaceable(error: unknown): boolean {
  if (error instanceof PolicyRefusal || !isFault(error)) return false
  const { filestackStatus } = error.context
  return filestackStatus === undefined || filestackStatus === 404 || filestackStatus === 400
}

async function sendFallback(
  work: Work,
  order: Order,
  { file: source, seconds }: NonNullable<Chain['fallback']>,
  seen: Seen,
): Promise<void> {
  const { context, exchange, door } = work
  if (source.kind !== 'handle') throw new Fault('bad-parameter', 'invalid parameter `handle` for `fallback` task')
  const { file } = await findFile(context, door, source.handle)
  const app = appOf(context.directory, file)
  if (app === undefined || (order.app !== undefined && order.app.project.id !== app.project.id)) {
    throw new Fault('object-missing')
  }
  seen(app)
  context.authority.check(app, credentialsFor(order), { ...callsFor(order.chain, 'file'), handle: file.handle })
  await answerContent(context, exchange, file, {
    attachment: false,
    base64: false,
    cacheControl: cacheControl(app, seconds ?? 'no'),
  })
}

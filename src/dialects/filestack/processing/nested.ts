/** Processing URLs of this server as sources: their tasks run before those of the request that names them. */
import { Fault } from '../../../faults.ts'
import { findApp } from '../app.ts'
import { NO_FILE, refusing } from '../faults.ts'
import { credentialsOf } from '../parameters.ts'
import { type Chain, readChain } from './chain.ts'
import { credentialsFor, type Order, type Work } from './order.ts'
import { parametersOfUrl, requestOfUrl } from './own-urls.ts'
import { callsFor, type Permission } from './permissions.ts'

/** A request whose source is no processing URL of this server, and what the ones on the way demand. */
export type Unfolded = { readonly order: Order; readonly permissions: readonly Permission[] }

const DEEPEST = 3

/**
 * Unfolds processing URLs of this server. The inner request is judged by its own policy, or by the outer one's when it brings none.
 * Faults: bad-parameter for tasks that only a request of its own can have, status 404 for another project's key.
 */
export function unfold(work: Work, order: Order, depth = 0): Unfolded {
  const { context, exchange } = work
  const [{ source }] = order.sources
  if (source.kind !== 'url' || order.isList) return { order, permissions: [] }
  const { url } = source
  const isKey = (text: string) => findApp(context.directory, text) !== undefined
  const inner = requestOfUrl(context.publicUrl(), url, isKey)
  if (inner === undefined || inner.source.kind === 'list') return { order, permissions: [] }
  if (depth >= DEEPEST) throw new Fault('bad-parameter', 'invalid request: sources are nested too deep')
  const app = inner.apikey === undefined ? order.app : findApp(context.directory, inner.apikey)
  if (app?.project.id !== order.app?.project.id) throw refusing(NO_FILE)
  const chain = readChain(inner.tasks)
  requirePictureTasks(chain)
  const query = credentialsOf(exchange, parametersOfUrl(url))
  const own = chain.credentials ?? (query.policy === undefined && query.signature === undefined ? undefined : query)
  const judged = order.judged ?? { credentials: credentialsFor(order), calls: callsFor(order.chain, 'web').calls }
  const outer: Permission = { credentials: judged.credentials, asked: { calls: judged.calls, url } }
  const rest = unfold(
    work,
    {
      ...order,
      chain: { ...order.chain, images: [...chain.images, ...order.chain.images] },
      sources: [{ source: inner.source }],
      judged: { credentials: own ?? judged.credentials, calls: chain.images.length > 0 ? ['convert'] : ['read'] },
    },
    depth + 1,
  )
  return { order: rest.order, permissions: [outer, ...rest.permissions] }
}

function requirePictureTasks({ store, fallback, metadata, imagesize, zip }: Chain): void {
  const other = store ?? fallback ?? metadata
  if (other !== undefined || imagesize || zip) {
    throw new Fault('bad-parameter', 'invalid request: a source of this server may have image tasks only')
  }
}

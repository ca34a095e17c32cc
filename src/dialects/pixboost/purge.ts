import type { Directory } from '../../catalog/model.ts'
import type { DeliveryService } from '../../delivery/delivery.ts'
import type { Exchange, Log } from '../../http/exchange.ts'
import { workflowCaller } from './account.ts'
import { sendDone, sendRefusal } from './answers.ts'
import { NO_ROUTE, refusalOf, UNAUTHORISED } from './faults.ts'
import { parseAddress } from './grammar.ts'
import { sourceRefusal } from './request.ts'
import { resolveSource } from './source.ts'

export type PurgeOptions = {
  readonly directory: Directory
  readonly delivery: DeliveryService
  /** Milliseconds between two purges of one project (pixboost §15: a minute). */
  readonly everyMs: number
  /** Milliseconds of any clock that only goes forward. */
  readonly now: () => number
  readonly log: Log
}

/**
 * Answers `DELETE /api/2/img/{source}?auth=SECRET`: every variant and the cached original go at once, hence 200 and never 202,
 * also when nothing was cached (pixboost §13). The pace is kept per process.
 */
export function createPurge({ directory, delivery, everyMs, now, log }: PurgeOptions) {
  const last = new Map<string, number>()

  return async function purge(exchange: Exchange): Promise<void> {
    const address = parseAddress(exchange.target)
    if (address === undefined) return sendRefusal(exchange, NO_ROUTE)
    const caller = workflowCaller(address.query, directory)
    if (caller === undefined) return sendRefusal(exchange, UNAUTHORISED)
    const resolved = resolveSource(address.rest, caller.account, exchange.scheme)
    if (resolved.kind !== 'source') return sendRefusal(exchange, sourceRefusal(resolved, undefined))

    const { id } = caller.project
    const wait = (last.get(id) ?? Number.NEGATIVE_INFINITY) + everyMs - now()
    if (wait > 0) {
      const refusal = { status: 429, text: 'only one purge per minute', retryAfterSeconds: Math.ceil(wait / 1000) }
      return sendRefusal(exchange, refusal)
    }
    last.set(id, now())
    try {
      for (const ref of [resolved.ref, ...resolved.alternatives]) await delivery.purge(id, ref)
      sendDone(exchange, 200)
    } catch (error) {
      log.error({ id: exchange.id, err: error }, 'a purge failed')
      sendRefusal(exchange, refusalOf(error, { vary: undefined, upstreamErrors: 'mapped', id: exchange.id }))
    }
  }
}

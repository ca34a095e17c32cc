import type { Directory } from '../../catalog/model.ts'
import type { Exchange, Log, Surface } from '../../http/exchange.ts'
import { sendText } from '../../http/respond.ts'
import type { Bound, KeySecret } from './account.ts'
import { CORS, sendRefusal } from './answers.ts'
import { refusalOfStatus } from './faults.ts'
import { createFiles, type FileDelivery } from './files.ts'

export type ImagekitOptions = {
  readonly directory: Directory
  readonly delivery: FileDelivery
  /** The private key that belongs to a public one; asked only for signed URLs. */
  readonly keySecret: KeySecret
  readonly log: Log
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly clock?: () => number
}

export type Imagekit = Surface & {
  /** The surface of a host name that serves one endpoint of one project at its root. */
  bind(place: Bound): Surface
}

const METHODS = 'GET, HEAD, OPTIONS'

/** The ImageKit delivery dialect: `/ik/{project}[/{prefix}]/…`, and hosts bound to an endpoint. */
export function createImagekit(options: ImagekitOptions): Imagekit {
  const answer = createFiles({ ...options, clock: options.clock ?? Date.now })

  function surface(bound: Bound | undefined): Surface {
    return {
      name: 'imagekit',
      owns: (target) => bound !== undefined || /^\/ik(?:[/?]|$)/.test(target),
      handle(exchange) {
        switch (exchange.req.method) {
          case 'GET':
          case 'HEAD':
            return answer(exchange, bound)
          case 'OPTIONS':
            return sendText(exchange, 204, CORS)
          default:
            return refuse(exchange, 405)
        }
      },
      refuse,
      // A proxied URL may carry a query of its own in its encoded form.
      loggable: (target) => target.replace(/(\?|%3f).*$/is, ''),
    }
  }

  return { ...surface(undefined), bind: surface }
}

function refuse(exchange: Exchange, status: number): void {
  sendRefusal(exchange, refusalOfStatus(status, exchange.id), status === 405 ? ['Allow', METHODS] : [])
}

import type { Exchange, Surface } from '../http/exchange.ts'
import { sendText } from '../http/respond.ts'

/** How long the readiness of the parts is waited for. */
const PATIENCE_MS = 2000

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the reasons as JSON when it cannot, for load
 * balancers. `ready` names what is wrong, in words without secrets, and nothing when all is well; one that throws or does
 * not answer within two seconds counts as not ready.
 */
export function createHealth(options: { readonly ready: () => Promise<readonly string[]> }): Surface {
  return {
    name: 'health',
    owns: (target) => /^\/(healthz|readyz)(\?|$)/.test(target),
    async handle(exchange) {
      const { method } = exchange.req
      if (method !== 'GET' && method !== 'HEAD') return refuse(exchange, 405)
      if (exchange.target.startsWith('/healthz')) return answer(exchange, 200, { alive: true })
      const reasons = await within(PATIENCE_MS, options.ready())
      answer(exchange, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
    },
    refuse,
  }
}

async function within(milliseconds: number, reasons: Promise<readonly string[]>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve(['the parts do not answer']), milliseconds)
  })
  try {
    return await Promise.race([reasons, late])
  } catch {
    return ['a part cannot be asked']
  } finally {
    clearTimeout(timer)
  }
}

function answer(exchange: Exchange, status: number, value: object): void {
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store']
  sendText(exchange, status, headers, `${JSON.stringify(value)}\n`)
}

function refuse(exchange: Exchange, status: number): void {
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store']
  sendText(
    exchange,
    status,
    status === 405 ? [...headers, 'Allow', 'GET, HEAD'] : headers,
    `${JSON.stringify({ status })}\n`,
  )
}

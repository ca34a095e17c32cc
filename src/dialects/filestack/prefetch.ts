import { readBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { sendError, sendJson } from './answers.ts'

const LIMITS = { bytes: 256 * 1024, milliseconds: 30_000 }

/** `POST /prefetch`: what the hosted picker asks before it opens; its own settings come back (filestack §5). */
export async function answerPrefetch(exchange: Exchange): Promise<void> {
  if (exchange.req.method !== 'POST') return sendError(exchange, 405, 'Method not allowed', ['Allow', 'POST, OPTIONS'])
  sendJson(exchange, 200, {
    blocked: false,
    settings: { inapp_browser: false },
    permissions: { intelligent_ingestion: true, whitelabel: true },
    updated_config: pickerConfig((await readBody(exchange, LIMITS)).toString('utf8')),
  })
}

function pickerConfig(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    const config = typeof value === 'object' && value !== null && 'picker_config' in value ? value.picker_config : {}
    // What is nested too deep can be read, but not written.
    JSON.stringify(config)
    return config
  } catch {
    return {}
  }
}

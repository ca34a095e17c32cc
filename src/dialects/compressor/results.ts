import { createReadStream } from 'node:fs'
import type { Exchange } from '../../http/exchange.ts'
import { sendStored } from '../../http/respond.ts'
import type { Optimizer } from '../../optimizer/optimizer.ts'

/** Whole five minutes (compressor §4.1). */
const STEP_SECONDS = 300

/** The Unix time in a result's URL: its expiry, on a whole five minutes. */
export function resultTime(expires: Date): number {
  return Math.ceil(expires.getTime() / 1000 / STEP_SECONDS) * STEP_SECONDS
}

/** Path of a temporary result. */
export function resultPath(time: number, id: string, name: string): string {
  return `/results/${time}/${id}/${encodeURIComponent(name)}`
}

export type ResultAddress = { readonly time: number; readonly id: string; readonly name: string }

/** Reads such a path without its query; the other way round than `resultPath`. */
export function parseResultPath(path: string): ResultAddress | undefined {
  const [, time, id, name] =
    /^\/results\/(\d{1,12})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([^/]+)$/.exec(path) ?? []
  if (time === undefined || id === undefined || name === undefined) return undefined
  try {
    return { time: Number(time), id, name: decodeURIComponent(name) }
  } catch {
    return undefined
  }
}

/** Sends a temporary result to whoever knows its URL. `false` when there is none, or its time is over. */
export async function sendResult(
  exchange: Exchange,
  optimizer: Pick<Optimizer, 'result'>,
  address: ResultAddress,
  now: number,
): Promise<boolean> {
  if (address.time * 1000 <= now) return false
  const found = await optimizer.result(address.id.replaceAll('-', ''))
  if (found === undefined || found.name !== address.name) return false
  // Work that was done again after a crash may live longer than the URL that was told first.
  if (resultTime(found.expires) < address.time) return false
  const seconds = Math.max(0, Math.floor((found.expires.getTime() - now) / 1000))
  const body = { kind: 'file' as const, open: (range?: object) => createReadStream(found.file, range) }
  const stored = { body, size: found.size, contentType: found.type, etag: found.etag }
  await sendStored(exchange, stored, ['Cache-Control', `public, max-age=${seconds}`])
  return true
}

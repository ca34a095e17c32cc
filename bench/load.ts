import { createRequire } from 'node:module'

/** What a load test found; latencies in milliseconds. */
export type Load = {
  readonly requests: { readonly average: number; readonly total: number }
  readonly latency: { readonly p50: number; readonly p97_5: number; readonly p99: number }
  readonly non2xx: number
  readonly errors: number
}

/** autocannon ships no types. */
const autocannon: (options: { url: string; connections: number; duration: number }) => Promise<Load> = createRequire(
  import.meta.url,
)('autocannon')

/** Asks for one URL over and over, `connections` at a time, for `seconds`. */
export function load(url: string, connections: number, seconds: number): Promise<Load> {
  return autocannon({ url, connections, duration: seconds })
}

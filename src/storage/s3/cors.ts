import { type CORSRule, GetBucketCorsCommand } from '@aws-sdk/client-s3'
import { LRUCache } from 'lru-cache'
import type { S3Clients } from './clients.ts'

/** How long the rules of a bucket are believed, milliseconds. */
const REMEMBERED_MS = 5 * 60_000

/** What a page of another origin wants to do. */
export type CrossOrigin = {
  readonly method: string
  /** Any origin at all when left out. */
  readonly origin: string | undefined
  /** Request headers, lower case. */
  readonly headers: readonly string[]
  /** The response header that it wants to read. */
  readonly exposed: string
}

/** Whether some rule allows all of it. As S3 reads rules: names of headers in any case, at most one `*` per entry. */
export function corsAllows(rules: readonly CORSRule[], wish: CrossOrigin): boolean {
  return rules.some(
    ({ AllowedMethods, AllowedOrigins, AllowedHeaders, ExposeHeaders }) =>
      (AllowedMethods ?? []).includes(wish.method) &&
      (AllowedOrigins ?? []).some((pattern) => wish.origin === undefined || matches(pattern, wish.origin)) &&
      wish.headers.every((name) => (AllowedHeaders ?? []).some((pattern) => matches(pattern.toLowerCase(), name))) &&
      (ExposeHeaders ?? []).some((name) => name === '*' || name.toLowerCase() === wish.exposed.toLowerCase()),
  )
}

/** Asks buckets for their CORS rules and remembers them; a bucket without rules, or one that refuses to tell them, has none. */
export function createCorsRules(clients: S3Clients): (bucket: string) => Promise<readonly CORSRule[]> {
  const known = new LRUCache<string, Promise<readonly CORSRule[]>>({ max: 1000, ttl: REMEMBERED_MS })
  const ask = async (bucket: string): Promise<readonly CORSRule[]> => {
    try {
      const answer = await clients.run(bucket, undefined, (client) =>
        client.send(new GetBucketCorsCommand({ Bucket: bucket })),
      )
      return answer.CORSRules ?? []
    } catch {
      return []
    }
  }
  return (bucket) => {
    const rules = known.get(bucket) ?? ask(bucket)
    if (!known.has(bucket)) known.set(bucket, rules)
    return rules
  }
}

function matches(pattern: string, value: string): boolean {
  const [before = '', after] = pattern.split('*', 2)
  if (after === undefined) return pattern === value
  return value.length >= before.length + after.length && value.startsWith(before) && value.endsWith(after)
}

import { type Fields, jsonOf, resultUrl } from './answers.ts'
import type { Wish } from './parameters.ts'

/** What is said of pictures that are not fetched. */
const INVENTED = { bytes: 102_400, width: 1024, height: 768 }
/** The hosted sandbox answers a fifth of the size (kraken §9). */
const FACTOR = 0.2
/** Serves nothing. */
const PLACEHOLDER = '0'.repeat(32)

export type Seen = { readonly bytes: number; readonly width: number; readonly height: number }

/**
 * The invented answer of `dev: true`, as JSON text: nothing is fetched, optimised or stored. Results of a set are an array here
 * (kraken §9). `seen`: what is known of an upload.
 */
export function sandboxAnswer(
  wish: Wish,
  { name, seen = INVENTED, resultsUrl }: { readonly name: string; readonly seen?: Seen; readonly resultsUrl: string },
): string {
  const size = Math.round(seen.bytes * FACTOR)
  const entry: Fields = [
    ['file_name', name],
    ['original_size', seen.bytes],
    ['kraked_size', size],
    ['saved_bytes', seen.bytes - size],
    ['kraked_url', resultUrl(resultsUrl, PLACEHOLDER, name)],
    ['original_width', seen.width],
    ['original_height', seen.height],
    ['kraked_width', seen.width],
    ['kraked_height', seen.height],
  ]
  if (wish.results.kind === 'one') return jsonOf([['success', true], ...entry])
  const results = wish.results.results.map(({ id }) => jsonOf([['id', id], ...entry]))
  return `{"success":true,"results":[${results.join(',')}]}`
}

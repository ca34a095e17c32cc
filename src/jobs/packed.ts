/** A job as pg-boss keeps it: what it has no column for stands in its data. */
import type { Claim, End } from './store.ts'

/**
 * `payload` is a text inside of the JSON, so that it may hold what Postgres's JSON cannot (a zero character, half a
 * surrogate pair). `spared`: tries that were given back.
 */
export type Packed = {
  readonly payload: string
  readonly sealed?: string | undefined
  readonly project?: string | undefined
  readonly attempts: number
  readonly failures: number
  readonly spared: number
  readonly keepMs: number
}

/** What to keep of a job. */
export function pack(
  { payload, sealed, project, attempts, failures, keepMs }: Omit<Packed, 'spared'>,
  spared: number,
): Packed {
  return {
    ...{ payload, attempts, failures, spared, keepMs },
    ...(sealed === undefined ? {} : { sealed }),
    ...(project === undefined ? {} : { project }),
  }
}

/** `retryCount`: pg-boss's count of claims after the first, of which what neither failed nor was given back was lost. */
export function unpack(id: string, kind: string, packed: Packed, retryCount: number): Claim {
  const { payload, sealed, project, attempts, failures, spared, keepMs } = packed
  const losses = Math.max(0, retryCount - failures - spared)
  return { id, kind, payload, sealed, project, attempts, failures, losses, keepMs, token: String(retryCount) }
}

/** The end of a job from pg-boss's `output`. */
export function unpackEnd(output: unknown): End {
  if (typeof output === 'object' && output !== null) {
    if ('result' in output && typeof output.result === 'string') return { state: 'done', result: output.result }
    if ('reason' in output && typeof output.reason === 'object' && output.reason !== null) {
      const { code, message } = { code: '', message: '', ...output.reason }
      return { state: 'dead', reason: { code: String(code), message: String(message) } }
    }
  }
  return { state: 'done', result: 'null' }
}

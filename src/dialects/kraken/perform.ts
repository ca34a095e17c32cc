import { isFault } from '../../faults.ts'
import type { Log } from '../../http/exchange.ts'
import type { Optimizer, Result, Taken } from '../../optimizer/optimizer.ts'
import type { Usage } from '../../optimizer/usage.ts'
import { type Account, usageName } from './account.ts'
import { type Fields, resultUrl, success } from './answers.ts'
import { compileVersions } from './compile.ts'
import { FILE_BYTES, type Refusal, refusalOf } from './faults.ts'
import type { Wish } from './parameters.ts'

export type Performing = {
  readonly optimizer: Optimizer
  readonly usage: Usage
  /** Base of the URLs of temporary results, without final slash. */
  readonly resultsUrl: () => string
  readonly log: Log
}

/** One valid request with its picture. */
export type Task = {
  readonly account: Account
  readonly wish: Wish
  readonly source: Taken
  /** `file_name`. */
  readonly name: string
  /** Under which a single result is published. */
  readonly id?: string
  /** Names the request or the job in the log. */
  readonly logId: string
}

export type Outcome =
  | { readonly kind: 'done'; readonly fields: Fields }
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly error: unknown }

/** Does the work of a request and charges it: input bytes, once per request, nothing for a failure (kraken §4, §7). */
export async function perform(task: Task, parts: Performing, signal: AbortSignal): Promise<Outcome> {
  const { account, wish, source, name, id, logId } = task
  const { optimizer, usage, resultsUrl, log } = parts
  const project = account.project.id
  try {
    const report = await optimizer.fill(
      {
        project,
        source,
        sourceBytes: FILE_BYTES,
        compile: (facts) => compileVersions(wish, facts, { name, id }),
      },
      signal,
    )
    usage.add(usageName(account), report.source.bytes)
    return { kind: 'done', fields: success(wish, report, name, (result) => urlOf(result, wish, resultsUrl())) }
  } catch (error) {
    const refusal = refusalOf(error, source.kind === 'url' ? 'url' : 'upload', wish.store?.name)
    if (!isFault(error)) log.error({ id: logId, project, err: error }, 'a picture could not be optimised, unexpectedly')
    else if (error.context.stage === 'store') {
      log.warn({ id: logId, project, code: error.code, ...error.context }, 'a result could not be pushed')
    }
    return { kind: 'failed', refusal, error }
  }
}

function urlOf({ at, name }: Result, { store }: Wish, resultsUrl: string): string {
  if (at.kind === 'published') return resultUrl(resultsUrl, at.id, name)
  return store?.url(at.key) ?? at.key
}

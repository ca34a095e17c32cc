/** The task `debug`: a report instead of the bytes (filestack §4.2). */
import type { Context } from '../context.ts'
import type { Refusal } from '../faults.ts'
import { printTask, type RawTask } from './grammar.ts'
import type { Work } from './order.ts'
import { deliver, UNTOUCHED } from './picture.ts'
import type { Ready } from './result.ts'

export type Source = { readonly url: string; readonly mimetype: string | null; readonly size: number | null }

/** What is known of the main source of a request that went well. */
export async function describe(work: Work, { located: [main], job }: Ready): Promise<Source> {
  if (main.kind === 'file') {
    const { handle, mimetype, size } = main.file
    return { url: `${work.context.publicUrl()}/${handle}`, mimetype, size }
  }
  const { contentType, size } = await deliver(work, job, main, UNTOUCHED)
  return { url: main.url, mimetype: contentType, size }
}

export type Report = {
  readonly apikey: string | undefined
  readonly tasks: readonly RawTask[]
  readonly source: Source
  /** Of the answer that would have come; nothing when all went well. */
  readonly refusal?: Refusal
  /** Whether the tasks could be read. */
  readonly valid: boolean
  /** Milliseconds since the epoch. */
  readonly started: number
}

/** The members of the report; times in seconds. */
export function reportOf({ now }: Pick<Context, 'now'>, report: Report): Readonly<Record<string, unknown>> {
  const { apikey, tasks, source, refusal, valid, started } = report
  const { status = 200, message = 'OK' } = refusal ?? {}
  const chain = tasks.slice(1).map(({ name, options }) => ({
    name,
    params: Object.fromEntries(options.map(({ name: option, value }, at) => [option ?? String(at), value])),
  }))
  return {
    apikey: apikey ?? null,
    status: { message, http_code: status },
    start_time: started / 1000,
    processing_time: (now() - started) / 1000,
    source,
    task_uri: tasks.slice(1).map(printWithoutSecrets).join('/'),
    debug: true,
    chain: valid ? chain.map(withoutSecrets) : null,
  }
}

function printWithoutSecrets(task: RawTask): string {
  return isSecurity(task) ? 'security' : printTask(task)
}

/** A report may be shown around: what would open the file stays out of it. */
function withoutSecrets<T extends { readonly name: string }>(step: T): T | { readonly name: string } {
  return isSecurity(step) ? { name: step.name } : step
}

function isSecurity({ name }: { readonly name: string }): boolean {
  return name.toLowerCase() === 'security'
}

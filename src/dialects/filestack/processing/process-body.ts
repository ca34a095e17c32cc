/** The JSON of `POST /process` (filestack §4.1). Pure. */
import { findApp } from '../app.ts'
import type { Context } from '../context.ts'
import { NO_APP, refusing } from '../faults.ts'
import { createParameters, entriesOf } from '../parameters.ts'
import type { Door } from '../wish.ts'
import type { RawTask } from './grammar.ts'
import { readTaskList } from './json-tasks.ts'
import type { Order, Wanted } from './order.ts'
import { malformed } from './scan.ts'
import { sourceOfText } from './source-text.ts'

export type Body = Omit<Order, 'chain'> & { readonly tasks: readonly RawTask[] }

/** Reads the text of a body. Faults: status 403 for a key that is no app's, bad-parameter for everything else. */
export function readBody(directory: Context['directory'], door: Door, text: string): Body {
  const body = objectIn(text)
  const members = createParameters(entriesOf(body))
  const key = members.text('apikey')
  const app = key === undefined ? undefined : findApp(directory, key)
  if (app === undefined || (door.project !== undefined && app.project.id !== door.project)) throw refusing(NO_APP)
  const listed: unknown = 'sources' in body ? body.sources : 'source' in body ? [body.source] : undefined
  const wanted = Array.isArray(listed) ? listed.flatMap(readSource) : []
  const [first, ...rest] = wanted
  if (first === undefined) throw malformed('the sources are missing')
  const policy = members.text('policy')
  const signature = members.text('signature')
  return {
    app,
    tasks: readTaskList('tasks' in body ? body.tasks : []),
    sources: [first, ...rest],
    isList: rest.length > 0,
    credentials: { ...(policy !== undefined && { policy }), ...(signature !== undefined && { signature }) },
    parameters: createParameters([]),
  }
}

function objectIn(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('the body is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('the body is no JSON object')
  return value
}

function readSource(value: unknown): readonly Wanted[] {
  if (typeof value === 'string') return sourcesIn(value)
  if (typeof value !== 'object' || value === null || !('source' in value) || typeof value.source !== 'string') {
    throw malformed('a source cannot be read')
  }
  const headers: unknown = 'headers' in value ? value.headers : undefined
  const sent = headers === undefined || headers === null ? {} : { headers: readHeaders(headers) }
  return sourcesIn(value.source).map((one) => ({ ...one, ...sent }))
}

function sourcesIn(text: string): readonly Wanted[] {
  const source = sourceOfText(text)
  return (source.kind === 'list' ? source.sources : [source]).map((one) => ({ source: one }))
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('headers cannot be read')
  const entries = Object.entries(value).map(([name, text]: [string, unknown]) => {
    if (typeof text !== 'string' && typeof text !== 'number')
      throw malformed(`the header ${name.slice(0, 80)} is no text`)
    return [name, String(text)] as const
  })
  return Object.fromEntries(entries)
}

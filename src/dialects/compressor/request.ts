import type { Project } from '../../catalog/model.ts'
import { Fault } from '../../faults.ts'
import { type Fields, isObject, objectAt, requiredText, textsAt, wrong } from './fields.ts'
import { type ImageOptions, readImage } from './image.ts'
import { readStore, type StoreWish } from './store.ts'

/** A call of compressor §3, read. */
export type CompressorRequest = {
  /** Of `fetch` only. */
  readonly source: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined
  readonly image: ImageOptions
  readonly store: StoreWish | undefined
  /** Where the outcome is told; makes the work asynchronous. */
  readonly webhook: string | undefined
}

export const USER_AGENT = 'Compressor/1.0 (+https://compressor.app)'

/** The JSON object of a body. Throws Fault bad-parameter with `context.malformed` for anything else (400, compressor §2). */
export function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    // What is nested so deeply that it cannot be written again could not be handed to the queue.
    JSON.stringify(value)
    if (isObject(value)) return value
  } catch {
    throw malformed('the request is not valid JSON')
  }
  throw malformed('the request must be a JSON object')
}

export function malformed(message: string): Fault {
  return new Fault('bad-parameter', message, { context: { malformed: true } })
}

/** Reads a request. `url` and `headers` are those of `fetch`; an upload ignores them. Throws Fault bad-parameter, unsupported. */
export function readRequest(
  values: Readonly<Record<string, unknown>>,
  call: 'fetch' | 'upload',
  project: Project,
): CompressorRequest {
  const fields: Fields = { path: '', values }
  return {
    source: call === 'fetch' ? readSource(fields) : undefined,
    image: readImage(fields),
    store: readStore(fields, project),
    webhook: readWebhook(fields),
  }
}

function readSource(fields: Fields) {
  const url = requiredText(fields, 'url')
  if (!isWebUrl(url)) wrong('url must be an http or https URL')
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*' }
  for (const [name, value] of Object.entries(textsAt(fields, 'headers') ?? {})) {
    const lower = name.toLowerCase()
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower) || !/^[\t\x20-\x7e]*$/.test(value)) {
      wrong(`headers.${name.slice(0, 60)} is not a header that HTTP can carry`)
    }
    headers[lower] = value
  }
  return { url, headers }
}

function readWebhook(fields: Fields): string | undefined {
  if (!Object.hasOwn(fields.values, 'webhook')) return undefined
  const url = requiredText(objectAt(fields, 'webhook'), 'url')
  return isWebUrl(url) ? url : wrong('webhook.url must be an http or https URL')
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== ''
}

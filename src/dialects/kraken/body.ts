import { NO_JSON, refusing } from './faults.ts'

/** A JSON object as it came; every member is still anything. */
export type Json = { readonly [name: string]: unknown }

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The JSON of `/v1/url` and `/user_status`, whatever the content type says: JSON text, or a form with the field `data`
 * (kraken §1.1). Fault with status 400 for anything that is no JSON object.
 */
export function parseBody(bytes: Buffer): Json {
  const text = bytes.toString('utf8')
  const form = /(?:^|&)data=([^&]*)/.exec(text)?.[1]
  const json = parseObject(text) ?? (form === undefined ? undefined : parseObject(formText(form)))
  if (json === undefined) throw refusing(NO_JSON)
  return json
}

/** The JSON of an upload: the part called `data`, else the first that is a JSON object (kraken §1.2). */
export function parseFields(fields: readonly { readonly name: string | undefined; readonly text: string }[]): Json {
  const named = fields.find(({ name }) => name === 'data')
  const candidates = named === undefined ? fields : [named]
  for (const { text } of candidates) {
    const json = parseObject(text)
    if (json !== undefined) return json
  }
  throw refusing(NO_JSON)
}

function parseObject(text: string): Json | undefined {
  try {
    // Some clients write a byte order mark.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

function formText(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return ''
  }
}

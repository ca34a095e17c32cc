import { Fault } from '../../faults.ts'

/** A JSON object of the request with the path that messages name it by; the request itself has the path ''. */
export type Fields = { readonly path: string; readonly values: Readonly<Record<string, unknown>> }

/** Throws Fault bad-parameter whose message is what the caller reads (compressor §7). */
export function wrong(message: string): never {
  throw new Fault('bad-parameter', message)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Path of a key: `image.resize.width`. */
export function pathOf({ path }: Fields, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** The object under a key; an empty one when the key is absent. */
export function objectAt(fields: Fields, key: string): Fields {
  const path = pathOf(fields, key)
  const value = valueAt(fields, key)
  if (value === undefined) return { path, values: {} }
  return isObject(value) ? { path, values: value } : wrong(`${path} must be an object`)
}

export function textAt(fields: Fields, key: string): string | undefined {
  const value = valueAt(fields, key)
  if (value === undefined || typeof value === 'string') return value
  return wrong(`${pathOf(fields, key)} must be a string`)
}

export function requiredText(fields: Fields, key: string): string {
  const text = textAt(fields, key)
  return text === undefined || text === '' ? wrong(`${pathOf(fields, key)} is required`) : text
}

export function flagAt(fields: Fields, key: string): boolean | undefined {
  const value = valueAt(fields, key)
  if (value === undefined || typeof value === 'boolean') return value
  return wrong(`${pathOf(fields, key)} must be true or false`)
}

export function integerAt(fields: Fields, key: string, least: number, most: number): number | undefined {
  const value = valueAt(fields, key)
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  return wrong(`${pathOf(fields, key)} must be an integer from ${least} to ${most}`)
}

export function wordAt<Word extends string>(fields: Fields, key: string, words: readonly Word[]): Word | undefined {
  const value = valueAt(fields, key)
  if (value === undefined) return undefined
  return words.find((word) => word === value) ?? wrong(`${pathOf(fields, key)} must be one of: ${words.join(', ')}`)
}

/** An object of strings, such as headers. */
export function textsAt(fields: Fields, key: string): Readonly<Record<string, string>> | undefined {
  if (valueAt(fields, key) === undefined) return undefined
  const { path, values } = objectAt(fields, key)
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') wrong(`${path}.${name.slice(0, 60)} must be a string`)
    else Object.defineProperty(texts, name, { value, enumerable: true })
  }
  return texts
}

function valueAt({ values }: Fields, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** Small words for writing the definition: every key gets its description, and strings say what is expected of them. */
import type { Static, TSchema } from 'typebox'
import Type from 'typebox'

/** Beside the keywords of JSON Schema, a text key may say in a person's words what it expects. */
export type TextOptions = {
  readonly default?: string
  readonly pattern?: RegExp
  readonly expected?: string
  readonly example?: string
  /** A secret: masked wherever it would be shown. */
  readonly secret?: boolean
  readonly check?: (text: string) => boolean
}

/** A text. `check` is what a pattern cannot say; it holds in validation but not in the JSON Schema. */
export function text(description: string, options: TextOptions = {}) {
  const schema = Type.String({
    description,
    ...(options.default !== undefined && { default: options.default }),
    ...(options.pattern && { pattern: options.pattern.source }),
    ...(options.expected !== undefined && { expected: options.expected }),
    ...(options.example !== undefined && { examples: [options.example] }),
    ...(options.secret && { writeOnly: true }),
  })
  return options.check ? Type.Refine(schema, options.check) : schema
}

/** A whole number from `minimum` on (up to `maximum`). */
export function whole(description: string, initial: number, minimum = 0, maximum = Number.MAX_SAFE_INTEGER) {
  return Type.Integer({ description, default: initial, minimum, maximum })
}

/** A switch. */
export function flag(description: string, initial: boolean) {
  return Type.Boolean({ description, default: initial })
}

/** One word of a few. */
export function choice<const Words extends string[]>(
  description: string,
  words: readonly [...Words],
  initial: Words[number],
) {
  return Type.Enum(words, { description, default: initial })
}

/** A group of keys that may be left out as a whole when each key has a default; unknown keys are mistakes. */
export function group<Keys extends Record<string, TSchema>>(description: string, keys: Keys) {
  return Type.Object(keys, { description, default: {}, additionalProperties: false })
}

/** A group of keys that is needed, or left out, as a whole. */
export function record<Keys extends Record<string, TSchema>>(description: string, keys: Keys) {
  return Type.Object(keys, { description, additionalProperties: false })
}

/** A list; empty when left out. */
export function list<Item extends TSchema>(description: string, item: Item) {
  return Type.Array(item, { description, default: [] })
}

/** Free names on the left, one shape on the right; empty when left out. */
export function table<Item extends TSchema>(description: string, item: Item) {
  return Type.Record(Type.String(), item, { description, default: {} })
}

/** May be left out, and then is absent. */
export const optional = Type.Optional

export type { Static }

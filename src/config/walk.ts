/**
 * One walk over the definition and the values together: fills in defaults, takes variables, judges every value and
 * collects every mistake. Where a value is wrong, an acceptable one takes its place, so that the walk and the
 * cross-checks after it go on and all mistakes are told at once.
 */
import type { TObject, TSchema } from 'typebox'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { type Environment, expand, hasReference } from './environment.ts'
import { nearest, type Path, show } from './mistakes.ts'

export type Walk = {
  readonly env: Environment
  /** Whether the value at this path came as text from the environment, so that "true" and "5" mean what they say. */
  fromEnvironment(path: Path): boolean
  /** `secret` values are masked; `received` is left out when there is nothing to show. */
  report(path: Path, expected: string, received?: string): void
}

/** Reads `value` by `schema`; what comes back satisfies the schema even when mistakes were reported. */
export function readValue(schema: TSchema, value: unknown, path: Path, walk: Walk): unknown {
  if (Type.IsUnion(schema)) return readUnion(schema.anyOf, value, path, walk)
  if (Type.IsObject(schema)) return readObject(schema, value, path, walk)
  if (Type.IsRecord(schema)) {
    const item = Object.values(schema.patternProperties)[0]
    const entries = Object.entries(asObject(value, path, walk) ?? {})
    return Object.fromEntries(entries.map(([key, entry]) => [key, readValue(item ?? {}, entry, [...path, key], walk)]))
  }
  if (Type.IsArray(schema)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : []
    if (!Array.isArray(value)) walk.report(path, 'expected a list', showKind(value))
    const read = items.map((item, index) => readValue(schema.items, item, [...path, index], walk))
    if (read.length > 0 || annotation(schema, 'minItems') === undefined) return read
    if (Array.isArray(value)) walk.report(path, 'expected a list with at least one item', 'an empty list')
    return [placeholder(schema.items)]
  }
  return readScalar(schema, value, path, walk)
}

function readObject(schema: TObject, value: unknown, path: Path, walk: Walk, elsewhere: Elsewhere = () => undefined) {
  const given = asObject(value, path, walk)
  if (!given) return placeholder(schema)
  const known = Object.keys(schema.properties)
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) walk.report([...path, key], unknownKey(key, known, elsewhere(key)))
  }
  const entries = Object.entries(schema.properties).flatMap(([key, property]): [string, unknown][] => {
    const at = [...path, key]
    // `key:` with nothing behind it is YAML's null and means the same as leaving it out.
    const present = Object.hasOwn(given, key) && given[key] !== null && given[key] !== undefined
    if (present) return [[key, readValue(property, given[key], at, walk)]]
    const initial = annotation(property, 'default')
    if (initial !== undefined) return [[key, readValue(property, structuredClone(initial), at, walk)]]
    if (Type.IsOptional(property)) return []
    walk.report(at, `is missing; expected ${expectation(property)}`)
    return [[key, placeholder(property)]]
  })
  return Object.fromEntries(entries)
}

type Elsewhere = (key: string) => string | undefined

/** Kinds of one thing are told apart by `provider`; each kind knows its own keys only. */
function readUnion(kinds: readonly TSchema[], value: unknown, path: Path, walk: Walk): unknown {
  const given = asObject(value, path, walk)
  if (!given) return placeholder(kinds[0] ?? {})
  const shapes = kinds.filter((kind) => Type.IsObject(kind))
  const byProvider = new Map(shapes.map((shape) => [providerOf(shape), shape]))
  const provider = given.provider
  const shape = typeof provider === 'string' ? byProvider.get(provider) : undefined
  if (shape) {
    const elsewhere: Elsewhere = (key) => {
      const others = [...byProvider].filter(([, other]) => Object.hasOwn(other.properties, key)).map(([name]) => name)
      return others.length > 0 ? `a key of ${others.join(' and ')} connections, not of ${provider} ones` : undefined
    }
    return readObject(shape, given, path, walk, elsewhere)
  }
  const words = `expected one of ${[...byProvider.keys()].join(', ')}`
  if (provider === undefined || provider === null) walk.report([...path, 'provider'], `is missing; ${words}`)
  else walk.report([...path, 'provider'], words, show(provider, false))
  // Stands in with the alias that was given, so that references to it are not called mistakes too.
  const [name, standIn] = [...byProvider].find(([key]) => key === 'folder') ?? []
  return standIn ? readObject(standIn, { alias: given.alias, provider: name, path: '.' }, path, walk) : given
}

function providerOf(shape: TObject): string {
  const { provider } = shape.properties
  return Type.IsLiteral(provider) ? String(provider.const) : ''
}

function readScalar(schema: TSchema, value: unknown, path: Path, walk: Walk): unknown {
  const secret = isSecret(schema)
  let given = value
  let text = walk.fromEnvironment(path)
  if (!text && typeof value === 'string' && hasReference(value)) {
    const { text: expanded, missing } = expand(value, walk.env)
    for (const name of missing) {
      walk.report(path, `the environment variable ${name} is not set`, secret ? undefined : show(value, false))
    }
    if (missing.length > 0) return placeholder(schema)
    given = expanded
    text = true
  }
  const meant = text && typeof given === 'string' ? fromText(schema, given) : given
  if (Check(schema, meant)) return meant
  const hint =
    Type.IsString(schema) && typeof given !== 'string' && typeof given !== 'object' ? ' (write it in quotes)' : ''
  walk.report(path, `expected ${expectation(schema)}${hint}`, show(given, secret))
  return placeholder(schema)
}

/** What a text of the environment means where a number or a switch is expected. */
function fromText(schema: TSchema, given: string): unknown {
  const trimmed = given.trim()
  if (Type.IsInteger(schema)) return /^-?[0-9]+$/.test(trimmed) ? Number(trimmed) : given
  if (Type.IsBoolean(schema)) return trimmed === 'true' ? true : trimmed === 'false' ? false : given
  return given
}

function asObject(value: unknown, path: Path, walk: Walk): Readonly<Record<string, unknown>> | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value))
  }
  walk.report(path, 'expected a group of keys', showKind(value))
  return undefined
}

/** A text where a group belongs may be a secret in the wrong place, and no schema says so. */
function showKind(value: unknown): string {
  return typeof value === 'string' ? 'a text' : show(value, false)
}

function unknownKey(key: string, known: readonly string[], elsewhere: string | undefined): string {
  if (elsewhere) return `is ${elsewhere}`
  const meant = nearest(key, known)
  return `is not a known key; ${meant ? `did you mean ${meant}?` : `known keys are ${known.join(', ')}`}`
}

/** What a person should write, taken from the definition. */
function expectation(schema: TSchema): string {
  const said = annotation(schema, 'expected')
  if (typeof said === 'string') return said
  if (Type.IsEnum(schema)) return `one of ${schema.enum.join(', ')}`
  if (Type.IsBoolean(schema)) return 'true or false'
  if (Type.IsInteger(schema)) return `a whole number ${bounds(schema)}`
  if (Type.IsArray(schema)) return 'a list'
  if (Type.IsObject(schema) || Type.IsRecord(schema)) return 'a group of keys'
  return 'text'
}

function bounds(schema: TSchema): string {
  const minimum = annotation(schema, 'minimum')
  const maximum = annotation(schema, 'maximum')
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? `from ${minimum}`
    : `from ${minimum} to ${maximum}`
}

/** An acceptable value in the place of a wrong one; it is never used, because any mistake ends the start. */
function placeholder(schema: TSchema): unknown {
  if (Type.IsObject(schema)) {
    const needed = Object.entries(schema.properties).filter(([, property]) => !Type.IsOptional(property))
    return Object.fromEntries(needed.map(([key, property]) => [key, placeholder(property)]))
  }
  const initial = annotation(schema, 'default')
  if (initial !== undefined) return structuredClone(initial)
  const examples = annotation(schema, 'examples')
  if (Array.isArray(examples)) return examples[0]
  if (Type.IsEnum(schema)) return schema.enum[0]
  if (Type.IsLiteral(schema)) return schema.const
  if (Type.IsBoolean(schema)) return false
  if (Type.IsInteger(schema)) return annotation(schema, 'minimum') ?? 0
  if (Type.IsArray(schema)) return annotation(schema, 'minItems') === undefined ? [] : [placeholder(schema.items)]
  return ''
}

function isSecret(schema: TSchema): boolean {
  return annotation(schema, 'writeOnly') === true
}

function annotation(schema: TSchema, name: string): unknown {
  return Object.entries(schema).find(([key]) => key === name)?.[1]
}

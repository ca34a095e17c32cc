/** The definition as JSON Schema for editors: what a person may leave out is not required, and `${NAME}` is allowed. */
import { configSchema } from './schema.ts'

type Json = Readonly<Record<string, unknown>>

/** The JSON Schema of `tintype.yaml`, as plain JSON. Deterministic: the same definition gives the same text. */
export function jsonSchema(): Json {
  // Through JSON, so that the builder's own marks and checks that are functions fall away.
  const plain: unknown = JSON.parse(JSON.stringify(configSchema))
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...(isJson(plain) ? relax(plain) : {}) }
}

const REFERENCE = { type: 'string', pattern: '\\$\\{[^}]*\\}' }
/** Our own words and what the `~`-marks leave behind; editors have no use for them. */
const PRIVATE = ['expected', 'discriminator', '~refine', '~kind', '~optional']

function relax(schema: Json): Json {
  const kept = Object.fromEntries(Object.entries(schema).filter(([key]) => !PRIVATE.includes(key)))
  if (isJson(kept.properties)) return relaxObject(kept, kept.properties)
  if (isJson(kept.patternProperties))
    return { ...kept, type: ['object', 'null'], patternProperties: relaxEach(kept.patternProperties) }
  if (isJson(kept.items)) return { ...kept, type: ['array', 'null'], items: relax(kept.items) }
  if (Array.isArray(kept.anyOf))
    return { ...kept, anyOf: kept.anyOf.map((kind) => (isJson(kind) ? relax(kind) : kind)) }
  if ('const' in kept) return kept
  const plainText = kept.type === 'string' && kept.pattern === undefined
  return plainText ? kept : orReference(kept)
}

function relaxObject(schema: Json, properties: Json): Json {
  const required = (Array.isArray(schema.required) ? schema.required : []).filter((key: unknown) => {
    const property = typeof key === 'string' ? properties[key] : undefined
    return !(isJson(property) && 'default' in property)
  })
  const { required: _, ...rest } = schema
  return {
    ...rest,
    ...('default' in schema && { type: ['object', 'null'] }),
    properties: relaxEach(properties),
    ...(required.length > 0 && { required }),
  }
}

function relaxEach(schemas: Json): Json {
  return Object.fromEntries(Object.entries(schemas).map(([key, each]) => [key, isJson(each) ? relax(each) : each]))
}

/** The description stays outside, where editors look for it. */
function orReference(schema: Json): Json {
  const { description, default: initial, examples, writeOnly, ...shape } = schema
  const outside = Object.entries({ description, default: initial, examples, writeOnly })
  return {
    ...Object.fromEntries(outside.filter(([, value]) => value !== undefined)),
    anyOf: [shape, REFERENCE],
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

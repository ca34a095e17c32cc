/** What the environment says: one variable per scalar by one rule, and `${NAME}` inside of texts. */
import type { TProperties, TSchema } from 'typebox'
import Type from 'typebox'
import type { Path } from './mistakes.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** `['limits', 'sourceBytes']` → `TINTYPE_LIMITS_SOURCE_BYTES`. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase())
  return ['TINTYPE', ...words].join('_')
}

/** Every scalar of the definition that has a variable: those outside of lists and tables. */
export function scalarsOf(properties: TProperties, above: readonly string[] = []): (readonly string[])[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const path = [...above, key]
    if (Type.IsObject(schema)) return scalarsOf(schema.properties, path)
    return isScalar(schema) ? [path] : []
  })
}

function isScalar(schema: TSchema): boolean {
  return !Type.IsArray(schema) && !Type.IsRecord(schema) && !Type.IsUnion(schema)
}

/** The values that the environment sets, by path. An empty variable counts as absent, as containers often pass them on. */
export function overrides(
  properties: TProperties,
  env: Environment,
): { readonly path: Path; readonly variable: string; readonly value: string }[] {
  return scalarsOf(properties).flatMap((path) => {
    const variable = variableOf(path)
    const value = env[variable]
    return value === undefined || value === '' ? [] : [{ path, variable, value }]
  })
}

const REFERENCE = /\$(\$?)\{([^}]*)\}/g

/** Whether `text` mentions a variable. */
export function hasReference(text: string): boolean {
  return text.includes('${')
}

/** `${NAME}` → the variable's value; `$${NAME}` stays as `${NAME}`. Names that are not set come back in `missing`. */
export function expand(text: string, env: Environment): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = []
  const expanded = text.replaceAll(REFERENCE, (whole, escaped: string, name: string) => {
    if (escaped !== '') return whole.slice(1)
    const value = env[name]
    if (value === undefined) missing.push(name)
    return value ?? ''
  })
  return { text: expanded, missing }
}

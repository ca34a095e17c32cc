import { hexColour, namedColour } from '../../plan/css-colour.ts'
import type { Colour } from '../../plan/plan.ts'
import { isJson, type Json } from './body.ts'
import { invalid } from './faults.ts'

/**
 * Members of a request, read by the type that the contract gives them. `null` means "not given" everywhere, and so does `0` for
 * numbers: typed clients send every field they know (kraken §1). A wrong type is 422 `<field> is not of a type(s) <type>`.
 */

export function flag(from: Json, name: string): boolean {
  const value = from[name] ?? false
  if (typeof value !== 'boolean') throw wrongType(name, 'boolean')
  return value
}

/** An empty string is "not given" too. */
export function text(from: Json, name: string, path = name): string | undefined {
  const value = from[name] ?? undefined
  if (value !== undefined && typeof value !== 'string') throw wrongType(path, 'string')
  return value === '' ? undefined : value
}

/** A whole number; also written as a string. */
export function whole(from: Json, name: string): number | undefined {
  const value = from[name] ?? undefined
  if (value === undefined || value === '') return undefined
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw wrongType(name, 'integer')
  return number === 0 ? undefined : number
}

export function object(from: Json, name: string): Json | undefined {
  const value = from[name] ?? undefined
  // PHP writes an empty map as an empty list.
  if (Array.isArray(value) && value.length === 0) return undefined
  if (value !== undefined && !isJson(value)) throw wrongType(name, 'object')
  return value
}

export function list(from: Json, name: string): readonly unknown[] | undefined {
  const value = from[name] ?? undefined
  if (value !== undefined && !Array.isArray(value)) throw wrongType(name, 'array')
  return value
}

/** A map of texts; numbers and flags become texts. */
export function texts(from: Json, name: string): Readonly<Record<string, string>> | undefined {
  const given = object(from, name)
  if (given === undefined) return undefined
  const entries: [string, string][] = []
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue
    if (typeof value === 'object') throw wrongType(`${name}.${key.slice(0, 60)}`, 'string')
    entries.push([key, String(value)])
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

export function wrongType(field: string, type: string) {
  return invalid(`${field} is not of a type(s) ${type}`)
}

const WHITE: Colour = { r: 255, g: 255, b: 255, alpha: 1 }

/** `#f60`, `#ff6600`, `rgb(r, g, b)`, `rgba(r, g, b, a)` or a CSS name; white when absent (kraken §3). */
export function colour(from: Json, name: string): Colour {
  const value = text(from, name)?.trim().toLowerCase()
  if (value === undefined) return WHITE
  const read = hex(value) ?? functional(value) ?? namedColour(value)
  if (read === undefined)
    throw invalid(`${name} has to be a color such as #ff6600, rgb(255, 102, 0) or rgba(255, 102, 0, 0.5)`)
  return read
}

function hex(value: string): Colour | undefined {
  const digits = value.replace(/^#/, '')
  return digits.length <= 6 ? hexColour(digits) : undefined
}

function functional(value: string): Colour | undefined {
  const match =
    /^rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*(\d?(?:\.\d+)?|\d+(?:\.\d+)?%)\s*)?\)$/.exec(value)
  if (match === null) return undefined
  const [r, g, b] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const written = match[4]
  if (written === '') return undefined
  const alpha = written === undefined ? 1 : written.endsWith('%') ? Number(written.slice(0, -1)) / 100 : Number(written)
  return Math.max(r, g, b) > 255 || !(alpha >= 0 && alpha <= 1) ? undefined : { r, g, b, alpha }
}

import { decodePercent } from './percent.ts'

/** Parameters by name, each with every value it was given, in order. */
export type Query = ReadonlyMap<string, readonly string[]>

/**
 * Reads a raw query as the engine does (pixboost §2.5, §5): a pair with a raw `;` vanishes, so does one with a broken escape;
 * `+` is a blank; names are case-sensitive.
 */
export function parseQuery(raw: string): Query {
  const query = new Map<string, string[]>()
  for (const pair of raw.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const name = decodePart(equals === -1 ? pair : pair.slice(0, equals))
    const value = decodePart(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) continue
    const values = query.get(name)
    if (values === undefined) query.set(name, [value])
    else values.push(value)
  }
  return query
}

/** Writes what `parseQuery` reads, without the leading `?`. */
export function printQuery(query: Query): string {
  return [...query]
    .flatMap(([name, values]) => values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .join('&')
}

/** The value of a parameter. One that is absent or given more than once counts as empty (pixboost §5). */
export function single(query: Query, name: string): string {
  const values = query.get(name)
  return values?.length === 1 ? (values[0] ?? '') : ''
}

function decodePart(text: string): string | undefined {
  return decodePercent(text.replaceAll('+', ' '))
}

import { Fault } from '../faults.ts'

/** Deep enough for the deepest Plan that normal form lets pass. */
const MAX_JSON_DEPTH = 2_000

/**
 * JSON with object members sorted and undefined ones left out, so that equal values have equal text. Fault bad-parameter for
 * numbers that JSON cannot hold, values that are no data, and nesting beyond 2,000 levels.
 */
export function canonicalJson(value: unknown): string {
  return text(value, 0)
}

function text(value: unknown, depth: number): string {
  if (depth > MAX_JSON_DEPTH) throw new Fault('bad-parameter', 'nested too deep')
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => text(item, depth + 1)).join(',')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${text(member, depth + 1)}`)
    return `{${members.join(',')}}`
  }
  throw new Fault('bad-parameter', `a ${typeof value} cannot stand in a plan`)
}

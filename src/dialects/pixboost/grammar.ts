import { decodePercent, encodePath } from './percent.ts'
import { parseQuery, printQuery, type Query } from './query.ts'

/** The four operations; lower case, British spelling only (pixboost §1). */
export const OPERATIONS = ['optimise', 'resize', 'fit', 'asis'] as const
export type Operation = (typeof OPERATIONS)[number]

/** `api`: `/api/2/img/…` with a key. `engine`: `/img/…` without (pixboost §1). */
export type Form = 'api' | 'engine'

const PREFIXES = { api: '/api/2/img', engine: '/img' } as const satisfies Record<Form, string>

/** What a target says before anybody asks what it means. `rest` is decoded once and has lost the slash before it. */
export type Address = { readonly form: Form; readonly rest: string; readonly query: Query }

/** A picture asked for: the source as text (pixboost §2), not yet resolved. */
export type PictureAddress = {
  readonly form: Form
  readonly source: string
  readonly operation: Operation
  readonly query: Query
}

/** The form whose prefix the raw target begins with; the prefix itself must be written plainly. */
export function formOf(target: string): Form | undefined {
  if (begins(target, PREFIXES.api)) return 'api'
  return begins(target, PREFIXES.engine) ? 'engine' : undefined
}

/**
 * Takes a raw target apart: the path ends at the first raw `?`, is decoded once and never cleaned (pixboost §2.1, §2.3).
 * Nothing when the target is not of this dialect, has nothing behind the prefix, or has a broken escape.
 */
export function parseAddress(target: string): Address | undefined {
  const form = formOf(target)
  if (form === undefined) return undefined
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const raw = path.slice(PREFIXES[form].length)
  if (!raw.startsWith('/')) return undefined
  const rest = decodePercent(raw.slice(1))
  if (rest === undefined) return undefined
  return { form, rest, query: parseQuery(mark === -1 ? '' : target.slice(mark + 1)) }
}

/** Splits at the last `/`: a source may itself hold `/resize/` (pixboost §2.1). Nothing when no operation stands there. */
export function parsePicture({ form, rest, query }: Address): PictureAddress | undefined {
  const slash = rest.lastIndexOf('/')
  if (slash === -1) return undefined
  const operation = OPERATIONS.find((name) => name === rest.slice(slash + 1))
  return operation === undefined ? undefined : { form, source: rest.slice(0, slash), operation, query }
}

/** Writes the target that `parseAddress` and `parsePicture` read back as the same picture. */
export function printPicture({ form, source, operation, query }: PictureAddress): string {
  const path = `${PREFIXES[form]}/${encodePath(source)}/${operation}`
  return query.size === 0 ? path : `${path}?${printQuery(query)}`
}

function begins(target: string, prefix: string): boolean {
  if (!target.startsWith(prefix)) return false
  const next = target[prefix.length]
  return next === undefined || next === '/' || next === '?'
}

/** What can be wrong with a configuration, how it is collected and how it is told to a person. */

/** Keys and list positions from the root of the file to a value. */
export type Path = readonly (string | number)[]

/** Where the value was read: a line of the file, or an environment variable. */
export type Place = { readonly line: number } | { readonly variable: string } | undefined

export type Mistake = {
  /** For example `projects[0].keys[1].secret`; empty for the file as a whole. */
  readonly key: string
  readonly place: Place
  /** The value as received, secrets masked; absent when nothing was there or the value should not be shown. */
  readonly received?: string
  /** What is expected in its place, or what is wrong. */
  readonly expected: string
}

/** Every mistake of a configuration at once. Its message is fit for a terminal. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly file: string | undefined
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[], file: string | undefined) {
    super(format(mistakes, file))
    this.mistakes = mistakes
    this.file = file
  }
}

/** The mistakes of a `ConfigError`, one per line, each with its place, key, received value and expectation. */
export function formatConfigErrors(error: ConfigError): string {
  return format(error.mistakes, error.file)
}

function format(mistakes: readonly Mistake[], file: string | undefined): string {
  const count = mistakes.length === 1 ? 'one mistake' : `${mistakes.length} mistakes`
  const lines = mistakes.map((mistake) => `  ${formatMistake(mistake, file)}`)
  return [`The configuration has ${count}:`, ...lines].join('\n')
}

function formatMistake({ key, place, received, expected }: Mistake, file: string | undefined): string {
  const where =
    place === undefined
      ? (file ?? 'configuration')
      : 'line' in place
        ? `${file ?? 'configuration'}:${place.line}`
        : `environment variable ${place.variable}`
  const got = received === undefined ? '' : `received ${received}; `
  return `${where}: ${key === '' ? '' : `${key}: `}${got}${expected}`
}

/** `['projects', 0, 'id']` → `projects[0].id`; keys that are not plain words are quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>((written, step) => {
    if (typeof step === 'number') return `${written}[${step}]`
    if (!/^[A-Za-z0-9_$-]+$/.test(step)) return `${written}[${JSON.stringify(step)}]`
    return written === '' ? step : `${written}.${step}`
  }, '')
}

/** A value as it may be shown: secrets and passwords in URLs masked, long texts cut, collections named only. */
export function show(value: unknown, secret: boolean): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a group of keys'
  if (secret) return '"***"'
  if (typeof value !== 'string') return String(value)
  // The last `@` counts: a password with a slash or a blank in it makes no valid URL, but is still a password.
  const masked = value.replace(/\/\/.*@/s, '//***@')
  return JSON.stringify(masked.length > 80 ? `${masked.slice(0, 79)}…` : masked)
}

/** The word of `known` that `word` was most likely meant to be; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '')
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .sort((left, right) => left.distance - right.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined
}

/** Levenshtein distance, one row at a time; words beyond 64 letters are cut, they resemble nothing anyhow. */
function editDistance(left: string, right: string): number {
  const target = right.slice(0, 64)
  let row = Array.from({ length: target.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...left.slice(0, 64)].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= target.length; column++) {
      const replace = (row[column - 1] ?? 0) + (letter === target[column - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[target.length] ?? 0
}

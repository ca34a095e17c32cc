/**
 * How this server stands to one fact of a dialect's contract: one row per table row or numbered rule. Each file beside this
 * one exports `rows` and `sections` of its dialect; `docs/compat/<dialect>.md` is generated from them.
 */
export type CompatRow = {
  /** Number of the contract's section, such as `6` or `4.2`. */
  readonly section: string
  /** The fact in one sentence. */
  readonly fact: string
  readonly state: 'works' | 'differs' | 'not yet'
  /** Title of the test that proves it, exactly as it stands in the test file. Absent only for `not yet`. */
  readonly test?: string
  /** What differs and why, or what is missing. */
  readonly note?: string
}

/** A section of the contract. */
export type Section = { readonly number: string; readonly title: string }

/** What the contract says and the test that proves it; or how the server differs; or what is missing. */
export type Fact =
  | readonly [fact: string, test: string]
  | { readonly fact: string; readonly test: string; readonly differs: string }
  | { readonly fact: string; readonly missing: string }

/** A section with its facts, by its number. */
export type Chapters = Readonly<Record<string, { readonly title: string; readonly facts: readonly Fact[] }>>

export function sectionsOf(chapters: Chapters): readonly Section[] {
  return inOrder(chapters).map(([number, { title }]) => ({ number, title }))
}

export function rowsOf(chapters: Chapters): readonly CompatRow[] {
  return inOrder(chapters).flatMap(([section, { facts }]) => facts.map((fact) => rowOf(section, fact)))
}

function rowOf(section: string, entry: Fact): CompatRow {
  if (!('fact' in entry)) return { section, fact: entry[0], state: 'works', test: entry[1] }
  if ('missing' in entry) return { section, fact: entry.fact, state: 'not yet', note: entry.missing }
  return { section, fact: entry.fact, state: 'differs', test: entry.test, note: entry.differs }
}

/** An object keeps whole numbers in front: `2` stands before `10.1` and behind `1.1` all the same. */
function inOrder(chapters: Chapters) {
  return Object.entries(chapters).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
}

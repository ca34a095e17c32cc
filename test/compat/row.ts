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

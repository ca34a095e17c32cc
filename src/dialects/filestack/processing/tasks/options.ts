/** The options of one task: declared and read in one go, so that a declaration cannot differ from what is read. */
import { Fault } from '../../../../faults.ts'
import type { RawTask } from '../grammar.ts'
import type { Value } from '../scan.ts'
import type { Kind, Requirable } from './kinds.ts'

/** Each call declares an option under its name and further ones, and reads it. Throws Fault bad-parameter. */
export type Options = {
  optional<T>(names: Names, kind: Kind<T>): T | undefined
  required<T>(names: Names, kind: Requirable<T>): T
  /** With a default. */
  or<T>(names: Names, kind: Kind<T>, fallback: T): T
  /** At least one of these must be there. */
  someOf(...names: readonly string[]): void
  /** The one value without a name. */
  bare<T>(kind: Kind<T>): T | undefined
  /** Options that are flags, whatever their names: `a:true`, or values without a name. */
  flags(): readonly string[]
}

/** A name, or a name and its aliases separated by blanks. */
type Names = string

/**
 * Reads a task's options by a declaration. Throws Fault bad-parameter, in the words of filestack §4.1, for an option that was not
 * declared, a value out of range, a required one that is missing.
 */
export function readOptions<T>({ name: task, options }: RawTask, declare: (options: Options) => T): T {
  const rest = new Map<string, { readonly spelled: string; readonly value: Value }>()
  let bare: Value | undefined
  for (const { name, value } of options) {
    if (name === undefined) bare = value
    else rest.set(name.toLowerCase(), { spelled: name, value })
  }

  function take(names: Names): { readonly spelled: string; readonly value: Value } | undefined {
    const given = names.split(' ').flatMap((name) => {
      const found = rest.get(name)
      rest.delete(name)
      return found ?? []
    })
    return given.at(0)
  }

  function optional<R>(names: Names, kind: Kind<R>): R | undefined {
    const given = take(names)
    if (given === undefined) return undefined
    const read = kind.read(given.value)
    if (read === undefined) throw invalid(given.spelled, `: ${kind.expects} expected`)
    return read
  }

  const invalid = (option: string, more = '') =>
    new Fault('bad-parameter', `invalid parameter \`${option.slice(0, 80)}\` for \`${task}\` task${more}`, {
      context: { parameter: option.slice(0, 80), task },
    })
  const missing = (option: string) =>
    new Fault('bad-parameter', `missing parameter \`${option}\` for \`${task}\` task`, {
      context: { parameter: option, task },
    })
  const present = new Set(rest.keys())
  let lack: string | undefined

  const reader: Options = {
    optional,
    required(names, kind) {
      const read = optional(names, kind)
      if (read === undefined) lack ??= names.split(' ', 1)[0]
      return read ?? kind.standIn
    },
    or: (names, kind, fallback) => optional(names, kind) ?? fallback,
    someOf(...names) {
      if (!names.some((name) => name.split(' ').some((one) => present.has(one)))) {
        lack ??= names.map((name) => name.split(' ', 1)[0]).join('` or `')
      }
    },
    bare(kind) {
      if (bare === undefined) return undefined
      const read = kind.read(bare)
      if (read === undefined && bare !== 'true') throw invalid(String(bare), `: ${kind.expects} expected`)
      bare = undefined
      return read
    },
    flags() {
      const names = [...rest.values()].map(({ spelled, value }) => {
        if (value !== 'true' && value !== 'false') throw invalid(spelled, ': true or false expected')
        return { spelled, value }
      })
      rest.clear()
      const loose = bare === undefined || bare === 'true' ? [] : typeof bare === 'string' ? [bare] : bare
      bare = undefined
      const words = loose.map((one) => {
        if (typeof one !== 'string') throw invalid(String(one))
        return one
      })
      return [...names.filter(({ value }) => value === 'true').map(({ spelled }) => spelled), ...words]
    },
  }
  const read = declare(reader)
  for (const { spelled } of rest.values()) throw invalid(spelled)
  // `flip=true` is what some clients make of a task without options.
  if (bare !== undefined && bare !== 'true') throw invalid(String(bare))
  if (lack !== undefined) throw missing(lack)
  return read
}

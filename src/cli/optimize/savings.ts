import { table } from '../table.ts'
import type { Outcome } from './run.ts'

/** More rows than this tell nobody anything. */
const ROWS = 40

export type Totals = {
  readonly pictures: number
  readonly smaller: number
  readonly skipped: number
  readonly failed: number
  /** Bytes of what this run has looked at, skipped ones not counted. */
  readonly before: number
  readonly after: number
}

export function totalsOf(outcomes: readonly Outcome[]): Totals {
  const count = (result: Outcome['result']) => outcomes.filter((one) => one.result === result).length
  const looked = outcomes.filter(({ result }) => result !== 'skipped')
  return {
    pictures: outcomes.length,
    smaller: count('smaller'),
    skipped: count('skipped'),
    failed: count('failed'),
    before: looked.reduce((sum, { before }) => sum + before, 0),
    after: looked.reduce((sum, { after }) => sum + after, 0),
  }
}

/** The table at the end: what failed, what saved most, and the sum. */
export function savingsTable(outcomes: readonly Outcome[]): string {
  const told = outcomes
    .filter(({ result }) => result !== 'skipped')
    .sort((a, b) => Number(b.result === 'failed') - Number(a.result === 'failed') || saved(b) - saved(a))
  const rows = told.slice(0, ROWS).map((one) => [one.name, ...sizes(one), one.reason ?? noteOf(one)])
  const totals = totalsOf(outcomes)
  const more = told.length > ROWS ? [[`… ${told.length - ROWS} more`, '', '', '', '']] : []
  const notes = [
    `${totals.smaller} of ${totals.pictures} smaller`,
    ...(totals.skipped > 0 ? [`${totals.skipped} done by an earlier run`] : []),
    ...(totals.failed > 0 ? [`${totals.failed} failed`] : []),
  ]
  const total = ['total', ...sizes(totals), notes.join(', ')]
  return table(['PICTURE', 'BEFORE', 'AFTER', 'SAVED', 'NOTE'], [...rows, ...more, total])
}

function noteOf({ result }: Outcome): string {
  return result === 'left' ? 'left alone: this format is not optimised' : ''
}

type Sizes = { readonly before: number; readonly after: number }

function sizes(one: Sizes): readonly string[] {
  return [bytesText(one.before), bytesText(one.after), savingText(one)]
}

function saved({ before, after }: Sizes): number {
  return before - after
}

/** Per cent of the bytes before. */
export function savingText({ before, after }: Sizes): string {
  return before === 0 ? '0.0 %' : `${((saved({ before, after }) / before) * 100).toFixed(1)} %`
}

/** Bytes for people, in powers of ten: `1.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`
  return bytes < 999_950_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { PARTS, type PartName } from './parts.ts'

/** Where the test run collects what was skipped; set by scripts/test.ts. */
const REPORT = 'TINTYPE_SKIPS_FILE'

/**
 * Whether tests that need a real part must be skipped, to be used as `describe.skipIf(missing('postgres'))`. A missing part
 * is told at the end of the run with the command that would enable it; with CI=true it is an error instead.
 */
export function missing(part: PartName): boolean {
  if (PARTS[part].find() !== undefined) return false
  return skipped(part)
}

/** Notes that a part is missing, for tests that find it in their own way. Always true; throws with CI=true. */
export function skipped(part: PartName): true {
  if (isCI()) throw new Error(`${PARTS[part].name} is missing and CI=true: ${PARTS[part].enable}`)
  const report = process.env[REPORT]
  if (report !== undefined) appendFileSync(report, `${part}\n`)
  return true
}

/** The lines to print after a run, one per missing part; empty when nothing was skipped. */
export function skipSummary(report: string): readonly string[] {
  const names = existsSync(report) ? new Set(readFileSync(report, 'utf8').split('\n')) : new Set<string>()
  const parts = Object.entries(PARTS).flatMap(([name, part]) => (names.has(name) ? [part] : []))
  if (parts.length === 0) return []
  return [
    'Skipped, because a real part is missing:',
    ...parts.map((part) => `  ${part.name} (${part.purpose}): ${part.enable}`),
  ]
}

/** Whether this is a run in which nothing may be left out. */
export function isCI(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1'
}

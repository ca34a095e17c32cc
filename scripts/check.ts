/**
 * Everything that can be known about the sources without running them. Prints a line per check, all of them run even when
 * one fails, and what is wrong stands below its line.
 *
 *   npm run check
 *   npm run check -- imports style     only these
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toolProblems } from './checks/commands.ts'
import { compatProblems } from './checks/compat.ts'
import { importViolations } from './checks/imports.ts'
import { stalePages } from './generate.ts'
import { type LockPackages, missingEntries } from './lock.ts'

/** Finds what is wrong in the working copy at `root`, one line each. */
type Check = { readonly name: string; readonly says: string; run(root: string): Promise<readonly string[]> }

const CHECKS: readonly Check[] = [
  { name: 'types', says: 'TypeScript', run: (root) => toolProblems(root, 'tsc', ['-p', '.']) },
  {
    name: 'style',
    says: 'Biome',
    run: (root) => toolProblems(root, 'biome', ['check', '--error-on-warnings', '--max-diagnostics=200', '.']),
  },
  { name: 'imports', says: 'who may import whom', run: importViolations },
  {
    name: 'unused',
    says: 'files, exports and packages nobody uses',
    run: (root) => toolProblems(root, 'knip', ['--no-progress']),
  },
  { name: 'pages', says: 'generated pages are fresh', run: stalePages },
  { name: 'compat', says: 'every section of a contract has rows, every row its test', run: compatProblems },
  { name: 'lockfile', says: 'npm ci can install on every machine', run: lockfileProblems },
]

async function lockfileProblems(root: string): Promise<readonly string[]> {
  const lock: { packages: LockPackages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const missing = Object.keys(missingEntries(lock.packages))
  return missing.length === 0 ? [] : [...missing, 'run: node scripts/lock.ts']
}

/** Runs one check; a check that breaks has failed. */
async function problemsOf(check: Check, root: string): Promise<readonly string[]> {
  try {
    return await check.run(root)
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}

async function main(names: readonly string[]): Promise<number> {
  const root = resolve(import.meta.dirname, '..')
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name))
  if (unknown.length > 0) {
    console.error(`No such check: ${unknown.join(', ')}. There are: ${CHECKS.map(({ name }) => name).join(', ')}.`)
    return 2
  }
  let failed = 0
  for (const check of CHECKS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const started = performance.now()
    const problems = await problemsOf(check, root)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${problems.length === 0 ? 'ok    ' : 'failed'}  ${check.name.padEnd(9)} ${check.says} (${seconds} s)`)
    for (const line of problems) console.log(`        ${line}`)
    if (problems.length > 0) failed += 1
  }
  console.log(failed === 0 ? 'All checks passed.' : `${failed} of the checks failed.`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))

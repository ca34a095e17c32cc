import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Contract, loadContracts } from './contracts.ts'

/** What is wrong with the rows of `test/compat` below `root`; empty when all is well. */
export async function compatProblems(root: string): Promise<readonly string[]> {
  const titles = new Set(
    globSync('test/**/*.test.ts', { cwd: root }).flatMap((file) => titlesIn(readFileSync(join(root, file), 'utf8'))),
  )
  const contracts = await loadContracts(root)
  if (contracts.length === 0) return ['there is no contract in test/compat']
  return contracts.flatMap((contract) =>
    contractProblems(contract, titles).map((text) => `${contract.dialect}: ${text}`),
  )
}

/** Sections without a row, rows of no section, rows whose test is not named or does not exist. */
export function contractProblems(
  { sections, rows }: Omit<Contract, 'dialect'>,
  titles: ReadonlySet<string>,
): readonly string[] {
  const numbers = new Set(sections.map((section) => section.number))
  const covered = new Set(rows.map((row) => row.section))
  return [
    ...sections
      .filter(({ number }) => !covered.has(number))
      .map(({ number, title }) => `§${number} ${title} has no row`),
    ...rows.flatMap(({ section, fact, state, test }) => {
      const row = `§${section} “${fact}”`
      const wrong: string[] = []
      if (!numbers.has(section)) wrong.push(`${row} stands in a section that the contract does not have`)
      if (test === undefined && state !== 'not yet') wrong.push(`${row} ${state}, but names no test`)
      if (test !== undefined && !titles.has(test)) wrong.push(`${row} names a test that does not exist: “${test}”`)
      return wrong
    }),
  ]
}

/** The titles of tests and their groups as written in a test file's source. Titles of `each` keep their placeholders. */
export function titlesIn(source: string): readonly string[] {
  // Either directly behind the name, or in the second pair of brackets of `each(…)(`, `skipIf(…)(`.
  const call = /(?:\b(?:test|it|describe)(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*,/gs
  return [...source.matchAll(call)].map(([, , title = '']) => title.replaceAll(/\\(['"`\\])/g, '$1'))
}

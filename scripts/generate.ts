/**
 * Writes the pages that are made from the sources: `docs/compat/<dialect>.md` from the rows in `test/compat`, and the JSON
 * Schema of `tintype.yaml` from the configuration's definition. `npm run check` fails when one of them is stale.
 *
 *   npm run docs
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { jsonSchema } from '../src/config/config.ts'
import { compatPage } from './checks/compat-page.ts'
import { loadContracts } from './checks/contracts.ts'

/** Every generated page by its path below `root`. */
export async function generatedPages(root: string): Promise<ReadonlyMap<string, string>> {
  const contracts = await loadContracts(root)
  return new Map([
    ...contracts.map((contract): [string, string] => [`docs/compat/${contract.dialect}.md`, compatPage(contract)]),
    ['tintype.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
  ])
}

/** The generated pages that differ from what would be generated now, and those that nothing generates any more. */
export async function stalePages(root: string): Promise<readonly string[]> {
  const pages = await generatedPages(root)
  const stale = [...pages].filter(([path, text]) => textOf(join(root, path)) !== text).map(([path]) => `stale: ${path}`)
  const left = globSync('docs/compat/*.md', { cwd: root }).filter((path) => !pages.has(path))
  const problems = [...stale, ...left.map((path) => `nothing generates: ${path}`)]
  return problems.length === 0 ? [] : [...problems, 'run: npm run docs']
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  for (const [path, text] of await generatedPages(root)) {
    const file = join(root, path)
    if (textOf(file) === text) continue
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`written: ${path}`)
  }
}

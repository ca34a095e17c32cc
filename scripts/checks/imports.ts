import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type ICruiseResult } from 'dependency-cruiser'

/**
 * The violations of the import rules in `src` of the working copy at `root`, one line each; empty when all is well.
 * That fewer modules were looked at than `src` has files is a violation too: a cruise without a parser passes everything.
 */
export async function importViolations(root: string): Promise<readonly string[]> {
  const { default: config } = await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href)
  const { options, ...ruleSet } = config
  const { output } = await cruise(
    ['src'],
    { ...options, ruleSet, validate: true, baseDir: root },
    options.enhancedResolveOptions,
  )
  if (typeof output === 'string') return ['dependency-cruiser answered with text instead of a result']
  return [
    ...unseen(output, root),
    ...output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  ]
}

function unseen(result: ICruiseResult, root: string): readonly string[] {
  const seen = new Set(result.modules.map((module) => module.source))
  return globSync('src/**/*.ts', { cwd: root })
    .filter((file) => !seen.has(file))
    .map((file) => `not looked at: ${file}`)
}

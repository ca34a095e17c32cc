import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CompatRow, Section } from '../../test/compat/row.ts'

/** What is known of a dialect's contract: its sections and, fact by fact, how the server stands to it. */
export type Contract = {
  readonly dialect: string
  readonly sections: readonly Section[]
  readonly rows: readonly CompatRow[]
}

/** The contracts of `test/compat`, by dialect. A file without `rows` and `sections` throws. */
export async function loadContracts(root: string): Promise<readonly Contract[]> {
  const files = globSync('test/compat/*.ts', { cwd: root }).filter(
    (file) => !/(^|[\\/])row\.ts$|\.test\.ts$/.test(file),
  )
  return Promise.all(
    files.sort().map(async (file) => {
      const module: { rows?: readonly CompatRow[]; sections?: readonly Section[] } = await import(
        pathToFileURL(join(root, file)).href
      )
      if (module.rows === undefined || module.sections === undefined) {
        throw new Error(`${file} must export \`rows\` and \`sections\``)
      }
      return { dialect: basename(file, '.ts'), sections: module.sections, rows: module.rows }
    }),
  )
}

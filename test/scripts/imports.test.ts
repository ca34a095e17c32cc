import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importViolations } from '../../scripts/checks/imports.ts'

const root = resolve(import.meta.dirname, '../..')
let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'tintype-imports-'))
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs'])
    cpSync(join(root, name), join(copy, name))
  cpSync(join(root, 'src/faults.ts'), join(copy, 'src/faults.ts'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** The violations of a house with these files, and nothing else but faults.ts. */
async function violationsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), text)
  }
  try {
    return await importViolations(copy)
  } finally {
    for (const path of Object.keys(files)) rmSync(join(copy, path))
  }
}

describe('the import rules', () => {
  it('find nothing wrong with a room that imports the tiers below it', async () => {
    expect(
      await violationsOf({
        'src/plan/plan.ts': 'export const plan = 1',
        'src/engine/engine.ts':
          "import sharp from 'sharp'\nimport { plan } from '../plan/plan.ts'\nexport const engine = [plan, sharp]",
        'src/dialects/pixboost/a.ts': "import { engine } from '../../engine/engine.ts'\nexport const a = engine",
      }),
    ).toEqual([])
  })

  it.each([
    [
      'a room that imports a tier above',
      'src/plan/a.ts',
      "import '../engine/b.ts'",
      'src/engine/b.ts',
      'plan-imports-tiers-below',
    ],
    [
      'a room that imports its neighbour',
      'src/engine/a.ts',
      "import '../storage/b.ts'",
      'src/storage/b.ts',
      'engine-imports-tiers-below',
    ],
    [
      'an import of a type alone',
      'src/plan/a.ts',
      "import type { B } from '../engine/b.ts'",
      'src/engine/b.ts',
      'plan-imports-tiers-below',
    ],
    [
      'a dialect that imports another',
      'src/dialects/kraken/a.ts',
      "import '../pixboost/b.ts'",
      'src/dialects/pixboost/b.ts',
      'one-dialect-knows-no-other',
    ],
    [
      'a room that reads the configuration',
      'src/delivery/a.ts',
      "import '../config/b.ts'",
      'src/config/b.ts',
      'only-main-composes',
    ],
    [
      'an http that knows a room',
      'src/http/a.ts',
      "import '../delivery/b.ts'",
      'src/delivery/b.ts',
      'http-knows-no-room',
    ],
  ])('see %s', async (_, from, text, to, rule) => {
    const found = await violationsOf({ [from]: text, [to]: 'export type B = 1\nexport const b = 1' })
    expect(found).toContain(`${rule}: ${from} → ${to}`)
  })

  it.each([
    ['sharp outside of the engine', "import 'sharp'", 'sharp-in-engine'],
    ['a cloud SDK outside of storage', "import '@aws-sdk/client-s3'", 'cloud-in-storage'],
    ['a database outside of the catalog', "import 'node:sqlite'", 'sql-in-catalog'],
    ['the queue on Postgres outside of the jobs', "import 'pg-boss'", 'pg-boss-in-jobs'],
    ['a package for development', "import 'vitest'", 'no-development-packages'],
    ['a file that does not exist', "import './nowhere.ts'", 'resolvable'],
  ])('see %s', async (_, text, rule) => {
    const found = await violationsOf({ 'src/delivery/a.ts': text })
    expect(found.map((line) => line.split(':', 1)[0])).toContain(rule)
  })

  it('fail when the sources were not looked at', async () => {
    const blind = mkdtempSync(join(tmpdir(), 'tintype-blind-'))
    cpSync(join(copy, 'src/faults.ts'), join(blind, 'src/faults.ts'))
    const config = readFileSync(join(root, '.dependency-cruiser.mjs'), 'utf8')
    writeFileSync(join(blind, '.dependency-cruiser.mjs'), config.replace("parser: 'swc'", "exclude: { path: '.' }"))
    const found = await importViolations(blind)
    rmSync(blind, { recursive: true })
    expect(found).toEqual(['not looked at: src/faults.ts'])
  })
})

/**
 * Runs the tests. With CI=true the real parts they need are installed first and a missing one is a failure; elsewhere
 * tests without their part are skipped and the last lines say what would enable them. Arguments go to vitest as they are.
 *
 *   npm test
 *   npm test -- test/storage -t "presign"
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { PARTS, type Part } from '../test/support/parts.ts'
import { isCI, skipSummary } from '../test/support/skips.ts'
import { tally, tallyLine } from './tally.ts'

/** Installs a missing part; says what it does. Whether it is there afterwards is for the caller to see. */
function install(part: Part): void {
  const root = process.getuid?.() === 0
  const apt = part.enable.startsWith('apt-get')
  if (apt && !root) return
  const commands = apt ? ['apt-get update -q', part.enable] : [part.enable]
  for (const command of commands) {
    console.log(`$ ${command}`)
    const { status } = spawnSync('sh', ['-c', command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status !== 0) return
  }
}

async function main(): Promise<number> {
  if (isCI()) {
    for (const part of Object.values(PARTS)) if (part.find() === undefined) install(part)
    const absent = Object.values(PARTS).filter((part) => part.find() === undefined)
    for (const part of absent) console.error(`${part.name} is missing and could not be installed: ${part.enable}`)
    if (absent.length > 0) return 1
  }
  process.chdir(resolve(import.meta.dirname, '..'))
  const folder = mkdtempSync(join(tmpdir(), 'tintype-test-'))
  const report = join(folder, 'skips')
  process.env.TINTYPE_SKIPS_FILE = report
  const found = PARTS.versitygw.find()
  if (found !== undefined) process.env.PATH = `${process.env.PATH}:${dirname(found)}`

  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
  const vitest = await startVitest('test', filter, { ...options, run: true, watch: false })
  const result = tally(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length)
  await vitest.close()
  for (const line of skipSummary(report)) console.log(line)
  rmSync(folder, { recursive: true, force: true })
  console.log(tallyLine(result))
  // Vitest sets the exit code when something else is wrong, such as no test found.
  return result.failed > 0 ? 1 : Number(process.exitCode ?? 0)
}

if (import.meta.main) process.exit(await main())

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
let copy: string
let npmCalls: string

/** A working copy with two packages in its lockfile, and an npm that writes down how it is called. */
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'tintype-setup-'))
  npmCalls = join(copy, 'npm-calls')
  mkdirSync(join(copy, 'scripts'))
  mkdirSync(join(copy, 'bin'))
  cpSync(join(root, 'scripts/setup.mjs'), join(copy, 'scripts/setup.mjs'))
  writeLock('1.0.0')
  writeFileSync(
    join(copy, 'bin/npm'),
    `#!/bin/sh\necho "$@" >> "${npmCalls}"\nmkdir -p "${copy}/node_modules/.bin"\n`,
    { mode: 0o755 },
  )
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

function writeLock(version: string): void {
  const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version, dev: true } }
  writeFileSync(join(copy, 'package-lock.json'), JSON.stringify({ packages }))
}

function setup(...args: readonly string[]): void {
  execFileSync(process.execPath, [join(copy, 'scripts/setup.mjs'), ...args], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${join(copy, 'bin')}${delimiter}${process.env.PATH}` },
  })
}

function calls(): readonly string[] {
  return existsSync(npmCalls) ? readFileSync(npmCalls, 'utf8').trim().split('\n') : []
}

it('installs once, and does nothing as long as the lockfile stays', () => {
  setup()
  setup()
  setup('--omit-dev')
  expect(calls()).toHaveLength(1)
  expect(calls()[0]).toMatch(/^ci --ignore-scripts .*--include=dev/)
})

it('installs without development packages first, and adds them when they are wanted', () => {
  setup('--omit-dev')
  setup()
  expect(calls().map((call) => /--(include|omit)=dev/.exec(call)?.[0])).toEqual(['--omit=dev', '--include=dev'])
})

it('installs anew after a change of the lockfile, and keeps development packages that were there', () => {
  setup()
  writeLock('2.0.0')
  setup('--omit-dev')
  expect(calls()).toHaveLength(2)
  expect(calls()[1]).toContain('--include=dev')
})

it('accepts what somebody installed by hand when npm’s record matches the lockfile', () => {
  mkdirSync(join(copy, 'node_modules/.bin'), { recursive: true })
  cpSync(join(copy, 'package-lock.json'), join(copy, 'node_modules/.package-lock.json'))
  setup()
  expect(calls()).toEqual([])
})

it.skipIf(process.platform === 'win32')(
  'the command line installs what an update changed, and knows how it was called',
  () => {
    const command = join(copy, 'scripts/tintype')
    cpSync(join(root, 'scripts/tintype'), command)
    mkdirSync(join(copy, 'src'))
    writeFileSync(join(copy, 'src/main.ts'), 'console.log(process.env.TINTYPE_PROGRAM)\n')
    const folders = [join(copy, 'bin'), dirname(process.execPath), process.env.PATH]
    const env = { ...process.env, PATH: folders.join(delimiter) }
    const run = () => execFileSync(command, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(run()).toBe(`${command}\n`)
    run()
    expect(calls()).toHaveLength(1)
    writeLock('2.0.0')
    const later = new Date(Date.now() + 10_000)
    utimesSync(join(copy, 'package-lock.json'), later, later)
    run()
    expect(calls()).toHaveLength(2)
  },
)

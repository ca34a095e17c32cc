/**
 * Makes the working copy ready to run: installs the packages of the lockfile when they are missing or differ, and sees to
 * it that a Node new enough for the sources stands first on the PATH of npm's scripts. Plain JavaScript that any Node from
 * 18 on runs, because it runs before anything is installed. Does nothing, quickly, when all is in place.
 *
 *   node scripts/setup.mjs [--omit-dev]
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_NODE = 24
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const binaries = join(modules, '.bin')
const stampFile = join(modules, '.tintype-setup.json')
const machine = `${process.platform}-${process.arch}`

const wantDev = !process.argv.includes('--omit-dev')
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
const lockHash = createHash('sha256').update(lockText).digest('hex')
const stamp = readJson(stampFile)

if (!upToDate()) install()
if (!newEnoughNode()) {
  console.error(
    `Tintype needs Node ${NEEDED_NODE} or newer, and none could be installed for ${machine}: install it from https://nodejs.org and start again.`,
  )
  process.exit(1)
}

/** Whether node_modules holds what the lockfile says. Dev packages that are there although nobody needs them do no harm. */
function upToDate() {
  if (stamp?.lock === lockHash && stamp.machine === machine && (stamp.dev || !wantDev)) return true
  // Somebody ran `npm install` by hand: npm's own record tells whether the outcome is the same.
  const installed = stamp?.machine === undefined || stamp.machine === machine ? installedByHand() : undefined
  if (installed === undefined || (wantDev && !installed.dev)) return false
  writeStamp(installed.dev)
  return true
}

/**
 * Compares npm's record of what it installed with the lockfile. Packages for other machines are absent from both worlds,
 * so an optional one may be missing, but not differ.
 * @returns {{ dev: boolean } | undefined} undefined when something is missing or of another version
 */
function installedByHand() {
  const record = readJson(join(modules, '.package-lock.json'))?.packages
  if (record === undefined) return undefined
  let dev = true
  for (const [path, wanted] of Object.entries(JSON.parse(lockText).packages)) {
    if (path === '') continue
    const found = record[path]
    if (found === undefined ? wanted.optional || wanted.devOptional : found.version === wanted.version) continue
    if (found === undefined && wanted.dev) dev = false
    else return undefined
  }
  return existsSync(binaries) ? { dev } : undefined
}

function install() {
  const dev = wantDev || stamp?.dev === true
  // Without the stamp an interrupted installation is begun anew next time.
  rmSync(stampFile, { force: true })
  const started = Date.now()
  console.error(`Installing packages${dev ? '' : ' (without those for development)'} …`)
  const done = npm([
    'ci',
    '--ignore-scripts',
    '--engine-strict=false',
    '--include=optional',
    dev ? '--include=dev' : '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])
  if (done.error !== undefined) {
    console.error(`npm could not be started (${done.error.message}): install Node with npm from https://nodejs.org.`)
    process.exit(1)
  }
  if (done.status !== 0) {
    console.error('The packages could not be installed: npm says above why.')
    process.exit(done.status ?? 1)
  }
  dropUnusableNode()
  writeStamp(dev)
  console.error(`Packages installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
}

/** Runs npm on a Node outside of node_modules, which npm is about to replace. */
function npm(args) {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder))
    .join(delimiter)
  // npm's own output goes to stderr, so that what a command prints stays clean.
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, PATH: path } }
  const windows = process.platform === 'win32'
  const found = spawnSync(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows })
  const self = process.env.npm_execpath
  if (found.error === undefined || self === undefined) return found
  return spawnSync(process.execPath, [self, ...args], options)
}

/** The packaged Node does not start everywhere (it wants glibc): where it does not, it must not hide the machine's own. */
function dropUnusableNode() {
  for (const name of ['node', 'node.cmd', 'node.ps1']) {
    const file = join(binaries, name)
    if (name === 'node' && existsSync(file) && spawnSync(file, ['--version']).status === 0) return
    if (process.platform !== 'win32') rmSync(file, { force: true })
  }
}

/** npm puts node_modules/.bin first on the PATH; without a Node there, the one that runs this is the one that comes next. */
function newEnoughNode() {
  return existsSync(join(binaries, 'node')) || Number(process.versions.node.split('.')[0]) >= NEEDED_NODE
}

function writeStamp(dev) {
  writeFileSync(stampFile, `${JSON.stringify({ lock: lockHash, dev, machine })}\n`)
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

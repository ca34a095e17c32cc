/**
 * Side-by-side measurements: `npm run bench -- <name>`. Everything compared runs in one go on the same machine, so read the
 * ratios, not the absolute numbers. Packages that only the measurements need are installed into `bench/` first.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const BENCHES: Readonly<Record<string, () => Promise<{ main(args: readonly string[]): Promise<void> }>>> = {
  delivery: () => import('./delivery.ts'),
  optimise: () => import('./optimise.ts'),
  wait: () => import('./wait.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench === undefined) {
  console.error(`Which measurement? One of: ${Object.keys(BENCHES).join(', ')}. Example: npm run bench -- delivery`)
  process.exit(1)
}
const folder = new URL('.', import.meta.url).pathname
if (!existsSync(`${folder}node_modules/ipx`) || !existsSync(`${folder}node_modules/autocannon`)) {
  console.log('Installing the packages that only the measurements need …')
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
}
const { main } = await bench()
await main(args)

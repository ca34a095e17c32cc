/**
 * The promise of the queue: what was accepted is done and told, whatever happens to the process. Small here; in full
 * (1,000 jobs, ten kills) with TINTYPE_CRASH_FULL=1.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { idOf } from './crash-ids.ts'
import { onBothEngines } from './places.ts'
import { type Delivery, startReceiver } from './receiver.ts'

const FULL = process.env.TINTYPE_CRASH_FULL === '1'
const JOBS = FULL ? 1000 : 60
const KILLS = FULL ? 10 : 3
const TIMEOUT = FULL ? 900_000 : 120_000
const PATIENCE = { timeout: TIMEOUT, interval: 50 }

onBothEngines((places, engine) => {
  it(`${JOBS} jobs and their webhooks outlive ${KILLS} times kill -9`, { timeout: TIMEOUT }, async () => {
    const place = await places.place()
    const folder = await mkdtemp(join(tmpdir(), 'tintype-crash-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))

    const bodies = new Map<string, Set<string>>()
    let onNews = () => {}
    const receiver = await startReceiver(({ path, body }: Delivery, response) => {
      const heard = bodies.get(path)
      bodies.set(path, (heard ?? new Set()).add(String(body)))
      // Some receivers have a bad moment.
      response.writeHead(heard === undefined && path.endsWith('7') ? 503 : 200).end()
      onNews()
    })

    let accepted = 0
    const start = () => {
      const script = fileURLToPath(new URL('./crash-process.ts', import.meta.url))
      const numbers = [String(accepted), String(JOBS)]
      const child = spawn(process.execPath, [script, ...place.address, folder, receiver.url, ...numbers], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      createInterface(child.stdout).on('line', (line) => {
        accepted = Number(line.split(' ')[1]) + 1
        onNews()
      })
      return child
    }
    /** Half of the deaths come while jobs are accepted, all while jobs are done. */
    const reached = (kill: number) =>
      new Promise<void>((resolve) => {
        onNews = () => {
          const share = (kill + 1) / (KILLS + 1)
          if (bodies.size >= share * JOBS || accepted >= share * 2 * JOBS) resolve()
        }
        onNews()
      })

    for (let kill = 0; kill < KILLS; kill++) {
      const child = start()
      const gone = once(child, 'exit')
      await reached(kill)
      child.kill('SIGKILL')
      expect(await gone).toEqual([null, 'SIGKILL'])
      // Nobody waits for the leases to end.
      await place.age(31)
    }
    const last = start()
    const gone = once(last, 'exit')
    await expect.poll(() => bodies.size, PATIENCE).toBe(JOBS)

    const observer = await places.open(place, { work: {}, webhook: {} }, { idle: true })
    for (let n = 0; n < JOBS; n++) {
      await expect.poll(async () => (await observer.status(idOf(n)))?.state, PATIENCE).toBe('done')
    }
    last.kill('SIGTERM')
    expect(await gone).toEqual([0, null])

    // Each was told the same, however often it was told.
    for (const heard of bodies.values()) expect(heard.size).toBe(1)
    const ran = (await readFile(join(folder, 'ran'), 'utf8')).trim().split('\n')
    expect(new Set(ran).size).toBe(JOBS)
    expect(ran.length).toBeLessThan(JOBS * 1.5)
    expect(await readdir(folder)).toEqual(['ran'])
    if (engine === 'sqlite') {
      await observer.close()
      expect(await readdir(place.address[1])).toEqual(['jobs.sqlite'])
    }
  })
})

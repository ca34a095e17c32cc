import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { nextChange, onBothDatabases, type Place } from './places.ts'

function startProcess(place: Place, keys: number) {
  const script = fileURLToPath(new URL('./process.ts', import.meta.url))
  return spawn(process.execPath, [script, place.database, place.dataDir, String(keys)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

onBothDatabases((places, database) => {
  it('a running server sees a key that another process added', async () => {
    const place = await places.place()
    const server = await places.open(place, { pollMilliseconds: 10 })
    await server.createProject('demo')
    const changed = nextChange(server)
    const other = startProcess(place, 1)
    const ended = once(other, 'exit')
    const lines = createInterface(other.stdout)
    const [line] = await once(lines, 'line')
    await changed
    const [publicKey, secret] = String(line).split(' ')
    expect(server.directory.bySecret(secret ?? '')?.key.publicKey).toBe(publicKey)
    expect(await ended).toEqual([0, null])
  })

  it('nothing that was said to be stored is lost when the process is killed in the middle of writing', async () => {
    const place = await places.place()
    const before = await places.open(place)
    await before.createProject('demo')
    await before.close()

    const writer = startProcess(place, Number.MAX_SAFE_INTEGER)
    const stored: string[] = []
    for await (const line of createInterface(writer.stdout)) {
      stored.push(line)
      if (stored.length === 25) writer.kill('SIGKILL')
    }
    expect(stored.length).toBeGreaterThanOrEqual(25)

    const after = await places.open(place, { limits: { keysPerProject: Number.MAX_SAFE_INTEGER } })
    for (const line of stored) {
      const [publicKey, secret] = line.split(' ')
      expect(after.directory.bySecret(secret ?? '')?.key.publicKey).toBe(publicKey)
    }
    // At most the one whose answer was on its way when the process ended.
    expect(after.listKeys('demo').length - stored.length).toBeLessThanOrEqual(1)
    await after.addKey('demo', {})
    if (database === 'sqlite') {
      const raw = new DatabaseSync(join(place.dataDir, 'tintype.sqlite'))
      expect(raw.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      raw.close()
    }
  })

  if (database === 'sqlite') {
    it('waits for another process that is writing, without blocking this one', async () => {
      const place = await places.place()
      const catalog = await places.open(place)
      await catalog.createProject('demo')
      const other = new DatabaseSync(join(place.dataDir, 'tintype.sqlite'))
      other.exec('begin immediate')
      const adding = catalog.addKey('demo', {})
      const longest = await longestTurn(50)
      expect(longest).toBeLessThan(1000)
      expect(catalog.listKeys('demo')).toEqual([])
      other.exec('commit')
      other.close()
      await adding
      expect(catalog.listKeys('demo')).toHaveLength(1)
    })
  }
})

/** The longest turn of the event loop among the next ones, in milliseconds. */
async function longestTurn(turns: number): Promise<number> {
  let longest = 0
  for (let turn = 0; turn < turns; turn++) {
    const began = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1))
    longest = Math.max(longest, performance.now() - began)
  }
  return longest
}

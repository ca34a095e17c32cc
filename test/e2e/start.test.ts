import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/http/listen.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** What the operator can mend is told in a sentence: status 1, no stack. */
describe('a server that cannot start', () => {
  let folder: string
  let other: Server
  let taken: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tintype-start-'))
    await writeFile(join(folder, 'file'), '')
    other = createServer()
    taken = new URL(await listen(other, { host: '127.0.0.1', port: 0 })).host
  })
  afterAll(async () => {
    other.close()
    await rm(folder, { recursive: true, force: true })
  })

  const tintype = (line: readonly string[], env: Readonly<Record<string, string>>): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [MAIN, ...line], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } })

  const refusal = ({ status, stdout, stderr }: SpawnSyncReturns<string>) => {
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect([status, stdout]).toEqual([1, ''])
    return stderr
  }

  it('says that its port is in use', () => {
    const told = refusal(tintype(['serve'], { TINTYPE_LISTEN: taken, TINTYPE_DATA_DIR: './port' }))
    expect(told).toContain(`${taken} is in use already`)
  })

  it('says that its data folder cannot be used', () => {
    expect(refusal(tintype(['serve'], { TINTYPE_DATA_DIR: './file' }))).toMatch(/database cannot be used: .*file/)
  })

  it('says that the master key is another one', () => {
    const line = ['key', 'add', '--project', 'shop']
    const key = () => ({ TINTYPE_DATA_DIR: './sealed', TINTYPE_MASTER_KEY: randomBytes(32).toString('base64') })
    expect(tintype(line, key()).status).toBe(0)
    expect(refusal(tintype(line, key()))).toContain('previousMasterKeys')
  })
})

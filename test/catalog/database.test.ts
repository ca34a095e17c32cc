import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCatalog } from '../../src/catalog/catalog.ts'

let dataDir = ''
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tintype-catalog-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

it('a Postgres that cannot be reached is said so, without its password', async () => {
  // A port that was free a moment ago and that nothing listens on.
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  const port = typeof address === 'object' && address ? address.port : 0
  const opening = createCatalog({ database: `postgres://u:pass-word@localhost:${port}/d`, dataDir })
  await expect(opening).rejects.toThrow(/database cannot be used: .*ECONNREFUSED/)
  await expect(opening).rejects.not.toThrow(/pass-word/)
})

it('a data folder that cannot be made is said so', async () => {
  await expect(createCatalog({ database: 'sqlite', dataDir: '/dev/null/data' })).rejects.toThrow(/ENOTDIR/)
})

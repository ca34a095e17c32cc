import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { openDatabase } from '../../src/catalog/database.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'

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

describe.skipIf(postgresMissing())('while Postgres is away', () => {
  it('a connection that breaks while it is in use ends what used it and nothing else', async () => {
    const server = await startPostgres()
    const log = recorder()
    const database = await server.createDatabase()
    const { db } = await openDatabase({ database, dataDir, log })
    try {
      await db.connection().execute(async (held) => {
        const broke = log.says('a connection to the database broke')
        await server.disconnect(database)
        await broke
        await expect(sql`select 1`.execute(held)).rejects.toThrow()
      })
      expect((await sql`select 1`.execute(db)).rows).toHaveLength(1)
    } finally {
      await db.destroy()
      await server.stop()
    }
  })

  it('the last known state is served, the log says so once, and what changed meanwhile is seen afterwards', async () => {
    const server = await startPostgres()
    const database = await server.createDatabase()
    const log = recorder()
    const catalog = await createCatalog({ database, dataDir, log, pollMilliseconds: 5 })
    const other = await createCatalog({ database, dataDir })
    try {
      await catalog.createProject('demo')
      const { key } = await catalog.addKey('demo', {})
      const noticed = log.says('does not answer')
      await server.refuse(database)
      await noticed
      expect(catalog.directory.byPublicKey(key.publicKey)?.project.id).toBe('demo')
      await expect(catalog.ping()).rejects.toThrow()
      await expect(catalog.addKey('demo', {})).rejects.toThrow()
      expect(catalog.listKeys('demo')).toEqual([key])

      const recovered = log.says('answers again')
      await server.admit(database)
      await recovered
      await other.createProject('meanwhile')
      await catalog.refresh()
      expect(catalog.directory.project('meanwhile')?.id).toBe('meanwhile')
      expect(log.lines.filter((line) => line.includes('does not answer'))).toHaveLength(1)
    } finally {
      await catalog.close()
      await other.close()
      await server.stop()
    }
  })
})

/** A log whose lines can be waited for. */
function recorder() {
  const lines: string[] = []
  const waiting = new Map<string, () => void>()
  const write = (_: object, message: string) => {
    lines.push(message)
    for (const [words, resolve] of waiting) if (message.includes(words)) resolve()
  }
  return {
    lines,
    info: write,
    warn: write,
    error: write,
    says: (words: string) => new Promise<void>((resolve) => waiting.set(words, resolve)),
  }
}

import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { masterKeys } from '../../src/catalog/master-key.ts'
import { VaultError } from '../../src/catalog/vault.ts'
import { NEW_KEY, OLD_KEY, onBothDatabases, sqlitePlaces } from './places.ts'

describe('the master key', () => {
  const places = sqlitePlaces()

  it('is made once, whole, for its owner only, and found again', async () => {
    const { dataDir } = await places.place()
    const [made] = await masterKeys({ dataDir, inUse: false })
    expect(made).toHaveLength(32)
    expect(await readdir(dataDir)).toEqual(['master.key'])
    expect((await stat(join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600)
    expect(await masterKeys({ dataDir, inUse: true })).toEqual([made])
  })

  it('is the same for all that start at once', async () => {
    const { dataDir } = await places.place()
    const keys = await Promise.all([1, 2, 3, 4, 5].map(() => masterKeys({ dataDir, inUse: false })))
    expect(new Set(keys.map(([key]) => key.toString('hex'))).size).toBe(1)
    expect(await readdir(dataDir)).toEqual(['master.key'])
  })

  it('can be written in Base64 or hex', async () => {
    const { dataDir } = await places.place()
    const hex = Buffer.from(OLD_KEY, 'hex')
    expect(await masterKeys({ dataDir, inUse: false, masterKey: hex.toString('base64') })).toEqual([hex])
    expect(await masterKeys({ dataDir, inUse: false, masterKey: OLD_KEY })).toEqual([hex])
    expect(await readdir(dataDir)).toEqual([])
  })

  it('is missed, rather than made anew, when secrets were sealed with it', async () => {
    const { dataDir } = await places.place()
    await expect(masterKeys({ dataDir, inUse: true })).rejects.toThrow(/master\.key is missing/)
    expect(await readdir(dataDir)).toEqual([])
  })

  it('is refused when its file is damaged', async () => {
    const { dataDir } = await places.place()
    await writeFile(join(dataDir, 'master.key'), 'half of a k')
    await expect(masterKeys({ dataDir, inUse: false })).rejects.toThrow(VaultError)
    expect(await readFile(join(dataDir, 'master.key'), 'utf8')).toBe('half of a k')
  })
})

onBothDatabases((places, database) => {
  it('is refused at the start when it is not the one that sealed the secrets', async () => {
    const place = await places.place()
    const first = await places.open(place, { masterKey: OLD_KEY })
    await first.createProject('demo')
    await first.addKey('demo', {})
    await first.close()
    await expect(places.open(place, { masterKey: NEW_KEY })).rejects.toThrow(
      /sealed with master key [0-9a-f]{12}.*masterKey/,
    )
    await expect(places.open(place)).rejects.toThrow(VaultError)
    await places.open(place, { masterKey: OLD_KEY })
  })

  it('changes by resealing: both keys at first, then the new one alone', async () => {
    const place = await places.place()
    const before = await places.open(place, { masterKey: OLD_KEY })
    await before.createProject('demo')
    const { key, secret } = await before.addKey('demo', {})
    const options = { accessKeyId: 'AKIA', secretAccessKey: 'very-secret' }
    const connection = await before.addConnection(
      'demo',
      { alias: 'b', provider: 's3', ...options },
      { operator: false },
    )
    await before.close()

    const both = await places.open(place, { masterKey: NEW_KEY, previousMasterKeys: [OLD_KEY] })
    expect(both.directory.bySecret(secret)?.key).toEqual(key)
    await expect(both.addKey('demo', { secret })).rejects.toThrow(/taken/)
    const later = await both.addKey('demo', {})
    expect(await both.reseal()).toBe(2)
    expect(await both.reseal()).toBe(0)
    await both.close()

    await expect(places.open(place, { masterKey: OLD_KEY })).rejects.toThrow(VaultError)
    const after = await places.open(place, { masterKey: NEW_KEY })
    expect(after.directory.bySecret(secret)?.key).toEqual(key)
    expect(after.directory.bySecret(later.secret)?.key).toEqual(later.key)
    expect(after.openKeySecret(key.publicKey)).toBe(secret)
    expect(after.openSecrets(connection)).toEqual({ secretAccessKey: 'very-secret' })
    expect(after.listConnections('demo')).toEqual([connection])
  })

  if (database === 'sqlite') {
    it('keeps secrets out of the database file, which is for its owner only', async () => {
      const place = await places.place()
      const catalog = await places.open(place)
      await catalog.createProject('demo')
      const { secret } = await catalog.addKey('demo', {})
      const options = { accessKeyId: 'AKIA', secretAccessKey: 'very-secret' }
      await catalog.addConnection('demo', { alias: 'b', provider: 's3', ...options }, { operator: false })
      for (const name of await readdir(place.dataDir)) {
        if (name === 'master.key') continue
        const file = join(place.dataDir, name)
        expect((await stat(file)).mode & 0o077, name).toBe(0)
        const bytes = await readFile(file)
        expect(bytes.includes('AKIA') || !name.endsWith('-wal'), name).toBe(true)
        expect(bytes.includes('very-secret') || bytes.includes(secret), name).toBe(false)
      }
    })

    it('says so when the database was made by a newer version', async () => {
      const place = await places.place()
      await (await places.open(place)).close()
      const raw = new DatabaseSync(join(place.dataDir, 'tintype.sqlite'))
      raw.exec("insert into tintype_migrations values ('9999-future', '')")
      raw.close()
      await expect(places.open(place)).rejects.toThrow(/newer version.*9999-future/)
    })

    it('says so when the database file is none', async () => {
      const place = await places.place()
      await writeFile(join(place.dataDir, 'tintype.sqlite'), 'x'.repeat(5000))
      await expect(places.open(place)).rejects.toThrow(/not a database/)
      await chmod(place.dataDir, 0o700)
      await rm(join(place.dataDir, 'tintype.sqlite'))
      await places.open(place)
    })
  }
})

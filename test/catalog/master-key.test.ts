import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { masterKeys } from '../../src/catalog/master-key.ts'
import { VaultError } from '../../src/catalog/vault.ts'
import { NEW_KEY, OLD_KEY, onBothDatabases, sqlitePlaces } from './places.ts'

const bucket = { alias: 'b', provider: 's3', accessKeyId: 'AKIA', secretAccessKey: 'very-secret' } as const

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

  it('changes when the former one is given beside the new one, which then is enough', async () => {
    const place = await places.place()
    const before = await places.open(place, { masterKey: OLD_KEY })
    await before.createProject('demo')
    const { key, secret } = await before.addKey('demo', {})
    const connection = await before.addConnection('demo', bucket, { operator: false })
    await before.close()

    const both = await places.open(place, { masterKey: NEW_KEY, previousMasterKeys: [OLD_KEY] })
    expect(both.directory.bySecret(secret)?.key).toEqual(key)
    const later = await both.addKey('demo', {})
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

  it('changes while servers run that know both', async () => {
    const place = await places.place()
    const first = await places.open(place, { masterKey: OLD_KEY, previousMasterKeys: [NEW_KEY] })
    await first.createProject('demo')
    const { key, secret } = await first.addKey('demo', {})
    const second = await places.open(place, { masterKey: NEW_KEY, previousMasterKeys: [OLD_KEY] })
    await first.refresh()
    expect(first.directory.bySecret(secret)?.key).toEqual(key)
    // Sealed with the old key once more: found, unique and sealed anew all the same.
    const { key: late, secret: lateSecret } = await first.addKey('demo', {})
    await second.refresh()
    expect(second.directory.bySecret(lateSecret)?.key).toEqual(late)
    await expect(second.addKey('demo', { secret: lateSecret })).rejects.toThrow(/taken/)
    expect(await second.reseal()).toBe(1)
    expect(second.openKeySecret(late.publicKey)).toBe(lateSecret)
  })

  it('that was retired meanwhile seals nothing any more', async () => {
    const place = await places.place()
    const left = await places.open(place, { masterKey: OLD_KEY })
    await left.createProject('demo')
    const both = await places.open(place, { masterKey: NEW_KEY, previousMasterKeys: [OLD_KEY] })
    await both.addKey('demo', {})
    await expect(left.addKey('demo', {})).rejects.toThrow(VaultError)
    expect(both.listKeys('demo')).toHaveLength(1)
  })

  if (database === 'sqlite') {
    it('keeps secrets out of the database file, which is for its owner only', async () => {
      const place = await places.place()
      const catalog = await places.open(place)
      await catalog.createProject('demo')
      const { secret } = await catalog.addKey('demo', {})
      await catalog.addConnection('demo', bucket, { operator: false })
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

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type Catalog, type CatalogOptions, createCatalog } from '../../src/catalog/catalog.ts'
import { type PostgresServer, postgresMissing, startPostgres } from '../support/postgres.ts'

/** 32 bytes each. */
export const OLD_KEY = '0'.repeat(64)
export const NEW_KEY = '1'.repeat(64)

/** Where a catalog is kept: opening twice at one place is two processes on one database. */
export type Place = Pick<CatalogOptions, 'database' | 'dataDir'>

export type Places = {
  /** A new, empty place. */
  place(): Promise<Place>
  /** Opens a catalog that is closed after the test. */
  open(place: Place, options?: Partial<CatalogOptions>): Promise<Catalog>
  /** Breaks the connections to the place, as far as there are any. */
  disconnect(place: Place): Promise<void>
}

/** Runs the same tests on both databases. */
export function onBothDatabases(tests: (places: Places, database: 'sqlite' | 'postgres') => void): void {
  describe('on SQLite', () => tests(sqlitePlaces(), 'sqlite'))
  describe.skipIf(postgresMissing())('on Postgres', () => tests(postgresPlaces(), 'postgres'))
}

/** Places of the embedded database. To be called inside of a `describe`. */
export function sqlitePlaces(): Places {
  return places(
    async () => 'sqlite',
    async () => {},
  )
}

function postgresPlaces(): Places {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  const running = () => {
    if (!server) throw new Error('Postgres has not started')
    return server
  }
  return places(
    () => running().createDatabase(),
    ({ database }) => running().disconnect(database),
  )
}

function places(newDatabase: () => Promise<string>, disconnect: (place: Place) => Promise<void>): Places {
  const open: Catalog[] = []
  const folders: string[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((catalog) => catalog.close()))
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
  })
  return {
    disconnect,
    place: async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tintype-catalog-'))
      folders.push(dataDir)
      return { database: await newDatabase(), dataDir }
    },
    open: async (place, options) => {
      const catalog = await createCatalog({ ...place, ...options })
      open.push(catalog)
      return catalog
    },
  }
}

/** Resolves at the next change that a catalog sees. */
export function nextChange(catalog: Catalog): Promise<void> {
  return new Promise((resolve) => {
    const end = catalog.onChange(() => {
      end()
      resolve()
    })
  })
}

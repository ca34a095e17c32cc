import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { createMemoryStore } from '../support/memory-store.ts'
import { type Options, openRecords, openUploads, type Records } from './open.ts'

export * from './open.ts'

/** Folders, databases and uploads that are closed after each test. */
export function createHouse() {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return {
    async folder(): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'tintype-uploads-'))
      ends.push(() => rm(folder, { recursive: true, force: true }))
      return folder
    },
    async records(place?: { readonly database: string; readonly dataDir: string }): Promise<Records> {
      const { close, ...records } = await openRecords(place ?? { database: 'sqlite', dataDir: await this.folder() })
      ends.push(close)
      return records
    },
    async uploads(options: Options & { readonly records?: Records } = {}) {
      const records = options.records ?? (await this.records())
      const memory = createMemoryStore()
      const now = () => records.clock.ms
      const uploads = await openUploads({ now, files: records.files, store: memory, ...options })
      ends.push(() => uploads.close())
      return { uploads, records, memory }
    },
  }
}

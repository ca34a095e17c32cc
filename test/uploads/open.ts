import type { Selectable } from 'kysely'
import { openDatabase } from '../../src/catalog/database.ts'
import { createFiles, type Files } from '../../src/catalog/files.ts'
import { migrate } from '../../src/catalog/migrations.ts'
import type { Connection, Project } from '../../src/catalog/model.ts'
import type { FileRow } from '../../src/catalog/tables.ts'
import { probe } from '../../src/engine/probe.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { createUploads, type UploadsOptions } from '../../src/uploads/create.ts'
import type { StoreOrder, Uploads } from '../../src/uploads/uploads.ts'

export const CONNECTION: Connection = {
  ...{ id: 'c1', revision: 1, alias: 'up', name: 'Uploads', provider: 's3', read: true, write: true, prefix: '' },
  ...{ bucket: 'main', buckets: [], encodeKeys: false, operator: true, declared: true },
}

export function projectWith(connections: readonly Connection[], stores: Readonly<Record<string, string>>): Project {
  return {
    ...{ id: 'demo', keys: [], connections },
    settings: {
      pixboost: { cacheSeconds: 1, upstreamErrors: 'mapped', saveData: false, engineRoutes: false },
      imagekit: {
        settings: {
          ...{
            autoFormat: true,
            autoAvif: false,
            quality: 80,
            keepMetadata: 'none',
            autoOrient: true,
            chroma420: true,
          },
          ...{ png: 'none', dataSaver: false, maxWidth: 0, maxHeight: 0, restrictUnsigned: false },
          ...{ restrictUnnamed: false, unknownParameters: 'ignore' },
        },
        ...{ endpoints: [], namedTransformations: {} },
      },
      filestack: { security: false, stores, aliases: {}, directUploads: 'never' },
      others: {},
    },
  }
}

export const ORDER: StoreOrder = {
  ...{ project: 'demo', apiKey: 'public_demo', filename: 'cat.png', mimetype: 'image/png', access: 'private' },
}

export const LIMITS = { inputPixels: 100_000_000, outputPixels: 100_000_000, frames: 500 }

/** A body in pieces. */
export async function* pieces(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

/** So many bytes that never repeat within a part, in pieces of 64 KB. */
export async function* noise(bytes: number, seed = 1): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes; n++) {
    const chunk = Buffer.alloc(Math.min(65_536, bytes - at), `${seed}/${n} `)
    at += chunk.length
    yield chunk
  }
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export type Options = Partial<UploadsOptions> & {
  readonly store?: ObjectStore
  readonly connection?: Partial<Connection>
}

/** File records in a database of their own, with a clock that tests turn. */
export type Records = {
  readonly files: Files
  readonly clock: { ms: number }
  /** Everything that is recorded, settled or not. */
  rows(): Promise<readonly Selectable<FileRow>[]>
}

export const QUIET = { warn: () => undefined, info: () => undefined, error: () => undefined }

/** Opens a database at a place as the catalog does. */
export async function openRecords(place: { readonly database: string; readonly dataDir: string }, now?: () => number) {
  const opened = await openDatabase({ ...place, log: QUIET })
  await migrate(opened)
  const clock = { ms: Date.now() }
  const { db } = opened
  return {
    files: createFiles(db, now ?? (() => clock.ms)),
    clock,
    rows: () => db.selectFrom('files').selectAll().orderBy('handle').execute(),
    close: () => db.destroy(),
  }
}

/** Uploads of one project with one connection. */
export function openUploads({
  store,
  connection = {},
  ...options
}: Options & { readonly store: ObjectStore; readonly files: Files }): Promise<Uploads> {
  const project = projectWith([{ ...CONNECTION, ...connection }], { S3: 'up' })
  return createUploads({
    directory: { project: (id) => (id === project.id ? project : undefined) },
    storeOf: () => store,
    probe: (bytes) => probe(bytes, LIMITS),
    limits: { uploadBytes: 10_000_000, sourceBytes: 50_000_000 },
    log: QUIET,
    ...options,
  })
}

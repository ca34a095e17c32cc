import type { FileRecord, Files } from '../catalog/files.ts'
import type { Connection, Directory } from '../catalog/model.ts'
import { Fault } from '../faults.ts'
import type { Facts } from '../plan/facts.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { locate, place } from './destination.ts'
import { createFlow } from './flow.ts'
import { isHandle } from './handles.ts'
import { createLearning } from './learning.ts'
import type { Log } from './log.ts'
import { createReading } from './reading.ts'
import { startSweeper } from './sweep.ts'
import type { Uploads } from './uploads.ts'
import { createWriting } from './writing.ts'

export type UploadsOptions = {
  /** The catalog's. */
  readonly files: Files
  readonly directory: Pick<Directory, 'project'>
  /** The open store of a connection; keys are full object keys. */
  readonly storeOf: (connection: Connection) => ObjectStore
  /** The engine's. */
  readonly probe: (bytes: Buffer) => Promise<Facts>
  /** Bytes of the largest upload, and of the largest picture whose sides are looked for. */
  readonly limits: { readonly uploadBytes: number; readonly sourceBytes: number }
  readonly log: Log
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number
  /** Milliseconds after which somebody who gives no sign of life is taken for dead. Default: a minute. */
  readonly leaseMs?: number
  /** Milliseconds between two looks for what was left behind. Default: half a lease. */
  readonly sweepMs?: number
  /** Milliseconds that a body may keep silent. Default: a minute. */
  readonly silenceMs?: number
}

const MINUTE_MS = 60_000

/** Uploads over the catalog's file records and the projects' stores. The sweeper begins at once, in the background. */
export async function createUploads(options: UploadsOptions): Promise<Uploads> {
  const { files, directory, storeOf, limits, log, now = Date.now } = options
  const { leaseMs = MINUTE_MS, sweepMs = leaseMs / 2, silenceMs = MINUTE_MS } = options
  const opening = (purpose: 'read' | 'write') => (file: Pick<FileRecord, 'project' | 'place'>) => {
    const { connection, object } = locate(directory, file, purpose)
    return { store: storeOf(connection), object }
  }
  const flow = createFlow()
  const stop = new AbortController()
  const settling = { files, open: opening('write'), now }
  const sweeper = startSweeper({ ...settling, leaseMs, everyMs: sweepMs, log })
  const writing = createWriting({ ...settling, directory, limits, leaseMs, silenceMs, flow, stop: stop.signal, log })
  const read = createReading({ files, open: opening('read') })

  return {
    ...writing,
    ...createLearning({ files, read, probe: options.probe, limits, log }),
    read,
    find: async (handle) => (isHandle(handle) ? files.find(handle) : undefined),
    place: (wish) => place(directory, wish),
    sweep: sweeper.run,
    async close() {
      stop.abort(new Fault('overloaded', 'the server is stopping'))
      await flow.idle()
      await sweeper.close()
    },
  }
}

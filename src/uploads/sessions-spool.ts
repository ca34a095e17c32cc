import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isDiskFull, systemCode } from '../faults.ts'
import { syncFolder } from '../storage/sync-folder.ts'
import type { Run } from './sessions-plan.ts'

/** Pieces of uploads on the disk of this server: a folder per session. */
export type PartSpool = {
  /**
   * Writes a piece, on the disk when it resolves; nothing stays when it fails. Faults: bad-parameter (`context.parameter` `size` or
   * `md5`), disk-full, what the body throws.
   */
  write(
    session: string,
    body: AsyncIterable<Uint8Array>,
    announced: { readonly size: number; readonly md5?: string },
  ): Promise<{ readonly file: string; readonly etag: string }>
  /** Fault object-missing when the piece is not on this disk. */
  read(session: string, runs: readonly Run[]): AsyncIterable<Uint8Array>
  remove(session: string, files: readonly string[]): Promise<void>
  /** Removes all pieces of a session. */
  drop(session: string): Promise<void>
  sessions(): Promise<readonly string[]>
}

/** Below `dir`, which is made when it is needed. */
export function createPartSpool(dir: string): PartSpool {
  const folderOf = (session: string) => join(dir, checked(session))

  async function* read(session: string, runs: readonly Run[]): AsyncGenerator<Uint8Array> {
    for (const { file, start, length } of runs) {
      if (length === 0) continue
      let seen = 0
      try {
        for await (const chunk of createReadStream(join(folderOf(session), checked(file)), {
          ...{ start, end: start + length - 1 },
          highWaterMark: 256 * 1024,
        })) {
          seen += chunk.byteLength
          yield chunk
        }
      } catch (error) {
        throw systemCode(error) === 'ENOENT' ? missing() : error
      }
      if (seen !== length) throw missing()
    }
  }

  return {
    read,
    async write(session, body, announced) {
      const folder = folderOf(session)
      const file = randomBytes(16).toString('hex')
      const path = join(folder, file)
      try {
        if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(dir)
        const etag = await write(path, body, announced)
        await syncFolder(folder)
        return { file, etag }
      } catch (error) {
        await rm(path, { force: true })
        throw isDiskFull(error) ? new Fault('disk-full', undefined, { cause: error }) : error
      }
    },
    async remove(session, files) {
      await Promise.all(files.map((file) => rm(join(folderOf(session), checked(file)), { force: true })))
    },
    drop: (session) => rm(folderOf(session), { recursive: true, force: true }),
    async sessions() {
      try {
        return (await readdir(dir)).filter((name) => NAME.test(name))
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return []
        throw error
      }
    },
  }
}

async function write(
  path: string,
  body: AsyncIterable<Uint8Array>,
  { size, md5 }: { readonly size: number; readonly md5?: string },
): Promise<string> {
  const digest = createHash('md5')
  const handle = await open(path, 'wx', 0o600)
  try {
    let seen = 0
    for await (const chunk of body) {
      seen += chunk.byteLength
      if (seen > size) break
      digest.update(chunk)
      await handle.writeFile(chunk)
    }
    if (seen !== size) throw bad('size', 'the body is not as long as announced')
    const found = digest.digest()
    if (md5 !== undefined && found.toString('base64') !== md5) throw bad('md5', 'the part is not what its digest says')
    await handle.sync()
    return `"${found.toString('hex')}"`
  } finally {
    await handle.close()
  }
}

const NAME = /^[0-9a-f]{32}$/

/** Names come back from the database and from addresses; none may name another file. */
function checked(name: string): string {
  if (!NAME.test(name)) throw new Fault('bad-parameter', 'not the name of a piece')
  return name
}

function missing(): Fault {
  return new Fault('object-missing', 'a piece of the upload is not on the disk of this server')
}

function bad(parameter: string, message: string): Fault {
  return new Fault('bad-parameter', message, { context: { parameter } })
}

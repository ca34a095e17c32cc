import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isDiskFull, systemCode } from '../faults.ts'
import { syncFolder } from '../storage/sync-folder.ts'
import type { Spool } from './optimizer.ts'

/**
 * Uploads below `dir`: what is still coming or being looked at under `incoming`, what a job will need under `accepted`, named
 * after the job.
 */
export async function createSpool({ dir }: { readonly dir: string }): Promise<Spool> {
  const incoming = join(dir, 'incoming')
  const accepted = join(dir, 'accepted')
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  await mkdir(accepted, { recursive: true })
  const left = await readdir(accepted)

  return {
    async receive(body, limit) {
      const id = randomBytes(16).toString('hex')
      const file = join(incoming, id)
      try {
        return { id, bytes: await write(file, body, limit) }
      } catch (error) {
        await rm(file, { force: true })
        throw isDiskFull(error) ? new Fault('disk-full', undefined, { cause: error }) : error
      }
    },

    async accept(id, job) {
      const name = checked(job.replaceAll('-', ''))
      await rename(join(incoming, checked(id)), join(accepted, name))
      await syncFolder(accepted)
      return name
    },

    async tidy(isNeeded) {
      for (const name of left.splice(0)) {
        if (!ID.test(name) || !(await isNeeded(uuid(name)))) await rm(join(accepted, name), { force: true })
      }
    },

    async read(id) {
      for (const place of [incoming, accepted]) {
        try {
          return await readFile(join(place, checked(id)))
        } catch (error) {
          if (systemCode(error) !== 'ENOENT') throw error
        }
      }
      throw new Fault('object-missing', 'the upload is no longer there')
    },

    async remove(id) {
      await rm(join(incoming, checked(id)), { force: true })
      await rm(join(accepted, id), { force: true })
    },
  }
}

async function write(file: string, body: AsyncIterable<Uint8Array>, limit: number): Promise<number> {
  const handle = await open(file, 'wx')
  try {
    let size = 0
    for await (const chunk of body) {
      size += chunk.byteLength
      if (size > limit) throw new Fault('too-large', undefined, { context: { limit } })
      await handle.writeFile(chunk)
    }
    await handle.sync()
    return size
  } finally {
    await handle.close()
  }
}

const ID = /^[0-9a-f]{32}$/

function uuid(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Ids come back from job payloads; none may name another file. */
function checked(id: string): string {
  if (!ID.test(id)) throw new Fault('bad-parameter', 'not the id of an upload')
  return id
}

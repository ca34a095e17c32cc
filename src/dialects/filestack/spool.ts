/** Forms whose file came before what says where it goes: the file waits on the disk. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isDiskFull } from '../../faults.ts'

export type Waiting = {
  readonly size: number
  /** The bytes, once. */
  body(): AsyncIterable<Uint8Array>
  remove(): Promise<void>
}

export type Spool = {
  /**
   * Writes a body to the disk. Nothing is left when it fails. Faults: too-large above `limit` bytes, overloaded when many wait
   * already, disk-full.
   */
  keep(body: AsyncIterable<Uint8Array>, limit: number): Promise<Waiting>
}

/** Whoever sends these may not have said yet who they are: so many wait at once. */
const MOST_WAITING = 64

/** Files below `dir`, which belongs to this process alone: what an earlier one left is removed at the first use. */
export function createSpool(dir: string): Spool {
  let ready: Promise<void> | undefined
  let waiting = 0

  return {
    async keep(body, limit) {
      if (waiting >= MOST_WAITING) throw new Fault('overloaded', 'too many forms are waiting')
      waiting += 1
      const file = join(dir, randomUUID())
      const remove = async () => {
        waiting -= 1
        await rm(file, { force: true })
      }
      try {
        ready ??= empty(dir).catch((error: unknown) => {
          ready = undefined
          throw error
        })
        await ready
        const size = await write(file, body, limit)
        return { size, body: () => createReadStream(file), remove }
      } catch (error) {
        await remove()
        throw isDiskFull(error) ? new Fault('disk-full', undefined, { cause: error }) : error
      }
    },
  }
}

async function empty(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const name of await readdir(dir)) await rm(join(dir, name), { force: true })
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
    return size
  } finally {
    await handle.close()
  }
}

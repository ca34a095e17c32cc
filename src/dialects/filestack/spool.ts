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

/** How a body waits. */
export type Waits = {
  /** Bytes. */
  readonly most: number
  /** `strangers` have not said yet who they are: they take no places away from others. */
  readonly as: 'known' | 'strangers'
}

export type Spool = {
  /**
   * Writes a body to the disk. Nothing is left when it fails. Faults: too-large, overloaded when many of the same kind wait already,
   * disk-full.
   */
  keep(body: AsyncIterable<Uint8Array>, waits: Waits): Promise<Waiting>
}

/** Of each kind, at once. */
const MOST_WAITING = 64

/** Files below `dir`, which belongs to this process alone: what an earlier one left is removed at the first use. */
export function createSpool(dir: string): Spool {
  let ready: Promise<void> | undefined
  const waiting = { known: 0, strangers: 0 }

  return {
    async keep(body, { most, as }) {
      if (waiting[as] >= MOST_WAITING) throw new Fault('overloaded', 'too many forms are waiting')
      waiting[as] += 1
      const file = join(dir, randomUUID())
      const remove = async () => {
        waiting[as] -= 1
        await rm(file, { force: true })
      }
      try {
        ready ??= empty(dir).catch((error: unknown) => {
          ready = undefined
          throw error
        })
        await ready
        const size = await write(file, body, most)
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

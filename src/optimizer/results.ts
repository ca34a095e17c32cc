import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isDiskFull, systemCode } from '../faults.ts'
import type { Published, PublishedFile } from './optimizer.ts'

/** Results that stay on this server for a while; they survive a restart. */
export interface Results {
  /** Publishes a file under `id` (made when absent); a second time under the same id replaces the first. Fault disk-full. */
  publish(file: {
    readonly id?: string | undefined
    readonly bytes: Uint8Array
    readonly type: string
    readonly name: string
  }): Promise<Published>
  find(id: string): Promise<PublishedFile | undefined>
  remove(id: string): Promise<void>
  close(): Promise<void>
}

export type ResultsOptions = {
  readonly dir: string
  /** Milliseconds that a result is kept. */
  readonly keepMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds between two looks for what is over. */
  readonly sweepEveryMs: number
}

type Label = Pick<PublishedFile, 'size' | 'type' | 'name' | 'etag'> & { readonly expires: number }

const ID = /^[0-9a-f]{32}$/

/**
 * Each result is a folder with the bytes and a label; it is written beside and renamed, so that it appears whole or not at all.
 * What lies half written from before a crash is removed at the start.
 */
export async function createResults({ dir, keepMs, now, sweepEveryMs }: ResultsOptions): Promise<Results> {
  await mkdir(dir, { recursive: true })
  const expiry = await load(dir)

  const remove = async (id: string) => {
    expiry.delete(id)
    await rm(join(dir, id), { recursive: true, force: true })
  }
  const sweep = async () => {
    const time = now()
    for (const [id, expires] of expiry) if (expires <= time) await remove(id)
  }
  let sweeping = sweep()
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep, sweep)
  }, sweepEveryMs)
  timer.unref()

  return {
    async publish({ id = randomBytes(16).toString('hex'), bytes, type, name }) {
      if (!ID.test(id)) throw new Fault('bad-parameter', 'not the id of a result')
      const expires = now() + keepMs
      const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
      const label: Label = { size: bytes.byteLength, type, name, etag, expires }
      const draft = join(dir, `new-${randomBytes(8).toString('hex')}`)
      try {
        await mkdir(draft)
        await writeFile(join(draft, 'bytes'), bytes)
        await writeFile(join(draft, 'label.json'), JSON.stringify(label))
        await rm(join(dir, id), { recursive: true, force: true })
        await rename(draft, join(dir, id))
      } catch (error) {
        await rm(draft, { recursive: true, force: true })
        throw isDiskFull(error) ? new Fault('disk-full', undefined, { cause: error }) : error
      }
      expiry.set(id, expires)
      return { kind: 'published', id, expires: new Date(expires) }
    },

    async find(id) {
      const expires = ID.test(id) ? expiry.get(id) : undefined
      if (expires === undefined || expires <= now()) return undefined
      const label = await readLabel(join(dir, id))
      return label && { ...label, expires: new Date(label.expires), file: join(dir, id, 'bytes') }
    },

    remove,

    async close() {
      clearInterval(timer)
      await sweeping
    },
  }
}

/** When each result of an earlier process is over. */
async function load(dir: string): Promise<Map<string, number>> {
  const expiry = new Map<string, number>()
  for (const name of await readdir(dir)) {
    const label = ID.test(name) ? await readLabel(join(dir, name)) : undefined
    if (label === undefined) await rm(join(dir, name), { recursive: true, force: true })
    else expiry.set(name, label.expires)
  }
  return expiry
}

async function readLabel(folder: string): Promise<Label | undefined> {
  try {
    const label: unknown = JSON.parse(await readFile(join(folder, 'label.json'), 'utf8'))
    return isLabel(label) ? label : undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false
  const has = (name: string, type: string) => typeof Reflect.get(value, name) === type
  return (
    has('size', 'number') &&
    has('type', 'string') &&
    has('name', 'string') &&
    has('etag', 'string') &&
    has('expires', 'number')
  )
}

import { createHash } from 'node:crypto'
import { DIGESTS, type DigestName, type FileRecord, type Files } from '../catalog/files.ts'
import { sniff } from '../engine/sniff.ts'
import { isFault } from '../faults.ts'
import type { Facts } from '../plan/facts.ts'
import { readAll } from '../storage/body.ts'
import type { Log } from './log.ts'
import type { Uploads } from './uploads.ts'

/** Enough for the header of most pictures. */
const HEADER_BYTES = 256 * 1024

export type Learning = {
  readonly files: Pick<Files, 'learn'>
  readonly read: Uploads['read']
  /** Facts of a picture; Faults for what is none. */
  readonly probe: (bytes: Buffer) => Promise<Facts>
  /** Bytes of the largest picture that is read whole for its sides. */
  readonly limits: { readonly sourceBytes: number }
  readonly log: Log
}

/** What is worked out from a file's content when somebody asks for it, and kept with its record. */
export function createLearning(learning: Learning): Pick<Uploads, 'digests' | 'sides'> {
  const { files, read, probe, limits, log } = learning
  /** Who asks for the same at the same time waits for the same reading. */
  const under = new Map<string, Promise<FileRecord['digests']>>()

  const keep = (file: FileRecord, found: Parameters<Files['learn']>[1]) =>
    files.learn(file, found).catch((err: unknown) => {
      log.warn({ err, handle: file.handle }, 'what was found out about a file could not be kept')
    })

  async function digest(file: FileRecord, names: readonly DigestName[], signal?: AbortSignal) {
    const content = await read(file, undefined, signal)
    const hashes = names.map((name) => ({ name, hash: createHash(name) }))
    for await (const chunk of content) for (const { hash } of hashes) hash.update(chunk)
    const found = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]))
    await keep(content.file, { digests: found })
    return { ...content.file.digests, ...found }
  }

  async function beginning(file: FileRecord, bytes: number, signal?: AbortSignal): Promise<Buffer> {
    const range = bytes < file.size ? { start: 0, end: bytes - 1 } : undefined
    return readAll(await read(file, range, signal), limits.sourceBytes)
  }

  /** Undefined when nothing can be said, so that a later look may know better. */
  async function look(file: FileRecord, signal?: AbortSignal): Promise<FileRecord['sides']> {
    const header = await beginning(file, HEADER_BYTES, signal)
    const format = sniff(header)
    if (format === undefined || format === 'pdf') return 'none'
    const seen = await uprightSides(probe, header)
    if (seen !== undefined || header.length >= file.size) return seen
    if (file.size > limits.sourceBytes) return undefined
    return uprightSides(probe, await beginning(file, file.size, signal))
  }

  return {
    async digests(file, names, signal) {
      const missing = DIGESTS.filter((name) => names.includes(name) && file.digests[name] === undefined)
      if (missing.length === 0) return file.digests
      // Whoever may leave reads for itself.
      if (signal !== undefined) return digest(file, missing, signal)
      const id = JSON.stringify([file.handle, file.version, file.uploadedMs, missing])
      const running = under.get(id) ?? digest(file, missing).finally(() => under.delete(id))
      under.set(id, running)
      return running
    },

    async sides(file, signal) {
      if (file.sides !== undefined) return file.sides
      const sides = await look(file, signal)
      if (sides !== undefined) await keep(file, { sides })
      return sides ?? 'none'
    },
  }
}

/** Undefined for what cannot be read as a picture. */
async function uprightSides(probe: Learning['probe'], bytes: Buffer) {
  try {
    const { width, height, orientation } = await probe(bytes)
    // 5…8 are quarter turns (EXIF 2.32 §4.6.5.1, Orientation).
    return orientation >= 5 ? { width: height, height: width } : { width, height }
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

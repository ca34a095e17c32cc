import type { FileHandle } from 'node:fs/promises'
import { Fault } from '../faults.ts'
import type { Body } from './delivery.ts'
import type { Clock } from './surroundings.ts'

const CHUNK = 262_144
const IDLE_MILLISECONDS = 60_000
const IDLE_MOST = 256

type OpenFile = { readonly handle: FileHandle; readers: number; closed: boolean; expire: () => void }

export type OpenFiles = {
  /** A body of `length` bytes from `offset` of the file. The handle is closed when it was read, or not read for a minute. */
  body(handle: FileHandle, offset: number, length: number): Body
  close(): Promise<void>
}

/** Cached files that are being sent: an open handle outlives the file's eviction. */
export function createOpenFiles(clock: Clock): OpenFiles {
  const idle = new Set<OpenFile>()
  const all = new Set<OpenFile>()
  const closing = new Set<Promise<void>>()

  function shut(file: OpenFile): void {
    if (file.closed) return
    file.closed = true
    file.expire()
    idle.delete(file)
    all.delete(file)
    const done = file.handle.close().catch(() => undefined)
    closing.add(done)
    void done.finally(() => closing.delete(done))
  }

  function rest(file: OpenFile): void {
    idle.add(file)
    file.expire = clock.after(IDLE_MILLISECONDS, () => shut(file))
    for (const oldest of idle) {
      if (idle.size <= IDLE_MOST) break
      shut(oldest)
    }
  }

  async function* read(file: OpenFile, start: number, end: number): AsyncGenerator<Uint8Array> {
    if (file.closed) throw new Fault('overloaded', 'the cached file was not read in time')
    file.readers += 1
    file.expire()
    idle.delete(file)
    try {
      for (let at = start; at < end; ) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at))
        const { bytesRead } = await file.handle.read(chunk, 0, chunk.length, at)
        if (bytesRead === 0) throw new Fault('source-unreachable', 'a cached file is shorter than it was')
        yield chunk.subarray(0, bytesRead)
        at += bytesRead
      }
    } finally {
      file.readers -= 1
      if (file.readers === 0 && !file.closed) rest(file)
    }
  }

  return {
    body(handle, offset, length) {
      const file: OpenFile = { handle, readers: 0, closed: false, expire: () => undefined }
      all.add(file)
      rest(file)
      return {
        kind: 'file',
        open: (range) => {
          const start = range?.start ?? 0
          const end = Math.min(length, (range?.end ?? length - 1) + 1)
          return read(file, offset + start, offset + end)
        },
      }
    },
    async close() {
      for (const file of [...all]) shut(file)
      await Promise.all(closing)
    },
  }
}

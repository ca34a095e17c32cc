import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { Fault } from '../../faults.ts'
import { throwIfAborted } from '../abort.ts'
import { type OpenFolder, openFolder, RESERVED } from './paths.ts'
import { versionOf } from './version.ts'

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
const TEMPORARY_FLAGS = O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0)

/**
 * Writes a file so that it appears whole or not at all: into a temporary file of the same folder, flushed to the disk,
 * then renamed. What fails or is aborted leaves nothing behind. Throws Faults and errors of the file system.
 */
export async function writeFile(
  root: string,
  segments: readonly [string, ...string[]],
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ readonly version: string }> {
  const name = segments[segments.length - 1] ?? segments[0]
  const folder = await openFolder(root, segments.slice(0, -1), true)
  try {
    return await writeIn(folder, name, body, signal)
  } finally {
    await folder.close()
  }
}

async function writeIn(
  folder: OpenFolder,
  name: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ readonly version: string }> {
  const temporary = folder.at(`${RESERVED}${randomBytes(12).toString('hex')}.tmp`)
  const file = await open(temporary, TEMPORARY_FLAGS, 0o644)
  let placed = false
  try {
    try {
      await writeBody(file, body)
      await file.sync()
    } finally {
      await file.close()
    }
    // Renaming onto a link would only replace the link, but a folder of that name must stay.
    const there = await lstat(folder.at(name)).catch(() => undefined)
    if (there?.isDirectory() === true) throw new Fault('conflict', 'a folder is in the way of this key')
    const version = versionOf(await lstat(temporary, { bigint: true }))
    throwIfAborted(signal)
    await rename(temporary, folder.at(name))
    placed = true
    await folder.sync()
    return { version }
  } finally {
    if (!placed) await unlink(temporary).catch(() => undefined)
  }
}

async function writeBody(file: FileHandle, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.byteLength; ) {
      const { bytesWritten } = await file.write(chunk, at)
      at += bytesWritten
    }
  }
}

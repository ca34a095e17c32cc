import { join } from 'node:path'
import { blocks, type DiskIndex, type Item } from './disk-index.ts'
import { HEAD_LIMIT, readHead } from './entry.ts'
import type { Files } from './surroundings.ts'

/** `<hash of the source>-<hash of the key>`, with `+` when further sources went into it. */
export const ENTRY_NAME = /^[0-9a-f]{32}-[0-9a-f]{32}\+?$/
export const TEMPORARY = 'tmp'
/** Cached pictures may be private: other users of the machine have no business here. */
export const PRIVATE = 0o700

/** The shard an entry lies in; all of one source lie together. */
export const shardOf = (name: string): string => name.slice(0, 2)

/**
 * Fills the index from what an earlier run left, oldest first, and clears temporary files. Only names and sizes are
 * looked at, except for entries with further sources, whose heads name them. Other people's files are left alone.
 */
export async function scan(
  dir: string,
  files: Files,
  index: DiskIndex,
  hashOf: (recordKey: string) => string,
): Promise<void> {
  await files.rm(join(dir, TEMPORARY), { recursive: true, force: true })
  await files.mkdir(join(dir, TEMPORARY), { recursive: true, mode: PRIVATE })
  const found: { readonly name: string; readonly item: Item }[] = []
  for (const shard of await files.readdir(dir)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    for (const name of await files.readdir(join(dir, shard))) {
      if (!ENTRY_NAME.test(name) || shardOf(name) !== shard) continue
      const path = join(dir, shard, name)
      const stat = await files.stat(path).catch(() => undefined)
      if (!stat?.isFile()) continue
      const uses = name.endsWith('+') ? await usesOf(path, files, hashOf) : []
      found.push({ name, item: { bytes: blocks(stat.size), touched: stat.mtimeMs, sound: false, uses } })
    }
  }
  found.sort((one, other) => one.item.touched - other.item.touched)
  for (const { name, item } of found) index.set(name, item)
}

async function usesOf(path: string, files: Files, hashOf: (recordKey: string) => string): Promise<string[]> {
  try {
    const handle = await files.open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_LIMIT), 0, HEAD_LIMIT, 0)
      return readHead(buffer.subarray(0, bytesRead))?.head.uses.map(hashOf) ?? []
    } finally {
      await handle.close()
    }
  } catch {
    return []
  }
}

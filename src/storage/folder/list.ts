import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { systemCode } from '../../faults.ts'
import type { ObjectEntry } from '../object-store.ts'
import { isName, openFolder } from './paths.ts'
import { versionOf } from './version.ts'

/** Keys compare by their bytes of UTF-8, as buckets sort them. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/**
 * Plain files below `root` whose key begins with `prefix` and comes after `after`, in ascending order of keys. Folders that
 * cannot hold a wanted key are not read; what vanishes meanwhile is left out; links are never followed nor shown.
 */
export async function* walk(root: string, prefix: string, after: string): AsyncGenerator<ObjectEntry> {
  yield* walkFolder(root, [], prefix, after)
}

async function* walkFolder(
  root: string,
  segments: readonly string[],
  prefix: string,
  after: string,
): AsyncGenerator<ObjectEntry> {
  const above = segments.length === 0 ? '' : `${segments.join('/')}/`
  for (const { name, folder } of await entriesOf(root, segments)) {
    const key = above + name
    if (folder) {
      const below = `${key}/`
      const wanted = below.startsWith(prefix) || prefix.startsWith(below)
      // Every key below sorts before `after` unless `after` is below too.
      const passed = compareKeys(below, after) < 0 && !after.startsWith(below)
      if (wanted && !passed) yield* walkFolder(root, [...segments, name], prefix, after)
    } else if (key.startsWith(prefix) && compareKeys(key, after) > 0) {
      const stat = await statOf(root, segments, name)
      if (stat?.isFile() === true) {
        yield { key, size: Number(stat.size), lastModified: stat.mtime, etag: versionOf(stat) }
      }
    }
  }
}

/** Sorted as their keys sort: a folder stands where its name and a slash would. */
async function entriesOf(root: string, segments: readonly string[]): Promise<{ name: string; folder: boolean }[]> {
  let found: Dirent[]
  try {
    const folder = await openFolder(root, segments, false)
    try {
      found = await readdir(folder.at('.'), { withFileTypes: true })
    } finally {
      await folder.close()
    }
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
  return found
    .filter((entry) => isName(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
    .sort((a, b) => compareKeys(a.folder ? `${a.name}/` : a.name, b.folder ? `${b.name}/` : b.name))
}

async function statOf(root: string, segments: readonly string[], name: string): Promise<BigIntStats | undefined> {
  try {
    const folder = await openFolder(root, segments, false)
    try {
      return await lstat(folder.at(name), { bigint: true })
    } finally {
      await folder.close()
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')
}

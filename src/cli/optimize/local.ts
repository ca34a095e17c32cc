import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { Fault } from '../../faults.ts'
import type { Found } from './found.ts'

/** Names that a folder is searched for; a file that is named itself may be called anything. */
export const PICTURE_NAME = /\.(jpe?g|jpe|jfif|png|gif|webp|avif|svg)$/i

/** The picture `given`, or every picture below the folder `given` but not below `except`; links inside of it are not followed. */
export async function* findLocal(given: string, except: string | undefined): AsyncGenerator<Found> {
  const root = await realpath(given).catch(() => {
    throw new Fault('not-found', `there is no file or folder ${given}`)
  })
  const known = await stat(root, { bigint: true })
  if (known.isFile()) yield found(root, given, basename(root), known)
  else if (known.isDirectory()) yield* below(root, root, given, except)
  else throw new Fault('bad-parameter', `${given} is neither a file nor a folder`)
}

async function* below(root: string, folder: string, given: string, except: string | undefined): AsyncGenerator<Found> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Fault('access-denied', `the folder ${join(given, relative(root, folder))} cannot be read`, { cause })
  })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && path !== except) yield* below(root, path, given, except)
    if (!entry.isFile() || !PICTURE_NAME.test(entry.name) || entry.name.startsWith(UNFINISHED)) continue
    const known = await stat(path, { bigint: true }).catch(() => undefined)
    if (known === undefined) continue
    const key = relative(root, path).split(sep).join('/')
    yield found(path, join(given, key), key, known)
  }
}

function found(path: string, name: string, key: string, known: BigIntStats): Found {
  return {
    name,
    key,
    place: path,
    size: Number(known.size),
    version: versionOf(known),
    read: async () => ({ bytes: await readFile(path), metadata: {} }),
    replace: (bytes, note) => replaceFile(path, bytes, versionOf(known), note),
  }
}

function versionOf({ size, mtimeNs }: BigIntStats): string {
  return `${size}-${mtimeNs}`
}

const UNFINISHED = '.tintype-'

/**
 * Puts `bytes` in the place of a file in one step: whoever reads it gets the old file or the new one, whole, whatever happens
 * meanwhile. `note` is told the version that the file is going to have. Fault conflict when it is no longer the one of `version`.
 */
async function replaceFile(
  path: string,
  bytes: Uint8Array,
  version: string,
  note: (version: string) => Promise<void>,
): Promise<void> {
  const unfinished = join(dirname(path), `${UNFINISHED}${randomBytes(8).toString('hex')}`)
  const old = await stat(path)
  const file = await open(unfinished, 'wx', 0o600)
  try {
    try {
      await file.writeFile(bytes)
      // Only the superuser may hand files to somebody else; the owner of the file is most often who runs this.
      if (process.getuid?.() === 0) await file.chown(old.uid, old.gid)
      await file.chmod(old.mode & 0o7777)
      await file.sync()
      await note(versionOf(await file.stat({ bigint: true })))
    } finally {
      await file.close()
    }
    if (versionOf(await stat(path, { bigint: true })) !== version) {
      throw new Fault('conflict', 'the file changed meanwhile and stays as it is')
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

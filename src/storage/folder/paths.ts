import { constants } from 'node:fs'
import { lstat, mkdir, open, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'
import { Fault, systemCode } from '../../faults.ts'

/** Names that begin so are this adapter's own (unfinished writes): no key may mean them and no listing shows them. */
export const RESERVED = '.tintype-'

const SEGMENT_BYTES = 255
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
/** Windows has neither flag. */
const FOLDER_FLAGS = O_RDONLY | (O_DIRECTORY ?? 0) | (O_NOFOLLOW ?? 0)

/**
 * The path segments of a key, or `undefined` when a file system cannot hold such a key: it has no empty segments
 * (leading, trailing or double slashes) and no segment above 255 bytes, and reserved names are not for callers.
 */
export function segmentsOf(key: string): readonly [string, ...string[]] | undefined {
  const [first = '', ...rest] = key.split('/')
  const segments: readonly [string, ...string[]] = [first, ...rest]
  return segments.every(isName) ? segments : undefined
}

/** Whether a text can name a file or folder here. */
export function isName(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..' || segment.includes('\0')) return false
  if (Buffer.byteLength(segment) > SEGMENT_BYTES || segment.startsWith(RESERVED)) return false
  return process.platform !== 'win32' || !/[<>:"\\|?*]|[. ]$/.test(segment)
}

/**
 * The root of a store or of one of its containers, symbolic links above it resolved. Throws Fault store-misconfigured when
 * it is no folder (`context.reason` `no-folder`), or when there is no container of that name in it (`no-container`).
 */
export async function rootOf(root: string, bucket: string | undefined): Promise<string> {
  const real = await realpath(root).catch(() => undefined)
  if (real === undefined || !(await isFolder(real))) {
    throw missing('the folder of the connection does not exist', 'no-folder')
  }
  if (bucket === undefined) return real
  const folder = path.join(real, bucket)
  if (isName(bucket) && !bucket.includes('/') && (await isFolder(folder))) return folder
  throw missing('there is no such container', 'no-container')
}

async function isFolder(folder: string): Promise<boolean> {
  const stat = await lstat(folder).catch(() => undefined)
  return stat?.isDirectory() === true
}

/** Without the path, which is nobody else's business. */
function missing(message: string, reason: string): Fault {
  return new Fault('store-misconfigured', message, { context: { reason } })
}

/**
 * A folder held open, reached without following a symbolic link below the root. `at(name)` is a path to an entry that stays in this
 * very folder even when somebody renames or replaces it meanwhile (Linux: through the open descriptor).
 */
export type OpenFolder = { at(name: string): string; sync(): Promise<void>; close(): Promise<void> }

/**
 * Opens the folder `segments` below `root` (as from `rootOf`). With `create`, missing folders are made, each inside the held one
 * above it. A symbolic link on the way ends in ENOENT, ENOTDIR or ELOOP, like an entry that is missing or no folder.
 */
export async function openFolder(root: string, segments: readonly string[], create: boolean): Promise<OpenFolder> {
  if (!create) {
    const folder = path.join(root, ...segments)
    return hold(folder, folder)
  }
  let folder = await hold(root, root)
  let expected = root
  for (const segment of segments) {
    const above = folder
    expected = path.join(expected, segment)
    try {
      await mkdir(above.at(segment)).catch(ignoreExisting)
      folder = await hold(above.at(segment), expected)
    } finally {
      await above.close()
    }
  }
  return folder
}

/** Opens one folder and makes sure that it is the one at `expected`, with no link anywhere in between. */
async function hold(folder: string, expected: string): Promise<OpenFolder> {
  // Windows opens no folders.
  if (process.platform === 'win32') {
    await checkReal(expected)
    return { at: (name) => path.join(expected, name), sync: async () => undefined, close: async () => undefined }
  }
  const handle = await open(folder, FOLDER_FLAGS)
  try {
    const descriptor = `/proc/self/fd/${handle.fd}`
    const held = process.platform === 'linux' ? await readlink(descriptor).catch(() => undefined) : undefined
    if (held === undefined) await checkReal(expected)
    else if (held !== expected) throw linkFound()
    const base = held === undefined ? expected : descriptor
    return { at: (name) => `${base}/${name}`, sync: () => handle.sync(), close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function ignoreExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error
}

async function checkReal(folder: string): Promise<void> {
  if ((await realpath(folder)) !== folder) throw linkFound()
}

function linkFound(): Error {
  return Object.assign(new Error('a symbolic link is not followed'), { code: 'ENOENT' })
}

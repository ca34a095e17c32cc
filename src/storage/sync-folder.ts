import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'

/** Makes the names in a folder durable: a file that is on the disk can still lose its name. Not every system can sync a folder. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY)
    await handle.sync().finally(() => handle.close())
  } catch {
    await access(folder)
  }
}

import { createHash } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../faults.ts'

/** What earlier runs have done, in a file that only grows. */
export type Journal = {
  has(entry: readonly string[]): boolean
  /** On disk when it resolves. */
  add(entry: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Opens the journal in `dataDir`. An entry that an interrupted write has torn counts for nothing. Fault store-refused. */
export async function openJournal(dataDir: string): Promise<Journal> {
  const file = join(dataDir, 'optimize.journal')
  const { handle, done } = await openFile(dataDir, file).catch((cause: unknown) => {
    throw new Fault('store-refused', `${file} cannot be written: what is done could not be remembered`, { cause })
  })
  return {
    has: (entry) => done.has(digest(entry)),
    async add(entry) {
      const line = digest(entry)
      done.add(line)
      // The newline comes first, so that whatever a torn entry left stays a line of its own.
      await handle.appendFile(`\n${line}`)
      await handle.datasync()
    },
    close: () => handle.close(),
  }
}

async function openFile(dataDir: string, file: string) {
  await mkdir(dataDir, { recursive: true })
  const handle = await open(file, 'a', 0o600)
  return { handle, done: new Set((await readFile(file, 'utf8')).split('\n')) }
}

function digest(entry: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('hex')
}

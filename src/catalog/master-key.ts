/** Where the master key comes from: the configuration, else a file in the data folder that is made once. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../faults.ts'
import { parseMasterKey } from './rules.ts'
import { VaultError } from './vault.ts'

export type MasterKeyOptions = {
  readonly dataDir: string
  readonly masterKey?: string
  /** Earlier keys that still open what they sealed. */
  readonly previousMasterKeys?: readonly string[]
  /** Whether secrets are sealed in the database already, so that a new key would be of no use. */
  readonly inUse: boolean
}

/** The keys, the sealing one first. Throws VaultError when one is malformed, or is needed and missing. */
export async function masterKeys(options: MasterKeyOptions): Promise<readonly [Buffer, ...Buffer[]]> {
  const previous = (options.previousMasterKeys ?? []).map((text) => parse(text, 'previousMasterKeys'))
  if (options.masterKey !== undefined) return [parse(options.masterKey, 'masterKey'), ...previous]
  const file = join(options.dataDir, 'master.key')
  const kept = await readKey(file)
  if (kept !== undefined) return [parse(kept, file), ...previous]
  if (options.inUse) {
    throw new VaultError(
      `the database holds secrets sealed with a master key, but masterKey is not set and ${file} is missing`,
    )
  }
  return [parse(await makeKey(options.dataDir, file), file), ...previous]
}

function parse(text: string, where: string): Buffer {
  const key = parseMasterKey(text.trim())
  if (!key) throw new VaultError(`the master key in ${where} is damaged: expected 32 bytes in Base64 or 64 hex digits`)
  return key
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole under another name and linked into place, so that of two servers that start at once both read one key. */
async function makeKey(dataDir: string, file: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const text = randomBytes(32).toString('base64')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${text}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(draft, file)
    await syncFolder(dataDir)
    return text
  } catch (error) {
    const kept = await readKey(file)
    if (kept === undefined) throw error
    return kept
  } finally {
    await unlink(draft)
  }
}

/** A new name is durable only when its folder is. Windows cannot do that and needs it less. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

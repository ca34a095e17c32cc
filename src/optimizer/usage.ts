import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../faults.ts'
import type { Log } from './log.ts'

/** What an account used in the running calendar month (UTC). */
export type Used = {
  readonly requests: number
  /** Input bytes. */
  readonly bytes: number
}

/** Counters of all accounts; they survive a restart. */
export interface Usage {
  /** `account`: any text that names it, such as `kraken/my-project`. */
  used(account: string): Used
  add(account: string, bytes: number): void
  /** Writes what is not written yet. */
  close(): Promise<void>
}

export type UsageOptions = {
  readonly file: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: Log
  /** Additions are gathered for so long before they are written. Default one second. */
  readonly gatherMs?: number
}

const NOTHING: Used = { requests: 0, bytes: 0 }

/** Opens the counters; a file of another month, or one that cannot be read as counters, begins anew. */
export async function createUsage({ file, now, log, gatherMs = 1000 }: UsageOptions): Promise<Usage> {
  await mkdir(dirname(file), { recursive: true })
  // Half written when an earlier process died.
  await rm(draftOf(file), { force: true })
  const monthNow = () => new Date(now()).toISOString().slice(0, 7)
  let { month, accounts } = await load(file, monthNow())
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function turn(): void {
    if (month === monthNow()) return
    month = monthNow()
    accounts = new Map()
  }
  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const text = JSON.stringify({ month, accounts: Object.fromEntries(accounts) })
    writing = writing
      .then(() => replace(file, text))
      .catch((err: unknown) => log.warn({ err }, 'usage could not be written down'))
    return writing
  }

  return {
    used(account) {
      turn()
      return accounts.get(account) ?? NOTHING
    },
    add(account, bytes) {
      turn()
      const before = accounts.get(account) ?? NOTHING
      accounts.set(account, { requests: before.requests + 1, bytes: before.bytes + bytes })
      timer ??= setTimeout(() => void write(), gatherMs).unref()
    },
    close: () => (timer === undefined ? writing : write()),
  }
}

type Counters = { readonly month: string; readonly accounts: Map<string, Used> }

async function load(file: string, month: string): Promise<Counters> {
  const accounts = new Map<string, Used>()
  try {
    const stored: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isRecord(stored) && stored.month === month && isRecord(stored.accounts)) {
      for (const [account, used] of Object.entries(stored.accounts)) {
        if (isRecord(used) && isCount(used.requests) && isCount(used.bytes)) {
          accounts.set(account, { requests: used.requests, bytes: used.bytes })
        }
      }
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error
  }
  return { month, accounts }
}

function draftOf(file: string): string {
  return `${file}.new`
}

/** The file appears whole or stays as it was. */
async function replace(file: string, text: string): Promise<void> {
  const draft = draftOf(file)
  const handle = await open(draft, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

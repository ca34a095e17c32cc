import type * as fs from 'node:fs/promises'

/** What of the file system the disk level uses; tests let single calls fail. */
export type Files = Pick<
  typeof fs,
  'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'rm' | 'stat' | 'unlink' | 'utimes'
>

/** Time as the delivery sees it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after `milliseconds`, without keeping the process alive; the answer cancels. */
  after(milliseconds: number, call: () => void): () => void
}

/** Structurally a pino logger. */
export type Log = {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

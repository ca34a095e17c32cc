import type { Terminal } from '../ports.ts'
import type { Outcome } from './run.ts'
import { bytesText, savingText } from './savings.ts'

const BAR = 24

/** Shows how far the work is: a bar that stays on its line where there is a screen, else a line per picture. */
export function createProgress({ err, columns }: Pick<Terminal, 'err' | 'columns'>, total: number) {
  let done = 0
  let saved = 0
  return {
    step(outcome: Outcome): void {
      done++
      saved += outcome.before - outcome.after
      if (columns === undefined) err(`[${done}/${total}] ${plain(outcome.name)}: ${describe(outcome)}\n`)
      else err(`\r${plain(line(done, total, saved, outcome.name)).slice(0, Math.max(columns - 1, 1))}\u001b[K`)
    },
    /** Takes the bar away. */
    end(): void {
      if (columns !== undefined && done > 0) err('\r\u001b[K')
    },
  }
}

function line(done: number, total: number, saved: number, name: string): string {
  const full = Math.floor((done / total) * BAR)
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${done}/${total}  saved ${bytesText(saved)}  ${name}`
}

function describe(outcome: Outcome): string {
  const { before, after, result, reason } = outcome
  switch (result) {
    case 'smaller':
      return `${bytesText(before)} → ${bytesText(after)} (${savingText(outcome)})`
    case 'same':
      return 'no smaller one found'
    case 'skipped':
      return 'done by an earlier run'
    case 'left':
      return 'left alone: this format is not optimised'
    case 'failed':
      return `failed: ${reason ?? ''}`
  }
}

/** File names may hold characters that move the cursor. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}')
}

import { Fault } from '../faults.ts'
import type { Terminal } from './ports.ts'

/** No secret of any service is longer; what is, is a file piped in by mistake. */
const LONGEST = 4096

/**
 * Reads a secret without ever showing it: from the environment variable `variable`, else as one line from a pipe, else by
 * a prompt that does not echo. Never from the arguments, which every user of the machine can see.
 * Fault bad-parameter when nothing is given.
 */
export async function readSecret(terminal: Terminal, variable: string, prompt: string): Promise<string> {
  const given = terminal.env[variable]
  if (given !== undefined && given !== '') return given
  const line = terminal.stdin.isTTY === true ? await promptHidden(terminal, prompt) : await firstLine(terminal)
  if (line === '')
    throw new Fault('bad-parameter', `no secret given: set ${variable}, or send it as a line to the standard input`)
  return line
}

async function firstLine({ stdin }: Terminal): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.includes('\n')) break
    if (text.length > LONGEST) throw new Fault('bad-parameter', `a secret has at most ${LONGEST} characters`)
  }
  return (text.split('\n', 1)[0] ?? '').trim()
}

/** A line typed at the terminal, unseen. Ctrl-C and Ctrl-D give up. */
function promptHidden(terminal: Terminal, prompt: string): Promise<string> {
  const { stdin } = terminal
  terminal.err(`${prompt}: `)
  stdin.setRawMode?.(true)
  stdin.setEncoding('utf8')
  return new Promise((resolve, reject) => {
    let text = ''
    const done = (finish: () => void) => {
      stdin.off('data', read)
      stdin.setRawMode?.(false)
      stdin.pause()
      terminal.err('\n')
      finish()
    }
    const read = (chunk: unknown) => {
      for (const character of String(chunk)) {
        if (character === '\u0003' || character === '\u0004') {
          return done(() => reject(new Fault('bad-parameter', 'given up')))
        }
        if (character === '\r' || character === '\n') return done(() => resolve(text.trim()))
        if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
        else if (text.length < LONGEST) text += character
      }
    }
    stdin.on('data', read)
    stdin.resume()
  })
}

import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** What a tool of node_modules has to say when it fails; empty when it is content. */
export async function toolProblems(root: string, tool: string, args: readonly string[]): Promise<readonly string[]> {
  const child = spawn(join(root, 'node_modules/.bin', tool), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
  }
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'ended without a status'))
  })
  if (status === 0) return []
  const text = output.join('').trim()
  return text === '' ? [`${tool} ended with ${status}`] : text.split('\n')
}

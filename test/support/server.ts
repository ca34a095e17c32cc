import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'

/** The real server in a process of its own, over a folder of its own. */
export type Running = {
  readonly url: string
  readonly pid: number
  /** Everything it has logged so far. */
  log(): string
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL; the folder stays, for `startServer({ folder })`. */
  kill(): Promise<void>
  readonly folder: string
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
}

export type ServerOptions = {
  /** `tintype.yaml` without `listen` and `dataDir`. */
  readonly config: Readonly<Record<string, unknown>>
  /** A folder to use again; a new one is removed at the end. */
  readonly folder?: string
  readonly env?: Readonly<Record<string, string>>
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** As `npm start` does: starting takes half as long. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url))

/** Starts `tintype serve` on a free loopback port and waits until it listens. */
export async function startServer(options: ServerOptions): Promise<Running> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tintype-server-')))
  const file = join(folder, 'tintype.yaml')
  await writeFile(file, stringify({ listen: '127.0.0.1:0', dataDir: './data', ...options.config }))
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...options.env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-200_000)
    })
  }
  const url = await listening(child, () => said)
  return {
    url,
    folder,
    pid: child.pid ?? 0,
    log: () => said,
    async get(path, headers = {}) {
      const response = await fetch(url + path, { headers, redirect: 'manual' })
      const bytes = Buffer.from(await response.arrayBuffer())
      return { status: response.status, headers: response.headers, bytes, text: bytes.toString('utf8') }
    },
    async stop() {
      const code = await end(child, 'SIGTERM')
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
      return code
    },
    async kill() {
      await end(child, 'SIGKILL')
    },
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  return child.exitCode
}

function listening(child: ChildProcess, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const url = /listening on (http:\/\/[^\s"]+)/.exec(said())?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.on('data', look)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said()}`)))
  })
}

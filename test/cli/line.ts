import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach } from 'vitest'
import { createCatalog } from '../../src/catalog/catalog.ts'
import type { Ports } from '../../src/cli/ports.ts'
import { runProgram } from '../../src/cli/program.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import { createMaking } from '../../src/optimizer/making.ts'
import { createAgents } from '../../src/storage/agents.ts'
import { createStore } from '../../src/storage/create-store.ts'
import { createGuard } from '../../src/storage/guard.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'

export type Outcome = { readonly status: number; readonly out: string; readonly err: string }
export type Surroundings = {
  readonly env?: Readonly<Record<string, string>>
  /** What comes through the pipe. */
  readonly input?: string
  /** Puts something between the command and the store. */
  readonly wrap?: (store: ObjectStore) => ObjectStore
  /** Width of the screen; none given = no screen. */
  readonly columns?: number
  /** Gets what interrupts the command. */
  readonly interruptible?: (interrupt: () => void) => void
  /** Told what the command says while it runs. */
  readonly onErr?: (text: string) => void
  readonly slots?: number
}

const LIMITS = { inputPixels: 50_000_000, outputPixels: 50_000_000, frames: 100 }

/** The command line on a real catalog of its own and real folders. To be called at the top of a test file. */
export function commandLine() {
  const folders: string[] = []
  let home = ''
  afterEach(async () => {
    home = ''
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
  })
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'tintype-cli-'))
    folders.push(made)
    return made
  }
  return {
    folder,
    /** Runs one command; every command opens the catalog anew, as separate processes do. */
    async run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
      home ||= await folder()
      const dataDir = home
      const out: string[] = []
      const err: string[] = []
      const stdin = new PassThrough()
      stdin.end(surroundings.input ?? '')
      const ports: Ports = {
        version: '1.2.3',
        terminal: {
          program: 'scripts/tintype',
          env: surroundings.env ?? {},
          stdin,
          out: (text) => void out.push(text),
          err(text) {
            err.push(text)
            surroundings.onErr?.(text)
          },
          columns: surroundings.columns,
          onInterrupt(stop) {
            surroundings.interruptible?.(stop)
            return () => undefined
          },
        },
        async optimizer() {
          const { slots = 2 } = surroundings
          const open = () => Promise.reject(new Error('no layers here'))
          const engine = createEngine({ limits: LIMITS, slots, open })
          return {
            probe: engine.probe,
            make: createMaking({ engine, limits: LIMITS }),
            dataDir,
            sourceBytes: 10_000_000,
            slots,
            close: engine.close,
          }
        },
        serve: async ({ config }) => void out.push(`serving ${config ?? 'by default'}`),
        async open() {
          const catalog = await createCatalog({ database: 'sqlite', dataDir })
          const agents = createAgents(createGuard({ allowPrivate: true }))
          const operator = { operator: true }
          return {
            projects: () => catalog.listProjects(),
            addProject: async (id) => void (await catalog.createProject(id)),
            addKey: (project, key) => catalog.addKey(project, key),
            removeKey: (project, key) => catalog.removeKey(project, key),
            addConnection: (project, connection) => catalog.addConnection(project, connection, operator),
            removeConnection: (project, alias) => catalog.removeConnection(project, alias),
            async store(_, { provider, path = '', baseUrl }) {
              const opened =
                provider === 'web'
                  ? createStore({ provider, guarded: false, ...(baseUrl !== undefined && { baseUrl }) }, { agents })
                  : createStore({ provider: 'folder', path }, { agents })
              return surroundings.wrap?.(opened) ?? opened
            },
            async close() {
              await agents.close()
              await catalog.close()
            },
          }
        },
      }
      const status = await runProgram(ports, argv)
      return { status, out: out.join(''), err: err.join('') }
    },
  }
}

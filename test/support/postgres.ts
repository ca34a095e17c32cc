import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { PARTS } from './parts.ts'
import { missing } from './skips.ts'

/** A real Postgres for tests. */
export type PostgresServer = {
  /** URL of a new, empty database. */
  createDatabase(): Promise<string>
  /** Ends every connection to a database, as a restart or a broken network would. */
  disconnect(url: string): Promise<void>
  /** Ends every connection and takes no new ones, until `admit`. */
  refuse(url: string): Promise<void>
  admit(url: string): Promise<void>
  stop(): Promise<void>
}

/** Whether tests on Postgres must be skipped (told at the end of the run); with CI=true it is an error instead. */
export function postgresMissing(): boolean {
  return process.env.TEST_POSTGRES_URL === undefined && missing('postgres')
}

/** Takes the server that TEST_POSTGRES_URL names, or starts one on a free loopback port over a new folder. Call `stop`. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env.TEST_POSTGRES_URL
  if (given !== undefined) return server(given, async () => {})
  const initdb = PARTS.postgres.find()
  if (initdb === undefined) throw new Error(`no Postgres for tests: ${PARTS.postgres.enable}`)
  const folder = await mkdtemp(join(tmpdir(), 'tintype-pg-'))
  const user = await serverUser()
  if (user) await chown(folder, user.uid, user.gid)
  const cluster = join(folder, 'cluster')
  const run = promisify(execFile)
  await run(initdb, ['-D', cluster, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], {
    ...user,
    cwd: folder,
  })
  const { child, port } = await startOnFreePort(join(dirname(initdb), 'postgres'), cluster, { ...user, cwd: folder })
  const abandon = () => child.kill('SIGQUIT')
  process.once('exit', abandon)
  return server(`postgres://tester@127.0.0.1:${port}/postgres`, async () => {
    process.off('exit', abandon)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGQUIT')
      await gone
    }
    await rm(folder, { recursive: true, force: true })
  })
}

/** Postgres refuses to run as root; its package brings a user of its own. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const id = async (option: string) => Number((await promisify(execFile)('id', [option, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

type Spawn = { readonly uid?: number; readonly gid?: number; readonly cwd: string }

/** Another process may take the port between the look and the start, so there are a few attempts. */
async function startOnFreePort(program: string, cluster: string, options: Spawn, attempts = 5) {
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=`, 'fsync=off']
  const child = spawn(program, ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const failure = await started(child)
  if (failure === undefined) return { child, port }
  if (attempts > 1 && failure.includes('could not bind'))
    return startOnFreePort(program, cluster, options, attempts - 1)
  throw new Error(`Postgres did not start: ${failure}`)
}

/** Resolves when the server says that it accepts connections, or with what it said before it ended. */
function started(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
      if (said.includes('ready to accept connections')) resolve(undefined)
    })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', () => resolve(said))
  })
}

function server(url: string, stop: () => Promise<void>): PostgresServer {
  const made: string[] = []
  const execute = async (sql: string, values: readonly string[] = []) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(sql, [...values])
    } finally {
      await client.end()
    }
  }
  const nameOf = (database: string) => new URL(database).pathname.slice(1)
  const disconnect = (database: string) =>
    execute('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [nameOf(database)])
  return {
    createDatabase: async () => {
      const name = `tintype_${randomBytes(6).toString('hex')}`
      await execute(`create database ${name}`)
      made.push(name)
      const own = new URL(url)
      own.pathname = `/${name}`
      return own.href
    },
    disconnect,
    refuse: async (database) => {
      await execute(`alter database ${nameOf(database)} with allow_connections false`)
      await disconnect(database)
    },
    admit: (database) => execute(`alter database ${nameOf(database)} with allow_connections true`),
    stop: async () => {
      for (const name of made) await execute(`drop database ${name} with (force)`)
      await stop()
    },
  }
}

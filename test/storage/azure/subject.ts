import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type Agents, createAgents } from '../../../src/storage/agents.ts'
import { type AzureConfig, createWire } from '../../../src/storage/azure/request.ts'
import { createAzureStore } from '../../../src/storage/azure/store.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { PARTS } from '../../support/parts.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'

/** An Azure Blob server with a container, a recording proxy before it, and stores that talk through the proxy. */
export type AzureSubject = {
  /** For `createAzureStore`, through the proxy. */
  readonly config: AzureConfig & { readonly accountKey: string; readonly container: string; readonly endpoint: string }
  readonly proxy: S3Proxy
  readonly agents: Agents
  store(config?: Partial<AzureConfig>): ObjectStore
  createContainer(name: string): Promise<string>
  stop(): Promise<void>
}

/** The account that the server knows; its key is the published one of every emulator. */
const NAME = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export async function startAzure(): Promise<AzureSubject> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tintype-azure-'))
  const command = PARTS.azurite.find()
  if (command === undefined) throw new Error(`no Azure Blob server for tests: ${PARTS.azurite.enable}`)
  // Asked for port 0 it takes a free one and says which.
  const child = spawn(
    process.execPath,
    [command, '--silent', '--disableTelemetry', '--blobPort', '0', '--inMemoryPersistence'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const upstream = await listening(child)
  const proxy = await startS3Proxy(upstream)
  const agents = createAgents(createGuard({ allowPrivate: false }))
  const config = {
    provider: 'azure',
    accountName: NAME,
    accountKey: KEY,
    container: 'main',
    endpoint: `${proxy.endpoint}/${NAME}`,
    guarded: false,
  } as const
  const createContainer = async (name: string) => {
    const sent = await createWire(config, agents).send({
      method: 'PUT',
      container: name,
      query: { restype: 'container' },
    })
    if ('refusal' in sent) throw new Error(`no container: ${sent.refusal.error}`)
    await sent.answer.body.dump()
    return name
  }
  await createContainer(config.container)
  proxy.reset()
  return {
    config,
    proxy,
    agents,
    store: (changes = {}) => createAzureStore({ ...config, ...changes }, agents),
    createContainer,
    async stop() {
      await agents.close()
      await proxy.stop()
      process.off('exit', end)
      const gone = once(child, 'exit')
      end()
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4000)
        const url = /listen(?:ing|s) (?:at|on) (http:\/\/127\.0\.0\.1:[1-9]\d*)/i.exec(said)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${said}`)))
  })
}

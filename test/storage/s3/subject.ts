import { type Agents, createAgents } from '../../../src/storage/agents.ts'
import { createGuard } from '../../../src/storage/guard.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import type { S3Config } from '../../../src/storage/s3/clients.ts'
import { createS3Store } from '../../../src/storage/s3/store.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'
import { type S3Server, startS3Server } from '../../support/versitygw.ts'

/** A real S3 server with a bucket, the recording proxy before it, and stores that talk through the proxy. */
export type S3Subject = {
  readonly server: S3Server
  readonly proxy: S3Proxy
  readonly agents: Agents
  readonly bucket: string
  store(config?: Partial<S3Config>, agents?: Agents): ObjectStore
  stop(): Promise<void>
}

export async function startS3(): Promise<S3Subject> {
  const server = await startS3Server()
  const proxy = await startS3Proxy(server.endpoint)
  const agents = createAgents(createGuard({ allowPrivate: false }))
  const bucket = await server.createBucket('main')
  const { region, accessKeyId, secretAccessKey } = server
  return {
    server,
    proxy,
    agents,
    bucket,
    store: (config = {}, through = agents) =>
      createS3Store(
        {
          provider: 's3',
          bucket,
          endpoint: proxy.endpoint,
          region,
          accessKeyId,
          secretAccessKey,
          guarded: false,
          ...config,
        },
        through,
      ),
    async stop() {
      await agents.close()
      await proxy.stop()
      await server.stop()
    },
  }
}

import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { LRUCache } from 'lru-cache'
import { Fault, isFault } from '../../faults.ts'
import { abortReason, throwIfAborted, untilAborted } from '../abort.ts'
import type { Agents } from '../agents.ts'
import type { PutOptions, StoreConfig } from '../object-store.ts'
import { readS3Error, type S3Error, s3Fault } from './faults.ts'

export type S3Config = Extract<StoreConfig, { provider: 's3' }>

/** Runs calls on the right client for a bucket. */
export type S3Clients = {
  /**
   * Runs `call` with the client of the bucket's region. When the store answers that the bucket lives elsewhere, the
   * region is remembered for the bucket and the call repeated once; so `call` must be repeatable. Session tokens of the
   * machine's own role that expired are fetched anew once. Throws the SDK's errors; an abort throws its reason.
   */
  run<T>(bucket: string, signal: AbortSignal | undefined, call: (client: S3Client) => Promise<T>): Promise<T>
  /** Finds out the region of a bucket before a call that cannot be repeated. Faults are left to that call. */
  locate(bucket: string, signal?: AbortSignal): Promise<void>
}

const ATTEMPTS = 4
const DEFAULT_REGION = 'us-east-1'

/** Clients of one configuration, one per region, all on the shared pool of connections. */
export function createClients(config: S3Config, agents: Agents): S3Clients {
  if ((config.accessKeyId === undefined) !== (config.secretAccessKey === undefined)) {
    // Half a pair must not fall back to the machine's own role.
    throw new Fault('store-misconfigured', 'an access key needs its secret')
  }
  if (config.guarded && config.accessKeyId === undefined) {
    // The machine's own role must never sign for an endpoint that a caller chose.
    throw new Fault('store-misconfigured', 'a store named by a caller needs its own keys')
  }
  const pool = agents.node(config.guarded)
  const handler = new NodeHttpHandler({
    httpAgent: pool.http,
    httpsAgent: pool.https,
    connectionTimeout: agents.timeouts.connect,
    socketTimeout: agents.timeouts.idle,
  })
  const regions = new LRUCache<string, string>({ max: 1000 })
  const clients = new LRUCache<string, S3Client>({ max: 32 })

  const regionOf = (bucket: string) => regions.get(bucket) ?? config.region ?? DEFAULT_REGION
  const clientFor = (region: string) => {
    const known = clients.get(region)
    if (known !== undefined) return known
    const client = makeClient(config, region, handler)
    clients.set(region, client)
    return client
  }

  /** An answer to HEAD has no body that could name the region, and not every store puts it into a header. */
  const askedRegion = async (bucket: string, region: string, answer: S3Error) => {
    if (!mayBeRegion(answer) || !answer.bodiless) return undefined
    try {
      await clientFor(region).send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }))
    } catch (error) {
      const said = readS3Error(error)
      return said === undefined ? undefined : regionIn(said, region)
    }
    return undefined
  }

  const run: S3Clients['run'] = async (bucket, signal, call) => {
    let moved = false
    let renewed = false
    for (;;) {
      throwIfAborted(signal)
      const region = regionOf(bucket)
      try {
        // The SDK looks at the signal only while a request runs, not while it waits for the next attempt.
        return await untilAborted(call(clientFor(region)), signal)
      } catch (error) {
        const reason = abortReason(signal)
        if (reason !== undefined) throw reason
        const answer = isFault(error) ? undefined : readS3Error(error)
        if (answer === undefined) throw error
        const elsewhere = regionIn(answer, region) ?? (moved ? undefined : await askedRegion(bucket, region, answer))
        if (elsewhere !== undefined && !moved) {
          moved = true
          regions.set(bucket, elsewhere)
        } else if (isExpired(answer) && config.accessKeyId === undefined && !renewed) {
          renewed = true
          clients.clear()
        } else {
          throw error
        }
      }
    }
  }

  return {
    run,
    async locate(bucket, signal) {
      if (regions.has(bucket)) return
      try {
        await run(bucket, signal, (client) => client.send(new HeadBucketCommand({ Bucket: bucket })))
      } catch {
        // No permission to look, or no such bucket: the real call says it better.
      }
      if (!regions.has(bucket)) regions.set(bucket, regionOf(bucket))
    },
  }
}

function makeClient(config: S3Config, region: string, requestHandler: NodeHttpHandler): S3Client {
  const { accessKeyId, secretAccessKey, sessionToken } = config
  return new S3Client({
    region,
    requestHandler,
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    // The default puts checksums where other stores choke on them, and into presigned URLs.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
    // Bodies are small parts that can be sent again; many stores never answer `100 Continue`.
    expectContinueHeader: false,
    forcePathStyle: config.forcePathStyle ?? config.endpoint !== undefined,
    ...(config.endpoint === undefined ? {} : { endpoint: checkEndpoint(config.endpoint) }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
  })
}

const quiet = () => undefined
/** Without one the SDK writes about streams that it cannot send again to the console. */
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

function checkEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Fault('store-misconfigured', 'the endpoint is no http or https URL')
  }
  return endpoint
}

/** The region that an answer names, when it is another than the one used. */
function regionIn(answer: S3Error, used: string): string | undefined {
  if (!mayBeRegion(answer)) return undefined
  const { headers, region, message } = answer
  const header = headers['x-amz-bucket-region']
  const named = (typeof header === 'string' ? header : undefined) ?? region ?? /expecting '([^']+)'/.exec(message)?.[1]
  return named !== undefined && named !== used && /^[a-z0-9-]{1,40}$/.test(named) ? named : undefined
}

function mayBeRegion({ status }: S3Error): boolean {
  return status === 301 || status === 307 || status === 400
}

function isExpired({ name }: S3Error): boolean {
  return name === 'ExpiredToken' || name === 'ExpiredTokenException' || name === 'TokenRefreshRequired'
}

/** SigV4 allows seven days. */
const PRESIGN_SECONDS = 604_800

/** Throws Fault bad-parameter for a time that no signed URL can live. */
export function checkExpiry(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > PRESIGN_SECONDS) {
    throw new Fault('bad-parameter', `expiry is a whole number of seconds from 1 to ${PRESIGN_SECONDS}`)
  }
}

/** Runs a call and turns what it throws into a Fault; the reason of an abort passes through. */
export async function faulting<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  put?: PutOptions,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw abortReason(signal) ?? (isFault(error) ? error : s3Fault(error, put))
  }
}

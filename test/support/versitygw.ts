import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { freePort } from './free-port.ts'
import { PARTS } from './parts.ts'
import { missing } from './skips.ts'

/** A real S3 server for tests, with root keys. */
export type S3Server = {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** A plain client, for preparing and looking behind the back of the code under test. */
  readonly client: S3Client
  /** Makes a bucket with a name of its own that begins with `name`. */
  createBucket(name?: string): Promise<string>
  put(
    bucket: string,
    key: string,
    body: string | Uint8Array,
    headers?: { contentType?: string; contentEncoding?: string },
  ): Promise<void>
  bytes(bucket: string, key: string): Promise<Buffer>
  exists(bucket: string, key: string): Promise<boolean>
  stop(): Promise<void>
}

/** Whether tests on a real S3 server must be skipped, for `describe.skipIf(noS3Server())`; an error with CI=true. */
export function noS3Server(): boolean {
  return process.env.S3_TEST_ENDPOINT === undefined && missing('versitygw')
}

/** Starts versitygw on a free loopback port over a new folder, or takes the server that S3_TEST_ENDPOINT names. Call `stop`. */
export async function startS3Server(): Promise<S3Server> {
  const { S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY_ID, S3_TEST_SECRET_ACCESS_KEY, S3_TEST_REGION } = process.env
  const region = S3_TEST_REGION ?? 'us-east-1'
  const keys = {
    accessKeyId: S3_TEST_ACCESS_KEY_ID ?? 'tester',
    secretAccessKey: S3_TEST_SECRET_ACCESS_KEY ?? 'tester-secret',
  }
  if (S3_TEST_ENDPOINT !== undefined)
    return server({ endpoint: S3_TEST_ENDPOINT, region, ...keys }, async () => undefined)

  const command = PARTS.versitygw.find()
  if (command === undefined) throw new Error(`no S3 server for tests: ${PARTS.versitygw.enable}`)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tintype-s3-'))
  const { endpoint, child } = await launch(command, folder, region, keys)
  return server({ endpoint, region, ...keys }, async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  })
}

/** Somebody else may take the free port before the server does: then another one is tried. */
async function launch(
  command: string,
  folder: string,
  region: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<{ endpoint: string; child: ChildProcess }> {
  let failure: unknown
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort()
    const child = spawn(command, ['--port', `127.0.0.1:${port}`, '--region', region, '--quiet', 'posix', folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ROOT_ACCESS_KEY_ID: keys.accessKeyId, ROOT_SECRET_ACCESS_KEY: keys.secretAccessKey },
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
    })
    const endpoint = `http://127.0.0.1:${port}`
    try {
      await answering(endpoint, child, () => said)
      // A test run that ends without calling `stop` takes the server with it.
      process.once('exit', () => child.kill('SIGKILL'))
      return { endpoint, child }
    } catch (error) {
      failure = error
      await end(child)
    }
  }
  throw failure
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Any HTTP answer will do; a server that has ended is an error at once. */
async function answering(endpoint: string, child: ChildProcess, said: () => string): Promise<void> {
  const until = Date.now() + 20_000
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}: ${said()}`)
    if (await answers(endpoint)) return
    await wait(25)
  }
  throw new Error(`versitygw does not answer: ${said()}`)
}

async function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    http
      .get(endpoint, { agent: false }, (response) => {
        response.resume()
        resolve(true)
      })
      .on('error', () => resolve(false))
  })
}

type Place = Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>

function server(place: Place, stop: () => Promise<void>): S3Server {
  const { accessKeyId, secretAccessKey } = place
  const client = new S3Client({
    ...place,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return {
    ...place,
    client,
    async createBucket(name = 'bucket') {
      const bucket = `${name}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
      return bucket
    },
    async put(bucket, key, body, { contentType, contentEncoding } = {}) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          ContentEncoding: contentEncoding,
        }),
      )
    },
    async bytes(bucket, key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async exists(bucket, key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        return true
      } catch {
        return false
      }
    },
    async stop() {
      client.destroy()
      await stop()
    },
  }
}

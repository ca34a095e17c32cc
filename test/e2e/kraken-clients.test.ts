import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KRAKENIO, PARTS } from '../support/parts.ts'
import { decode, photo } from '../support/pictures.ts'
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts'
import { type Running, startServer } from '../support/server.ts'
import { missing } from '../support/skips.ts'
import { noS3Server, type S3Server, startS3Server } from '../support/versitygw.ts'
import { startWebOrigin, type WebOrigin } from '../support/web-origin.ts'

/** Calls one method of the client and prints what it returned, or the status of what it raised. */
const CALL = `
import json, sys, io, requests
from krakenio import Client
wish = json.load(sys.stdin)
client = Client(wish["key"], wish["secret"])
client.api_base_url = wish["server"] + "/"
client.api_v1_url = client.api_base_url + "v1/"
arguments = wish["arguments"]
if wish["method"] == "upload_bytesio":
    with open(arguments[0], "rb") as file:
        arguments[0] = io.BytesIO(file.read())
try:
    print(json.dumps({"returned": getattr(client, wish["method"])(*arguments)}))
except requests.HTTPError as error:
    print(json.dumps({"raised": error.response.status_code}))
`

describe.skipIf(missing('krakenio'))('the unmodified client krakenio of PyPI', () => {
  let home: string
  let file: string
  let picture: Buffer
  let origin: WebOrigin
  let server: Running

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tintype-krakenio-'))
    picture = await photo(160, 120, 'jpeg')
    file = join(home, 'a b.jpg')
    await writeFile(file, picture)
    origin = await startWebOrigin()
    origin.answer('/images/a.jpg', { body: picture })
    server = await startServer({
      config: {
        network: { allowPrivate: true },
        projects: [
          { id: 'demo', keys: [{ label: 'Key', publicKey: 'public_demo', secret: 'private_demo', allowedHosts: [] }] },
        ],
      },
    })
  })
  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
    await rm(home, { recursive: true, force: true })
  })

  async function call(method: string, args: readonly unknown[], secret = 'private_demo') {
    const child = spawn(PARTS.krakenio.find() ?? '', ['-c', CALL], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONPATH: KRAKENIO, NO_PROXY: '127.0.0.1' },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.stdin.end(JSON.stringify({ key: 'public_demo', secret, server: server.url, method, arguments: args }))
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(err)
    return { ...JSON.parse(out), err }
  }

  it('optimises a picture by URL and finds the result under the answered one', async () => {
    const { returned } = await call('url', [`${origin.url}/images/a.jpg`, { wait: true, lossy: true }])
    expect(returned).toMatchObject({ success: true, file_name: 'a.jpg', original_size: picture.length })
    expect(returned.saved_bytes).toBe(returned.original_size - returned.kraked_size)
    expect(returned.kraked_url.startsWith(server.url)).toBe(true)
    const result = await server.get(returned.kraked_url.slice(server.url.length))
    expect(result.bytes).toHaveLength(returned.kraked_size)
    expect(await decode(result.bytes)).toMatchObject({ width: 160, height: 120 })
  })

  it.each([
    ['upload', 'a b.jpg'],
    ['upload_bytesio', 'image.jpg'],
  ])('%s sends a picture', async (method, name) => {
    const resize = { strategy: 'square', size: 12 }
    const { returned } = await call(method, [file, { wait: true, resize }])
    expect(returned).toMatchObject({ success: true, file_name: name, kraked_width: 12, kraked_height: 12 })
  })

  it('reads the status', async () => {
    expect(await call('user_status', [])).toMatchObject({ returned: { success: true, active: true } })
  })

  it('raises what the server refuses, with its message', async () => {
    expect(await call('user_status', [], 'wrong')).toMatchObject({ raised: 401, err: expect.stringContaining('401') })
    expect(await call('url', [`${origin.url}/images/a.jpg`, { lossy: true }])).toMatchObject({
      raised: 422,
      err: expect.stringContaining("'success': False"),
    })
  })

  describe.skipIf(noS3Server())('with a bucket', () => {
    let s3: S3Server
    let proxy: S3Proxy
    beforeAll(async () => {
      s3 = await startS3Server()
      proxy = await startS3Proxy(s3.endpoint)
    })
    afterAll(async () => {
      await proxy?.stop()
      await s3?.stop()
    })

    it('stores the result at the key with all that was asked for', async () => {
      const Bucket = await s3.createBucket('krakenio')
      const Key = 'images/header one.jpg'
      const s3_store = {
        key: s3.accessKeyId,
        secret: s3.secretAccessKey,
        bucket: Bucket,
        endpoint: proxy.endpoint,
        path: Key,
        acl: 'public_read',
        storage_class: 'STANDARD',
        headers: { 'Cache-Control': 'max-age=60' },
        metadata: { by: 'me' },
        tags: { team: 'web' },
      }
      const { returned } = await call('upload', [file, { wait: true, s3_store }])
      expect(returned).toMatchObject({
        success: true,
        kraked_url: `${proxy.endpoint}/${Bucket}/images/header%20one.jpg`,
      })
      const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key }))
      expect(head).toMatchObject({
        ContentLength: returned.kraked_size,
        ContentType: 'image/jpeg',
        CacheControl: 'max-age=60',
        Metadata: { by: 'me' },
      })
      const { TagSet } = await s3.client.send(new GetObjectTaggingCommand({ Bucket, Key }))
      expect(TagSet).toEqual([{ Key: 'team', Value: 'web' }])
      const put = proxy.requests.find(({ method }) => method === 'PUT')
      expect(put?.headers).toMatchObject({ 'x-amz-acl': 'public-read', 'x-amz-storage-class': 'STANDARD' })
    })
  })
})

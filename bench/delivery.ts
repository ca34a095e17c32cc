/**
 * Delivery, side by side in one run: a bare sharp loop that reads the same object over loopback, this server's uncached and
 * cached path, a bare Node server sending the same bytes, and ipx doing the same resize. Needs versitygw (see CONTRIBUTING).
 *
 *   npm run bench -- delivery [--pictures=40] [--seconds=6] [--different=5000]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import sharp from 'sharp'
import { request } from 'undici'
import { encode, raw } from '../test/support/pictures.ts'
import { startS3Server } from '../test/support/versitygw.ts'
import { load } from './load.ts'
import { type Actor, askAll, median, startActor, table, usageOf } from './measure.ts'

const WIDTH = 800
/** What Tintype's JPEG encoder is told for a source of quality 82: the same work for the bare loop. */
const SAME = {
  quality: 82,
  trellisQuantisation: true,
  overshootDeringing: true,
  quantisationTable: 3,
  optimiseCoding: true,
}
const KEY = 'bench'
const ROUNDS = 3

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pictures: { type: 'string', default: '40' },
      seconds: { type: 'string', default: '6' },
      different: { type: 'string', default: '5000' },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'tintype-bench-'))
  const s3 = await startS3Server()
  try {
    const bucket = await s3.createBucket('bench')
    const photo = await encode(raw.photo(3000, 2000), 'png').then((png) => sharp(png).jpeg({ quality: 82 }).toBuffer())
    const small = await sharp(photo).resize(600).jpeg({ quality: 82 }).toBuffer()
    writeFileSync(join(folder, 'photo.jpg'), photo)
    const count = Number(values.pictures)
    const keys = Array.from({ length: count * ROUNDS }, (_, i) => `photo-${i}.jpg`)
    for (const key of keys) await s3.put(bucket, key, photo, { contentType: 'image/jpeg' })
    await s3.put(bucket, 'small.jpg', small, { contentType: 'image/jpeg' })
    const presigned = await Promise.all(
      keys.map((Key) => getSignedUrl(s3.client, new GetObjectCommand({ Bucket: bucket, Key }), { expiresIn: 3600 })),
    )
    const config = join(folder, 'tintype.yaml')
    writeFileSync(config, configuration(bucket, s3))
    let starts = 0
    const server = () =>
      startActor(['--max-semi-space-size=8', new URL('../src/main.ts', import.meta.url).pathname, 'serve'], {
        TINTYPE_CONFIG: config,
        TINTYPE_DATA_DIR: join(folder, `data-${starts++}`),
      })

    console.log(
      `\nUncached: ${count} JPEG photographs of 3000×2000 (${mb(photo.length)} MB) to ${WIDTH} wide as JPEG, two at a time, ${ROUNDS} rounds\n`,
    )
    await uncached({ folder, count, keys, presigned, server })
    console.log('\nCached: one of those answers, 32 connections\n')
    await cached({ folder, key: keys[0] ?? '', server, seconds: Number(values.seconds) })
    console.log('\nMemory: different sizes of a small picture from the bucket, each asked once\n')
    await memory({ server, different: Number(values.different) })
  } finally {
    await s3.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Setting = {
  readonly folder: string
  readonly keys: readonly string[]
  readonly presigned: readonly string[]
  readonly count: number
  server(): Promise<Actor>
}

async function uncached({ folder, count, keys, presigned, server }: Setting): Promise<void> {
  const actors = {
    loop: await startActor([actor('sharp-loop.ts'), JSON.stringify(SAME)]),
    tintype: await server(),
    origin: await startActor([actor('web-origin.ts'), join(folder, 'photo.jpg')]),
    ipx: await startActor([actor('ipx-server.ts')]),
  }
  const contenders = [
    {
      name: 'bare sharp, same encoder settings',
      actor: actors.loop,
      url: (i: number) => `${actors.loop.url}/?as=same&w=${WIDTH}&u=${encodeURIComponent(presigned[i] ?? '')}`,
    },
    {
      name: 'Tintype, uncached',
      actor: actors.tintype,
      url: (i: number) => `${actors.tintype.url}/api/2/img/bucket/${keys[i]}/resize?size=${WIDTH}&auth=${KEY}`,
    },
    {
      name: 'bare sharp, its defaults',
      actor: actors.loop,
      url: (i: number) => `${actors.loop.url}/?as=defaults&w=${WIDTH}&u=${encodeURIComponent(presigned[i] ?? '')}`,
    },
    {
      name: 'ipx',
      actor: actors.ipx,
      url: (i: number) => `${actors.ipx.url}/w_${WIDTH},q_82/${actors.origin.url}/photo-${i}.jpg`,
    },
  ]
  const measured = contenders.map(({ name }) => ({
    name,
    cpu: [] as number[],
    seconds: [] as number[],
    p50: [] as number[],
    p95: [] as number[],
    p99: [] as number[],
    bytes: 0,
    peak: 0,
  }))
  for (const contender of contenders) await ask(contender.url(0)) // code loaded, connections open
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      const before = usageOf(contender.actor.pid)
      // The first picture was asked for above: the server has it.
      const urls = Array.from({ length: count }, (_, n) => contender.url(round * count + n)).slice(round === 0 ? 1 : 0)
      const timing = await askAll(urls, 2, {})
      const after = usageOf(contender.actor.pid)
      const row = measured[i]
      if (row === undefined) continue
      row.cpu.push((after.cpuSeconds - before.cpuSeconds) / urls.length)
      row.seconds.push(urls.length / timing.seconds)
      for (const name of ['p50', 'p95', 'p99'] as const) row[name].push(timing[name])
      row.bytes = timing.bytes
      row.peak = after.peakMB
    }
  }
  const floor = measured[0]
  table(
    measured.map((row) => ({
      '': row.name,
      'pictures/s': median(row.seconds),
      'p50 ms': median(row.p50),
      'p95 ms': median(row.p95),
      'p99 ms': median(row.p99),
      'CPU s/picture': median(row.cpu),
      'ratio of CPU': median(row.cpu.map((value, i) => value / (floor?.cpu[i] ?? Number.NaN))),
      bytes: row.bytes,
      'peak MB': row.peak,
    })),
  )
  await Promise.all(Object.values(actors).map((each) => each.stop()))
}

async function cached({
  folder,
  key,
  server,
  seconds,
}: {
  folder: string
  key: string
  seconds: number
  server(): Promise<Actor>
}): Promise<void> {
  const tintype = await server()
  const url = `${tintype.url}/api/2/img/bucket/${key}/resize?size=400&auth=${KEY}`
  const body = await ask(url)
  writeFileSync(join(folder, 'answer.jpg'), body)
  const plain = await startActor([actor('plain-server.ts'), join(folder, 'answer.jpg'), 'image/jpeg'])
  const contenders = [
    { name: 'bare Node server', actor: plain, url: `${plain.url}/` },
    { name: 'Tintype, cached', actor: tintype, url },
  ]
  const measured = contenders.map(({ name }) => ({
    name,
    rate: [] as number[],
    p50: [] as number[],
    p95: [] as number[],
    p99: [] as number[],
    cpu: [] as number[],
    peak: 0,
  }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, contender] of contenders.entries()) {
      if (round === 0) await load(contender.url, 32, 2)
      const before = usageOf(contender.actor.pid)
      const result = await load(contender.url, 32, seconds)
      const after = usageOf(contender.actor.pid)
      const row = measured[i]
      if (row === undefined || result.non2xx > 0 || result.errors > 0)
        throw new Error(`${contender.name}: ${result.non2xx} wrong answers, ${result.errors} errors`)
      row.rate.push(result.requests.average)
      row.p50.push(result.latency.p50)
      row.p95.push(result.latency.p97_5)
      row.p99.push(result.latency.p99)
      row.cpu.push((after.cpuSeconds - before.cpuSeconds) / result.requests.total)
      row.peak = after.peakMB
    }
  }
  const floor = measured[0]
  table(
    measured.map((row) => ({
      [`${(body.length / 1024).toFixed(0)} KB each`]: row.name,
      'answers/s': median(row.rate),
      'ratio of answers': median(row.rate.map((value, i) => value / (floor?.rate[i] ?? Number.NaN))),
      'p50 ms': median(row.p50),
      'p97.5 ms': median(row.p95),
      'p99 ms': median(row.p99),
      'CPU ms/answer': median(row.cpu) * 1000,
      'peak MB': row.peak,
    })),
  )
  await Promise.all([plain.stop(), tintype.stop()])
}

async function memory({ server, different }: { different: number; server(): Promise<Actor> }): Promise<void> {
  const tintype = await server()
  const urls = Array.from({ length: different }, (_, i) => {
    const size = `${40 + (i % 250)}x${40 + Math.floor(i / 250)}`
    return `${tintype.url}/api/2/img/bucket/small.jpg/fit?size=${size}&auth=${KEY}`
  })
  const rows: Record<string, string | number>[] = []
  let first = Number.NaN
  for (let done = 0; done < different; done += 1000) {
    await askAll(urls.slice(done, done + 1000), 8, {})
    const { residentMB, peakMB } = usageOf(tintype.pid)
    if (done === 0) first = residentMB
    rows.push({
      'different requests': String(done + 1000),
      'resident MB': residentMB,
      'ratio to the first 1000': residentMB / first,
      'peak MB': peakMB,
    })
  }
  table(rows)
  await tintype.stop()
}

async function ask(url: string): Promise<Buffer> {
  const answer = await request(url)
  const body = Buffer.from(await answer.body.arrayBuffer())
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} for ${url}: ${body.toString().slice(0, 300)}`)
  return body
}

function actor(file: string): string {
  return new URL(`actors/${file}`, import.meta.url).pathname
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

function configuration(
  bucket: string,
  s3: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string },
): string {
  return `
listen: 127.0.0.1:0
projects:
  - id: bench
    keys: [{ label: Key 1, publicKey: ${KEY}, secret: bench-secret-of-no-importance }]
    connections:
      - { alias: bucket, provider: s3, bucket: ${bucket}, region: ${s3.region}, endpoint: "${s3.endpoint}", forcePathStyle: true, accessKeyId: ${s3.accessKeyId}, secretAccessKey: ${s3.secretAccessKey} }
`
}

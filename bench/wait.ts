/**
 * How long a caller waits: pictures of two megapixels are posted to a running server, through Kraken's /v1/upload with `wait`, one
 * after the other; nothing is cached between them. A JPEG is to be answered within three seconds on two cores.
 *
 *   npm run bench -- wait [--runs=3]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp, { type Sharp } from 'sharp'
import { mountains } from '../src/demo/scenes/mountains.ts'
import { village } from '../src/demo/scenes/village.ts'
import { raw } from '../test/support/pictures.ts'
import { type Actor, median, startActor, table, usageOf } from './measure.ts'

const [WIDTH, HEIGHT] = [1732, 1155]
const AUTH = { api_key: 'bench', api_secret: 'bench-secret-of-no-importance' }
/** Seconds within which a JPEG of two megapixels is to be answered. */
const WANTED = 3

type Posted = { readonly name: string; readonly file: string; readonly bytes: Buffer }

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '3' } } })
  const folder = mkdtempSync(join(tmpdir(), 'tintype-bench-'))
  const config = join(folder, 'tintype.yaml')
  writeFileSync(config, CONFIGURATION)
  const server = await startActor(
    ['--max-semi-space-size=8', new URL('../src/main.ts', import.meta.url).pathname, 'serve'],
    { TINTYPE_CONFIG: config, TINTYPE_DATA_DIR: join(folder, 'data') },
  )
  try {
    const pictures = await posted()
    await post(server, pictures[0], true) // code loaded, threads started
    const rows: Record<string, string | number>[] = []
    for (const picture of pictures) {
      for (const lossy of [true, false]) rows.push(await measure(server, picture, lossy, Number(values.runs)))
    }
    console.log(
      `\n${WIDTH}×${HEIGHT}, posted with wait, one at a time, on ${availableParallelism()} cores (${cpus()[0]?.model.trim()})\n`,
    )
    table(rows)
    const slowest = Math.max(...rows.filter(({ format }) => format === 'JPEG').map((row) => Number(row.seconds)))
    const verdict = slowest < WANTED ? 'as it should be' : 'longer than it should be'
    console.log(`\nThe slowest JPEG took ${slowest.toFixed(2)} s of ${WANTED} s: ${verdict}.`)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(server: Actor, picture: Posted, lossy: boolean, runs: number) {
  const seconds: number[] = []
  const cpu: number[] = []
  let bytes = 0
  for (let run = 0; run < runs; run++) {
    const before = usageOf(server.pid).cpuSeconds
    const begun = performance.now()
    bytes = await post(server, picture, lossy)
    seconds.push((performance.now() - begun) / 1000)
    cpu.push(usageOf(server.pid).cpuSeconds - before)
  }
  return {
    picture: picture.name,
    format: picture.file.endsWith('.jpg') ? 'JPEG' : 'PNG',
    how: lossy ? 'lossy' : 'lossless',
    seconds: median(seconds),
    'CPU s': median(cpu),
    'KB in': picture.bytes.length / 1024,
    'KB out': bytes / 1024,
  }
}

/** Posts a picture and gives the bytes of the result. */
async function post(server: Actor, picture: Posted | undefined, lossy: boolean): Promise<number> {
  const form = new FormData()
  form.set('data', JSON.stringify({ auth: AUTH, wait: true, lossy }))
  form.set('upload', new Blob([new Uint8Array(picture?.bytes ?? [])]), picture?.file ?? '')
  const answer = await fetch(`${server.url}/v1/upload`, { method: 'POST', body: form })
  const result: { success?: boolean; kraked_size?: number } = JSON.parse(await answer.text())
  if (!result.success || result.kraked_size === undefined)
    throw new Error(`${answer.status} for ${picture?.name}: ${JSON.stringify(result)}`)
  return result.kraked_size
}

async function posted(): Promise<readonly Posted[]> {
  const photograph = open(mountains(WIDTH, HEIGHT)).removeAlpha()
  const grain = raw.photo(WIDTH, HEIGHT)
  const drawing = open(village(WIDTH, HEIGHT))
  return [
    { name: 'photograph', file: 'a.jpg', bytes: await photograph.clone().jpeg({ quality: 90 }).toBuffer() },
    { name: 'photograph with grain', file: 'a.jpg', bytes: await open(grain).jpeg({ quality: 90 }).toBuffer() },
    { name: 'photograph', file: 'a.png', bytes: await photograph.clone().png().toBuffer() },
    { name: 'photograph that fades out', file: 'a.png', bytes: await faded(photograph) },
    { name: 'drawing', file: 'a.png', bytes: await drawing.removeAlpha().png().toBuffer() },
  ]
}

/** Opaque in the middle, transparent at the edges. */
async function faded(picture: Sharp): Promise<Buffer> {
  const alpha = Buffer.alloc(WIDTH * HEIGHT)
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, at++) {
      const distance = Math.hypot((2 * x) / WIDTH - 1, (2 * y) / HEIGHT - 1)
      alpha[at] = Math.max(0, Math.min(255, Math.round(255 * (1.2 - distance) * 2)))
    }
  }
  const pixels = await picture.clone().raw().toBuffer()
  const shape = { width: WIDTH, height: HEIGHT, channels: 1 } as const
  return sharp(pixels, { raw: { ...shape, channels: 3 } })
    .joinChannel(alpha, { raw: shape })
    .png()
    .toBuffer()
}

function open({ width, height, channels, ...picture }: Painted): Sharp {
  const shape = channels === 4 ? 4 : 3
  return sharp('pixels' in picture ? picture.pixels : picture.data, { raw: { width, height, channels: shape } })
}

type Painted = { readonly width: number; readonly height: number; readonly channels: number } & (
  | { readonly pixels: Uint8Array | Uint8ClampedArray }
  | { readonly data: Uint8Array }
)

const CONFIGURATION = `
listen: 127.0.0.1:0
projects:
  - id: bench
    keys: [{ label: Key 1, publicKey: ${AUTH.api_key}, secret: ${AUTH.api_secret} }]
`

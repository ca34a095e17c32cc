/**
 * Bytes at equal perceptual quality: `npm run bench -- optimise [--quick]`.
 *
 * Every picture is optimised at the balanced aim. Each competitor then gets the lowest of its own qualities at which its result is
 * at least as much like the source, by the same measure. A ratio
 * above 1 means that the competitor needs more bytes. Without loss, bytes alone are compared.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Frames } from '../src/engine/animation.ts'
import { decodeFrames } from '../src/engine/optimise/frames.ts'
import { KEEP_NOTHING } from '../src/engine/optimise/keep.ts'
import { lossily } from '../src/engine/optimise/lossily.ts'
import { losslessly } from '../src/engine/optimise/losslessly.ts'
import { likeness, likenessOf } from '../src/engine/optimise/similarity.ts'
import { probe } from '../src/engine/probe.ts'
import { createWorkers, type Workers } from '../src/engine/workers.ts'
import { table } from './measure.ts'
import { animations } from './optimise/animations.ts'
import { type Still, stills } from './optimise/pictures.ts'

type Format = 'jpeg' | 'png' | 'webp' | 'avif'
/** A program or encoder with a scale of qualities. */
type Rival = { readonly name: string; readonly format: Format; encode(png: Buffer, quality: number): Promise<Buffer> }
type Plain = { readonly name: string; readonly format: 'jpeg' | 'png' | 'gif'; pack(bytes: Buffer): Promise<Buffer> }
type Ratio = {
  readonly group: string
  readonly rival: string
  readonly picture: string
  readonly ratio: number
  readonly bytes: number
}

const LIMITS = { inputPixels: 1e9, outputPixels: 1e9, frames: 500 }

export async function main(args: readonly string[]): Promise<void> {
  sharp.concurrency(1)
  const folder = await mkdtemp(join(tmpdir(), 'tintype-bench-'))
  const workers = createWorkers({ size: 1 })
  try {
    const all = await stills()
    const pictures = args.includes('--quick') ? all.filter((_, i) => i % 6 === 0) : all
    const ratios: Ratio[] = []
    for (const picture of pictures)
      ratios.push(...(await withLoss(picture, folder, workers)), ...(await withoutLoss(picture, folder, workers)))
    for (const { name, gif } of await animations()) ratios.push(...(await packed(name, 'gif', gif, folder, workers)))
    report(ratios)
  } finally {
    await workers.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Our file at the balanced aim in each format, then each rival at the lowest quality that is as much like the source. */
async function withLoss(picture: Still, folder: string, workers: Workers): Promise<readonly Ratio[]> {
  const found: Ratio[] = []
  const facts = await probe(picture.png, LIMITS)
  const source = await pixels(picture.png)
  for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
    if (format === 'jpeg' && picture.alpha) continue
    const grounds = picture.alpha ? 'white-and-black' : 'white'
    const reference = await likenessOf(source, grounds)
    const look = async (bytes: Buffer) => likeness(reference, await likenessOf(await pixels(bytes), grounds), workers)
    const ours = Buffer.from(
      (await lossily(picture.png, facts, { format, chroma: '4:2:0', keep: KEEP_NOTHING }, workers)).bytes,
    )
    const target = await look(ours)
    for (const rival of rivals(folder).filter((one) => one.format === format)) {
      const theirs = await atLeast(rival, picture.png, target, look)
      if (theirs)
        found.push({
          group: `${format}, equal likeness`,
          rival: rival.name,
          picture: picture.name,
          ratio: theirs.length / ours.length,
          bytes: ours.length,
        })
    }
  }
  return found
}

/** The lowest quality whose result is at least as alike, by bisection; undefined when no quality is. */
async function atLeast(
  rival: Rival,
  png: Buffer,
  target: number,
  look: (bytes: Buffer) => Promise<number>,
): Promise<Buffer | undefined> {
  let [low, high] = [1, 100]
  let best: Buffer | undefined
  while (low <= high) {
    const middle = (low + high) >> 1
    const bytes = await rival.encode(png, middle)
    if ((await look(bytes)) >= target - 1e-4) {
      best = bytes
      high = middle - 1
    } else low = middle + 1
  }
  return best
}

async function withoutLoss(
  { name, png, kind, alpha }: Still,
  folder: string,
  workers: Workers,
): Promise<readonly Ratio[]> {
  const source = sharp(png)
  const camera =
    kind === 'photo' && !alpha
      ? await source.clone().jpeg({ quality: 90, optimiseCoding: false }).toBuffer()
      : undefined
  return [
    ...(await packed(name, 'png', png, folder, workers)),
    ...(camera ? await packed(name, 'jpeg', camera, folder, workers) : []),
  ]
}

async function packed(
  picture: string,
  format: Plain['format'],
  bytes: Buffer,
  folder: string,
  workers: Workers,
): Promise<readonly Ratio[]> {
  const ours = (await losslessly(bytes, await probe(bytes, LIMITS), KEEP_NOTHING, workers)).bytes.length
  const found: Ratio[] = [
    { group: `${format}, without loss`, rival: 'the source', picture, ratio: bytes.length / ours, bytes: ours },
  ]
  for (const { name, pack } of packers(folder).filter((one) => one.format === format)) {
    found.push({
      group: `${format}, without loss`,
      rival: name,
      picture,
      ratio: (await pack(bytes)).length / ours,
      bytes: ours,
    })
  }
  return found
}

function rivals(folder: string): readonly Rival[] {
  const tool = (command: string, format: Format, encode: Rival['encode']): Rival[] =>
    installed(command) ? [{ name: command, format, encode }] : []
  return [
    { name: 'sharp', format: 'jpeg', encode: (png, quality) => sharp(png).jpeg({ quality }).toBuffer() },
    { name: 'sharp', format: 'png', encode: (png, quality) => sharp(png).png({ palette: true, quality }).toBuffer() },
    { name: 'sharp', format: 'webp', encode: (png, quality) => sharp(png).webp({ quality }).toBuffer() },
    { name: 'sharp', format: 'avif', encode: (png, quality) => sharp(png).avif({ quality, effort: 1 }).toBuffer() },
    ...tool('jpegoptim', 'jpeg', async (png, quality) => {
      const best = await sharp(png).jpeg({ quality: 100 }).toBuffer()
      return through(folder, best, 'jpg', (file) => [
        'jpegoptim',
        '-q',
        '-s',
        '--all-progressive',
        `-m${quality}`,
        file,
      ])
    }),
    ...tool('pngquant', 'png', (png, quality) =>
      through(folder, png, 'png', (file) => [
        'pngquant',
        '--force',
        '--strip',
        '--output',
        file,
        '--quality',
        `0-${quality}`,
        file,
      ]),
    ),
    ...tool('cwebp', 'webp', (png, quality) =>
      through(folder, png, 'png', (file) => ['cwebp', '-quiet', '-m', '6', '-q', `${quality}`, file, '-o', file]),
    ),
  ]
}

function packers(folder: string): readonly Plain[] {
  const tool = (
    command: string,
    format: Plain['format'],
    ending: string,
    options: (file: string) => string[],
  ): Plain[] =>
    installed(command)
      ? [
          {
            name: command,
            format,
            pack: (bytes) => through(folder, bytes, ending, (file) => [command, ...options(file)]),
          },
        ]
      : []
  return [
    { name: 'sharp', format: 'png', pack: (bytes) => sharp(bytes).png({ compressionLevel: 9 }).toBuffer() },
    ...tool('optipng', 'png', 'png', (file) => ['-quiet', '-strip', 'all', '-o2', file]),
    ...tool('jpegoptim', 'jpeg', 'jpg', (file) => ['-q', '-s', '--all-progressive', file]),
    ...tool('gifsicle', 'gif', 'gif', (file) => ['-w', '-b', '-O3', '--no-comments', file]),
  ]
}

/** Writes bytes to a file, lets a program change it, and reads it again. */
async function through(
  folder: string,
  bytes: Buffer,
  ending: string,
  command: (file: string) => readonly string[],
): Promise<Buffer> {
  const file = join(folder, `picture.${ending}`)
  await writeFile(file, bytes)
  const [name = '', ...options] = command(file)
  execFileSync(name, options, { stdio: ['ignore', 'ignore', 'ignore'] })
  return readFile(file)
}

const known = new Map<string, boolean>()

function installed(command: string): boolean {
  let found = known.get(command)
  if (found === undefined) {
    try {
      execFileSync('which', [command], { stdio: 'ignore' })
      found = true
    } catch {
      found = false
    }
    known.set(command, found)
    if (!found) console.log(`${command} is not installed and left out`)
  }
  return found
}

function pixels(bytes: Uint8Array): Promise<Frames> {
  return decodeFrames(bytes, { frames: 1, space: 'rgb' }, { colours: 'stored', upright: false })
}

function report(ratios: readonly Ratio[]): void {
  const groups = Map.groupBy(ratios, ({ group, rival }) => `${group}|${rival}`)
  console.log('\nBytes of the other divided by ours: above 1 Tintype is smaller.\n')
  table(
    [...groups].map(([key, rows]) => {
      const [what = '', against = ''] = key.split('|')
      const sorted = rows.map(({ ratio }) => ratio).toSorted((a, b) => a - b)
      const mean = Math.exp(sorted.reduce((sum, ratio) => sum + Math.log(ratio), 0) / sorted.length)
      return { what, against, pictures: `${rows.length}`, mean, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 }
    }),
  )
  const losses = ratios.filter(({ ratio }) => ratio < 0.995)
  console.log(losses.length === 0 ? '\nTintype is nowhere larger.' : '\nWhere Tintype is larger:')
  if (losses.length > 0)
    table(losses.map(({ group, rival, picture, ratio }) => ({ picture, what: group, against: rival, ratio })))
}

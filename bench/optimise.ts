/**
 * Bytes at equal perceptual quality: `npm run bench -- optimise [--quick]`.
 *
 * Every picture is optimised at the balanced aim. Each competitor then gets the lowest of its own qualities at which its result is
 * at least as much like the source, by the same measure. A ratio above 1 means that the competitor needs more bytes. Without loss,
 * bytes alone are compared. Where SSIMULACRA2 is at hand it says what it thinks of both files (`second-opinion`).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Frames } from '../src/engine/animation.ts'
import { decodeFrames } from '../src/engine/optimise/frames.ts'
import { KEEP_NOTHING } from '../src/engine/optimise/keep.ts'
import { lossily } from '../src/engine/optimise/lossily.ts'
import { losslessly } from '../src/engine/optimise/losslessly.ts'
import { groundsFor, likeness, likenessOf } from '../src/engine/optimise/similarity.ts'
import { probe } from '../src/engine/probe.ts'
import { createWorkers, type Workers } from '../src/engine/workers.ts'
import { table } from './measure.ts'
import { animations } from './optimise/animations.ts'
import { type Still, stills } from './optimise/pictures.ts'
import { type Format, type Plain, packers, type Rival, rivals } from './optimise/rivals.ts'
import { type SecondOpinion, secondOpinion } from './optimise/second-opinion.ts'

type Ratio = {
  readonly group: string
  readonly rival: string
  readonly picture: string
  readonly ratio: number
  /** SSIMULACRA2 of ours and of theirs, where both lost something and a program is at hand. */
  readonly scores?: { readonly ours: number; readonly theirs: number }
}

type Bench = { readonly folder: string; readonly workers: Workers; readonly opinion: SecondOpinion | undefined }

const LIMITS = { inputPixels: 1e9, outputPixels: 1e9, frames: 500 }

export async function main(args: readonly string[]): Promise<void> {
  sharp.concurrency(1)
  const folder = await mkdtemp(join(tmpdir(), 'tintype-bench-'))
  const workers = createWorkers({ size: 1 })
  const bench: Bench = { folder, workers, opinion: secondOpinion(folder) }
  try {
    const all = await stills()
    const pictures = args.includes('--quick') ? all.filter((_, i) => i % 6 === 0) : all
    const ratios: Ratio[] = []
    for (const picture of pictures) {
      for (const format of ['jpeg', 'png', 'webp', 'avif'] as const)
        if (format !== 'jpeg' || !picture.alpha)
          ratios.push(...(await withLoss(picture.name, picture.png, format, bench)))
      ratios.push(...(await withoutLoss(picture, bench)))
    }
    for (const { name, gif } of await animations())
      ratios.push(...(await withLoss(name, gif, 'gif', bench)), ...(await packed(name, 'gif', gif, bench)))
    report(ratios)
    if (bench.opinion) reportOpinions(ratios)
    else console.log('\nNo second opinion: neither ssimulacra2 nor ssimulacra2_rs is installed.')
  } finally {
    await workers.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Our file at the balanced aim, then each rival at the lowest quality that is as much like the source. */
async function withLoss(
  picture: string,
  bytes: Buffer,
  format: Format,
  { folder, workers, opinion }: Bench,
): Promise<readonly Ratio[]> {
  const facts = await probe(bytes, LIMITS)
  const shown = (file: Uint8Array) => pixels(file, facts.frames)
  const source = await shown(bytes)
  const grounds = groundsFor(source)
  const reference = await likenessOf(source, grounds)
  const look = async (file: Uint8Array) => likeness(reference, await likenessOf(await shown(file), grounds), workers)
  const wish = { format, chroma: '4:2:0', keep: KEEP_NOTHING } as const
  const { bytes: ours } = await lossily(bytes, facts, wish, workers)
  const target = await look(ours)
  const oursScore = await opinion?.(source, await shown(ours))
  const found: Ratio[] = []
  for (const rival of rivals(folder).filter((one) => one.format === format)) {
    const theirs = await atLeast(rival, bytes, target, look)
    if (!theirs) continue
    const theirsScore = await opinion?.(source, await shown(theirs))
    const scores = oursScore !== undefined && theirsScore !== undefined && { ours: oursScore, theirs: theirsScore }
    const ratio = theirs.length / ours.length
    found.push({ group: `${format}, equal likeness`, rival: rival.name, picture, ratio, ...(scores && { scores }) })
  }
  return found
}

/** The smallest result that is at least as alike, of the qualities that bisection tries; undefined when none is. */
async function atLeast(
  rival: Rival,
  source: Buffer,
  target: number,
  look: (bytes: Buffer) => Promise<number>,
): Promise<Buffer | undefined> {
  let [low, high] = [1, 100]
  let best: Buffer | undefined
  while (low <= high) {
    const middle = (low + high) >> 1
    const bytes = await rival.encode(source, middle)
    if ((await look(bytes)) >= target - 1e-4) {
      if (!best || bytes.length < best.length) best = bytes
      high = middle - 1
    } else low = middle + 1
  }
  return best
}

async function withoutLoss({ name, png, kind, alpha }: Still, bench: Bench): Promise<readonly Ratio[]> {
  const camera =
    kind === 'photo' && !alpha ? await sharp(png).jpeg({ quality: 90, optimiseCoding: false }).toBuffer() : undefined
  return [...(await packed(name, 'png', png, bench)), ...(camera ? await packed(name, 'jpeg', camera, bench) : [])]
}

async function packed(
  picture: string,
  format: Plain['format'],
  bytes: Buffer,
  { folder, workers }: Bench,
): Promise<readonly Ratio[]> {
  const ours = (await losslessly(bytes, await probe(bytes, LIMITS), KEEP_NOTHING, workers)).bytes.length
  const group = `${format}, without loss`
  const found: Ratio[] = [{ group, rival: 'the source', picture, ratio: bytes.length / ours }]
  for (const { name, pack } of packers(folder).filter((one) => one.format === format))
    found.push({ group, rival: name, picture, ratio: (await pack(bytes)).length / ours })
  return found
}

function pixels(bytes: Uint8Array, frames: number): Promise<Frames> {
  return decodeFrames(bytes, { frames, space: 'rgb' }, { colours: 'stored', upright: false })
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

/** How many points of SSIMULACRA2 the eye may begin to notice. */
const NOTICED = 2

function reportOpinions(ratios: readonly Ratio[]): void {
  const judged = ratios.flatMap(({ scores, ...rest }) => (scores ? [{ ...rest, ...scores }] : []))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  console.log('\nSSIMULACRA2 of the same files, 0…100: a second opinion, which the search does not know.\n')
  table(
    [...Map.groupBy(judged, ({ group, rival }) => `${group}|${rival}`)].map(([key, rows]) => {
      const [what = '', against = ''] = key.split('|')
      const differences = rows.map(({ ours, theirs }) => ours - theirs)
      return {
        what,
        against,
        ours: mean(rows.map(({ ours }) => ours)).toFixed(1),
        theirs: mean(rows.map(({ theirs }) => theirs)).toFixed(1),
        'ours less theirs': mean(differences).toFixed(1),
        worst: Math.min(...differences).toFixed(1),
        'smaller but worse': `${rows.filter(({ ratio, ours, theirs }) => ratio > 1 && ours < theirs - NOTICED).length}`,
        'smaller and better': `${rows.filter(({ ratio, ours, theirs }) => ratio > 1 && ours > theirs + NOTICED).length}`,
        of: `${rows.length}`,
      }
    }),
  )
  const disagreed = judged.filter(({ ratio, ours, theirs }) => ratio > 1 && ours < theirs - NOTICED)
  if (disagreed.length === 0) return
  console.log('\nWhere Tintype is smaller at equal likeness and SSIMULACRA2 sees it worse:')
  table(
    disagreed.map(({ picture, group, rival, ratio, ours, theirs }) => ({
      picture,
      what: group,
      against: rival,
      ratio,
      ours: ours.toFixed(1),
      theirs: theirs.toFixed(1),
    })),
  )
}
